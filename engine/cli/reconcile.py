"""`mqk run snapshot` and `mqk run reconcile`: what a broker says of a run, and whether our books agree."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.diagnostics import warn
from engine.cli.exits import Exit
from engine.cli.output import Format, FormatOption, say, say_json, say_rows, say_table
from engine.cli.run import DEFAULT_DATABASE, DatabaseOption

if TYPE_CHECKING:
    from engine.model.time import Timestamp
    from engine.service.reconciliation import Reconciled

RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="Run key, or a run id for its last attempt.")]


def write_snapshot(
    run: RunArgument,
    db: DatabaseOption = DEFAULT_DATABASE,
    out: Annotated[Path, typer.Option("--out", help="Folder of run folders the run was started with.")] = Path(
        "exports"
    ),
) -> Exit:
    """Write what the paper broker of a run says is true, as a broker-snapshot document."""
    from engine.service.broker_snapshot import snapshot_run

    say_json(snapshot_run(db, run, out))
    return Exit.FINE


def reconcile_books(
    run: RunArgument,
    snapshot: Annotated[Path, typer.Option("--snapshot", help="Broker-snapshot document, JSON.")],
    lenient: Annotated[
        bool, typer.Option("--lenient", help="Leave out records that cannot be read; that is never clean.")
    ] = False,
    fills_since: Annotated[
        str | None, typer.Option("--fills-since", help="RFC 3339; earlier fills are not expected in the document.")
    ] = None,
    db: DatabaseOption = DEFAULT_DATABASE,
    form: FormatOption = Format.TEXT,
) -> Exit:
    """Fold a run's record into our books and compare them with a broker's document."""
    import time

    from engine.model.time import Timestamp
    from engine.service.reconciliation import reconcile_run

    wall = Timestamp(time.time_ns() // 1_000)
    found = reconcile_run(db, run, snapshot, wall, lenient, _instant(fills_since))
    for fault in found.unread:
        warn(fault.code, f"{fault.pointer or '/'} {fault.message}; the record is left out")
    if form is Format.TEXT:
        _say(found)
    elif form is Format.JSON:
        say_json(found.as_data())
    else:
        say_rows([difference.as_data() for difference in found.report.differences], form)
    return Exit.FINDINGS if found.report.mismatches else Exit.FINE


def _say(found: "Reconciled") -> None:
    from engine.model.time import format_timestamp

    report = found.report
    if report.differences:
        say_table(("severity", "subject", "id", "code", "field", "ours", "broker"), found.as_cells())
    for repair in report.repairs:
        say(f"provable repair: {repair.client_order_id} {repair.before} to {repair.after}")
    worst = f", worst {report.worst}" if report.worst else ""
    say(f"{report.state}: {report.mismatches} of {len(report.differences)} differences count{worst}")
    say(f"{found.run_key} beside the broker at {format_timestamp(report.captured_at)}")


def _instant(text: str | None) -> "Timestamp | None":
    """Return an instant of the command line. Raises BadParameter."""
    from engine.model.time import TimeFault, parse_timestamp

    if text is None:
        return None
    try:
        return parse_timestamp(text)
    except TimeFault as fault:
        raise typer.BadParameter(f"--fills-since: {fault}") from None
