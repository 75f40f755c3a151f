"""Where the run is written: one transaction holds rows, reservation and audit entry, and the fold follows it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from engine.model.event import EventType
from engine.model.time import Timestamp
from engine.runtime.entry import Entry
from engine.runtime.state import DeskState
from engine.store.database import Database
from engine.store.runs import Run
from engine.store.unit import UnitOfWork


class SecondWriter(Exception):
    """Another process has taken this run over; this one may write nothing more, not even that it stops."""

    code = "SECOND_WRITER"
    help = "let the process that took the run over finish it"


def entries_of(unit: UnitOfWork, run_key: str) -> Iterator[Entry]:
    """Yield everything a run has committed, in order."""
    for entry in unit.audit.read(run_key):
        yield Entry(EventType(entry.kind), Timestamp(entry.at), entry.body)


class RunJournal:
    """One run's door to the database. `record` appends an entry and folds it in the same transaction.

    When a transaction fails after entries were folded the state is ahead of the record: the exception
    must end the process, and the next start folds what was committed.
    """

    def __init__(self, database: Database, run_key: str, book_id: str, state: DeskState) -> None:
        self._database, self.run_key, self._book_id, self._state = database, run_key, book_id, state
        self._version: int | None = None
        self.after_commit: Callable[[], None] = lambda: None
        """Called after every transaction that was committed: watched rules look at what it changed."""

    def take_over(self) -> Run:
        """Become the run's only writer and return how it stands; whoever wrote before is refused from now on.

        The record is folded after this, so that nothing can follow what was folded but this desk's own entries.
        """
        with self._database.write(self.run_key) as unit:
            version = unit.books.lock(self._book_id)
            unit.books.bump(self._book_id, version)
            run = unit.runs.get(self.run_key)
        if run is None:
            raise SecondWriter(f"there is no run {self.run_key}")
        self._version = version + 1
        return run

    @contextmanager
    def write(self) -> Iterator[UnitOfWork]:
        """Open one transaction on this run. Raises SecondWriter when another process has taken it over."""
        with self._database.write(self.run_key) as unit:
            self._hold_pen(unit)
            yield unit
        self.after_commit()

    @contextmanager
    def write_book(self) -> Iterator[UnitOfWork]:
        """Open one transaction that checks and reserves: the book is locked and its version moves on.

        Raises SecondWriter when the version is not the one this desk left.
        """
        with self._database.write(self.run_key) as unit:
            version = self._hold_pen(unit)
            yield unit
            if not unit.books.bump(self._book_id, version):
                raise SecondWriter(f"book {self._book_id} moved on from version {version}")
        self._version = version + 1
        self.after_commit()

    def _hold_pen(self, unit: UnitOfWork) -> int:
        version = unit.books.lock(self._book_id)
        if self._version is None:
            self._version = version
        if version != self._version:
            raise SecondWriter(f"book {self._book_id} is at version {version}, this desk left {self._version}")
        return version

    def record(self, unit: UnitOfWork, entry: Entry) -> None:
        """Append an entry to the chain and fold it."""
        unit.audit.append(entry.kind.value, entry.at, self.run_key, dict(entry.body))
        self._state.apply(entry)

    def fold_committed(self) -> int:
        """Fold every entry the run has committed; return how many there were."""
        count = 0
        with self._database.read(self.run_key) as unit:
            for entry in entries_of(unit, self.run_key):
                self._state.apply(entry)
                count += 1
        return count

    @property
    def now(self) -> Timestamp:
        return self._state.now
