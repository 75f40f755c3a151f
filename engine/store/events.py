"""The events of a run: an append-only, gapless sequence from 1."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sqlalchemy import Connection, Table, select

from engine.store.errors import SequenceGap
from engine.store.reading import stream
from engine.store.runs import RUNS
from engine.store.schema import METADATA, content, integer, reference, text
from engine.store.writing import insert_all, update

EVENTS = Table(
    "events",
    METADATA,
    reference("run_key", "runs.run_key", key=True),
    integer("seq", key=True),
    integer("at"),
    text("type"),
    content("payload"),
)


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event as stored; `payload` is canonical JSON."""

    run_key: str
    seq: int
    at: int
    type: str
    payload: bytes


class Events:
    """The event log of every run."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def append(self, *rows: EventRow) -> None:
        """Append events of one run, each following the last. Raises SequenceGap otherwise."""
        if not rows:
            return
        run_key, before = rows[0].run_key, rows[0].seq - 1
        _check_gapless(rows)
        # Moving the run's own counter locks the run, so two writers cannot take one number.
        where = (RUNS.c.run_key == run_key, RUNS.c.last_event_seq == before)
        if update(self._connection, RUNS, *where, last_event_seq=rows[-1].seq) != 1:
            last = self.last_seq(run_key)
            raise SequenceGap(run_key, None if last is None else last + 1, rows[0].seq)
        insert_all(self._connection, EVENTS, rows)

    def read(self, run_key: str, from_seq: int = 0) -> Iterator[EventRow]:
        """Yield the events of a run from `from_seq` on, in order, without loading them all."""
        statement = select(EVENTS).where(EVENTS.c.run_key == run_key, EVENTS.c.seq >= from_seq)
        for row in stream(self._connection, statement, EVENTS.c.seq):
            yield EventRow(*row)

    def last_seq(self, run_key: str) -> int | None:
        """Return the number of the last event: 0 when there is none, None when there is no such run."""
        return self._connection.execute(select(RUNS.c.last_event_seq).where(RUNS.c.run_key == run_key)).scalar()


def _check_gapless(rows: Sequence[EventRow]) -> None:
    for earlier, later in pairwise(rows):
        if later.run_key != earlier.run_key or later.seq != earlier.seq + 1:
            raise SequenceGap(earlier.run_key, earlier.seq + 1, later.seq)
