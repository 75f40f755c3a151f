"""A journal in Parquet: read block by block as columns, one Python object for nothing but what is shown."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from dsl.columnar.block import STATE_OF, Array, State, States
from dsl.contracts import Fact
from dsl.types import Kind
from engine.backtest import parquet_layout as layout
from engine.backtest.faults import ReplayRefused
from engine.backtest.journal import NOT_HELD, Coded, Held, Stretch
from engine.backtest.meaning import LIST
from engine.backtest.records import Recorded, Signature
from engine.backtest.settings import PackedDocuments
from engine.backtest.warehouse import connect, name, quoted
from engine.model.numbers import format_decimal

MAX_WORDS = 65_536
"""Different texts of a column up to which they are numbered once for the whole file."""
_SETTING = ("bundle", "config", "stage", "law_date")
_HELP = "name a file that `mqk run export` wrote"


class ParquetJournal:
    """The decisions of an exported journal. It carries the documents its records name."""

    def __init__(self, path: Path, limit: int | None = None) -> None:
        self._connection = connect()
        self._file = quoted(str(path))
        self._limit = limit
        metadata = self._open(path)
        self.documents = PackedDocuments(
            {
                key.removeprefix(layout.DOCUMENT_KEY): content
                for key, content in metadata.items()
                if key.startswith(layout.DOCUMENT_KEY)
            }
        )
        described = self._rows(f"describe select * from read_parquet({self._file})")
        self.types = {str(row[0]): str(row[1]) for row in described}
        lacking = [column for column in layout.HEAD if column not in self.types]
        if lacking:
            raise ReplayRefused("JOURNAL_MALFORMED", f"{path.name} has no column {lacking[0]}", _HELP)
        self.facts = tuple(column for column in self.types if f"{column}.reason" in self.types)
        self.words = {column: words for column in self.facts if (words := self._number(column)) is not None}

    def _open(self, path: Path) -> dict[str, bytes]:
        import duckdb

        try:
            rows = self._rows(f"select key, value from parquet_kv_metadata({self._file})")
        except duckdb.Error as fault:
            what = f"{path.name} cannot be read as Parquet: {str(fault).splitlines()[0][:120]}"
            raise ReplayRefused("JOURNAL_MALFORMED", what, _HELP) from None
        metadata = {bytes(key).decode(): bytes(value) for key, value in rows}
        version = metadata.get(layout.VERSION_KEY, b"none").decode()
        if version != layout.VERSION:
            what = f"{path.name} has journal layout {version[:20]}, this program reads {layout.VERSION}"
            raise ReplayRefused("JOURNAL_VERSION", what, "export the journal again")
        return metadata

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(query).fetchall()

    def _number(self, column: str) -> tuple[str, ...] | None:
        """Make a text column's words a type of their own and return them; None where it is no such column."""
        if self.types[column] != "VARCHAR":
            return None
        texts = self._rows(
            f"select distinct {name(column)} from read_parquet({self._file}) "
            f"where {name(column)} is not null order by 1 limit {MAX_WORDS + 1}"
        )
        if len(texts) > MAX_WORDS:
            return None
        words = tuple(str(row[0]) for row in texts)
        listed = ", ".join(map(quoted, words))
        self._connection.execute(f"create type {name('words of ' + column)} as enum ({listed})")
        return words

    def total(self) -> int:
        total = int(self._rows(f"select count(*) from read_parquet({self._file})")[0][0])
        return total if self._limit is None else min(total, self._limit)

    def stretches(self, rows: int) -> Iterator[Stretch]:
        """Yield the decisions, a block at a time and within it by setting."""
        columns = [name(column) for column in (*_SETTING[:3], "unjudged", "said", "late")]
        columns += ['epoch_us("at") as "at"', "cast(law_date as varchar) as law_date"]
        for fact in self.facts:
            columns += self._selected(fact)
        total = self.total()
        for start in range(0, total, rows):
            chunk = self._fetch(columns, start, min(start + rows, total))
            yield from self._split(chunk, start)

    def _selected(self, fact: str) -> list[str]:
        value, reason, _ = map(name, layout.columns_of(fact))
        states = " ".join(f"when {quoted(why.value)} then {int(state)}" for why, state in STATE_OF.items())
        if fact in self.words:
            value = f"enum_code(cast({value} as {name('words of ' + fact)})) as {value}"
        code = f"case {reason} {states} when {quoted(layout.NOT_HELD)} then {NOT_HELD} else 0 end"
        return [value, f"cast({code} as utinyint) as {reason}"]

    def _fetch(self, columns: Sequence[str], start: int, stop: int) -> dict[str, Array]:
        query = (
            f"select {', '.join(columns)} from read_parquet({self._file}, file_row_number = true) "
            f"where file_row_number >= {start} and file_row_number < {stop} order by file_row_number"
        )
        return self._connection.execute(query).fetchnumpy()

    def fetch(self, column: str, rows: Array) -> list[Any]:
        """Return one column of these rows of the file, None where it holds nothing."""
        start, stop = int(rows[0]), int(rows[-1]) + 1
        found = self._fetch([f"{column} as held"], start, stop)["held"]
        values: list[Any] = found[rows - start].tolist()
        return values

    def row(self, row: int) -> dict[str, Any]:
        """Return the leading columns of one row."""
        columns = [f"cast({name(c)} as varchar) as {name(c)}" if c == "law_date" else name(c) for c in layout.HEAD]
        columns[columns.index(name("at"))] = 'epoch_us("at") as "at"'
        query = (
            f"select {', '.join(columns)} from read_parquet({self._file}, file_row_number = true) "
            f"where file_row_number = {row}"
        )
        found = self._connection.execute(query).fetchone()
        assert found is not None
        return dict(zip(layout.HEAD, found, strict=True))

    def _split(self, chunk: dict[str, Array], start: int) -> Iterator["ColumnStretch"]:
        size = len(chunk["at"])
        borders = np.zeros(size, np.bool_)
        for column in _SETTING:
            borders[1:] |= chunk[column][1:] != chunk[column][:-1]
        borders[:1] = True
        edges = [*np.flatnonzero(borders).tolist(), size]
        for begin, end in pairwise(edges):
            why = chunk["unjudged"][begin:end].tolist()
            counts = Counter(str(text) for text in why if text is not None)
            rows = begin + np.flatnonzero([text is None for text in why])
            setting = tuple(str(chunk[column][begin]) for column in _SETTING)
            yield ColumnStretch(self, chunk, rows, rows + start, setting, counts)


