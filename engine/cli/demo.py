"""`mqk demo`: the whole desk in one command, without server, network or preparation."""

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.exits import Exit
from engine.cli.output import say, say_block

FolderOption = Annotated[Path | None, typer.Option("--dir", help="Where to write; a new temporary folder by default.")]


def demo(folder: FolderOption = None) -> Exit:
    """Run the desk over the shipped bars, explain one reject and verify the audit chain."""
    import os
    import tempfile

    from engine.cli.run import drive, say_result
    from engine.service.demonstration import demo_request, highlights
    from engine.service.running import start

    target = folder or Path(tempfile.mkdtemp(prefix="mqk-demo-"))
    target.mkdir(parents=True, exist_ok=True)
    result = drive(start(demo_request(target), os.environ))
    say_result(result)
    say()
    for shown in highlights(result.database, result.run_key):
        say(f"{shown.label:<14} {shown.order}")
        say(f"{'':<14} {shown.because}")
    _say_reject(result.database, result.run_key)
    return Exit.FINE if result.audit.is_intact else Exit.INTEGRITY


def _say_reject(database: str, run_key: str) -> None:
    from engine.cli.why import width_of_terminal
    from engine.service.why import explain_first
    from engine.service.why_text import render_why

    explanation = explain_first(database, run_key, "reject")
    if explanation is not None:
        say()
        say_block(render_why(explanation, width_of_terminal()))
