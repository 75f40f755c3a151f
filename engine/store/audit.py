"""The audit table: the chain's next link is allocated inside the transaction it describes."""

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Connection, Index, Table, select
from sqlalchemy import text as sql

from engine.audit.chain import AuditEntry, begin, content_line, seal
from engine.audit.verify import Entry
from engine.store.errors import StoreBroken
from engine.store.reading import stream
from engine.store.schema import METADATA, content, integer, text
from engine.store.writing import insert

_LOCK = 0x6D716B_61756474  # "mqk" "audt": one name for every process of the desk

AUDIT = Table(
    "audit",
    METADATA,
    text("log_id"),
    integer("seq", key=True),
    content("hash"),
    content("record"),
    text("run_key", null=True),
    text("kind"),
    integer("at"),
    Index(None, "run_key", "seq"),
)


def _read(row: Any) -> AuditEntry:
    return AuditEntry(*row)


class Audit:
    """The audit log of this database. `wall` reads the machine's clock for the envelope."""

    def __init__(self, connection: Connection, wall: Callable[[], int]) -> None:
        self._connection = connection
        self._wall = wall
        self._last: AuditEntry | None = None

    def begin(self, log_id: str) -> None:
        """Write the genesis record of a new database; does nothing when there is a log."""
        self._lock()
        if self.head() is None:
            insert(self._connection, AUDIT, begin(log_id, self._wall()))

    def append(self, kind: str, at: int, run_key: str | None, body: Any) -> AuditEntry:
        """Add a record to the chain; it is kept if and only if this transaction is.

        `body` is canonical JSON data. Raises NotCanonical.
        """
        if self._last is None:
            self._lock()
            self._last = self.head()
        if (last := self._last) is None:
            raise StoreBroken("the audit log has no genesis record; was the database migrated?")
        entry = seal(last.log_id, last.seq + 1, last.hash, wall=self._wall(), run=run_key, kind=kind, at=at, body=body)
        insert(self._connection, AUDIT, entry)
        self._last = entry
        return entry

    def head(self) -> AuditEntry | None:
        """Return the last record; its `anchor` is what to note elsewhere."""
        row = self._connection.execute(select(AUDIT).order_by(AUDIT.c.seq.desc()).limit(1)).first()
        return None if row is None else _read(row)

    def entries(self, from_seq: int = 0) -> Iterator[Entry]:
        """Yield the records from `from_seq` on, in order, in the form the verifier reads."""
        statement = select(AUDIT).where(AUDIT.c.seq >= from_seq)
        for row in stream(self._connection, statement, AUDIT.c.seq):
            yield _read(row).entry

    def read(self, run_key: str) -> Iterator[AuditEntry]:
        """Yield the records of a run in order."""
        statement = select(AUDIT).where(AUDIT.c.run_key == run_key)
        for row in stream(self._connection, statement, AUDIT.c.seq):
            yield _read(row)

    def read_desk(self) -> Iterator[AuditEntry]:
        """Yield the records that belong to no run, in order: the genesis and every step of a review."""
        statement = select(AUDIT).where(AUDIT.c.run_key.is_(None))
        for row in stream(self._connection, statement, AUDIT.c.seq):
            yield _read(row)

    def content(self, run_key: str) -> Iterator[bytes]:
        """Yield what of a run's records is content: equal on every attempt and machine."""
        for place, entry in enumerate(self.read(run_key), 1):
            yield content_line(place, entry)

    def _lock(self) -> None:
        # SQLite's write transaction excludes every other writer already.
        if self._connection.dialect.name == "postgresql":
            self._connection.execute(sql("SELECT pg_advisory_xact_lock(:name)"), {"name": _LOCK})
