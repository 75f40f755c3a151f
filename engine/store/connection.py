"""How the databases are spoken to: settings, transaction starts, typed errors and fault hooks."""

import re
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    ExceptionContext,
    Index,
    PrimaryKeyConstraint,
    UniqueConstraint,
    create_engine,
    event,
    make_url,
)
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import StaticPool

from engine.store.errors import (
    ConstraintViolated,
    Contention,
    StoreBroken,
    StoreError,
    StoreUnavailable,
    UnsupportedDatabase,
    ValueRefused,
    WriteRefused,
)
from engine.store.schema import METADATA

Hook = Callable[[Literal["before", "after"], str], None]
"""Called around every statement and every COMMIT with what is being done."""

READ_ONLY = "mqk_read_only"
WAIT_MS = 5_000


def connect(address: str, hooks: list[Hook], wait_ms: int = WAIT_MS) -> Engine:
    """Return an engine for a database address; no connection is made yet.

    SQLite runs with WAL, synchronous=FULL and foreign keys on, and every write transaction starts
    with BEGIN IMMEDIATE, so it never fails half-way for want of the lock (RELIABILITY 0.2). Both
    databases wait `wait_ms` for a lock and then raise Contention. Raises UnsupportedDatabase.
    """
    url = _recognise(address)
    if url.get_backend_name() == "sqlite":
        engine = _connect_sqlite(url, wait_ms)
    else:
        engine = create_engine(url, connect_args={"options": f"-c lock_timeout={wait_ms}", "connect_timeout": 10})
    event.listen(engine, "handle_error", _translate)
    _call_hooks(engine, hooks)
    return engine


def _recognise(address: str) -> URL:
    try:
        url = make_url(address)
    except ArgumentError:
        raise UnsupportedDatabase("the database address cannot be read") from None
    match url.drivername:
        case "sqlite" | "sqlite+pysqlite":
            return url.set(drivername="sqlite+pysqlite")
        case "postgres" | "postgresql" | "postgresql+psycopg":
            return url.set(drivername="postgresql+psycopg")
        case other:
            raise UnsupportedDatabase(f"{other!r} is not a database this desk can use")


def _connect_sqlite(url: URL, wait_ms: int) -> Engine:
    in_memory = url.database in (None, "", ":memory:")
    arguments: dict[str, Any] = {"timeout": wait_ms / 1000, "isolation_level": None}
    if in_memory:
        arguments["check_same_thread"] = False
        engine = create_engine(url, connect_args=arguments, poolclass=StaticPool)
    else:
        engine = create_engine(url, connect_args=arguments)

    def configure(connection: sqlite3.Connection, _record: object) -> None:
        for pragma in ("synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON"):
            connection.execute(f"PRAGMA {pragma}")
        if not in_memory and connection.execute("PRAGMA journal_mode=WAL").fetchone()[0] != "wal":
            raise StoreUnavailable("the file system of the database does not support write-ahead logging")

    def start(connection: Connection) -> None:
        is_read_only = connection.get_execution_options().get(READ_ONLY, False)
        driver = connection.connection.driver_connection
        if is_read_only:
            set_query_only(connection, True)
        try:
            connection.exec_driver_sql("BEGIN" if is_read_only else "BEGIN IMMEDIATE")
        except BaseException:
            # Nobody above holds a transaction to roll back yet, and the pool lends this connection again.
            if isinstance(driver, sqlite3.Connection):
                _abandon(driver)
            raise

    event.listen(engine, "connect", configure)
    event.listen(engine, "begin", start)
    return engine


def _abandon(driver: sqlite3.Connection) -> None:
    """Take a connection out of whatever it began; one that broke and was closed needs nothing."""
    with suppress(sqlite3.Error):
        driver.rollback()
        driver.execute("PRAGMA query_only=OFF")


def set_query_only(connection: Connection, is_on: bool) -> None:
    """Make a SQLite connection refuse writes, or accept them again."""
    driver = connection.connection.driver_connection
    if driver is not None:
        driver.execute(f"PRAGMA query_only={'ON' if is_on else 'OFF'}")


