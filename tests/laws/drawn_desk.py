"""A desk over a drawn bundle: drawn facts, real windows, a real book, decisions with their records.

The facts are those of one drawn snapshot, and stay as they are whatever the instant; the clock, the windows and
what depends on the order's size move as they do on a desk.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from random import Random
from typing import Any

from dsl.bundle import Bundle
from dsl.contracts import Fact
from dsl.interpret import judge
from dsl.judgement import Judgement
from dsl.program import Overlay, Program
from dsl.snapshot import Reason, Snapshot
from dsl.types import Kind
from dsl.windows import UNCOVERED, Happening
from engine.audit.canonical import canonical
from engine.decision.clip import blocks
from engine.decision.course import Almanac
from engine.decision.decide import DecisionEngine
from engine.decision.explain import Explanation, why
from engine.decision.outcome import Decision
from engine.decision.record import Setting, record_of
from engine.facts.derived import IntentFacts
from engine.facts.snapshot import CLOCK, Asked, Taken
from engine.facts.windows import Inside, WindowCounters
from engine.marketdata.calendar import as_rule_calendars, load_calendar
from engine.model.numbers import MICRO, Quantity
from engine.model.order import Intent, IntentKind, OrderType, Side
from engine.model.time import SECOND, Timestamp
from engine.portfolio.amount import amount_of
from engine.portfolio.book import Book
from tests.laws.fuzz_snapshots import ALWAYS_KNOWN, Deck

CALENDAR = load_calendar()
CALENDARS = as_rule_calendars(CALENDAR)
WIDTH = 3_700 * SECOND
"""How far back drawn events reach: past every drawn window of a duration."""


@dataclass(slots=True)
class DrawnTaker:
    """Fills the slots of any program of a bundle from one drawn world."""

    facts: dict[str, tuple[Any, Reason | None]]
    late: frozenset[tuple[str, str, int]]
    almanac: Almanac
    past: list[Happening]
    windows: WindowCounters

    def forget(self, bundle: Bundle) -> None:
        """Count what happened anew: windows let go of what leaves them, and instants are not asked in order."""
        self.windows = WindowCounters(bundle.ruleset.windows, CALENDARS)
        for happening in self.past:
            self.windows.observe(happening)

    def take(self, program: Program, facts: Asked, now: int, law_date: date) -> tuple[Snapshot, tuple[Taken, ...]]:
        """Return the snapshot: what moves is computed, the rest stands as drawn."""
        values: list[Any] = []
        reasons: dict[int, Reason] = {}
        for slot in program.slots:
            value, reason = self._one(slot.path, slot.fact, facts, now, law_date)
            if value is None and reason is None and not slot.fact.optional:
                reason = Reason.MISSING
            if reason is not None:
                reasons[slot.index] = reason
            values.append(None if reason is not None else value)
        late = 0
        for number, check in enumerate(program.ages):
            late |= ((program.slots[check.slot].path, check.age.kind, check.age.count) in self.late) << number
        taken = tuple(Taken(slot.path, self._key(slot.fact, facts), Timestamp(now), "drawn") for slot in program.slots)
        return Snapshot(tuple(values), sum(1 << at for at in reasons), late, reasons), taken

    def inside(self, program: Program, facts: Asked, now: int) -> dict[str, Inside]:
        """Return the events inside every window of a program."""
        out = {}
        for slot in program.slots:
            if slot.path.startswith("window:"):
                key = tuple(facts.part(part) for part in slot.fact.key)
                found = self.windows.inside(slot.path.removeprefix("window:"), key, now)
                if found is not None:
                    out[slot.path] = found
        return out

    @staticmethod
    def _key(fact: Fact, facts: Asked) -> tuple[str, ...]:
        if fact.path.startswith("window:"):
            return tuple(str(facts.part(part)) for part in fact.key)
        return ()

    def _one(self, path: str, fact: Fact, facts: Asked, now: int, law_date: date) -> tuple[Any, Reason | None]:
        if path in ("intent.quantity", "intent.reduces_only"):
            return facts.value(path), None
        if path == "now":
            return now, None
        if path == "law_date":
            return law_date.toordinal(), None
        if path in CLOCK:
            day = self.almanac.session_date(now)
            return (self.almanac.is_open(now) if path == "session.is_open" else day and day.toordinal()), None
        if path.startswith("window:"):
            key = tuple(facts.part(part) for part in fact.key)
            value = self.windows.value(path.removeprefix("window:"), key, now)
            return (None, Reason.MISSING) if value is UNCOVERED else (value, None)
        return self.facts[path]


class DrawnEngine:
    """One engine for all orders of a bundle, so that its rules are compiled once; `taker` is the order's own."""

    def __init__(self, bundle: Bundle, overlays: tuple[Overlay, ...]) -> None:
        self.taker: DrawnTaker
        self.inner = DecisionEngine(bundle, overlays, self, CALENDARS)

    def take(self, program: Program, facts: Asked, now: int, law_date: date) -> tuple[Snapshot, tuple[Taken, ...]]:
        return self.taker.take(program, facts, now, law_date)

    def inside(self, program: Program, facts: Asked, now: int) -> dict[str, Inside]:
        return self.taker.inside(program, facts, now)


