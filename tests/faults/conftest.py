"""The proof market, read once by the parent of every process that will be killed."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.brokers.paper import PaperBroker
from engine.runtime.inputs import RunInputs
from tests.faults.kill_case import Condition, Truth, run_in_fork
from tests.runtime.conftest import market, memory
from tests.runtime.proof_market import short
from tests.runtime.watched import watched

__all__ = ["market", "memory"]


@dataclass(slots=True)
class Ground:
    """A run to be killed on fresh databases: what it says uninterrupted, and how to get such a database."""

    inputs: RunInputs
    folder: Path
    fresh: Callable[[Path], str]
    reference: Truth
    cases: int = 0

    def case(
        self, *kills: int, broker: type[PaperBroker] = PaperBroker, kill_when: Sequence[Condition] = ()
    ) -> Truth | None:
        """Kill the run at each moment in turn, or at those described, and let it end."""
        self.cases += 1
        folder = self.folder / f"case-{self.cases}"
        folder.mkdir()
        address = self.fresh(folder)
        for moment in kills:
            truth = run_in_fork(self.inputs, address, folder, kill_at=moment, broker=broker)
            if truth is not None:
                return truth
        for condition in kill_when:
            assert run_in_fork(self.inputs, address, folder, broker=broker, kill_when=condition) is None
        return run_in_fork(self.inputs, address, folder, broker=broker)


def ground_of(inputs: RunInputs, folder: Path, fresh: Callable[[Path], str]) -> Ground:
    """Return a run to be killed, after one uninterrupted run that keeps every promise."""
    folder.mkdir()
    reference = run_in_fork(inputs, fresh(folder), folder)
    assert reference is not None and reference.broken == [] and reference.status == "STOPPED"
    return Ground(inputs, folder, fresh, reference)


@pytest.fixture(scope="session")
def killing_folder() -> Iterator[Path]:
    """A folder in memory where there is one."""
    held = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=held if held.is_dir() else None) as made:
        yield Path(made)


@pytest.fixture(scope="session")
def copied(sqlite_template: Path) -> Callable[[Path], str]:
    """Gives a fresh SQLite database in a folder."""

    def fresh(folder: Path) -> str:
        shutil.copyfile(sqlite_template, folder / "desk.db")
        return f"sqlite:///{folder / 'desk.db'}"

    return fresh


@pytest.fixture(scope="session")
def brief(market: RunInputs, killing_folder: Path, copied: Callable[[Path], str]) -> Ground:
    """The short market on SQLite."""
    return ground_of(short(market), killing_folder / "brief", copied)


@pytest.fixture(scope="session")
def whole(market: RunInputs, killing_folder: Path, copied: Callable[[Path], str]) -> Ground:
    """The whole market on SQLite."""
    return ground_of(market, killing_folder / "whole", copied)


@pytest.fixture(scope="session")
def eyed(market: RunInputs, killing_folder: Path, copied: Callable[[Path], str]) -> Ground:
    """The whole market under rules that watch it, on SQLite."""
    return ground_of(watched(market, killing_folder), killing_folder / "eyed", copied)


@pytest.fixture
def brief_on_postgresql(market: RunInputs, killing_folder: Path, request: pytest.FixtureRequest) -> Iterator[Ground]:
    """The short market on PostgreSQL; one database is emptied for every case."""
    server = request.getfixturevalue("postgres_server")
    lent: list[str] = []

    def fresh(_: Path) -> str:
        if lent:
            server.take_back(lent.pop())
        lent.append(server.lend())
        return lent[-1]

    yield ground_of(short(market), killing_folder / "postgresql", fresh)
    server.take_back(lent.pop())
