"""`mqk audit`: is the record whole and unaltered."""

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.exits import Exit
from engine.cli.output import Format, FormatOption, say, say_json
from engine.cli.run import DEFAULT_DATABASE, DatabaseOption

app = typer.Typer(no_args_is_help=True, help="Verify the audit chain.")


@app.callback()
def _group() -> None:
    pass


@app.command()
def verify(
    db: DatabaseOption = DEFAULT_DATABASE,
    log: Annotated[Path | None, typer.Option("--log", help="An exported log instead of a database.")] = None,
    anchor: Annotated[list[Path] | None, typer.Option("--anchor", help="File of anchors kept elsewhere.")] = None,
    require_anchor: Annotated[bool, typer.Option("--require-anchor", help="Fail where no anchor is given.")] = False,
    form: FormatOption = Format.TEXT,
) -> Exit:
    """Verify every record of the chain; 4 when it is altered, truncated, forked, unverifiable or malformed."""
    from engine.service.audit_trail import load_anchors, verify_database, verify_log

    anchors = load_anchors(anchor or [])
    verdict = verify_log(log, anchors) if log is not None else verify_database(db, anchors)
    is_enough = verdict.is_intact and (verdict.is_anchored or not require_anchor)
    if form is Format.TEXT:
        say(str(verdict))
        if verdict.is_intact and not is_enough:
            say("UNVERIFIABLE: an anchor is required and none was given")
    else:
        code = verdict.finding or (None if is_enough else "UNVERIFIABLE")
        say_json(
            {
                "finding": code, "seq": verdict.seq, "count": verdict.count, "reason": verdict.reason,
                "is_intact": verdict.is_intact, "is_truncation_evident": verdict.is_truncation_evident,
            }
        )  # fmt: skip
    return Exit.FINE if is_enough else Exit.INTEGRITY