@dataclass(frozen=True)
class ColumnStretch:
    """A stretch of a chunk: `rows` of its columns, which are `places` of the file."""

    journal: ParquetJournal
    chunk: Mapping[str, Array]
    rows: Array
    places: Array
    setting: tuple[str, ...]
    unjudged: Mapping[str, int]

    @property
    def size(self) -> int:
        return len(self.rows)

    @property
    def bundle(self) -> str:
        return self.setting[0]

    @property
    def config(self) -> str:
        return self.setting[1]

    @property
    def stage(self) -> str:
        return self.setting[2]

    @property
    def law_date(self) -> str:
        return self.setting[3]

    @cached_property
    def at(self) -> list[int]:
        found: list[int] = self.chunk["at"][self.rows].tolist()
        return found

    def held(self, path: str, fact: Fact) -> Held | None:
        if path not in self.journal.facts:
            return None
        values, reasons = self.chunk[path][self.rows], self.chunk[f"{path}.reason"][self.rows]
        states: States = np.array(np.ma.filled(reasons, 0), np.uint8)
        if (states == NOT_HELD).all():
            return None
        states[np.ma.getmaskarray(values) & (states == State.HELD)] = State.ABSENT
        cells = np.ma.getdata(values)
        if self.journal.types[path] in ("BIGINT", "BOOLEAN"):
            return Held(cells, states)
        if self.journal.types[path] != "VARCHAR":  # statistics, which no column is computed with
            return Held(values.tolist(), np.where(states == State.ABSENT, State.HELD, states).astype(np.uint8))
        words = self.journal.words.get(path)
        read = _reader(path, fact)
        if words is not None:
            codes = np.where(states == State.HELD, cells, 0).astype(np.int64)
            return Held(Coded(codes, [read(word) for word in words] or [None]), states)
        texts = [read(text) if text is not None else None for text in values.tolist()]
        return Held(texts, np.where(states == State.ABSENT, State.HELD, states).astype(np.uint8))

    def as_of(self, path: str) -> Sequence[int | None]:
        return self.journal.fetch(f"epoch_us({name(path + '.as_of')})", self.places) if self.size else []

    def late(self) -> Mapping[int, tuple[int, ...]]:
        found = self.chunk["late"][self.rows].tolist()
        return {row: tuple(map(int, text.split(","))) for row, text in enumerate(found) if text}

    def said(self) -> Sequence[Signature]:
        known: dict[str, Signature] = {}
        out = []
        for text in self.chunk["said"][self.rows].tolist():
            if text not in known:
                known[text] = _signature(text)
            out.append(known[text])
        return out

    def recorded(self, row: int) -> Recorded:
        found = self.journal.row(int(self.places[row]))
        return Recorded(
            found["decision_id"], found["run"], found["seq"], found["at"], found["law_date"], found["stage"],
            found["bundle"], found["config"], orjson.loads(found["intent"]), found["verdict"],
            format_decimal(found["asked"]), format_decimal(found["quantity"]), orjson.loads(found["findings"]), {}, (),
        )  # fmt: skip

    def intents(self) -> Sequence[Mapping[str, Any]]:
        return [orjson.loads(text) for text in self.journal.fetch("intent", self.places)] if self.size else []


def _reader(path: str, fact: Fact) -> Callable[[str], Any]:
    """Return what turns a stored text into a value: a hash or a word is itself, sets and rows are JSON."""
    if path.startswith(LIST) or fact.type.kind not in (Kind.SET, Kind.LIST):
        return str
    make = frozenset if fact.type.kind is Kind.SET else tuple
    return lambda text: make(json.loads(text))


def _signature(text: str) -> Signature:
    found = []
    for one in text.split():
        rule, line, effect, code, mode = one.split(":")
        found.append((rule, int(line), effect, code, mode))
    return tuple(sorted(found))
