"""House facts under a stated law date: lists and reference data are those of that date, whatever the market's.

A run over old bars that says `--law-date D` is judged by the rules, numbers and lists of D. What the
house maintains is therefore as old as it is on D; what the market says keeps the market's own clock.
"""

from dataclasses import replace
from datetime import date

from dsl.program import Program
from dsl.snapshot import Reason, Snapshot
from engine.facts.board import FactBoard
from engine.facts.derived import IntentFacts
from engine.facts.entry import FactEntry, expiry
from engine.facts.snapshot import SnapshotTaker, Taken
from engine.model.calendar import SessionCalendar
from engine.model.time import Timestamp

NAMESPACES = ("instrument.", "compliance.", "list:")


class HouseClock:
    """A snapshot taker that measures the age of house facts at `judged_at` instead of the decision's instant."""

    def __init__(self, taker: SnapshotTaker, board: FactBoard, calendar: SessionCalendar, judged_at: Timestamp) -> None:
        self._taker, self._board, self._calendar, self._judged_at = taker, board, calendar, judged_at

    def take(
        self, program: Program, facts: IntentFacts, now: int, law_date: date
    ) -> tuple[Snapshot, tuple[Taken, ...]]:
        """Return the snapshot with every house slot judged anew, and the provenance unchanged."""
        snapshot, taken = self._taker.take(program, facts, now, law_date)
        values, reasons = list(snapshot.values), dict(snapshot.reasons)
        unknown, late = snapshot.unknown, snapshot.late
        entries: dict[int, FactEntry] = {}
        for slot in program.slots:
            if not slot.path.startswith(NAMESPACES):
                continue
            entry = self._board.get(slot.path, taken[slot.index].key)
            if entry is None:
                continue
            entries[slot.index] = entry
            reason = entry.reason_at(self._judged_at)
            values[slot.index], unknown = self._judged(entry, reason, slot.index, unknown, reasons)
        for number, check in enumerate(program.ages):
            held = entries.get(check.slot)
            if held is not None:
                until = expiry(check.age, held.as_of, held.bar_due, self._calendar)
                is_late = until is None or self._judged_at > until
                late = late | 1 << number if is_late else late & ~(1 << number)
        return replace(snapshot, values=tuple(values), unknown=unknown, late=late, reasons=reasons), taken

    def _judged(
        self, entry: FactEntry, reason: Reason | None, at: int, unknown: int, reasons: dict[int, Reason]
    ) -> tuple[object, int]:
        if reason is None:
            reasons.pop(at, None)
            return entry.value, unknown & ~(1 << at)
        reasons[at] = reason
        return None, unknown | 1 << at
