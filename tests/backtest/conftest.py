"""A finished run on each database, and its journal as a Parquet file."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from dsl.bundle import Bundle
from engine.backtest.journal import DatabaseJournal
from engine.backtest.parquet_writer import export
from engine.backtest.settings import Settings
from engine.service.overlays import reopen_overlays
from engine.store.database import Database, open_database
from tests.runtime.proof_market import Desk, proof_inputs


@dataclass(frozen=True, slots=True)
class Ran:
    """A run of the proof market that has ended: its database, its folder of artifacts, and the rules it had."""

    address: str
    database: Database
    run_key: str
    artifacts: Path
    rules: Path
    bundle: Bundle


@pytest.fixture(scope="session", params=("sqlite", "postgresql"))
def ran(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    folder = tmp_path_factory.mktemp("ran")
    inputs = proof_inputs(folder)
    server = None
    if request.param == "sqlite":
        shutil.copyfile(request.getfixturevalue("sqlite_template"), folder / "desk.db")
        address = f"sqlite:///{folder / 'desk.db'}"
    else:
        server = request.getfixturevalue("postgres_server")
        address = server.lend()
    with open_database(address) as database:
        desk = Desk(inputs, database, folder)
        started = desk.run()
        written = desk.export(started)
        yield Ran(address, database, started.run_key, written.path, folder / "rules", inputs.bundle)
    if server is not None:
        server.take_back(address)


@pytest.fixture(scope="session")
def parquet(ran: Ran, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run's journal in Parquet."""
    path = tmp_path_factory.mktemp("parquet") / "journal.parquet"
    journal = DatabaseJournal(ran.database)
    assert export(journal, path, Settings(journal, reopen_overlays), lambda done, total: None) == journal.total()
    return path
