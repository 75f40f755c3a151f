"""How a record would read later, were nothing else to happen: only the clock, windows and dates move."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from dsl import ir
from dsl.bundle import Bundle
from dsl.calendars import Calendars, Sessions, sessions_of
from dsl.interpret import Interpreter, judge
from dsl.program import REDUCES, AgeCheck, Overlay, Program, Slot, in_force
from dsl.reads import all_facts, rule_expressions
from dsl.snapshot import Reason, Snapshot
from dsl.windows import Happening, aggregate, counts
from engine.decision.clip import blocks
from engine.decision.clockwork import reads_clock, turns
from engine.decision.record import decode
from engine.facts.snapshot import CLOCK
from engine.facts.windows import Inside
from engine.model.calendar import CalendarBounds, Session, SessionCalendar
from engine.model.time import DAY

HORIZON = 60 * DAY
"""How far ahead every session is looked at; beyond it only the dates at which rules or numbers change."""


@dataclass(frozen=True, slots=True)
class Almanac:
    """The sessions of a run's exchange; `stated` is the law date of the whole run where it states one."""

    calendar: SessionCalendar
    stated: date | None = None

    def session_date(self, at: int) -> date | None:
        """Return the date of the session an instant counts toward, None outside the table."""
        try:
            return self.calendar.session_date(at)
        except CalendarBounds:
            return None

    def law_date(self, at: int) -> date | None:
        """Return the date whose rules apply at an instant."""
        return self.stated or self.session_date(at)

    def is_open(self, at: int) -> bool | None:
        """Return whether the exchange trades at an instant, None outside the table."""
        try:
            return self.calendar.open_session(at) is not None
        except CalendarBounds:
            return None

    def after(self, at: int) -> Session | None:
        """Return the session an instant counts toward, None outside the table."""
        try:
            return self.calendar.sessions[self.calendar.index_closing_at_or_after(at)]
        except CalendarBounds:
            return None

    def begins(self, day: date) -> int | None:
        """Return the first instant that counts toward a session on or after a day, None outside the table."""
        sessions = self.calendar.sessions
        first = bisect_left(sessions, day, key=lambda session: session.day)
        return sessions[first - 1].close + 1 if 0 < first < len(sessions) else None


@dataclass(frozen=True, slots=True)
class Moment:
    """The record read at another instant. `unseen` are slots of which it does not say what they would be."""

    at: int
    program: Program
    snapshot: Snapshot
    unseen: frozenset[str]

    def passes(self) -> bool | None:
        """Return whether the order would pass; None where that rests on something the record does not hold."""
        judgement = judge(self.program, self.snapshot)
        for finding in judgement.findings:
            is_seen = not any(path in self.unseen for path, _ in finding.facts)
            if is_seen and blocks(finding.counts_as, may_wait=True):
                return False
        told = {path for f in judgement.findings if f.mode == "enforced" for path, _ in f.facts}
        return None if told & self.unseen or self._is_excepted() else True

    def _is_excepted(self) -> bool:
        """Return whether a fact nobody knows may be read where a missing one was excepted, and so not judged."""
        excepting = (rule for rule in self.program.rules if rule.missing.unless is not None)
        return any(self.unseen & set(all_facts((rule,), self.program.lets)) for rule in excepting)


