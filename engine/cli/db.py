"""`mqk db`: the schema of a database."""

from typing import Annotated

import typer

from engine.cli.exits import Exit
from engine.cli.output import Format, FormatOption, say, say_json
from engine.cli.run import DEFAULT_DATABASE, DatabaseOption

app = typer.Typer(no_args_is_help=True, help="See and migrate the schema of a database.")


@app.command()
def status(db: DatabaseOption = DEFAULT_DATABASE, form: FormatOption = Format.TEXT) -> Exit:
    """Show which schema a database has; 1 when it is not this program's."""
    from engine.service.schema import schema_of

    report = schema_of(db)
    _say(report.address, report.status.current, report.status.head, report.state, form)
    return Exit.FINE if report.status.is_current else Exit.FINDINGS


@app.command()
def migrate(
    db: DatabaseOption = DEFAULT_DATABASE,
    yes: Annotated[bool, typer.Option("--yes", help="Migrate even under an active live run.")] = False,
    form: FormatOption = Format.TEXT,
) -> Exit:
    """Bring a database to this program's schema; twice changes nothing."""
    from engine.service.schema import migrate as bring

    report = bring(db, yes)
    _say(report.address, report.status.current, report.status.head, report.state, form)
    return Exit.FINE


def _say(address: str, current: str | None, head: str, state: str, form: Format) -> None:
    if form is Format.TEXT:
        say(f"{address}: {state} (has {current or 'none'}, this program needs {head})")
    else:
        say_json({"database": address, "current": current, "head": head, "state": state})
