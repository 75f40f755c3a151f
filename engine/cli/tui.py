"""`mqk tui`: open the terminal, which is another front end and is found by its entry point."""

from engine.cli.diagnostics import complain
from engine.cli.exits import Exit
from engine.cli.run import DEFAULT_DATABASE, DatabaseOption
from engine.cli.why import RunOption

GROUP = "mqk.screens"


def tui(db: DatabaseOption = DEFAULT_DATABASE, run: RunOption = None) -> Exit:
    """Watch a run: decisions, violations, limits and the reasons behind them, live or afterwards."""
    import sys
    from importlib.metadata import entry_points

    from engine.service.desk_view import DeskView
    from engine.service.overlays import reopen_overlays
    from engine.service.runs import latest_run, open_existing

    screens = {point.name: point for point in entry_points(group=GROUP)}
    if "terminal" not in screens:
        complain("SCREEN_NONE", "no terminal is installed", "install the program with its terminal")
        return Exit.UNAVAILABLE
    with open_existing(db) as database:
        key = run or latest_run(database)
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            complain(
                "SCREEN_NO_TERMINAL", "the terminal needs a terminal", "use `mqk run status` or `mqk why` in a pipe"
            )
            return Exit.USAGE
        open_screen = screens["terminal"].load()
        return Exit(open_screen(DeskView(database, reopen_overlays), key))
