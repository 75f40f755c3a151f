"""Somebody who owns the database: triggers and foreign keys do not stand in their way."""

import sqlite3
from contextlib import closing

from sqlalchemy import text

from engine.store.database import Database


def change(database: Database, statement: str, **values: object) -> None:
    """Run one statement as the owner; it must have hit a row."""
    if database.engine.dialect.name == "postgresql":
        with database.engine.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            count = connection.execute(text(statement), values).rowcount
    else:
        count = _change_file(str(database.engine.url.database), statement, values)
    assert count >= 1, statement


def _change_file(path: str, statement: str, values: dict[str, object]) -> int:
    # A connection of one's own keeps no foreign keys, and triggers come back as they were.
    with closing(sqlite3.connect(path)) as connection, connection:
        triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        count = connection.execute(statement, values).rowcount
        for _, sql in triggers:
            connection.execute(sql)
    return count
