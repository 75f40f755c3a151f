"""`mqk lsp`: the language server, which is another front end and is found by its entry point."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.diagnostics import complain, note
from engine.cli.exits import Exit

GROUP = "mqk.editors"
LIBRARY = "pygls"
"""What the library of the protocol calls its log."""

AtOption = Annotated[
    datetime | None, typer.Option("--at", formats=["%Y-%m-%d"], help="The law date; today's, each day, by default.")
]
StdioOption = Annotated[bool, typer.Option("--stdio", help="Taken for editors that ask so: there is no other way.")]


def lsp(
    path: Annotated[
        Path | None, typer.Argument(metavar="[PATH]", help="The rules folder; found by its stage folders by default.")
    ] = None,
    at: AtOption = None,
    environment: Annotated[str, typer.Option("--environment", help="Layer of config/environments.")] = "windows-dev",
    config: Annotated[Path | None, typer.Option("--config", help="Config folder; the shipped one by default.")] = None,
    stdio: StdioOption = True,
) -> Exit:
    """Serve an editor over standard input and output: diagnostics, hover, completion, rename, tests and more."""
    from importlib.metadata import entry_points
    from tempfile import TemporaryDirectory

    from engine.cli.version import release
    from engine.service.editor import write_environment
    from engine.service.rule_tests import read_scenario_text

    editors = {point.name: point for point in entry_points(group=GROUP)}
    try:
        serve = editors["lsp"].load()
    except (KeyError, ModuleNotFoundError):
        complain(
            "EDITOR_NONE", "the language server is not installed", "install it: pip install 'miniquantdesk[editor]'"
        )
        return Exit.UNAVAILABLE

    def today() -> date:
        # A person who names no date means the one on their own wall, also after midnight.
        return (at or datetime.now().astimezone()).date()

    _speak_plainly()
    with TemporaryDirectory(prefix="mqk-lsp-") as folder:
        document = Path(folder) / "environment.json"
        write_environment(document, environment, config)
        took_leave = serve(document, read_scenario_text, today, release(), path.resolve() if path is not None else None)
    return Exit.FINE if took_leave else Exit.FINDINGS


def _speak_plainly() -> None:
    """Say a fault of a request in one line on standard error, where the library writes tracebacks into its log."""
    import logging
    import os

    if os.environ.get("MQK_DEBUG") == "1":
        return

    class Plainly(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said = record.getMessage().partition("\n")[0]
            why = f": {record.exc_info[1]}" if record.exc_info and record.exc_info[1] is not None else ""
            note(f"{said}{why}")

    log = logging.getLogger(LIBRARY)
    log.addHandler(Plainly(logging.WARNING))
    log.propagate = False