@dataclass(slots=True)
class DrawnDesk:
    """Decides drawn orders. `start` is the instant of the first decision."""

    bundle: Bundle
    overlays: tuple[Overlay, ...]
    engine: DrawnEngine
    taker: DrawnTaker
    book: Book
    intent: Intent
    start: int
    lot: int

    @property
    def almanac(self) -> Almanac:
        return self.taker.almanac

    def decide(self, at: int, quantity: int | None = None) -> Decision:
        """Return the decision on the order at an instant, of another size where one is given."""
        law_date = self.almanac.law_date(at)
        assert law_date is not None
        intent = self.intent if quantity is None else replace(self.intent, quantity=Quantity(quantity))
        self.taker.forget(self.bundle)
        self.engine.taker = self.taker
        return self.engine.inner.decide(intent, self.book, at, law_date, lot=self.lot)

    def judge(self, at: int, quantity: int | None = None) -> Judgement:
        """Return what the interpreter says of the order at an instant, of another size where one is given."""
        law_date = self.almanac.law_date(at)
        assert law_date is not None
        self.taker.forget(self.bundle)
        facts = IntentFacts(self.intent, self.book, False)
        program = self.engine.inner.ready(law_date).program
        snapshot, _ = self.taker.take(program, facts if quantity is None else facts.at(quantity), at, law_date)
        return judge(program, snapshot)

    def record(self, decision: Decision) -> dict[str, Any]:
        """Return the record of the first decision as it comes back from a store."""
        law_date = self.almanac.law_date(self.start)
        assert law_date is not None
        setting = Setting("run_drawn", 1, self.start, law_date.isoformat(), self.bundle.hash, "0" * 64, {})
        out: dict[str, Any] = json.loads(canonical(dict(record_of(decision, self.intent, setting))))
        return out

    def explain(self, record: dict[str, Any]) -> Explanation:
        """Return the explanation of a record."""
        return why(record, self.bundle, self.overlays, {}, CALENDARS, self.almanac)

    def observe(self, happenings: Iterable[Happening]) -> None:
        """Let events happen."""
        self.taker.past += happenings


