"""Every recorded decision judged again under candidate rules, and what they would have changed."""

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from engine.backtest.changes import Example, Kind
from engine.backtest.journal import DatabaseJournal, Journal, LineJournal
from engine.backtest.replay import Replay, Replayed
from engine.backtest.settings import Documents, PackedDocuments, Settings
from engine.marketdata.calendar import load_calendar
from engine.model.time import format_timestamp
from engine.service.overlays import reopen_overlays
from engine.service.refusal import Kind as Refusal
from engine.service.refusal import Refused
from engine.service.rule_files import load_bundle
from engine.service.runs import open_existing

Tick = Callable[[int, int | None], None]
_LINES = "decisions.jsonl"


@dataclass(frozen=True, slots=True)
class ReplayRequest:
    """What to judge again, and by which rules.

    `against` is a database address, a database file, the folder of an exported run, its decisions.jsonl, or a
    journal in Parquet. `documents` names a database that holds what records of files refer to.
    """

    rules: Path | None
    against: str
    run: str | None = None
    law_date: date | None = None
    limit: int | None = None
    examples: int = 3
    documents: str | None = None


@dataclass(frozen=True, slots=True)
class RuleChange:
    """On how many decisions a rule differs; `undecided` of them because a fact is unknown to the candidate."""

    rule: str
    newly: int
    no_longer: int
    otherwise: int
    undecided: int


@dataclass(frozen=True, slots=True)
class Unheld:
    """A fact the candidate reads and the records do not hold: why, on how many decisions, and who reads it."""

    path: str
    why: str
    decisions: int
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """What changes. `verdicts` are (then, now, decisions), equal ones included."""

    bundle: str
    decisions: int
    changed: int
    verdicts: tuple[tuple[str, str, int], ...]
    rules: tuple[RuleChange, ...]
    unheld: tuple[Unheld, ...]
    missing: Mapping[str, str]
    unjudged: Mapping[str, int]
    faults: Mapping[str, int]
    examples: tuple[Example, ...]

    @property
    def is_same(self) -> bool:
        """Whether no verdict differs and every decision could be judged."""
        return not self.changed and not self.faults

    def as_data(self) -> dict[str, Any]:
        data = asdict(self)
        data["verdicts"] = [dict(zip(("then", "now", "decisions"), one, strict=True)) for one in self.verdicts]
        for example in data["examples"]:
            example["at"] = format_timestamp(example["at"])
        return data


def replay_rules(request: ReplayRequest, tick: Tick) -> ReplayReport:
    """Judge a journal again. Raises Refused, RulesRefused, ReplayRefused and the store's errors."""
    candidate = load_bundle(request.rules)
    with _opened(request) as (journal, documents), _uncollected():
        settings = Settings(documents, reopen_overlays)
        replay = Replay(candidate, settings, load_calendar(), request.law_date, request.examples)
        return _report(candidate.hash, replay.run(journal, tick))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Leave the collector of cycles out: records make none, and looking at them takes longer than judging them."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def _opened(request: ReplayRequest) -> Iterator[tuple[Journal, Documents]]:
    """Open what the request names, with what holds its documents."""
    kind, where = _source(request.against)
    if request.run is not None and kind != "database":
        raise Refused("RUN_OPTION", "--run names a run of a database", "leave it out, or name the database")
    if kind == "parquet":
        from engine.backtest.parquet import ParquetJournal

        parquet = ParquetJournal(Path(where), request.limit)
        yield parquet, parquet.documents
        return
    if kind == "lines":
        journal = LineJournal(Path(where), request.limit)
        if request.documents is None:
            yield journal, PackedDocuments({})
            return
        with open_existing(request.documents) as database:
            yield journal, DatabaseJournal(database)
        return
    with open_existing(where) as database:
        recorded = DatabaseJournal(database, request.run, request.limit)
        yield recorded, recorded


def _source(against: str) -> tuple[str, str]:
    """Return what a journal is, and its address or path. Raises Refused."""
    if "://" in against:
        return "database", against
    path = Path(against)
    if path.is_dir():
        _require_intact(path)
        return "lines", str(path / _LINES)
    if not path.is_file():
        help_ = "name a database, a run's folder, its decisions.jsonl, or a journal in Parquet"
        raise Refused("JOURNAL_NONE", f"there is no journal {against[:200]}", help_)
    with path.open("rb") as file:
        magic = file.read(16)
    if magic.startswith(b"PAR1"):
        return "parquet", against
    return ("database", f"sqlite:///{against}") if magic == b"SQLite format 3\0" else ("lines", against)


def _require_intact(folder: Path) -> None:
    from engine.artifacts.verification import verify_artifacts

    found = verify_artifacts(folder)
    if not found.is_intact:
        fault = found.faults[0]
        what = f"{folder} is not the folder a run left: {fault.what}: {fault.found}"
        raise Refused(fault.code.value, what, "restore it from where it was exported", Refusal.INTEGRITY)


def _report(bundle: str, replayed: Replayed) -> ReplayReport:
    changes = replayed.changes
    rules = [
        RuleChange(rule, counts[Kind.NEWLY], counts[Kind.NO_LONGER], counts[Kind.OTHERWISE], changes.undecided[rule])
        for rule, counts in sorted(changes.rules.items())
    ]
    unheld = [
        Unheld(path, why, count, replayed.readers.get(path, ()))
        for (path, why), count in sorted(replayed.gaps.counts.items())
    ]
    examples = [example for _, found in sorted(changes.examples.items()) for example in found]
    return ReplayReport(
        bundle, changes.decisions, changes.changed,
        tuple((old, new, count) for (old, new), count in sorted(changes.verdicts.items())),
        tuple(rules), tuple(unheld), replayed.missing, dict(sorted(changes.unjudged.items())),
        dict(sorted(changes.faults.items())), tuple(examples),
    )  # fmt: skip
