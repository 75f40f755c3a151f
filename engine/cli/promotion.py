"""`mqk promotion`: strategies at the gates of the rules."""

import sys
from contextlib import ExitStack
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.diagnostics import warn
from engine.cli.exits import Exit
from engine.cli.output import Format, FormatOption, say, say_rows, say_table

if TYPE_CHECKING:
    from engine.contracts import Diagnostic
    from engine.model.time import Timestamp

app = typer.Typer(no_args_is_help=True, help="Judge strategies that are offered for promotion.")


@app.callback()
def _group() -> None:
    """Let `judge` be a word of its own; more follow."""


@app.command()
def judge(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Evaluations, one JSON line a strategy; - is input.")],
    origin: Annotated[
        str | None, typer.Option("--from", metavar="RUNG", help="Ask the gates of this rung alone.")
    ] = None,
    at: Annotated[
        datetime | None, typer.Option("--at", formats=["%Y-%m-%d"], help="Day whose rules apply; today by default.")
    ] = None,
    rules: Annotated[Path | None, typer.Option("--rules", help="Rule files; the shipped ones by default.")] = None,
    config: Annotated[Path | None, typer.Option("--config", help="Config folder; the shipped one by default.")] = None,
    environment: Annotated[str, typer.Option("--environment", help="Environment layer.")] = "windows-dev",
    engine: Annotated[str, typer.Option("--engine", help="Engine layer.")] = "main",
    db: Annotated[
        str | None, typer.Option("--db", help="Put the outcome on record in this database; nowhere by default.")
    ] = None,
    form: FormatOption = Format.TEXT,
) -> Exit:
    """Say who passes which gate, in what order, and what the others lack; 1 when anybody fails."""
    from engine.service.promotion import PromotionRequest, judge_promotion

    moment, day = _moment(at)
    request = PromotionRequest(moment, day, origin, rules, config, environment, engine, db)
    with ExitStack() as opened:
        is_input = str(file) == "-"
        stream = sys.stdin.buffer if is_input else opened.enter_context(file.open("rb"))
        report = judge_promotion(request, stream, "standard input" if is_input else str(file), _warn)
    if form is not Format.TEXT:
        shared = {"bundle": report.bundle, "law_date": day.isoformat()}
        say_rows([{**gate.as_data(), **shared} for gate in report.gates], form)
    else:
        for gate in report.gates:
            say(f"{gate.gate} {gate.title}, {gate.origin} to {gate.target}, on {day}")
            say_table(("place", "strategy", "verdict", "score", "lacks"), [one.as_cells() for one in gate.standings])
    return Exit.FINE if report.all_pass else Exit.FINDINGS


def _moment(at: datetime | None) -> "tuple[Timestamp, date]":
    """Return the instant evaluations are held against, and the day: now, or the end of a day that is named."""
    from engine.model.time import from_datetime

    if at is None:
        now = datetime.now(UTC)
        return from_datetime(now), now.date()
    return from_datetime(datetime(at.year, at.month, at.day, 23, 59, 59, tzinfo=UTC)), at.date()


def _warn(fault: "Diagnostic") -> None:
    what = f"{fault.source}:{fault.line}: {fault.message}; the statistic is held as invalid"
    warn(fault.code, what, fault.help)
