"""`mqk why`: a decision explained from its stored record alone."""

import shutil
import sys
from typing import Annotated

import typer

from engine.cli.exits import Exit
from engine.cli.output import Format, FormatOption, say, say_block, say_json
from engine.cli.run import DEFAULT_DATABASE, DatabaseOption

RunOption = Annotated[str | None, typer.Option("--run", help="Run key; the newest run by default.")]


def why(
    decision: Annotated[str, typer.Argument(help="Decision id, intent id, or the decision's number in the run.")],
    db: DatabaseOption = DEFAULT_DATABASE,
    run: RunOption = None,
    form: FormatOption = Format.TEXT,
) -> Exit:
    """Explain a decision: the rule, its values and where they come from, and what would have flipped it."""
    from dataclasses import asdict

    from engine.service.why import explain_decision, fates_of_holds
    from engine.service.why_text import render_why

    explanation = explain_decision(db, decision, run)
    if form is Format.TEXT:
        say_block(render_why(explanation, width_of_terminal()))
        for line in fates_of_holds(db, explanation.decision_id, run):
            say(line)
    else:
        say_json(asdict(explanation))
    return Exit.FINE


def width_of_terminal() -> int | None:
    """Return the columns of the terminal, None when nobody watches."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None
