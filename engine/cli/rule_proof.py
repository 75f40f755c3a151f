"""`mqk rules cover`, `mutate` and `ci`: what proves the rules, and one command for all of it."""

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
    from engine.service.rule_cover import CoverReport

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
        Path | None, typer.Option("--skeletons", help="Folder to write the missing scenarios to, a file per rulebook.")
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
        from engine.service.rule_cover import write_skeletons

        for name in write_skeletons(report, skeletons):
            note(f"wrote {name}")
    return Exit.FINE if report.is_enough(least) else Exit.FINDINGS


def _say_cover(report: "CoverReport") -> None:
    from dsl.cover.cover import percent
    from engine.service.rule_cover import shown_percent

    say_report(report.diagnostics, report.texts, ReportFormat.TEXT, "mqk rules cover")
    rows = [(id_, f"{met} of {of}", f"{shown_percent(percent(met, of))} %") for id_, met, of in report.rules]
    say_table(("rule", "shown", "percent"), rows)
    for place, what, why in report.waived:
        say(f"not to be shown: {what} ({place}) because {why}")
    met, of = report.total
    say(f"{met} of {of} shown, {shown_percent(report.percent)} %")


def percentage(written: str) -> Fraction:
    """Return a share in percent as it is written on a command line."""
    try:
        share = Fraction(written)
    except (ValueError, ZeroDivisionError):
        raise typer.BadParameter(f"{written!r} is not a percentage", param_hint="--fail-under") from None
    if not 0 <= share <= 100:
        raise typer.BadParameter("a percentage is between 0 and 100", param_hint="--fail-under")
    return share
