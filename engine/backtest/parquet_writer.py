"""Writes a journal as one Parquet file: stretch by stretch into a table on disk, then in one piece to its place."""

import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from dsl.columnar.block import GREATEST, LEAST, REASON_OF, Array, State
from dsl.contracts import Fact
from dsl.program import fact_of
from engine.audit.canonical import canonical
from engine.backtest import parquet_layout as layout
from engine.backtest.faults import ReplayRefused
from engine.backtest.journal import NOT_HELD, DatabaseJournal, RecordStretch
from engine.backtest.records import Recorded
from engine.backtest.settings import Settings
from engine.backtest.warehouse import connect, name, quoted
from engine.model.numbers import parse_decimal

Tick = Callable[[int, int | None], None]
_TEXT = np.dtype(object)
_DTYPES = {"BIGINT": np.dtype(np.int64), "BOOLEAN": np.dtype(np.bool_), "DOUBLE": np.dtype(np.float64)}


class ParquetWriter:
    """Takes stretches in order; `close` makes the file appear whole or not at all."""

    def __init__(self, path: Path, settings: Settings) -> None:
        self._path, self._settings = path, settings
        self._folder = path.parent / f".{path.name}.{secrets.token_hex(8)}.partial"
        self._types: dict[str, str] = dict(layout.HEAD)
        self._documents: dict[str, bytes] = {}
        self._folder.mkdir(parents=True)
        try:
            self._connection = connect(self._folder)
        except BaseException:
            self._folder.rmdir()
            raise
        columns = ", ".join(f"{name(column)} {kind}" for column, kind in layout.HEAD.items())
        self._connection.execute(f"create table journal ({columns})")

    def add(self, decisions: list[Recorded], read: Callable[[str], bytes | None]) -> None:
        """Append decisions judged on one day with the same rules; `read` finds the documents they name."""
        first = decisions[0]
        self._keep((first.bundle, first.config), read)
        bundle = self._settings.bundle(first.bundle)
        if bundle is None:
            what = f"the rules {first.bundle[:12]} of {first.decision_id} are not at hand"
            raise ReplayRefused("EXPORT_RULES", what, "restore them from a backup of this database", "INTEGRITY")
        chunk = _head(decisions)
        stretch = RecordStretch(decisions)
        judged = [decision for decision in decisions if decision.facts is not None]
        paths = dict.fromkeys(path for decision in judged for path in decision.facts or ())
        for path in paths:
            fact = fact_of(bundle, path)
            self._declare(path, fact)
            chunk |= self._fact(stretch, path, fact, read)
        columns = ", ".join(map(name, chunk))
        self._connection.register("chunk", chunk)
        self._connection.execute(f"insert into journal ({columns}) select {_selected(chunk)} from chunk")
        self._connection.unregister("chunk")

    def close(self) -> None:
        """Write the file and take away what it was made from."""
        metadata = {layout.VERSION_KEY: layout.VERSION}
        metadata |= {layout.DOCUMENT_KEY + sha: content.decode() for sha, content in sorted(self._documents.items())}
        pairs = ", ".join(f"{quoted(key)}: {quoted(value)}" for key, value in metadata.items())
        made = self._folder / "journal.parquet"
        self._connection.execute(
            f"copy journal to {quoted(str(made))} (format parquet, compression zstd, "
            f"row_group_size {layout.ROW_GROUP}, kv_metadata {{{pairs}}})"
        )
        self._connection.close()
        os.replace(made, self._path)
        shutil.rmtree(self._folder)

    def discard(self) -> None:
        """Take away what was written so far."""
        self._connection.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _keep(self, hashes: Iterable[str], read: Callable[[str], bytes | None]) -> None:
        for sha in hashes:
            if sha not in self._documents:
                content = read(sha)
                if content is not None:
                    self._documents[sha] = content

    def _declare(self, path: str, fact: Fact) -> None:
        value, reason, as_of = layout.columns_of(path)
        kind = layout.value_type(fact)
        if path not in self._types:
            self._types[path] = kind
            for column, declared in ((value, kind), (reason, f"VARCHAR default {quoted(layout.NOT_HELD)}")):
                self._connection.execute(f"alter table journal add column {name(column)} {declared}")
            self._connection.execute(f"alter table journal add column {name(as_of)} TIMESTAMP")
        elif self._types[path] != kind:
            what = f"{path} was recorded as {self._types[path]} and later as {kind}"
            raise ReplayRefused("EXPORT_TYPES", what, "export the runs one by one with --run")

    def _fact(
        self, stretch: RecordStretch, path: str, fact: Fact, read: Callable[[str], bytes | None]
    ) -> dict[str, Array]:
        held = stretch.held(path, fact)
        assert held is not None
        value, reason, as_of = layout.columns_of(path)
        if path.startswith("list:"):
            self._keep((sha for sha in dict.fromkeys(held.plain()) if sha is not None), read)
        kind = layout.value_type(fact)
        cells = [_written(cell, fact) for cell in held.plain()]
        if kind == "BIGINT" and any(cell is not None and not LEAST <= cell <= GREATEST for cell in cells):
            raise ReplayRefused("EXPORT_VALUE", f"{path} holds a value beyond 64 bits", "leave out that run with --run")
        reasons = [_REASONS[int(state)] for state in held.states]
        columns: dict[str, Array] = {
            value: _array(cells, _DTYPES.get(kind, _TEXT)),
            reason: _array(reasons, _TEXT),
            as_of: _array(stretch.as_of(path), np.dtype(np.int64)),
        }
        return columns


