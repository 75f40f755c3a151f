"""`mqk rules cover`, `mutate` and `ci`: what proves the rules, and one command for all of it."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli import rules
from engine.cli.diagnostics import note
from engine.cli.exits import Exit
from engine.cli.output import say, say_json, say_table
from engine.cli.reports import ReportFormat, ReportOption, as_rows, say_report

if TYPE_CHECKING:
    from dsl.skeleton.find import Skeleton
    from engine.service.rule_cover import CoverReport
    from engine.service.rule_mutation import MutationReport

app = rules.app
RulesArgument = rules.RulesArgument


@app.command()
def cover(
    path: RulesArgument = None,
    form: ReportOption = ReportFormat.TEXT,
    fail_under: Annotated[
        str, typer.Option("--fail-under", metavar="PERCENT", help="End with 1 when less is shown.")
    ] = "100",
    skeletons: Annotated[
        Path | None, typer.Option("--skeletons", help="Folder to write the missing scenarios to, a file per rule.")
    ] = None,
) -> Exit:
    """Show what the scenarios show of the rules, and the scenarios that are missing, ready to paste."""
    from engine.cli.progress import progress
    from engine.service.rule_cover import cover_rules

    least = percentage(fail_under)
    with progress("covering rules") as tick:
        report = cover_rules(path, tick)
    if form is ReportFormat.JSON:
        say_json({**report.as_data(), "diagnostics": as_rows(report.diagnostics)})
    elif form is ReportFormat.TEXT:
        _say_cover(report)
    else:
        say_report(report.diagnostics, report.texts, form, "mqk rules cover")
    if skeletons is not None:
        _write([one.skeleton for one in report.missing], skeletons)
    return Exit.FINE if report.is_enough(least) else Exit.FINDINGS


@app.command()
def mutate(
    path: RulesArgument = None,
    form: ReportOption = ReportFormat.TEXT,
    fail_under: Annotated[
        str, typer.Option("--fail-under", metavar="PERCENT", help="End with 1 when fewer are killed.")
    ] = "95",
    jobs: Annotated[
        int | None, typer.Option("--jobs", min=1, max=64, help="Processes; one per core by default.")
    ] = None,
    skeletons: Annotated[
        Path | None, typer.Option("--skeletons", help="Folder to write scenarios to that kill what survives.")
    ] = None,
) -> Exit:
    """Break the rules in one place after another, and name what no scenario notices."""
    from engine.cli.progress import progress
    from engine.service.rule_mutation import mutate_rules

    least = percentage(fail_under)
    with progress("mutating rules") as tick:
        report = mutate_rules(path, jobs, tick)
    if form is ReportFormat.JSON:
        say_json({**report.as_data(), "diagnostics": as_rows(report.diagnostics)})
    elif form is ReportFormat.TEXT:
        _say_mutation(report)
    else:
        say_report(report.diagnostics, report.texts, form, "mqk rules mutate")
    if skeletons is not None:
        _write([one.skeleton for one in report.survivors], skeletons)
    return Exit.FINE if report.is_enough(least) else Exit.FINDINGS


def _say_mutation(report: "MutationReport") -> None:
    from engine.service.rule_cover import shown_percent

    say_report(report.diagnostics, report.texts, ReportFormat.TEXT, "mqk rules mutate")
    rows = [(id_, f"{killed} of {of}", f"{shown_percent(percent(killed, of))} %") for id_, killed, of in report.rules]
    say_table(("rule", "killed", "percent"), rows)
    for place, what, why in report.explained:
        say(f"survives: {what} ({place}) because {why}")
    verdicts = report.verdicts
    say(f"{verdicts.killed} of {verdicts.total} killed, {shown_percent(report.percent)} %")


def _write(found: "Iterable[Skeleton | None]", folder: Path) -> None:
    from engine.service.rule_skeletons import write_skeletons

    for name in write_skeletons([one for one in found if one is not None], folder):
        note(f"wrote {name}")


def _say_cover(report: "CoverReport") -> None:
    from engine.service.rule_cover import shown_percent

    say_report(report.diagnostics, report.texts, ReportFormat.TEXT, "mqk rules cover")
    rows = [(id_, f"{met} of {of}", f"{shown_percent(percent(met, of))} %") for id_, met, of in report.rules]
    say_table(("rule", "shown", "percent"), rows)
    for place, what, why in report.waived:
        say(f"not to be shown: {what} ({place}) because {why}")
    for place, what, why in report.beyond:
        say(f"not applicable: {what} ({place}): {why}")
    met, of = report.total
    say(f"{met} of {of} shown, {shown_percent(report.percent)} %")


def percent(part: int, of: int) -> Fraction:
    """Return a share in percent; of nothing, all is there."""
    return Fraction(100 * part, of) if of else Fraction(100)


def percentage(written: str, option: str = "--fail-under") -> Fraction:
    """Return a share in percent as it is written on a command line."""
    try:
        share = Fraction(written)
    except (ValueError, ZeroDivisionError):
        raise typer.BadParameter(f"{written!r} is not a percentage", param_hint=option) from None
    if not 0 <= share <= 100:
        raise typer.BadParameter("a percentage is between 0 and 100", param_hint=option)
    return share