@dataclass(slots=True)
class Course:
    """The record as time goes on.

    `own` are the events the decision itself led to, `given` what the order says of itself (by name, as stored in
    the record), which rules may ask for that are not in force yet.
    """

    bundle: Bundle
    start: int
    program: Program
    snapshot: Snapshot
    inside: Mapping[str, Inside]
    own: Sequence[Happening]
    given: Mapping[str, Any]
    almanac: Almanac
    overlays: Sequence[Overlay] = ()
    calendars: Calendars = field(default_factory=dict)
    _dates: tuple[date, ...] = field(init=False)
    _programs: dict[int, Program] = field(default_factory=dict)
    _read: dict[int, tuple[ir.Expr, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._dates = dates_of(self.bundle, self.program.stage, self.overlays)
        self._programs[bisect_right(self._dates, self.program.law_date)] = self.program

    # ---------------------------------------------------------------------------------- a moment
    def at(self, at: int) -> Moment | None:
        """Return the record as it would read at an instant, None where the calendar ends before."""
        law_date = self.almanac.law_date(at)
        if law_date is None:
            return None
        program = self._program(law_date)
        values: list[Any] = []
        reasons: dict[int, Reason] = {}
        unseen: set[str] = set()
        for slot in program.slots:
            known = self.program.index.get(slot.path)
            if slot.path in CLOCK:
                value, reason = self._clock(slot.path, at, law_date), None
            elif slot.path.startswith("window:"):
                seen = self._window(slot.path, at)
                if seen is None:
                    unseen.add(slot.path)
                value, reason = seen if seen is not None else (None, Reason.STALE)
            elif known is None:
                seen = self._given(slot)
                if seen is None:  # stale, so that no rule takes it for absent
                    unseen.add(slot.path)
                value, reason = seen if seen is not None else (None, Reason.STALE)
            else:
                value, reason = self.snapshot.values[known], self.snapshot.reasons.get(known)
            if value is None and reason is None and not slot.fact.optional:
                reason = Reason.MISSING
            if reason is not None:
                reasons[slot.index] = reason
            values.append(value)
        late = 0
        for number, check in enumerate(program.ages):
            path = program.slots[check.slot].path
            stated = self._late(path, check)
            if stated is None:
                unseen.add(path)
            late |= (stated is not False) << number
        unknown = sum(1 << index for index in reasons)
        return Moment(at, program, Snapshot(tuple(values), unknown, late, reasons), frozenset(unseen))

    def _program(self, law_date: date) -> Program:
        """Return the rules of a law date; between two dates that change anything they are the same."""
        since = bisect_right(self._dates, law_date)
        if since not in self._programs:
            program = in_force(self.bundle, self.program.stage, law_date, self.overlays, self.calendars)
            self._programs[since] = program
        return self._programs[since]

    def _given(self, slot: Slot) -> tuple[Any, Reason | None] | None:
        """Return what the order says of itself, None where that is not what is asked."""
        namespace, _, name = slot.path.partition(".")
        if slot.path == "intent.increases_risk":
            return not self.snapshot.values[self.program.index[REDUCES]], None
        if namespace != "intent" or (name not in self.given and not slot.fact.optional):
            return None
        return (decode(self.given[name], slot.fact) if name in self.given else None), None

    def _clock(self, path: str, at: int, law_date: date) -> Any:
        match path:
            case "now":
                return at
            case "law_date":
                return law_date.toordinal()
            case "session.is_open":
                return self.almanac.is_open(at)
            case _:
                day = self.almanac.session_date(at)
                return None if day is None else day.toordinal()

    def _late(self, path: str, check: AgeCheck) -> bool | None:
        """Return whether a rule's own bound was broken; None for a bound the record says nothing about."""
        slot = self.program.index.get(path)
        mine = AgeCheck(slot, check.age) if slot is not None else None
        if mine is None or mine not in self.program.ages:
            return None
        return bool(self.snapshot.late >> self.program.ages.index(mine) & 1)

    # ---------------------------------------------------------------------------------- windows
    def _window(self, path: str, at: int) -> tuple[Any, Reason | None] | None:
        """Return a window's value at an instant, None where the record does not tell."""
        window = self.bundle.ruleset.windows[path.removeprefix("window:")]
        if window.since is not None:
            return self._since(path, window)
        edge = self._edge(window, at)
        if edge is None:
            return None, Reason.MISSING
        inside = self.inside.get(path)
        if window.is_market:
            if inside is None:
                return None
            if inside.watched is None or inside.watched > edge:
                return None, Reason.MISSING
        if inside is None:
            if edge < self.start:
                return None
            inside = Inside(())  # whatever was inside has left by then
        events = [*inside.events, *((h.at, self._value(window, h)) for h in self._added(window))]
        return aggregate(window.function, [value for when, value in events if edge < when <= at]), None

    def _since(self, path: str, window: ir.Window) -> tuple[Any, Reason | None] | None:
        """Return the value of a window that only events change: the decision's own ones are among them."""
        slot = self.program.index.get(path)
        begins = [h for h in self.own if h.event == window.since]
        added = [h for h in self._added(window) if not begins or self._follows(h, begins[-1])]
        values = [self._value(window, h) for h in added]
        if begins:
            return aggregate(window.function, values), None
        if slot is None:
            return None
        value, reason = self.snapshot.values[slot], self.snapshot.reasons.get(slot)
        if not added or reason is not None:
            return value, reason
        if window.function == "distinct":  # which values are inside already nobody wrote down
            return None
        known = [] if value is None else [value]
        return aggregate("sum" if window.function == "count" else window.function, [*known, *values]), None

    def _follows(self, later: Happening, earlier: Happening) -> bool:
        return self.own.index(later) > self.own.index(earlier)

    def _added(self, window: ir.Window) -> list[Happening]:
        return [h for h in self.own if h.event != window.since and counts(window, h)]

    @staticmethod
    def _value(window: ir.Window, happening: Happening) -> Any:
        return happening.fields[window.field] if window.field else 1

    def _edge(self, window: ir.Window, at: int) -> int | None:
        if not window.sessions:
            return at - window.duration
        sessions = self._sessions(window)
        return sessions.edge(at, window.sessions) if sessions is not None else None

    def _sessions(self, window: ir.Window) -> Sessions | None:
        return sessions_of(self.calendars, window.calendar)

    # ---------------------------------------------------------------------------------- what comes next
    def next_after(self, moment: Moment) -> tuple[int | None, bool]:
        """Return the next instant at which anything the rules read moves, and whether it is surely the next."""
        due = [*self._leaving(moment), *self._sessions_next(moment), *self._dates_next(moment.at)]
        roots, is_sure = self._now_next(moment)
        following = min((at for at in (*due, *roots) if at > moment.at), default=None)
        is_far = following is None or following > self.start + HORIZON
        return following, is_sure and not (is_far and self._asks_for_dates(moment))

    def _leaving(self, moment: Moment) -> Iterator[int]:
        """Yield when events leave windows of a duration, and when a session ends that a window counts."""
        for slot in moment.program.slots:
            if not slot.path.startswith("window:"):
                continue
            window = self.bundle.ruleset.windows[slot.path.removeprefix("window:")]
            if window.duration:
                inside = self.inside.get(slot.path) or Inside(())
                stamps = [at for at, _ in inside.events] + [h.at for h in self._added(window)] + [self.start]
                yield from (at + window.duration for at in stamps)
                if inside.watched is not None:
                    yield inside.watched + window.duration
            edge = self._edge(window, moment.at) if window.sessions else None
            sessions = self._sessions(window)
            ended = sessions.last(moment.at, 1) if sessions is not None and edge is not None else None
            if ended is not None and edge is not None and edge < self.start:  # else all of it has left
                yield ended + 1

    def _sessions_next(self, moment: Moment) -> Iterator[int]:
        """Yield when the exchange next opens or closes, where a rule asks for it or for the date."""
        session = self.almanac.after(moment.at) if self._asks_for_dates(moment) else None
        if session is None or moment.at > self.start + HORIZON:
            return
        if "session.is_open" in moment.program.index:
            yield session.open + 1
        yield session.close + 1

    def _asks_for_dates(self, moment: Moment) -> bool:
        reads = moment.program.index
        is_law = "law_date" in reads and self.almanac.stated is None
        return is_law or "session.date" in reads or "session.is_open" in reads

    def _dates_next(self, at: int) -> Iterator[int]:
        """Yield when the law date next brings other rules, numbers or tables."""
        today = self.almanac.session_date(at) if self.almanac.stated is None else None
        if today is None:
            return
        for day in self._dates[bisect_right(self._dates, today) :][:1]:
            begins = self.almanac.begins(day)
            if begins is not None:
                yield begins

    def _now_next(self, moment: Moment) -> tuple[list[int], bool]:
        """Return when a comparison that reads `now` next turns; false where one moves in no straight line."""
        if "now" not in moment.program.index:
            return [], True
        interpreter = Interpreter(moment.program, moment.snapshot)
        found: list[int] = []
        is_sure = True
        for expr in self._reading(moment.program):
            instants, is_straight = turns(expr, interpreter, moment.program, moment.at)
            is_sure = is_sure and is_straight
            found += instants
        return found, is_sure

    def _reading(self, program: Program) -> tuple[ir.Expr, ...]:
        """Return the expressions of a program that read the clock."""
        since = bisect_right(self._dates, program.law_date)
        if since not in self._read:
            self._read[since] = tuple(expr for expr in _expressions(program) if reads_clock(expr, program))
        return self._read[since]


def dates_of(bundle: Bundle, stage: str, overlays: Sequence[Overlay]) -> tuple[date, ...]:
    """Return every date from which other rules, numbers or tables of a stage are in force, ascending."""
    ruleset = bundle.ruleset
    texts = {rule.since for rule in ruleset.rules if rule.stage == stage}
    texts |= {row.since for param in ruleset.params.values() for row in param.rows}
    texts |= {version.since for table in ruleset.tables.values() for version in table.versions}
    texts |= {overlay.since for overlay in overlays}
    days = {date.fromisoformat(text) for text in texts if text}
    ends = [date.fromisoformat(rule.until) for rule in ruleset.rules if rule.stage == stage and rule.until]
    return tuple(sorted(days | {date.fromordinal(end.toordinal() + 1) for end in ends if end < date.max}))


def _expressions(program: Program) -> list[ir.Expr]:
    """Return what the rules of a program evaluate, each named expression once."""
    found = [expr for rule in program.rules for expr in rule_expressions(rule)]
    seen: dict[str, None] = {}
    waiting = list(found)
    while waiting:
        for part in ir.walk(waiting.pop()):
            if isinstance(part, ir.LetRef) and part.name not in seen:
                seen[part.name] = None
                waiting.append(program.lets[part.name])
    return [*found, *(program.lets[name] for name in seen)]
