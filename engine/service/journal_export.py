"""A desk's decisions as one Parquet file that any warehouse reads and a replay takes for the database."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engine.service.refusal import Refused
from engine.service.runs import open_existing

Tick = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True)
class Exported:
    """The file written, and how many decisions it holds."""

    path: Path
    decisions: int
    bytes: int


def export_journal(address: str, run_key: str | None, path: Path, tick: Tick) -> Exported:
    """Write the decisions of a run (or of all) to a Parquet file, whole or not at all.

    Raises Refused, ReplayRefused (WAREHOUSE_MISSING without the extra) and the store's errors.
    """
    if path.exists():
        raise Refused("EXPORT_EXISTS", f"{path} is there already", "name another file, or remove it")
    if not path.parent.is_dir():
        raise Refused("EXPORT_FOLDER", f"there is no folder {path.parent}", "make it first")
    from engine.backtest.journal import DatabaseJournal
    from engine.backtest.parquet_writer import export
    from engine.backtest.settings import Settings
    from engine.service.overlays import reopen_overlays

    with open_existing(address) as database:
        journal = DatabaseJournal(database, run_key)
        decisions = export(journal, path, Settings(journal, reopen_overlays), tick)
    return Exported(path, decisions, path.stat().st_size)
