"""The command line `mqk`: its tree of commands, and the one place a command ends.

A command returns an `Exit` or raises what stops it. Commands import what they need when they run, so
that `mqk --help` answers at once.
"""

import os
import sys
from contextlib import suppress
from typing import Annotated

import typer

from engine.cli import (
    audit,
    config,
    db,
    decide,
    demo,
    doctor,
    keys,
    lists,
    md,
    promotion,
    reconcile,
    rule_review,
    switches,
    tui,
    why,
)
from engine.cli import run as running
from engine.cli.diagnostics import complain, explain_failure, note
from engine.cli.exits import Exit
from engine.cli.output import flush, say

PROGRAM = "mqk"
COMPLETING = "_MQK_COMPLETE"
"""Set by a shell that asks how a command line may go on."""
app = typer.Typer(
    name=PROGRAM,
    help="A trading desk whose judgement is written in rule files.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(demo.demo)
app.add_typer(rule_review.app, name="rules")
app.add_typer(lists.app, name="lists")
app.command()(decide.decide)
app.command()(why.why)
running.app.command("reconcile")(reconcile.reconcile_books)
running.app.command("snapshot")(reconcile.write_snapshot)
running.app.command("tasks")(switches.show_tasks)
running.app.command("watched")(switches.show_watch_log)
app.add_typer(running.app, name="run")
app.add_typer(switches.app, name="switch")
app.command()(tui.tui)
app.add_typer(promotion.app, name="promotion")
app.add_typer(md.app, name="md")
app.add_typer(audit.app, name="audit")
app.add_typer(config.app, name="config")
app.add_typer(db.app, name="db")
app.add_typer(keys.app, name="keys")
app.command()(doctor.doctor)


@app.callback(invoke_without_command=True)
def _start(
    version: Annotated[bool, typer.Option("--version", help="Show the version and leave.", is_eager=True)] = False,
) -> None:
    if version:
        _say_version()
        raise typer.Exit


@app.command("version")
def _version() -> Exit:
    """Show the version."""
    _say_version()
    return Exit.FINE


def _say_version() -> None:
    from engine.cli.version import version_line

    say(version_line())


def run(arguments: list[str] | None = None) -> int:
    """Run one command and return how it ended; nothing escapes but the exit code."""
    try:
        code = _run(arguments)
        flush()
    except BrokenPipeError:
        # Whoever read has gone; what could not be delivered must not end as fine.
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.UNAVAILABLE
    except KeyboardInterrupt:
        note("interrupted")
        return Exit.INTERRUPTED
    return code


def _run(arguments: list[str] | None) -> Exit:
    command = typer.main.get_command(app)
    said = sys.argv[1:] if arguments is None else arguments
    if COMPLETING in os.environ:
        command.main(said, prog_name=PROGRAM)
    try:
        # Not `command.main`: it would turn an interrupt and a reader that went away into exit codes of its own.
        with command.make_context(PROGRAM, list(said)) as context:
            ended = command.invoke(context)
        return ended if isinstance(ended, Exit) else Exit.FINE
    except BrokenPipeError:
        raise
    except typer.Abort:
        raise KeyboardInterrupt from None
    except typer.Exit as left:
        return Exit(left.exit_code)
    except Exception as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            note(str(error))
            return Exit.USAGE
        if hasattr(error, "format_message"):
            complain("USAGE", error.format_message(), "see `mqk --help`, or `mqk COMMAND --help`")
            return Exit.USAGE
        return explain_failure(error)
