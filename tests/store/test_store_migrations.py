"""Migrations: every version reaches the head, whole or not at all; a newer schema is left alone (P21)."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from engine.shipped import SHIPPED, shipped
from engine.store import Database, SchemaNewer, SchemaOutdated, open_database
from engine.store.migrate import read_version, upgrade
from engine.store.schema import METADATA, REVISIONS

SCRIPTS = shipped("migrations")


def test_the_program_knows_exactly_the_shipped_versions_in_order() -> None:
    scripts = ScriptDirectory(str(SCRIPTS))
    walked = [script.revision for script in scripts.walk_revisions()]
    assert tuple(reversed(walked)) == REVISIONS
    assert list(REVISIONS) == sorted(REVISIONS)


def test_migrating_twice_changes_nothing(empty_database_url: str) -> None:
    with open_database(empty_database_url) as database:
        assert database.status().current is None
        assert database.migrate().is_current
        before = picture(database)
        assert database.migrate().is_current
        assert picture(database) == before


def test_the_migrated_schema_is_the_one_the_program_uses(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_checks_keys_and_partial_indexes_are_the_programs_too(database: Database, empty_database_url: str) -> None:
    """Alembic compares neither checks nor the conditions of indexes, so the catalogues are compared."""
    with open_database(empty_database_url) as made:
        with made.engine.begin() as connection:
            METADATA.create_all(connection)
        expected = picture(made)
    assert len(expected) > 100
    assert picture(database) == expected


def picture(database: Database) -> set[str]:
    """Return what a database's own catalogue says about tables, constraints and indexes."""
    with database.engine.connect() as connection:
        describe: Callable[[Connection], list[str]] = (
            describe_postgresql if connection.dialect.name == "postgresql" else describe_sqlite
        )
        return {line for line in describe(connection) if "alembic" not in line}


def describe_postgresql(connection: Connection) -> list[str]:
    columns = """
        SELECT table_name, column_name, data_type, is_nullable, column_default
        FROM information_schema.columns WHERE table_schema = 'public'"""
    constraints = """
        SELECT conrelid::regclass, conname, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace"""
    indexes = "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    statements = (columns, constraints, indexes)
    return [" ".join(map(str, row)) for statement in statements for row in connection.execute(text(statement))]


def describe_sqlite(connection: Connection) -> list[str]:
    found = connection.execute(text("SELECT tbl_name, sql FROM sqlite_master WHERE type <> 'trigger'"))
    return [
        f"{table} {' '.join(part.split())}"
        for table, sql in found
        for part in re.split(r",\s*\n|\(\s*\n|\n\)", sql or "")
    ]


@pytest.mark.parametrize("start", REVISIONS[:-1])
def test_every_version_with_rows_reaches_the_head(empty_database_url: str, rows: Any, start: str) -> None:
    with open_database(empty_database_url) as database:
        with database.engine.begin() as connection:
            upgrade(connection, SCRIPTS, start)
            run = rows.run()
            names = [name for name in run.__slots__ if getattr(run, name) is not None]
            columns, places = ", ".join(names), ", ".join(f":{name}" for name in names)
            values = {name: getattr(run, name) for name in names}
            connection.execute(text(f"INSERT INTO runs ({columns}) VALUES ({places})"), values)
        assert database.status().current == start
        with pytest.raises(SchemaOutdated) as caught, database.write():
            pass
        assert (caught.value.current, caught.value.head) == (start, REVISIONS[-1])
        database.migrate()
        with database.read() as work:
            assert work.runs.list() == (run,)


def test_a_migration_broken_at_any_statement_leaves_nothing(empty_database_url: str) -> None:
    class Cut(Exception):
        pass

    def count_down(kind: str, _what: str) -> None:
        nonlocal left
        left -= kind == "before"
        if left < 0:
            raise Cut

    cuts, start = 0, 0
    with open_database(empty_database_url) as database:
        while True:
            left = start
            stop = database.on_statement(count_down)
            try:
                database.migrate()
            except Cut:
                cuts += 1
            finally:
                stop()
            if left >= 0:
                break
            assert database.status().current in (None, REVISIONS[-1])
            if database.status().current is None:
                with database.engine.connect() as connection:
                    assert not connection.dialect.has_table(connection, "runs")
            start += 17
        assert database.status().is_current
        with database.write() as work:
            assert work.audit.append("ARMED", 1, None, {}).seq == 1
    assert cuts >= 4


def test_a_newer_schema_is_refused_and_left_untouched(empty_database_url: str) -> None:
    with open_database(empty_database_url) as database:
        database.migrate()
        with database.engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with open_database(empty_database_url) as database:
        before = picture(database)
        assert database.status().is_newer
        for unit in (database.write, database.read):
            with pytest.raises(SchemaNewer), unit():
                pass
        with pytest.raises(SchemaNewer) as caught:
            database.migrate()
        assert (caught.value.current, caught.value.head) == ("9999", REVISIONS[-1])
        assert "9999" in str(caught.value)
        assert picture(database) == before
        with database.engine.connect() as connection:
            assert read_version(connection) == "9999"


def test_going_back_is_refused_because_it_would_drop_history(empty_database_url: str) -> None:
    with open_database(empty_database_url) as database:
        database.migrate()
        before = picture(database)
        config = Config()
        config.set_main_option("script_location", str(SCRIPTS))
        config.set_main_option("path_separator", "os")
        for target in ("-1", REVISIONS[0]):
            refused = pytest.raises(RuntimeError, match="history is never dropped")
            with refused, database.engine.begin() as connection:
                config.attributes["connection"] = connection
                command.downgrade(config, target)
        assert picture(database) == before
        assert database.status().is_current


def test_shipped_folders_are_named_and_others_are_not() -> None:
    assert shipped("migrations", "env.py").is_file()
    assert shipped("specs").is_dir()
    for parts in ((), ("secrets",), ("..", "etc")):
        with pytest.raises(LookupError, match=", ".join(SHIPPED)):
            shipped(*parts)
    with pytest.raises(FileNotFoundError, match="no_such"):
        shipped("migrations", "no_such")