_REASONS: dict[int, str | None] = {
    State.HELD: None,
    NOT_HELD: layout.NOT_HELD,
    **{state: why.value for state, why in REASON_OF.items()},
}


def _written(cell: Any, fact: Fact) -> Any:
    if isinstance(cell, frozenset):
        return orjson.dumps(sorted(cell)).decode()
    return json.dumps(cell, sort_keys=True) if isinstance(cell, tuple) else cell


def _array(values: Any, kind: "np.dtype[Any]") -> Array:
    """Return values as a column; None is masked."""
    out = np.empty(len(values), kind)
    mask = np.array([value is None for value in values], np.bool_)
    filler: Any = None if kind == _TEXT else kind.type(0)
    for row, value in enumerate(values):
        out[row] = filler if value is None else value
    return np.ma.masked_array(out, mask) if kind != _TEXT else out


def _head(decisions: list[Recorded]) -> dict[str, Array]:
    rows: Mapping[str, list[Any]] = {
        "decision_id": [d.decision_id for d in decisions], "run": [d.run for d in decisions],
        "seq": [d.seq for d in decisions], "at": [d.at for d in decisions],
        "law_date": [d.law_date for d in decisions], "stage": [d.stage for d in decisions],
        "bundle": [d.bundle for d in decisions], "config": [d.config for d in decisions],
        "unjudged": [d.unjudged or None for d in decisions], "verdict": [d.verdict for d in decisions],
        "asked": [parse_decimal(d.asked) for d in decisions],
        "quantity": [parse_decimal(d.quantity) for d in decisions],
        "intent": [canonical(dict(d.intent), None).decode() for d in decisions],
        "findings": [canonical([dict(f) for f in d.findings], None).decode() for d in decisions],
        "said": [said_text(d) for d in decisions],
        "late": [",".join(map(str, d.late)) or None for d in decisions],
    }  # fmt: skip
    kinds = {"BIGINT": np.dtype(np.int64), "TIMESTAMP": np.dtype(np.int64)}
    return {column: _array(rows[column], kinds.get(kind, _TEXT)) for column, kind in layout.HEAD.items()}


def said_text(decision: Recorded) -> str:
    """Return every finding as `rule:line:effect:code:mode`, in the record's order."""
    return " ".join(f"{f['rule']}:{f['line']}:{f['effect']}:{f['code']}:{f['mode']}" for f in decision.findings)


def _selected(chunk: Mapping[str, Array]) -> str:
    """Return the columns of a chunk as they are stored: instants and dates as such."""
    out = []
    for column in chunk:
        if column == "at" or column.endswith(".as_of"):
            out.append(f"make_timestamp({name(column)})")
        else:
            out.append(f"cast({name(column)} as date)" if column == "law_date" else name(column))
    return ", ".join(out)


def export(journal: DatabaseJournal, path: Path, settings: Settings, tick: Tick) -> int:
    """Write a journal to `path` and return how many decisions it holds."""
    writer = ParquetWriter(path, settings)
    total, done = journal.total(), 0
    pending: list[Recorded] = []
    try:
        for decision in journal.decisions():
            if pending and (_day(pending[0]) != _day(decision) or len(pending) == layout.ROW_GROUP):
                writer.add(pending, journal.get)
                done += len(pending)
                pending = []
                tick(done, total)
            pending.append(decision)
        if pending:
            writer.add(pending, journal.get)
            done += len(pending)
            tick(done, total)
        writer.close()
    except BaseException:
        writer.discard()
        raise
    return done


def _day(decision: Recorded) -> tuple[str, str, str, str]:
    return decision.bundle, decision.config, decision.stage, decision.law_date
