"""A run's own books beside a broker's document: our record is folded, theirs is read strictly or leniently."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.audit.verify import verify
from engine.contracts import Diagnostic, Limits, Loaded, load_json
from engine.model.time import Timestamp, format_timestamp
from engine.reconcile.adapter import Strictness, read_snapshot
from engine.reconcile.book import BrokerBook
from engine.reconcile.compare import Report, reconcile
from engine.reconcile.fields import SnapshotFault
from engine.reconcile.freshness import RefusalCode, SnapshotRefusal, Watermark
from engine.runtime.comparison import scope_of, whole_book
from engine.runtime.reopening import Reopened, reopen
from engine.service.display import clean
from engine.service.refusal import DocumentRefused, Kind, Refused
from engine.service.runs import find_run, open_existing
from engine.store.database import Database
from engine.store.runs import Run

SNAPSHOT_LIMITS = Limits(size=64 * 1024 * 1024, depth=8)
MOST_FAULTS = 50
"""Faults of a document that are told one by one."""
_CODES = {
    RefusalCode.NO_TIMESTAMP: "SNAPSHOT_UNDATED",
    RefusalCode.STALE: "SNAPSHOT_STALE",
    RefusalCode.FUTURE: "SNAPSHOT_FUTURE",
}


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What a comparison found; `unread` are the records a lenient reading left out."""

    run_key: str
    report: Report
    unread: tuple[Diagnostic, ...]

    def as_cells(self) -> list[tuple[str, ...]]:
        """Return a row of text for each difference, fit for a screen: ids and symbols come from outside."""
        return [tuple(clean(cell, 80) for cell in each.as_data().values()) for each in self.report.differences]

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data, the report's own fields beside the run."""
        unread = [{"code": each.code, "at": each.pointer, "what": each.message} for each in self.unread]
        return {"run_key": self.run_key, **self.report.as_data(), "unread": unread}


def reconcile_run(
    address: str, named: str, snapshot: Path, wall: Timestamp, is_lenient: bool = False,
    fills_since: Timestamp | None = None,
) -> Reconciled:  # fmt: skip
    """Compare the books of a run (its key, or a run id for the last attempt) with a broker's document.

    A document with any fault is refused, unless `is_lenient`: then faulty records are left out and counted.
    It may be as young as `wall` or the run's own last instant, whichever is later, and no older
    than the last change of our books. Fills before `fills_since` are not expected in it. Raises
    DocumentRefused, Refused, RunRefused, BrokenRecord, the store's errors and OSError.
    """
    strictness = Strictness.LENIENT if is_lenient else Strictness.STRICT
    theirs, unread = _read(snapshot, strictness, fills_since)
    with open_existing(address) as database:
        run = find_run(database, named)
        reopened = _reopen(database, run)
    now = Timestamp(max(wall, reopened.state.now))
    mark = Watermark(reopened.changed_at)
    _, found = reconcile(scope_of(run.engine), mark, whole_book(reopened.state), theirs, now)
    if isinstance(found, SnapshotRefusal):
        raise _refused(found)
    return Reconciled(run.run_key, found, unread)


def _reopen(database: Database, run: Run) -> Reopened:
    """Fold the run's record, which must be the one that was written."""
    with database.read(run.run_key) as unit:
        verdict = verify(unit.audit.entries())
        if not verdict.is_intact:
            help_ = "run `mqk audit verify`; books that rest on an altered record prove nothing"
            raise Refused("RECORD_NOT_INTACT", str(verdict), help_, Kind.INTEGRITY)
        return reopen(unit, run)


def _read(
    path: Path, strictness: Strictness, fills_since: Timestamp | None
) -> tuple[BrokerBook, tuple[Diagnostic, ...]]:
    """Return the broker's book and what was left out of it. Raises DocumentRefused and OSError."""
    loaded = load_json(path.read_bytes(), path.name, SNAPSHOT_LIMITS)
    if isinstance(loaded, list):
        raise DocumentRefused(tuple(loaded))
    reading = read_snapshot(loaded.value, strictness, fills_since)
    faults = _placed(loaded, reading.faults)
    if reading.book is None:
        raise DocumentRefused(faults)
    return reading.book, faults


def _placed(loaded: Loaded, faults: tuple[SnapshotFault, ...]) -> tuple[Diagnostic, ...]:
    told = [
        Diagnostic(f"SNAPSHOT_{fault.code}", _said(fault), pointer=fault.where, help=fault.help)
        for fault in faults[:MOST_FAULTS]
    ]
    return tuple(loaded.place(told))


def _said(fault: SnapshotFault) -> str:
    return f"{fault.what}, found {fault.got!r}" if fault.got else fault.what


def _refused(refusal: SnapshotRefusal) -> Refused:
    bound = "" if refusal.bound is None else format_timestamp(refusal.bound)
    if refusal.got is None:
        what = "the snapshot does not say when it was captured"
        return Refused(_CODES[refusal.code], what, "take one that states captured_at_utc")
    got = format_timestamp(refusal.got)
    if refusal.code is RefusalCode.STALE:
        what = f"the snapshot is of {got}, and our books last changed at {bound}"
        return Refused(_CODES[refusal.code], what, "take a new one; an old one only shows what has happened since")
    what = f"the snapshot is of {got}, which lies after {bound}"
    return Refused(_CODES[refusal.code], what, "check the clock it was captured by")
