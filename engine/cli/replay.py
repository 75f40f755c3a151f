"""`mqk rules replay`: what candidate rules would have said of every decision on record."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.diagnostics import warn
from engine.cli.exits import Exit
from engine.cli.output import Format, FormatOption, say, say_json, say_table

if TYPE_CHECKING:
    from engine.backtest.changes import Example, Told
    from engine.service.rule_replay import ReplayReport

Against = Annotated[
    str, typer.Option("--against", help="A database, a run's folder, its decisions.jsonl, or a journal in Parquet.")
]


def replay(
    path: Annotated[
        Path | None, typer.Argument(metavar="[RULES]", help="Candidate rules; the shipped by default.")
    ] = None,
    against: Against = "sqlite:///mqk.db",
    run: Annotated[str | None, typer.Option("--run", help="Run key; every run of the database by default.")] = None,
    law_date: Annotated[
        datetime | None, typer.Option("--law-date", formats=["%Y-%m-%d"], help="Judge by the numbers of this date.")
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Only the first N decisions.")] = None,
    examples: Annotated[int, typer.Option("--examples", min=0, max=1_000, help="How many to show of each change.")] = 3,
    db: Annotated[str | None, typer.Option("--db", help="Database with what records of files refer to.")] = None,
    form: FormatOption = Format.TEXT,
) -> Exit:
    """Judge every recorded decision again under candidate rules; exit 1 when a verdict would differ."""
    from engine.cli.progress import progress
    from engine.service.rule_replay import ReplayRequest, replay_rules

    day = law_date.date() if law_date else None
    with progress("judging again") as tick:
        report = replay_rules(ReplayRequest(path, against, run, day, limit, examples, db), tick)
    for what, why in report.missing.items():
        warn("REPLAY_SETTING", f"the {what} {why}", "name the database of the run with --db; what it holds is unknown")
    if form is Format.TEXT:
        _say(report)
    else:
        say_json(report.as_data())
    return Exit.FINE if report.is_same else Exit.FINDINGS


def _say(report: "ReplayReport") -> None:
    left = ", ".join(f"{count:,} {why}{'s' if count > 1 else ''}" for why, count in report.unjudged.items())
    say(f"{report.decisions:,} decisions judged again by bundle {report.bundle[:12]}")
    if left:
        say(f"{left}: no rule was asked then, and none now")
    for fault, count in report.faults.items():
        say(f"{count:,} could not be judged: {fault}")
    same = sum(count for old, new, count in report.verdicts if old == new)
    rows = [(old, new, f"{count:>9,}") for old, new, count in report.verdicts if old != new]
    say()
    say_table(("then", "now", "decisions"), [*rows, ("(the same)", "", f"{same:>9,}")])
    if report.rules:
        say()
        heads = ("rule", "newly", "no longer", "otherwise", "undecided")
        say_table(
            heads,
            [(r.rule, *(f"{n:,}" for n in (r.newly, r.no_longer, r.otherwise, r.undecided))) for r in report.rules],
        )
    if report.unheld:
        say()
        say("unknown to the candidate, because the records do not hold it:")
        say_table(
            ("fact", "decisions", "why", "read by"),
            [(u.path, f"{u.decisions:,}", u.why, ", ".join(u.rules)) for u in report.unheld],
        )
    for example in report.examples:
        _say_example(example)


def _say_example(example: "Example") -> None:
    from engine.model.time import format_timestamp

    verdicts = example.old_verdict
    if example.new_verdict != example.old_verdict:
        verdicts = f"{example.old_verdict} → {example.new_verdict}"
    say()
    say(f"{example.rule} {example.kind.value}: {example.order}, {verdicts}")
    say(f"  {example.decision_id}, no. {example.seq} of {example.run}, {format_timestamp(example.at)}")
    for when, told in (("then", example.old), ("now ", example.new)):
        for finding in told or (None,):
            say(f"  {when} {_finding(finding)}")


def _finding(told: "Told | None") -> str:
    if told is None:
        return "silent"
    mode = "" if told.mode == "enforced" else f" ({told.mode})"
    unknown = f" [{', '.join(told.unknown)}]" if told.unknown else ""
    return f"{told.effect}{mode} {told.code}: {told.because}{unknown}"
