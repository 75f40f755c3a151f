"""Journals: recorded decisions in order, in stretches that were judged on one day with the same rules."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import orjson

from dsl.columnar.block import STATE_OF, Array, State, States
from dsl.contracts import Fact
from dsl.snapshot import Reason
from dsl.types import Kind
from engine.backtest.faults import ReplayRefused
from engine.backtest.records import Recorded, Signature, recorded_from, signature_from
from engine.decision.record import decode
from engine.model.time import parse_timestamp
from engine.store.database import Database
from engine.store.decisions import DecisionRow

NOT_HELD = max(State) + 1
"""The state of a cell whose record does not name the fact at all."""
PAGE = 2_000
"""Records read, and at most kept, at a time: as Python objects they take a hundred times the room of columns."""


@dataclass(frozen=True, slots=True)
class Coded:
    """Cells as places in a list of the different values there are."""

    codes: Array
    values: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Held:
    """What a stretch holds under one path: cells in stored form (or hashes of documents), and their states.

    A cell that is simply not there is None, or ABSENT where cells are an array or coded.
    """

    cells: Sequence[Any] | Array | Coded
    states: States

    def plain(self) -> list[Any]:
        """Return the cells as Python objects."""
        if isinstance(self.cells, Coded):
            values = self.cells.values
            return [values[code] for code in self.cells.codes.tolist()]
        return self.cells.tolist() if isinstance(self.cells, np.ndarray) else list(self.cells)


class Stretch(Protocol):
    """Consecutive decisions judged on one law date with one bundle and configuration.

    `unjudged` counts decisions no rule was asked about, by why; they have no row.
    """

    @property
    def size(self) -> int: ...
    @property
    def bundle(self) -> str: ...
    @property
    def config(self) -> str: ...
    @property
    def stage(self) -> str: ...
    @property
    def law_date(self) -> str: ...
    @property
    def unjudged(self) -> Mapping[str, int]: ...
    @property
    def at(self) -> Sequence[int]: ...

    def held(self, path: str, fact: Fact) -> Held | None:
        """Return the cells of a path as values of the fact, None where no row has it."""

    def as_of(self, path: str) -> Sequence[int | None]:
        """Return when the fact's source said it was true."""

    def late(self) -> Mapping[int, tuple[int, ...]]:
        """Return, of the rows that had any, the numbers of the age checks the recorded program found failed."""

    def said(self) -> Sequence[Signature]:
        """Return what the rules said of every row then."""

    def recorded(self, row: int) -> Recorded:
        """Return a row as it is shown; its facts are those of `held`."""

    def intents(self) -> Sequence[Mapping[str, Any]]:
        """Return the intent of every row, as it was recorded."""


class Journal(Protocol):
    """Where recorded decisions come from."""

    def total(self) -> int | None:
        """Return how many decisions there are, None where counting means reading."""

    def stretches(self, rows: int) -> Iterator[Stretch]:
        """Yield the decisions in order, at most `rows` at a time."""


# ------------------------------------------------------------------------------------------ records
@dataclass(frozen=True, slots=True)
class RecordStretch:
    """A stretch of records, one Python object a decision."""

    records: Sequence[Recorded]
    unjudged: Mapping[str, int] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return len(self.records)

    @property
    def bundle(self) -> str:
        return self.records[0].bundle

    @property
    def config(self) -> str:
        return self.records[0].config

    @property
    def stage(self) -> str:
        return self.records[0].stage

    @property
    def law_date(self) -> str:
        return self.records[0].law_date

    @property
    def at(self) -> Sequence[int]:
        return [record.at for record in self.records]

    def _facts(self, path: str) -> list[Mapping[str, Any] | None]:
        return [None if record.facts is None else record.facts.get(path) for record in self.records]

    def held(self, path: str, fact: Fact) -> Held | None:
        facts = self._facts(path)
        if not any(facts):
            return None
        read = reader_of(fact)
        cells: list[Any] = [None] * len(facts)
        states = np.zeros(len(facts), np.uint8)
        for row, data in enumerate(facts):
            if data is None:
                states[row] = NOT_HELD
            elif "unknown" in data:
                states[row] = STATE_OF[Reason(data["unknown"])]
            elif "document" in data:
                cells[row] = data["document"]
            elif "value" in data:
                try:
                    cells[row] = read(data["value"])
                except (ValueError, TypeError, AttributeError):
                    states[row] = State.INVALID
        return Held(cells, states)

    def as_of(self, path: str) -> Sequence[int | None]:
        return [parse_timestamp(f["as_of"]) if f is not None and "as_of" in f else None for f in self._facts(path)]

    def late(self) -> Mapping[int, tuple[int, ...]]:
        return {row: record.late for row, record in enumerate(self.records) if record.late}

    def said(self) -> Sequence[Signature]:
        return [signature_from(record.findings) for record in self.records]

    def recorded(self, row: int) -> Recorded:
        return self.records[row]

    def intents(self) -> Sequence[Mapping[str, Any]]:
        return [record.intent for record in self.records]


