"""`mqk rules diff`, `analyse` and `prove`: what the solver shows of rules."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.diagnostics import note
from engine.cli.exits import Exit
from engine.cli.output import Format, FormatOption, say, say_block, say_json
from engine.cli.reports import ReportFormat, ReportOption, as_rows, say_report
from engine.cli.rules import RulesArgument
from engine.cli.run import Day

AgainstOption = Annotated[str | None, typer.Option("--against", help="Database that holds bundles named by hash.")]

EffortOption = Annotated[
    int, typer.Option("--effort", min=1, max=1000, help="How many times the usual work one question may cost.")
]
_VERSION = "Folder, file, bundle hash (with --against), or REVISION:FOLDER of git."


def diff(
    before: Annotated[str, typer.Argument(metavar="A", help=_VERSION)],
    after: Annotated[str, typer.Argument(metavar="B", help=_VERSION)],
    law_date: Day = None,
    against: Annotated[str | None, typer.Option("--against", help="Database that holds bundles named by hash.")] = None,
    stream: Annotated[
        Path | None, typer.Option("--stream", help="Write an order both answer differently, JSONL.")
    ] = None,
    replay: Annotated[
        str | None, typer.Option("--replay", help="Judge recorded decisions too: what `rules replay --against` takes.")
    ] = None,
    tests: Annotated[bool, typer.Option("--tests", help="Print every order shown as a test to paste.")] = False,
    effort: EffortOption = 1,
    form: FormatOption = Format.TEXT,
) -> Exit:
    """Say which rules became tighter or looser, each with an order that shows it; exit 1 when anything loosened."""
    from engine.service.rule_diff import diff_rules, write_stream

    history = None
    if replay is not None:
        from engine.service.rule_history import history_of

        history = history_of(replay)
    report = diff_rules(before, after, _date(law_date), against, effort, history)
    if form is Format.TEXT:
        from engine.service.rule_diff_text import render_diff, tests_of

        say_block(tests_of(report) if tests else render_diff(report))
    else:
        say_json(report.as_data())
    if stream is not None:
        shown, lists = write_stream(report, stream, effort)
        beside = f" --lists {lists}" if lists is not None else ""
        note(f"mqk decide {stream}{beside} --dry-run --rules ...: {shown.before} under A, {shown.after} under B")
    return Exit.FINE if report.is_clean else Exit.FINDINGS


def analyse(
    path: RulesArgument = None,
    law_date: Day = None,
    effort: EffortOption = 1,
    form: ReportOption = ReportFormat.TEXT,
) -> Exit:
    """Name rules and lines that judge nothing: never true, always true, or covered by another; exit 1 if any."""
    from engine.cli.progress import progress
    from engine.service.rule_analysis import analyse_rules

    with progress("analysing rules") as tick:
        report = analyse_rules(path, _date(law_date), effort, tick)
    if form is ReportFormat.JSON:
        found, undecided = as_rows(report.diagnostics), list(report.undecided)
        say_json({"rules": report.rules, "diagnostics": found, "undecided": undecided})
    else:
        say_report(report.diagnostics, report.texts, form, "mqk rules analyse")
    if form is ReportFormat.TEXT:
        say(f"{report.rules} rules, {len(report.diagnostics)} idle")
        if report.undecided:
            say("not decided: " + ", ".join(report.undecided))
    return Exit.FINE if report.is_clean else Exit.FINDINGS


def prove(
    path: RulesArgument = None,
    baseline: Annotated[
        str | None,
        typer.Option("--baseline", help="The rules that `never looser than baseline` means; named as in diff."),
    ] = None,
    law_date: Day = None,
    against: AgainstOption = None,
    allow_unknown: Annotated[bool, typer.Option("--allow-unknown", help="Let what was not decided pass.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="End with 2 when a proof was not judged.")] = False,
    effort: EffortOption = 1,
    form: ReportOption = ReportFormat.TEXT,
) -> Exit:
    """Judge every `prove` of rule files; exit 1 when one fails, with the order that breaks it as a test to paste."""
    from engine.cli.progress import progress
    from engine.service.rule_proofs import prove_rules, render_proofs

    with progress("proving rules") as tick:
        report = prove_rules(path, baseline, _date(law_date), against, effort, tick)
    found = report.diagnostics(allow_unknown)
    if form is ReportFormat.JSON:
        say_json(report.as_data())
    elif form is ReportFormat.TEXT:
        say_block(render_proofs(report))
        words = ("holds", "fails", "unknown", "not judged")
        say(", ".join(f"{len(report.standing(word))} {word}" for word in words))
    else:
        say_report(found, report.texts, form, "mqk rules prove")
    if found:
        return Exit.FINDINGS
    return Exit.USAGE if strict and report.standing("not judged") else Exit.FINE


def _date(written: datetime | None) -> date | None:
    return written.date() if written is not None else None
