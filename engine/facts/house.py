"""House facts under a stated law date: lists and reference data are those of that date, whatever the market's.

A run over old bars that says `--law-date D` is judged by the rules, numbers and lists of D. What the
house maintains is therefore as old as it is on D; what the market says keeps the market's own clock.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from dsl.program import Program
from dsl.snapshot import Reason, Snapshot
from engine.facts.board import FactBoard
from engine.facts.entry import FactEntry, expiry
from engine.facts.snapshot import Asked, SnapshotTaker, Taken
from engine.facts.windows import Inside
from engine.model.calendar import SessionCalendar
from engine.model.time import Timestamp

NAMESPACES = ("instrument.", "compliance.", "list:")


@dataclass(frozen=True, slots=True)
class _Verdicts:
    """What the house clock says of one program's house slots: values, unknown ones, and late checks."""

    values: dict[int, Any]
    reasons: dict[int, Reason]
    slots: int
    unknown: int
    checks: int
    late: int


class HouseClock:
    """A snapshot taker that measures the age of house facts at `judged_at` instead of the decision's instant.

    House facts are posted before a run and do not change in it, so each symbol is judged once.
    """

    def __init__(self, taker: SnapshotTaker, board: FactBoard, calendar: SessionCalendar, judged_at: Timestamp) -> None:
        self._taker, self._board, self._calendar, self._judged_at = taker, board, calendar, judged_at
        self._known: dict[tuple[object, ...], _Verdicts] = {}

    def take(self, program: Program, facts: Asked, now: int, law_date: date) -> tuple[Snapshot, tuple[Taken, ...]]:
        """Return the snapshot with every house slot judged anew, and the provenance unchanged."""
        snapshot, taken = self._taker.take(program, facts, now, law_date)
        key = (program.stage, program.part, program.law_date, facts.part("symbol"))
        said = self._known.get(key)
        if said is None:
            said = self._known[key] = self._judge(program, taken)
        values = list(snapshot.values)
        for at, value in said.values.items():
            values[at] = value
        reasons = {at: reason for at, reason in snapshot.reasons.items() if not said.slots >> at & 1}
        unknown = snapshot.unknown & ~said.slots | said.unknown
        late = snapshot.late & ~said.checks | said.late
        return Snapshot(tuple(values), unknown, late, {**reasons, **said.reasons}), taken

    def inside(self, program: Program, facts: Asked, now: int) -> dict[str, Inside]:
        """Return the events inside every window: they keep the market's own clock."""
        return self._taker.inside(program, facts, now)

    def _judge(self, program: Program, taken: tuple[Taken, ...]) -> _Verdicts:
        entries: dict[int, FactEntry] = {}
        for slot in program.slots:
            entry = self._board.get(slot.path, taken[slot.index].key) if slot.path.startswith(NAMESPACES) else None
            if entry is not None:
                entries[slot.index] = entry
        reasons = {at: why for at, entry in entries.items() if (why := entry.reason_at(self._judged_at)) is not None}
        values = {at: None if at in reasons else entry.value for at, entry in entries.items()}
        checks = late = 0
        for number, check in enumerate(program.ages):
            held = entries.get(check.slot)
            if held is not None:
                checks |= 1 << number
                until = expiry(check.age, held.as_of, held.bar_due, self._calendar)
                late |= (until is None or self._judged_at > until) << number
        return _Verdicts(values, reasons, sum(1 << at for at in entries), sum(1 << at for at in reasons), checks, late)
