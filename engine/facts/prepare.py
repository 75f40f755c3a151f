"""A prepared plan: everything about filling a program's slots that can be known before the facts come."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from dsl.contracts import Age
from dsl.program import AgeCheck, Program
from dsl.scalar.prepare import compile_fit
from dsl.snapshot import Reason, Snapshot
from dsl.windows import UNCOVERED
from engine.facts.entry import FUTURE_TOLERANCE, expiry, fits
from engine.facts.row import NEVER, Row
from engine.model.calendar import CalendarBounds, SessionCalendar

Pick = Callable[[Any], tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Source:
    """The slots one row fills, and the path each is stored under."""

    slots: tuple[int, ...]
    paths: tuple[str, ...]


class Reader:
    """How to read one row: values in slot order, as-ofs in runs that share a freshness bound.

    `durations`, `bars` and `sessions` say where such a run of `grouped` starts and stops, and its
    bound: microseconds, a pick of due times, or a number of sessions.
    """

    __slots__ = (
        "_paths", "_stored", "bars", "checks", "durations", "grouped", "number", "sessions", "slots", "stamps",
        "values",
    )  # fmt: skip

    def __init__(self, number: int, source: Source, program: Program) -> None:
        bounds = {slot: program.slots[slot].fact.max_age for slot in source.slots}
        path_of = dict(zip(source.slots, source.paths, strict=True))
        self.number, self.slots = number, tuple(sorted(source.slots))
        self.grouped = tuple(sorted(self.slots, key=lambda slot: _rank(bounds[slot], slot)))
        self._stored = tuple(path_of[slot] for slot in self.slots)
        self._paths = tuple(path_of[slot] for slot in self.grouped)
        self.values, self.stamps = picker(self._stored), picker(self._paths)
        self.durations: list[tuple[int, int, int]] = []
        self.bars: list[tuple[int, int, Pick]] = []
        self.sessions: list[tuple[int, int, int]] = []
        for age, run in groupby(range(len(self.grouped)), lambda at: bounds[self.grouped[at]]):
            places = list(run)
            start, stop = places[0], places[-1] + 1
            if age is not None and age.kind == "bar":
                self.bars.append((start, stop, picker(self._paths[start:stop])))
            elif age is not None:
                runs = self.durations if age.kind == "duration" else self.sessions
                runs.append((start, stop, age.count))
        self.checks: tuple[tuple[int, str, AgeCheck], ...] = tuple(
            (at, path_of[check.slot], check) for at, check in enumerate(program.ages) if check.slot in path_of
        )

    def stored(self) -> Iterator[tuple[int, str]]:
        """Return every slot with the path it is stored under."""
        return zip(self.slots, self._stored, strict=True)

    def sparse(self, row: Row, now: int) -> tuple[tuple[Any, ...], tuple[int, ...]]:
        """Return values and as-ofs of a row that lacks some; what is lacking is None and of now."""
        return tuple([row.values.get(p) for p in self._stored]), tuple([row.as_of.get(p, now) for p in self._paths])


class Plan:
    """Fills the slots of one program: `computed` slots by the caller's values, the others from rows.

    Types and bounds are looked at by generated code, ages by the oldest and youngest of those that
    share a bound; a slot that raises a doubt is judged by the contract's reference, one by one.
    """

    __slots__ = ("_calendar", "_facts", "_look", "_place", "_readers", "computed", "program")

    def __init__(
        self, program: Program, computed: tuple[int, ...], sources: Sequence[Source], calendar: SessionCalendar
    ) -> None:
        self.program, self.computed, self._calendar = program, computed, calendar
        self._facts = tuple(slot.fact for slot in program.slots)
        self._look = compile_fit(self._facts)
        self._readers = tuple(Reader(at, source, program) for at, source in enumerate(sources))
        given = [*computed, *(slot for reader in self._readers for slot in reader.slots)]
        if sorted(given) != list(range(len(program.slots))):
            raise ValueError("every slot is filled exactly once")
        self._place = None if given == sorted(given) else picker([given.index(at) for at in range(len(given))])

    def snapshot(self, computed: tuple[Any, ...], rows: Sequence[Row], now: int) -> Snapshot:
        """Return the snapshot at `now`; `rows` are in the order of the plan's sources."""
        values, late = computed, 0
        doubts: list[int] = []
        for reader in self._readers:
            row = rows[reader.number]
            try:
                held, stamps = reader.values(row.values), reader.stamps(row.as_of)
            except KeyError:
                held, stamps = reader.sparse(row, now)
            values = values + held if values else held
            if max(stamps) > now + FUTURE_TOLERANCE:
                doubts += reader.slots
            for start, stop, count in reader.durations:
                if min(stamps[start:stop]) < now - count:
                    doubts += reader.grouped[start:stop]
            if reader.bars or reader.sessions:
                doubts += self._untimely(reader, row, stamps, now)
            if reader.checks:
                late |= self._late(reader, row, now)
        if self._place is not None:
            values = self._place(values)
        self._look(values, doubts.append)
        if doubts:
            return self._doubtful(values, doubts, late, rows, now)
        return Snapshot(values, 0, late, {})

    def _untimely(self, reader: Reader, row: Row, stamps: tuple[int, ...], now: int) -> list[int]:
        """Return the slots of every group by bar or by session that has a member too old."""
        doubts: list[int] = []
        for start, stop, dues in reader.bars:
            try:
                is_fresh = min(dues(row.due)) >= now
            except KeyError:
                is_fresh = False
            if not is_fresh:
                doubts += reader.grouped[start:stop]
        for start, stop, count in reader.sessions:
            oldest = self._oldest(count, now)
            if oldest is None or min(stamps[start:stop]) < oldest:
                doubts += reader.grouped[start:stop]
        return doubts

    def _oldest(self, sessions: int, now: int) -> int | None:
        """Return the as-of from which on N sessions are fresh at `now`; None near the ends of the table."""
        calendar = self._calendar
        try:
            calendar.index_closing_at_or_after(now + FUTURE_TOLERANCE)
            before = calendar.index_closing_at_or_after(now) - sessions
        except CalendarBounds:
            return None
        return calendar.sessions[before].close + 1 if before >= 0 else None

    def _late(self, reader: Reader, row: Row, now: int) -> int:
        """Return the bits of the rules' own bounds that the facts of a row are too old for."""
        late = 0
        for number, path, check in reader.checks:
            if path in row.as_of:
                due = row.due[path]
                expires = expiry(check.age, row.as_of[path], None if due == NEVER else due, self._calendar)
                if expires is None or now > expires:
                    late |= 1 << number
        return late

    def _doubtful(
        self, values: tuple[Any, ...], doubts: list[int], late: int, rows: Sequence[Row], now: int
    ) -> Snapshot:
        kept, unknown, reasons = list(values), 0, {}
        stored = {slot: (rows[reader.number], path) for reader in self._readers for slot, path in reader.stored()}
        for at in sorted(set(doubts)):
            row, path = stored.get(at, (None, ""))
            reason = self._reason(at, values[at], row, path, now)
            if reason is not None:
                unknown |= 1 << at
                reasons[at] = reason
                kept[at] = None
        return Snapshot(tuple(kept), unknown, late, reasons)

    def _reason(self, at: int, value: Any, row: Row | None, path: str, now: int) -> Reason | None:
        """The reference: why a slot is unknown, or None."""
        fact = self._facts[at]
        if value is UNCOVERED:
            return Reason.MISSING
        if value is None:
            return None if fact.optional else Reason.MISSING
        if not fits(value, fact):
            return Reason.INVALID
        if row is None or path not in row.as_of:
            return None
        as_of, due = row.as_of[path], row.due.get(path, NEVER)
        expires = None
        if fact.max_age is not None:
            expires = expiry(fact.max_age, as_of, None if due == NEVER else due, self._calendar)
            if expires is None:
                return Reason.INVALID
        if as_of > now + FUTURE_TOLERANCE:
            return Reason.INVALID
        return Reason.STALE if expires is not None and now > expires else None


def picker(keys: Sequence[Any]) -> Pick:
    """Return a function that takes these keys out of a mapping or tuple, always as a tuple."""
    if len(keys) > 1:
        return itemgetter(*keys)
    if not keys:
        return lambda _: ()
    only = keys[0]
    return lambda held: (held[only],)


def _rank(age: Age | None, slot: int) -> tuple[str, int, int]:
    return ("", 0, slot) if age is None else (age.kind, age.count, slot)