def draw_desk(
    program: Program, overlays: tuple[Overlay, ...], engine: DrawnEngine, random: Random, others: Iterable[Program]
) -> DrawnDesk:
    """Return a desk with drawn facts over a program's bundle; `others` are its programs on other dates."""
    start = _start(program.law_date, random)
    stated = program.law_date if random.random() < 0.3 else None
    almanac = Almanac(CALENDAR, stated)
    facts: dict[str, tuple[Any, Reason | None]] = {}
    late: set[tuple[str, str, int]] = set()
    for one in (*others, program):
        deck = Deck(one, random)
        for _ in range(3):
            snapshot = deck.draw()
        for slot in one.slots:
            reason = snapshot.reasons.get(slot.index) if snapshot.unknown >> slot.index & 1 else None
            value = snapshot.values[slot.index]
            facts[slot.path] = (None if reason is not None else value, reason)
        late |= {
            (one.slots[check.slot].path, check.age.kind, check.age.count)
            for at, check in enumerate(one.ages)
            if snapshot.late >> at & 1 and one.slots[check.slot].path not in ALWAYS_KNOWN
        }
    _near(facts, start, random)
    intent = _intent(facts, random)
    past = list(_past(program.bundle, intent, start, random))
    book = Book({}, amount_of(100_000 * MICRO))
    book.set_position(intent.symbol, random.choice((0, 0, 3, -3, 10)) * MICRO * -intent.side.sign)
    book.set_reconciled(True)
    taker = DrawnTaker(facts, frozenset(late), almanac, past, WindowCounters({}))
    lot = random.choice((MICRO, MICRO, MICRO // 10))
    return DrawnDesk(program.bundle, overlays, engine, taker, book, intent, start, lot)


def _start(day: date, random: Random) -> int:
    session = CALENDAR.session_on(day)
    assert session is not None
    at = session.open + random.randrange(1, session.close - session.open)
    edges = (session.close, session.open, session.open + 1, session.close + 1, at // SECOND * SECOND)
    return random.choice((at, at, at, *edges))


def _near(facts: dict[str, tuple[Any, Reason | None]], start: int, random: Random) -> None:
    """Move what rules hold against the clock to around the decision."""
    day = CALENDAR.session_date(start).toordinal()
    for path, value in (
        ("desk.stamp", start - random.choice((0, 1, 30 * SECOND, 3_000 * SECOND, -20 * SECOND))),
        ("desk.patience", random.choice((0, 1, 10 * SECOND, 100 * SECOND))),
        ("desk.day", day + random.choice((-1, 0, 1, 3, 20))),
    ):
        if path in facts and facts[path][1] is None:
            facts[path] = (value, None)


def _intent(facts: dict[str, tuple[Any, Reason | None]], random: Random) -> Intent:
    def text(path: str, default: str) -> str:
        value = facts.get(path, (None, None))[0]
        if not isinstance(value, str):
            facts[path] = (default, None)
            return default
        return value

    shares = random.choice((1, 2, 3, 5, 7, 10, 20, 40, 100))
    return Intent(
        "int_drawn", "MAIN", text("intent.account", "alpha"), text("intent.strategy", "beta"), "p", IntentKind.NEW,
        text("intent.symbol", "AAPL"), Side(text("intent.side", "BUY")), OrderType.MARKET, Quantity(shares * MICRO),
    )  # fmt: skip


def _past(bundle: Bundle, intent: Intent, start: int, random: Random) -> Iterable[Happening]:
    """Yield events of the order's own keys before its decision, in order, some at one instant, one just at the edge."""
    spans = [window.duration for window in bundle.ruleset.windows.values() if window.duration]
    count = random.choice((0, 0, 1, 2, 3, 5, 8))
    instants = [start - random.randrange(0, random.choice((6 * SECOND, WIDTH))) for _ in range(count)]
    instants += [start - random.choice(spans) + random.choice((0, 1)) for _ in range(2)] if spans and count else []
    for at in sorted(instants):
        yield Happening(random.choice(tuple(bundle.contracts.events)), at, _fields(bundle, intent, random))


def _fields(bundle: Bundle, intent: Intent, random: Random) -> dict[str, Any]:
    return {
        "account": intent.account, "strategy": intent.strategy, "symbol": intent.symbol, "engine": intent.engine,
        "side": random.choice(("BUY", "SELL")), "type": intent.type.value, "limit_price": None,
        "quantity": random.randrange(1, 20) * MICRO, "worth": random.choice((None, random.randrange(100 * MICRO))),
        "worst_notional": random.randrange(1_000 * MICRO),
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Explained:
    """A decision on a drawn desk with its record and explanation."""

    desk: DrawnDesk
    decision: Decision
    record: dict[str, Any]
    told: Explanation

    @classmethod
    def of(cls, desk: DrawnDesk) -> "Explained":
        """Decide the desk's order and explain the decision."""
        decision = desk.decide(desk.start)
        record = desk.record(decision)
        return cls(desk, decision, record, desk.explain(record))


def goes(judgement: Judgement, may_wait: bool) -> bool:
    """Return whether an order may go: nothing clips, rejects or (unless it may wait) holds it."""
    return not any(blocks(finding.counts_as, may_wait) for finding in judgement.findings)


def shown_kinds() -> tuple[Kind, ...]:
    """Return the kinds whose values an explanation shows in full."""
    return (Kind.BOOL, Kind.NUMBER, Kind.TEXT, Kind.SYMBOL, Kind.ENUM, Kind.DATE, Kind.TIME, Kind.TIMESTAMP)
