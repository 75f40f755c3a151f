"""Snapshots: every slot of a program filled for one intent at one instant, with where it came from."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from dsl.contracts import Fact
from dsl.program import Program
from dsl.snapshot import Reason, Snapshot
from engine.facts.board import FactBoard, Key, fits
from engine.facts.derived import IntentFacts
from engine.facts.entry import FactEntry
from engine.facts.windows import WindowCounters
from engine.model.calendar import CalendarBounds, SessionCalendar
from engine.model.order import Intent
from engine.model.time import Timestamp


@dataclass(frozen=True, slots=True)
class Taken:
    """Where a slot's value came from: key, as-of and provider; a computed fact has no provider of its own."""

    path: str
    key: Key
    as_of: Timestamp | None
    provider: str


class SnapshotTaker:
    """Fills the slots of programs from the board, the windows, the intent and the book."""

    def __init__(self, board: FactBoard, windows: WindowCounters, calendar: SessionCalendar) -> None:
        self._board, self._windows, self._calendar = board, windows, calendar

    def take(
        self, program: Program, facts: IntentFacts, now: int, law_date: date
    ) -> tuple[Snapshot, tuple[Taken, ...]]:
        """Return the snapshot and, slot by slot, its provenance."""
        values: list[Any] = []
        taken: list[Taken] = []
        reasons: dict[int, Reason] = {}
        entries: dict[int, FactEntry] = {}
        unknown = 0
        for slot in program.slots:
            value, reason, source, entry = self._slot(slot.path, slot.fact, facts, now, law_date)
            if reason is not None:
                unknown |= 1 << slot.index
                reasons[slot.index] = reason
            values.append(value if reason is None else None)
            taken.append(source)
            if entry is not None:
                entries[slot.index] = entry
        late = 0
        for number, check in enumerate(program.ages):
            entry = entries.get(check.slot)
            if entry is not None:
                expires = self._board.expiry(check.age, entry.as_of, entry.bar_due)
                if expires is None or entry.clock(now) > expires:
                    late |= 1 << number
        return Snapshot(tuple(values), unknown, late, reasons), tuple(taken)

    def _slot(
        self, path: str, fact: Fact, facts: IntentFacts, now: int, law_date: date
    ) -> tuple[Any, Reason | None, Taken, FactEntry | None]:
        if path.startswith(("intent.", "projected.")):
            return self._of_intent(path, fact, facts, now)
        if path.startswith("window:"):
            name = path.removeprefix("window:")
            key = tuple(facts.value(f"intent.{part}") for part in fact.key)
            shown = tuple("" if part is None else str(part) for part in key)
            return self._windows.value(name, key, now), None, Taken(path, shown, Timestamp(now), "windows"), None
        if path in ("now", "law_date", "session.date", "session.is_open"):
            value = self._time(path, now, law_date)
            source = Taken(path, (), Timestamp(now), "clock")
            return value, None if value is not None else Reason.MISSING, source, None
        return self._of_board(path, fact, facts.intent, now)

    def _of_intent(
        self, path: str, fact: Fact, facts: IntentFacts, now: int
    ) -> tuple[Any, Reason | None, Taken, FactEntry | None]:
        value = facts.value(path)
        source = Taken(path, (), Timestamp(now), "intent" if path.startswith("intent.") else "book")
        if value is None:
            return None, None if fact.optional else Reason.MISSING, source, None
        return value, None if fits(value, fact) else Reason.INVALID, source, None

    def _of_board(
        self, path: str, fact: Fact, intent: Intent, now: int
    ) -> tuple[Any, Reason | None, Taken, FactEntry | None]:
        stored, key = key_of(path, fact, intent)
        entry = self._board.get(stored, key)
        if entry is None:
            return None, None if fact.optional else Reason.MISSING, Taken(path, key, None, ""), None
        return entry.value, entry.reason_at(now), Taken(path, key, entry.as_of, entry.provider), entry

    def _time(self, path: str, now: int, law_date: date) -> Any:
        if path == "now":
            return now
        if path == "law_date":
            return law_date.toordinal()
        try:
            if path == "session.date":
                return self._calendar.session_date(now).toordinal()
            return self._calendar.open_session(now) is not None
        except CalendarBounds:
            return None


def key_of(path: str, fact: Fact, intent: Intent) -> tuple[str, Key]:
    """Return the path and key a fact is stored under for an intent: its own symbol, account and so on."""
    if path.startswith("fx.rate["):
        base, _, quote = path.removeprefix("fx.rate[").rstrip("]").partition(",")
        return "fx.rate", (base, quote)
    return path, tuple(str(getattr(intent, part)) for part in fact.key)
