"""`mqk decide`: facts, events and intents in, one decision line per intent out."""

import sys
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.diagnostics import warn
from engine.cli.exits import Exit
from engine.cli.output import flush, say_ordered
from engine.cli.run import Day, money

if TYPE_CHECKING:
    from engine.contracts import Diagnostic


def decide(
    file: Annotated[str, typer.Argument(metavar="[FILE]", help="The stream, JSONL; - is standard input.")] = "-",
    rules: Annotated[Path | None, typer.Option("--rules", help="Rules folder; the shipped one by default.")] = None,
    db: Annotated[str | None, typer.Option("--db", envvar="MQK_DATABASE", help="Where the run is recorded.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Record nothing that outlives the command.")] = False,
    law_date: Day = None,
    account: Annotated[str | None, typer.Option("--account", help="Whose book; the first intent's by default.")] = None,
    cash: Annotated[str, typer.Option("--cash", help="Cash at the start, in USD.")] = "100000",
    instruments: Annotated[Path | None, typer.Option("--instruments", help="Classification of instruments.")] = None,
    lists: Annotated[Path | None, typer.Option("--lists", help="Folder of maintained lists.")] = None,
    config: Annotated[Path | None, typer.Option("--config", help="Config folder; the shipped one by default.")] = None,
    environment: Annotated[str, typer.Option("--environment", help="Layer of config/environments.")] = "windows-dev",
    engine: Annotated[str, typer.Option("--engine", help="Layer of config/engines.")] = "main",
    risk_profile: Annotated[str | None, typer.Option("--risk-profile", help="Another risk profile.")] = None,
) -> Exit:
    """Answer every intent of a stream; exit 1 when at least one was rejected."""
    if dry_run == (db is not None):
        raise typer.BadParameter("say either --db URL or --dry-run", param_hint="--db")
    from engine.model.numbers import Money
    from engine.service.stream import decide_stream
    from engine.service.stream_world import StreamRequest

    day = law_date.date() if law_date else None
    request = StreamRequest(
        rules, db, day, account, Money(money(cash)), instruments, lists, config, environment, engine, risk_profile,
    )  # fmt: skip
    source = "standard input" if file == "-" else file
    rejected = 0
    with ExitStack() as opened:
        stream = sys.stdin.buffer if file == "-" else opened.enter_context(Path(file).open("rb"))
        answers = opened.enter_context(closing(decide_stream(request, stream, source, _warn)))
        for answer in answers:
            say_ordered(answer.line)
            flush()
            rejected += answer.verdict == "reject"
    return Exit.FINDINGS if rejected else Exit.FINE


def _warn(fault: "Diagnostic") -> None:
    place = f"{fault.source}:{fault.line}"
    what = f"{place}: {fault.message}; the fact is held as invalid until it is stated again"
    warn(fault.code, what, fault.help)