def _call_hooks(engine: Engine, hooks: list[Hook]) -> None:
    def before(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        for hook in hooks:
            hook("before", statement)

    def after(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        for hook in hooks:
            hook("after", statement)

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)


def _translate(context: ExceptionContext) -> StoreError | None:
    """Return the error to raise in place of a driver's; None leaves what is none of the driver's."""
    error = context.original_exception
    if isinstance(error, OverflowError):
        return ValueRefused(str(error))
    if isinstance(error, sqlite3.Error):
        return _translate_sqlite(error, context.statement or "")
    if hasattr(error, "sqlstate"):
        return _translate_postgresql(error, context.is_disconnect)
    return None


def _translate_postgresql(error: BaseException, is_disconnect: bool) -> StoreError:
    state: str = getattr(error, "sqlstate", None) or ""
    reason = str(error).strip().partition("\n")[0]
    if state.startswith("23"):
        details: Any = getattr(error, "diag", None)
        name = details.constraint_name or f"{details.table_name}.{details.column_name}"
        if name.startswith("frozen_"):
            return ConstraintViolated("frozen", name)
        kinds = {"23505": "unique", "23514": "check", "23502": "not_null"}
        return ConstraintViolated(kinds.get(state, "foreign_key"), name)
    if state in ("40001", "40P01", "55P03"):
        return Contention(reason)
    if state == "25006":
        return WriteRefused(reason)
    if state.startswith("22"):
        return ValueRefused(reason)
    # Without a state the server never answered: no connection, or one that broke.
    if is_disconnect or not state or state[:2] in ("08", "53", "57", "58"):
        return StoreUnavailable(reason)
    return StoreBroken(reason)


def _translate_sqlite(error: sqlite3.Error, statement: str) -> StoreError:
    name: str = getattr(error, "sqlite_errorname", "")
    reason = str(error)
    if name.startswith("SQLITE_CONSTRAINT"):
        return _name_constraint(name.removeprefix("SQLITE_CONSTRAINT_"), reason, statement)
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return Contention(reason)
    if name == "SQLITE_READONLY":
        return WriteRefused(reason)
    if name.startswith(("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return StoreUnavailable(reason)
    if name.startswith(("SQLITE_READONLY", "SQLITE_PERM", "SQLITE_NOMEM")):
        return StoreUnavailable(reason)
    if name in ("SQLITE_TOOBIG", "SQLITE_MISMATCH"):
        return ValueRefused(reason)
    return StoreBroken(reason)


def _name_constraint(kind: str, reason: str, statement: str) -> ConstraintViolated:
    """Return the violation under the name PostgreSQL gives it; SQLite names columns, or nothing."""
    subject = reason.partition(": ")[2]
    if kind == "TRIGGER":
        return ConstraintViolated("frozen", reason)
    if kind == "CHECK":
        return ConstraintViolated("check", subject)
    if kind == "NOTNULL":
        return ConstraintViolated("not_null", subject)
    if kind == "FOREIGNKEY":
        match = re.match(r"\s*(?:INSERT INTO|UPDATE)\s+(\w+)", statement)
        table = METADATA.tables.get(match[1]) if match else None
        names = sorted(str(key.name) for key in table.foreign_key_constraints) if table is not None else []
        return ConstraintViolated("foreign_key", " or ".join(names) or "foreign key")
    return ConstraintViolated("unique", _find_unique(subject))


def _find_unique(subject: str) -> str:
    """Return the name of the unique key over columns listed as `table.column, table.column`."""
    columns = {name.partition(".")[2] for name in subject.split(", ")}
    table = METADATA.tables.get(subject.partition(".")[0])
    if table is None:
        return subject
    keys: list[PrimaryKeyConstraint | UniqueConstraint | Index] = [
        key for key in table.constraints if isinstance(key, PrimaryKeyConstraint | UniqueConstraint)
    ]
    keys += [index for index in table.indexes if index.unique]
    for key in keys:
        if {column.name for column in key.columns} == columns:
            return str(key.name)
    return subject