def reader_of(fact: Fact) -> Any:
    """Return what turns a recorded value of the fact into its stored form; the common cases without fractions."""
    if fact.type.kind in (Kind.BOOL, Kind.TEXT, Kind.SYMBOL, Kind.ENUM, Kind.SET, Kind.LIST):
        return lambda data: decode(data, fact)
    places = len(str(fact.scale)) - 1

    def number(text: str) -> int:
        whole, _, fraction = text.partition(".")
        if len(fraction) > places:
            return int(decode(text, fact))
        return int(whole + fraction.ljust(places, "0"))

    return number


def stretches_of(decisions: Iterable[Recorded], rows: int) -> Iterator[RecordStretch]:
    """Yield decisions in stretches of at most `rows`; decisions no rule was asked about are counted, not kept."""
    rows = min(rows, PAGE)
    for _, alike in groupby(decisions, key=lambda d: (d.bundle, d.config, d.stage, d.law_date)):
        kept: list[Recorded] = []
        unjudged: Counter[str] = Counter()
        for decision in alike:
            if decision.facts is None:
                unjudged[decision.unjudged] += 1
            else:
                kept.append(decision)
            if len(kept) == rows:
                yield RecordStretch(kept, unjudged)
                kept, unjudged = [], Counter()
        if kept or unjudged:
            yield RecordStretch(kept, unjudged)


class DatabaseJournal:
    """The decisions of a desk's database: of one run, or of all, the oldest first."""

    def __init__(self, database: Database, run_key: str | None = None, limit: int | None = None) -> None:
        self._database, self._limit = database, limit
        with database.read() as unit:
            self._runs = [run.run_key for run in reversed(unit.runs.list())]
        if run_key is not None:
            if run_key not in self._runs:
                raise ReplayRefused("RUN_UNKNOWN", f"there is no run {run_key[:80]!r}", "see `mqk run status`")
            self._runs = [run_key]

    def get(self, sha256: str) -> bytes | None:
        """Return a document the records name."""
        with self._database.read() as unit:
            document = unit.documents.get(sha256)
        return None if document is None else document.content

    def total(self) -> int:
        total = 0
        for run in self._runs:
            with self._database.read(run) as unit:
                total += sum(unit.decisions.count_by_verdict(run).values())
        return total if self._limit is None else min(total, self._limit)

    def decisions(self) -> Iterator[Recorded]:
        """Yield the decisions. Raises ReplayRefused for a record that is not the one that was filed."""
        yield from islice(self._all(), self._limit)

    def _all(self) -> Iterator[Recorded]:
        for run in self._runs:
            after = 0
            while True:
                with self._database.read(run) as unit:
                    page = unit.decisions.list(run, after_seq=after, limit=PAGE)
                if not page:
                    break
                yield from map(_open, page)
                after = page[-1].seq

    def stretches(self, rows: int) -> Iterator[Stretch]:
        return stretches_of(self.decisions(), rows)


def _open(row: DecisionRow) -> Recorded:
    if hashlib.sha256(row.record).hexdigest() != row.record_hash:
        what = f"the record of {row.decision_id} does not have the hash it was filed under"
        raise ReplayRefused("RECORD_ALTERED", what, "run `mqk audit verify`", "INTEGRITY")
    return recorded_from(row.decision_id, orjson.loads(row.record), row.run_key)


class LineJournal:
    """The decisions of an exported run: `decisions.jsonl`, one canonical record a line."""

    def __init__(self, path: Path, limit: int | None = None) -> None:
        self._path, self._limit = path, limit

    def total(self) -> int | None:
        return None

    def decisions(self) -> Iterator[Recorded]:
        """Yield the decisions. Raises ReplayRefused for a line that is no record."""
        with self._path.open("rb") as file:
            for number, line in enumerate(islice(file, self._limit), 1):
                try:
                    record = orjson.loads(line)
                    decision = recorded_from(f"{record['run']} #{record['seq']}", record)
                except (ValueError, KeyError, TypeError) as fault:
                    what = f"{self._path.name} line {number} is no decision record: {str(fault)[:100]}"
                    raise ReplayRefused("JOURNAL_MALFORMED", what, "name decisions.jsonl of an exported run") from None
                yield decision

    def stretches(self, rows: int) -> Iterator[Stretch]:
        return stretches_of(self.decisions(), rows)
