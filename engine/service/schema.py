"""A database's schema: which one it has, and bringing it to this program's, never under a live run."""

from dataclasses import dataclass

from engine.service.refusal import Kind, Refused
from engine.service.runs import open_existing
from engine.store.database import Database, SchemaStatus, open_database
from engine.store.live_runs import live_runs


@dataclass(frozen=True, slots=True)
class SchemaReport:
    """Where a database stands. `address` hides its password."""

    address: str
    status: SchemaStatus

    @property
    def state(self) -> str:
        if self.status.is_newer:
            return "newer than this program"
        return "current" if self.status.is_current else "empty" if self.status.current is None else "outdated"


def schema_of(address: str) -> SchemaReport:
    """Return the schema of a database that exists. Raises Refused and the store's errors."""
    with open_existing(address) as database:
        return SchemaReport(database.address, database.status())


def migrate(address: str, is_confirmed: bool = False) -> SchemaReport:
    """Bring a database to this program's schema, creating it where there is none.

    A database that an active live run writes to is left alone unless `is_confirmed`. Raises Refused and
    the store's errors.
    """
    with open_database(address) as database:
        if not is_confirmed:
            _refuse_under_live_runs(database)
        return SchemaReport(database.address, database.migrate())


def _refuse_under_live_runs(database: Database) -> None:
    if database.status().current is None:
        return
    with database.engine.connect() as connection:
        keys = live_runs(connection)
    if keys:
        what = f"{', '.join(keys)} is live and active, and would go on with another schema under it"
        raise Refused("MIGRATE_LIVE_RUN", what, "stop the run, or say --yes if it is surely dead", Kind.USAGE)
