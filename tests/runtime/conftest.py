"""The proof market read once, a desk on each database, and one finished run on each to look at."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.brokers.paper_book import PaperBook
from engine.model.event import EventType
from engine.runtime.inputs import RunInputs
from engine.runtime.run import Started
from engine.runtime.state import DeskState
from engine.store.database import Database, open_database
from tests.runtime.proof_market import CASH, Desk, proof_inputs, until
from tests.runtime.record import Recorded, record_of


@dataclass(frozen=True, slots=True)
class Finished:
    """A whole run that has ended, its record, and the broker's own book."""

    desk: Desk
    started: Started
    record: tuple[Recorded, ...]
    book: PaperBook

    @property
    def state(self) -> DeskState:
        return self.started.composed.state

    @property
    def run_key(self) -> str:
        return self.started.run_key

    @property
    def database(self) -> Database:
        return self.desk.database

    def of(self, *kinds: EventType) -> list[Recorded]:
        """Return the entries of some kinds, in order."""
        return [entry for entry in self.record if entry.kind in kinds]

    def decisions(self) -> list[Recorded]:
        return self.of(EventType.DECISION_RECORDED)


@pytest.fixture(scope="session")
def market(tmp_path_factory: pytest.TempPathFactory) -> RunInputs:
    """The whole proof market; read once, frozen."""
    return proof_inputs(tmp_path_factory.mktemp("proof"))


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder in memory where there is one; a kill loses nothing there that a disk would keep."""
    held = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=held if os.access(held, os.W_OK) else None) as made:
        yield Path(made)


@pytest.fixture
def small(market: RunInputs, sqlite_template: Path, memory: Path) -> Iterator[Desk]:
    """The first five sessions on SQLite, not started: for laws no database has a part in."""
    shutil.copyfile(sqlite_template, memory / "desk.db")
    with open_database(f"sqlite:///{memory / 'desk.db'}") as database:
        yield Desk(until(market, 5), database, memory)


@pytest.fixture
def full(small: Desk, market: RunInputs) -> Desk:
    """The whole run on SQLite, not started."""
    return Desk(market, small.database, small.folder)


@pytest.fixture
def desk(
    backend: str, request: pytest.FixtureRequest, market: RunInputs, sqlite_template: Path, memory: Path
) -> Iterator[Desk]:
    """The whole run on each database, not started."""
    if backend == "postgresql":
        yield Desk(market, request.getfixturevalue("database"), memory)
        return
    shutil.copyfile(sqlite_template, memory / "desk.db")
    with open_database(f"sqlite:///{memory / 'desk.db'}") as database:
        yield Desk(market, database, memory)


@pytest.fixture
def few(desk: Desk) -> Desk:
    """The first five sessions on each database, not started."""
    return Desk(until(desk.inputs, 5), desk.database, desk.folder)


@pytest.fixture(scope="session", params=("sqlite", "postgresql"))
def finished(request: pytest.FixtureRequest, market: RunInputs) -> Iterator[Finished]:
    """The whole run, once on each database, for laws that only look."""
    held = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(dir=held if os.access(held, os.W_OK) else None))
    server = None
    if request.param == "sqlite":
        shutil.copyfile(request.getfixturevalue("sqlite_template"), folder / "desk.db")
        address = f"sqlite:///{folder / 'desk.db'}"
    else:
        server = request.getfixturevalue("postgres_server")
        address = server.lend()
    with open_database(address) as database:
        desk = Desk(market, database, folder)
        started = desk.run()
        book = PaperBook(desk.book_path(started), CASH)
        yield Finished(desk, started, record_of(database, started.run_key), book)
        book.close()
    if server is not None:
        server.take_back(address)
    shutil.rmtree(folder)


@dataclass(frozen=True, slots=True)
class Reference:
    """What an uninterrupted run says: its record and the hash of its content."""

    record: tuple[Recorded, ...]
    content_hash: str


@pytest.fixture(scope="session")
def reference(market: RunInputs, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Reference:
    """The whole run once, uninterrupted."""
    folder = tmp_path_factory.mktemp("reference")
    shutil.copyfile(sqlite_template, folder / "desk.db")
    with open_database(f"sqlite:///{folder / 'desk.db'}") as database:
        desk = Desk(market, database, folder)
        started = desk.run()
        return Reference(record_of(database, started.run_key), desk.export(started).content_hash)
