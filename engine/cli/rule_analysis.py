"""`mqk rules diff`, `analyse` and `prove`: what the solver shows of rules."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.exits import Exit
from engine.cli.output import Format, FormatOption, say, say_block, say_json
from engine.cli.run import Day

EffortOption = Annotated[
    int, typer.Option("--effort", min=1, max=1000, help="How many times the usual work one question may cost.")
]
Version = Annotated[str, typer.Argument(help="Folder, file, bundle hash (with --against), or REVISION:FOLDER of git.")]


def diff(
    before: Version,
    after: Version,
    law_date: Day = None,
    against: Annotated[str | None, typer.Option("--against", help="Database that holds bundles named by hash.")] = None,
    stream: Annotated[
        Path | None, typer.Option("--stream", help="Write an order both answer differently, JSONL.")
    ] = None,
    tests: Annotated[bool, typer.Option("--tests", help="Print every order shown as a test to paste.")] = False,
    effort: EffortOption = 1,
    form: FormatOption = Format.TEXT,
) -> Exit:
    """Say which rules became tighter or looser, each with an order that shows it; exit 1 when anything loosened."""
    from engine.service.rule_diff import diff_rules, write_stream

    report = diff_rules(before, after, _date(law_date), against, effort)
    written = write_stream(report, stream, effort) if stream is not None else None
    if form is not Format.TEXT:
        data = report.as_data()
        if written is not None:
            data["stream"] = {"file": str(stream), "before": written[0].before, "after": written[0].after}
        say_json(data)
        return Exit.FINE if report.is_clean else Exit.FINDINGS
    from engine.service.rule_diff_text import render_diff, tests_of

    say_block(tests_of(report) if tests else render_diff(report))
    if written is not None:
        lists = f" --lists {written[1]}" if written[1] is not None else ""
        say(f"mqk decide {stream}{lists} --dry-run --rules …: {written[0].before} under A, {written[0].after} under B")
    return Exit.FINE if report.is_clean else Exit.FINDINGS


def _date(written: datetime | None) -> date | None:
    return written.date() if written is not None else None
