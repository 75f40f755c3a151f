"""The one door to DuckDB: an extra of the installation, loaded when a journal in Parquet is asked for."""

from pathlib import Path
from typing import TYPE_CHECKING

from engine.backtest.faults import ReplayRefused

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def connect(folder: Path | None = None) -> "DuckDBPyConnection":
    """Return a connection of its own, over a file in `folder` or in memory. Raises ReplayRefused (WAREHOUSE_MISSING).

    Nothing it does reaches the network: extensions are neither fetched nor loaded.
    """
    try:
        import duckdb
    except ImportError:
        what = "a journal in Parquet needs DuckDB, and it is not installed"
        help_ = "install the extra: pip install 'miniquantdesk[warehouse]'"
        raise ReplayRefused("WAREHOUSE_MISSING", what, help_, "UNAVAILABLE") from None
    address = ":memory:" if folder is None else str(folder / "journal.duckdb")
    return duckdb.connect(
        address, config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    )


def quoted(text: str) -> str:
    """Return a text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


def name(identifier: str) -> str:
    """Return a name of SQL, whatever it holds."""
    return '"' + identifier.replace('"', '""') + '"'
