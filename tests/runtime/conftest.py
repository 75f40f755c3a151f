"""The proof market read once, a desk on each database, and one finished run on each to look at."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from engine.brokers.paper_book import PaperBook
from engine.model.event import EventType
from engine.runtime.inputs import RunInputs
from engine.runtime.run import Started
from engine.runtime.state import DeskState
from engine.store.database import Database, open_database
from tests.runtime.proof_market import CASH, Desk, proof_inputs


@dataclass(frozen=True, slots=True)
class Recorded:
    """One entry of the record: its place, kind, instant and body."""

    place: int
    kind: EventType
    at: int
    body: dict[str, Any]


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


def record_of(database: Database, run_key: str) -> tuple[Recorded, ...]:
    """Return everything a run recorded."""
    with database.read(run_key) as unit:
        return tuple(Recorded(n, EventType(e.kind), e.at, e.body) for n, e in enumerate(unit.audit.read(run_key)))


@pytest.fixture(scope="session")
def market(tmp_path_factory: pytest.TempPathFactory) -> RunInputs:
    """The whole proof market; read once, frozen."""
    return proof_inputs(tmp_path_factory.mktemp("proof"))


@pytest.fixture
def desk(market: RunInputs, database: Database, tmp_path: Path) -> Desk:
    """The whole run, not started."""
    return Desk(market, database, tmp_path)


@pytest.fixture(scope="session", params=("sqlite", "postgresql"))
def finished(
    request: pytest.FixtureRequest, market: RunInputs, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Finished]:
    """The whole run, once on each database, for laws that only look."""
    folder = tmp_path_factory.mktemp("finished")
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
