"""The database: opened by address, migrated, and used one unit of work at a time."""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from engine.shipped import shipped
from engine.store.audit import Audit
from engine.store.connection import READ_ONLY, WAIT_MS, Hook, connect, set_query_only
from engine.store.errors import CommitUnknown, SchemaNewer, SchemaOutdated, StoreError, StoreUnavailable
from engine.store.migrate import read_version, upgrade
from engine.store.schema import REVISIONS
from engine.store.unit import UnitOfWork

HEAD = REVISIONS[-1]


@dataclass(frozen=True, slots=True)
class SchemaStatus:
    """The schema a database has (None when empty) and the one this program needs."""

    current: str | None
    head: str

    @property
    def is_current(self) -> bool:
        return self.current == self.head

    @property
    def is_newer(self) -> bool:
        return self.current is not None and self.current not in REVISIONS


def read_wall() -> int:
    """Return the machine's clock in microseconds; it reaches nothing but audit envelopes."""
    return time.time_ns() // 1_000


def draw_hex() -> str:
    """Return 128 unguessable bits in hex."""
    return secrets.token_hex(16)


class Database:
    """One desk's database. Safe to share between threads; a forked child opens its own."""

    def __init__(self, engine: Engine, hooks: list[Hook], wall: Callable[[], int], draw: Callable[[], str]) -> None:
        self._engine = engine
        self._hooks = hooks
        self._wall = wall
        self._draw = draw
        self._is_checked = False

    def __enter__(self) -> "Database":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def address(self) -> str:
        """The address without its password."""
        return self._engine.url.render_as_string(hide_password=True)

    @property
    def engine(self) -> Engine:
        """The engine below, for schema comparison and tests of the database itself."""
        return self._engine

    def migrate(self, scripts: Path | None = None) -> SchemaStatus:
        """Bring the schema to this program's version in one transaction and begin the audit log.

        `scripts` is the folder of migrations, by default the shipped one. Doing it twice changes
        nothing. Raises SchemaNewer and leaves the database untouched when it is ahead.
        """
        with self._transact() as connection:
            upgrade(connection, scripts or shipped("migrations"))
            Audit(connection, self._wall).begin(self._draw())
        return self.status()

    def status(self) -> SchemaStatus:
        """Return which schema the database has."""
        with self._look() as connection:
            return SchemaStatus(read_version(connection), HEAD)

    @contextmanager
    def write(self, run_key: str | None = None) -> Iterator[UnitOfWork]:
        """Run one transaction, bound to a run or to none: committed when the block ends, rolled back when it raises.

        Raises Contention, StoreUnavailable, CommitUnknown, SchemaNewer and SchemaOutdated.
        """
        self._check_schema()
        with self._transact() as connection:
            yield UnitOfWork(connection, self._wall, self._draw, run_key)

    @contextmanager
    def read(self, run_key: str | None = None) -> Iterator[UnitOfWork]:
        """Run one read-only transaction, bound to a run or to none, of a single moment; writes raise WriteRefused."""
        self._check_schema()
        with self._look() as connection:
            yield UnitOfWork(connection, self._wall, self._draw, run_key)

    def on_statement(self, hook: Hook) -> Callable[[], None]:
        """Call `hook("before" | "after", what)` around every statement and COMMIT; return how to stop.

        Whatever a hook raises takes the place of the statement's outcome.
        """
        self._hooks.append(hook)
        return lambda: self._hooks.remove(hook)

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def _check_schema(self) -> None:
        if self._is_checked:
            return
        status = self.status()
        if not status.is_current:
            refuse = SchemaNewer if status.is_newer else SchemaOutdated
            raise refuse(status.current, status.head)
        self._is_checked = True

    @contextmanager
    def _transact(self) -> Iterator[Connection]:
        with self._engine.connect() as connection:
            transaction = connection.begin()
            try:
                yield connection
                self._say("before", "COMMIT")
            except BaseException:
                # A connection that broke cannot be rolled back; why the block failed matters more.
                with suppress(StoreError):
                    transaction.rollback()
                raise
            try:
                transaction.commit()
            except StoreUnavailable as error:
                if self._engine.dialect.name == "sqlite" and "disk I/O" not in str(error):
                    raise
                raise CommitUnknown(str(error)) from error
            self._say("after", "COMMIT")

    @contextmanager
    def _look(self) -> Iterator[Connection]:
        is_sqlite = self._engine.dialect.name == "sqlite"
        options: dict[str, Any] = (
            {READ_ONLY: True} if is_sqlite else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        )
        with self._engine.connect().execution_options(**options) as connection:
            transaction = connection.begin()
            try:
                yield connection
            finally:
                with suppress(StoreError):
                    transaction.rollback()
                if is_sqlite and not connection.invalidated:
                    set_query_only(connection, False)

    def _say(self, kind: Any, what: str) -> None:
        for hook in self._hooks:
            hook(kind, what)


def open_database(
    address: str,
    *,
    wall: Callable[[], int] = read_wall,
    draw: Callable[[], str] = draw_hex,
    wait_ms: int = WAIT_MS,
) -> Database:
    """Return the database at `sqlite:///FILE`, `sqlite://` (in memory) or `postgresql://…`.

    `wall` reads the clock of audit envelopes, `draw` gives random identities (log, claim tokens) as
    32 hex digits, `wait_ms` bounds the wait for a lock. Raises UnsupportedDatabase.
    """
    hooks: list[Hook] = []
    return Database(connect(address, hooks, wait_ms), hooks, wall, draw)
