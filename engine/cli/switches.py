"""`mqk switch` and what watched rules did in a run: switches, tasks, the log."""

from typing import Annotated

import typer

from engine.cli.exits import Exit
from engine.cli.output import Format, FormatOption, say, say_rows, say_table
from engine.cli.run import DEFAULT_DATABASE, DatabaseOption

app = typer.Typer(no_args_is_help=True, help="See the switches of a run.")
RunArgument = Annotated[
    str | None, typer.Argument(metavar="[RUN]", help="Run key or run id; the newest run by default.")
]


@app.callback()
def _group() -> None:
    """Keep `status` a word of its own."""


@app.command()
def status(run: RunArgument = None, db: DatabaseOption = DEFAULT_DATABASE, form: FormatOption = Format.TEXT) -> Exit:
    """Show every switch, tripped ones first, and the postures other rules hold; 1 when anything is in force."""
    from engine.service.watching import SWITCH_HEADS, switches_of

    lines = switches_of(db, run)
    if form is not Format.TEXT:
        say_rows([line.as_data() for line in lines], form)
    elif lines:
        say_table(SWITCH_HEADS, [line.as_cells() for line in lines])
    else:
        say("the rules of this run have no switch")
    return Exit.FINDINGS if any(line.posture != "active" for line in lines) else Exit.FINE


def show_tasks(
    run: RunArgument = None, db: DatabaseOption = DEFAULT_DATABASE, form: FormatOption = Format.TEXT
) -> Exit:
    """Show what a run's rules gave people to do, by due day."""
    from engine.service.watching import TASK_HEADS, tasks_of

    lines = tasks_of(db, run)
    if form is not Format.TEXT:
        say_rows([line.as_data() for line in lines], form)
    elif lines:
        say_table(TASK_HEADS, [line.as_cells() for line in lines])
    else:
        say("nobody was given anything to do")
    return Exit.FINE


def show_watch_log(
    run: RunArgument = None, db: DatabaseOption = DEFAULT_DATABASE, form: FormatOption = Format.TEXT
) -> Exit:
    """Show everything watched rules did in a run, in order."""
    from engine.service.watching import WATCH_HEADS, watch_log

    lines = watch_log(db, run)
    if form is not Format.TEXT:
        say_rows([line.as_data() for line in lines], form)
    elif lines:
        say_table(WATCH_HEADS, [line.as_cells() for line in lines])
    else:
        say("watched rules had nothing to say")
    return Exit.FINE
