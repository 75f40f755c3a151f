"""Snapshots: every slot of a program filled for one intent at one instant, with where it came from."""

from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple, Protocol

from dsl.contracts import Fact
from dsl.program import Program, Slot
from dsl.snapshot import Snapshot
from engine.facts.board import FactBoard
from engine.facts.prepare import Plan, Source
from engine.facts.row import Key, Row
from engine.facts.windows import Inside, WindowCounters
from engine.model.calendar import CalendarBounds, SessionCalendar
from engine.model.time import Timestamp


class Taken(NamedTuple):
    """Where a slot's value came from: key, as-of and provider; a computed fact has no provider of its own."""

    path: str
    key: Key
    as_of: Timestamp | None
    provider: str


class Asked(Protocol):
    """What is judged: an intent, or the keys of a scope."""

    def part(self, name: str) -> Any:
        """Return one key facts are kept under."""

    def value(self, path: str) -> Any:
        """Return a stored value of what depends on the thing itself."""


Compute = Callable[[Asked, int, date], Any]
OWN = ("intent.", "projected.", "scope.", "fill.")
"""Namespaces that depend on what is judged."""


class _Filling(NamedTuple):
    """How the slots of a program are filled: computed ones in order, rows by the parts of their key."""

    plan: Plan
    computed: tuple[Compute, ...]
    origins: tuple[tuple[int, str, tuple[str, ...], str], ...]
    keys: tuple[Callable[[Asked], Key], ...]
    sources: tuple[Source, ...]


class SnapshotTaker:
    """Fills the slots of programs from the board, the windows, the intent and the book."""

    def __init__(self, board: FactBoard, windows: WindowCounters, calendar: SessionCalendar) -> None:
        self._board, self._windows, self._calendar = board, windows, calendar
        self._fillings: dict[tuple[object, ...], _Filling] = {}

    def take(self, program: Program, facts: Asked, now: int, law_date: date) -> tuple[Snapshot, tuple[Taken, ...]]:
        """Return the snapshot and, slot by slot, its provenance."""
        named = (program.bundle.hash, program.stage, program.part, program.law_date)
        filling = self._fillings.get(named)
        if filling is None or filling.plan.program is not program:
            filling = self._fillings[named] = self._fill(program)
        keys = [key_for(facts) for key_for in filling.keys]
        rows = [self._board.row(key) for key in keys]
        computed = tuple([compute(facts, now, law_date) for compute in filling.computed])
        snapshot = filling.plan.snapshot(computed, rows, now)
        return snapshot, _provenance(filling, facts, keys, rows, now)

    def inside(self, program: Program, facts: Asked, now: int) -> dict[str, Inside]:
        """Return the events inside every window of a program, by slot path; those since an event left out."""
        out = {}
        for slot in program.slots:
            if slot.path.startswith("window:"):
                key = tuple([facts.part(part) for part in slot.fact.key])
                found = self._windows.inside(slot.path.removeprefix("window:"), key, now)
                if found is not None:
                    out[slot.path] = found
        return out

    def _fill(self, program: Program) -> _Filling:
        computed: list[tuple[Slot, Compute, tuple[str, ...], str]] = []
        held: dict[tuple[str, ...], list[tuple[int, str]]] = {}
        for slot in program.slots:
            path, parts = slot.path, slot.fact.key
            if path.startswith(OWN):
                provider = "book" if path.startswith("projected.") else path.partition(".")[0]
                computed.append((slot, _of_asked(path), (), provider))
            elif path.startswith("window:"):
                computed.append((slot, self._of_window(path, parts), parts, "windows"))
            elif path in CLOCK:
                computed.append((slot, self._of_clock(path), (), "clock"))
            else:
                stored, group = _stored_under(path, slot.fact)
                held.setdefault(group, []).append((slot.index, stored))
        sources = tuple(Source(tuple(at for at, _ in slots), tuple(p for _, p in slots)) for slots in held.values())
        plan = Plan(program, tuple(slot.index for slot, *_ in computed), sources, self._calendar)
        origins = tuple((slot.index, slot.path, parts, provider) for slot, _, parts, provider in computed)
        return _Filling(plan, tuple(compute for _, compute, *_ in computed), origins, tuple(map(_key, held)), sources)

    def _of_window(self, path: str, parts: tuple[str, ...]) -> Compute:
        name, windows = path.removeprefix("window:"), self._windows
        return lambda facts, now, _: windows.value(name, tuple([facts.part(part) for part in parts]), now)

    def _of_clock(self, path: str) -> Compute:
        if path == "now":
            return lambda facts, now, law_date: now
        if path == "law_date":
            return lambda facts, now, law_date: law_date.toordinal()
        return lambda facts, now, law_date: self._session(path, now)

    def _session(self, path: str, now: int) -> Any:
        try:
            if path == "session.date":
                return self._calendar.session_date(now).toordinal()
            return self._calendar.open_session(now) is not None
        except CalendarBounds:
            return None


CLOCK = ("now", "law_date", "session.date", "session.is_open")
"""Facts the clock and the calendar give."""
_LITERAL = "="
"""Marks a part of a key that is a fixed text, not a field of the intent."""


def _of_asked(path: str) -> Compute:
    return lambda facts, now, law_date: facts.value(path)


def _stored_under(path: str, fact: Fact) -> tuple[str, tuple[str, ...]]:
    """Return the path a fact is stored under and the parts of its key: fields of the intent or fixed texts."""
    if path.startswith("fx.rate["):
        base, _, quote = path.removeprefix("fx.rate[").rstrip("]").partition(",")
        return "fx.rate", (_LITERAL + base, _LITERAL + quote)
    return path, fact.key


def _key(parts: tuple[str, ...]) -> Callable[[Asked], Key]:
    if any(part.startswith(_LITERAL) for part in parts):
        fixed = tuple(part.removeprefix(_LITERAL) for part in parts)
        return lambda asked: fixed
    return lambda asked: tuple([str(asked.part(part)) for part in parts])


def _provenance(filling: _Filling, facts: Asked, keys: list[Key], rows: list[Row], now: int) -> tuple[Taken, ...]:
    taken: list[Any] = [None] * len(filling.plan.program.slots)
    at_now = Timestamp(now)
    for index, path, parts, provider in filling.origins:
        shown = tuple("" if v is None else str(v) for v in (facts.part(part) for part in parts))
        taken[index] = Taken(path, shown, at_now, provider)
    for source, key, row in zip(filling.sources, keys, rows, strict=True):
        for index, stored in zip(source.slots, source.paths, strict=True):
            path, stamp = filling.plan.program.slots[index].path, row.as_of.get(stored)
            taken[index] = Taken(path, key, None if stamp is None else Timestamp(stamp), row.provider.get(stored, ""))
    return tuple(taken)
