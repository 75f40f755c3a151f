"""`mqk doctor`: is this machine fit to run the desk."""

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.config import EngineOption, EnvironmentOption, RootOption, SetOption
from engine.cli.exits import Exit
from engine.cli.output import Format, FormatOption, say, say_rows


def doctor(
    db: Annotated[str | None, typer.Option("--db", envvar="MQK_DATABASE", help="A database to look at too.")] = None,
    rules: Annotated[Path | None, typer.Option("--rules", help="Rules folder; the shipped one by default.")] = None,
    folder: Annotated[Path, typer.Option("--dir", help="Where runs will be written.")] = Path("."),
    environment: EnvironmentOption = "windows-dev",
    engine: EngineOption = "main",
    overrides: SetOption = None,
    config: RootOption = None,
    form: FormatOption = Format.TEXT,
) -> Exit:
    """Look at everything the desk needs; 3 when something is missing, each with its remedy.

    Of the environment variables a configuration names it tells which are set, never what they hold.
    """
    import os
    import time

    from engine.model.time import Timestamp
    from engine.service.health import Layers, examine_machine

    layers = Layers(config, environment, engine, tuple(overrides or ()))
    now = Timestamp(time.time_ns() // 1_000)
    examined = list(examine_machine(db, rules, folder, now, layers, os.environ))
    if form is not Format.TEXT:
        say_rows([each.as_data() for each in examined], form)
    else:
        width = max(len(each.name) for each in examined)
        for each in examined:
            say(f"{'ok     ' if each.is_well else 'problem'}  {each.name.ljust(width)}  {each.found}".rstrip())
            if not each.is_well:
                say(f"{' ' * (width + 11)}{each.problem}; {each.remedy}")
    return Exit.FINE if all(each.is_well for each in examined) else Exit.UNAVAILABLE
