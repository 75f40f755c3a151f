"""How rows enter and change: plain insert, insert unless known, update that says whether it moved.

Inserts are compiled to text once per table and database: every decision makes half a dozen of them,
and SQLAlchemy spends more on binding a row than SQLite does on storing it.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ClauseElement, ColumnElement, Connection, Dialect, Table, make_url
from sqlalchemy.dialects import postgresql, sqlite

Statement = tuple[str, tuple[str, ...]]
"""SQL text and the columns whose values it takes, in its order."""

_POSTGRESQL: Any = make_url("postgresql+psycopg://").get_dialect()
_COMPILE_FOR: dict[str, Dialect] = {
    "postgresql": _POSTGRESQL(paramstyle="format"),
    "sqlite": make_url("sqlite+pysqlite://").get_dialect()(),
}
_INSERT_INTO: dict[str, Callable[[Table], postgresql.Insert | sqlite.Insert]] = {
    "postgresql": postgresql.insert,
    "sqlite": sqlite.insert,
}


def values_of(table: Table, row: object) -> dict[str, Any]:
    """Return the column values of a row object whose fields are named like the columns."""
    return {name: getattr(row, name) for name in table.columns.keys()}  # noqa: SIM118


def insert(connection: Connection, table: Table, row: object) -> None:
    """Insert a row. Raises ConstraintViolated."""
    sql, names = _insert(connection.dialect.name, table)
    connection.exec_driver_sql(sql, tuple([getattr(row, name) for name in names]))


def insert_all(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, given by column, in one round trip; none is fine. Raises ConstraintViolated."""
    if rows:
        sql, names = _insert(connection.dialect.name, table)
        connection.exec_driver_sql(sql, [tuple([row[name] for name in names]) for row in rows])


def insert_if_new(connection: Connection, table: Table, values: Mapping[str, Any], *keys: str) -> bool:
    """Insert a row unless the unique key over `keys` is taken; return whether it was inserted.

    Without `keys` any unique key counts. Every other law still raises ConstraintViolated.
    """
    sql, names = _insert_if_new(connection.dialect.name, table, tuple(values), keys)
    return connection.exec_driver_sql(sql, tuple([values[name] for name in names])).rowcount == 1


def insert_or_update(connection: Connection, table: Table, row: object, *keys: str) -> None:
    """Insert a row, or set every other column of the row that has its keys."""
    sql, names = _insert_or_update(connection.dialect.name, table, keys)
    connection.exec_driver_sql(sql, tuple([getattr(row, name) for name in names]))


def update(connection: Connection, table: Table, *where: ColumnElement[bool], **changes: Any) -> int:
    """Set columns of the rows that satisfy every condition; return how many there were."""
    return connection.execute(table.update().where(*where).values(**changes)).rowcount


@cache
def _insert(dialect: str, table: Table) -> Statement:
    return _compile(dialect, table.insert())


@cache
def _insert_if_new(dialect: str, table: Table, columns: tuple[str, ...], keys: tuple[str, ...]) -> Statement:
    into = _INSERT_INTO[dialect](table)
    return _compile(dialect, into.on_conflict_do_nothing(index_elements=keys or None), columns)


@cache
def _insert_or_update(dialect: str, table: Table, keys: tuple[str, ...]) -> Statement:
    into = _INSERT_INTO[dialect](table)
    changes = {name: column for name, column in into.excluded.items() if name not in keys}
    return _compile(dialect, into.on_conflict_do_update(index_elements=keys, set_=changes))


def _compile(dialect: str, statement: ClauseElement, columns: Sequence[str] | None = None) -> Statement:
    compiled: Any = statement.compile(dialect=_COMPILE_FOR[dialect], column_keys=columns)
    return str(compiled), tuple(compiled.positiontup)
