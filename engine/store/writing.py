"""How rows enter and change: plain insert, insert unless known, update that says whether it moved."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Insert, Table
from sqlalchemy.dialects import postgresql, sqlite


def values_of(table: Table, row: object) -> dict[str, Any]:
    """Return the column values of a row object whose fields are named like the columns."""
    return {name: getattr(row, name) for name in table.columns.keys()}  # noqa: SIM118


def insert(connection: Connection, table: Table, row: object) -> None:
    """Insert a row. Raises ConstraintViolated."""
    connection.execute(_insert(table), values_of(table, row))


@cache
def _insert(table: Table) -> Insert:
    return table.insert()


def insert_all(connection: Connection, table: Table, rows: Sequence[object]) -> None:
    """Insert rows in one round trip; none is fine. Raises ConstraintViolated."""
    if rows:
        connection.execute(_insert(table), [values_of(table, row) for row in rows])


def insert_if_new(connection: Connection, table: Table, values: Mapping[str, Any], *keys: str) -> bool:
    """Insert a row unless the unique key over `keys` is taken; return whether it was inserted.

    Without `keys` any unique key counts. Every other law still raises ConstraintViolated.
    """
    statement = _insert_if_new(connection.dialect.name, table, keys)
    return connection.execute(statement, dict(values)).rowcount == 1


@cache
def _insert_if_new(dialect: str, table: Table, keys: tuple[str, ...]) -> Insert:
    insert_into = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    statement = insert_into.on_conflict_do_nothing(index_elements=keys or None)
    return statement.execution_options(preserve_rowcount=True)


def insert_or_update(connection: Connection, table: Table, values: Mapping[str, Any], key: str) -> None:
    """Insert a row, or set every other column of the row that has its key."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).values(dict(values))
    changes = {name: statement.excluded[name] for name in values if name != key}
    connection.execute(statement.on_conflict_do_update(index_elements=[key], set_=changes))


def update(connection: Connection, table: Table, *where: ColumnElement[bool], **changes: Any) -> int:
    """Set columns of the rows that satisfy every condition; return how many there were."""
    return connection.execute(table.update().where(*where).values(**changes)).rowcount
