"""A small desk for the laws of facts: one fact of every kind, a synthetic exchange, a rule that reads them all."""

from datetime import date, timedelta
from functools import cache
from typing import Any

from dsl.pipeline import compile_rules
from dsl.program import Program, in_force
from dsl.snapshot import Reason, Snapshot
from dsl.text import Source
from engine.facts.board import FactBoard
from engine.facts.derived import IntentFacts
from engine.facts.snapshot import SnapshotTaker, Taken
from engine.facts.windows import WindowCounters
from engine.model.calendar import Session, SessionCalendar
from engine.model.numbers import MICRO, Price, Quantity
from engine.model.order import Intent, IntentKind, OrderType, Side
from engine.model.time import DAY, HOUR, MINUTE, SECOND, Timestamp, parse_timestamp
from engine.portfolio.amount import amount_of
from engine.portfolio.book import Book

FIRST = date(2026, 1, 5)
OPEN = parse_timestamp("2026-01-05T14:30:00Z")
SESSIONS = tuple(
    Session(FIRST + timedelta(n), Timestamp(OPEN + n * DAY), Timestamp(OPEN + n * DAY + 6 * HOUR)) for n in range(9)
)
CALENDAR = SessionCalendar("XTST", "UTC", "1", SESSIONS)
NOW = Timestamp(OPEN + 4 * DAY + HOUR)
"""An hour into the fifth of nine sessions."""
BAR_DUE = Timestamp(NOW + MINUTE)
KEY = ("AAPL",)

PROPERTIES: dict[str, dict[str, Any]] = {
    "price": {"x-unit": "price[USD]", "x-exclusive-minimum": "0", "x-maximum": "1000", "x-max-age": "5 s"},
    "level": {"x-unit": "money[USD]", "x-minimum": "-10", "x-max-age": "2 sessions"},
    "quote": {"x-unit": "money[USD]", "x-max-age": "current bar"},
    "flag": {"x-unit": "bool"},
    "mode": {"x-unit": "enum", "enum": ["OPEN", "SHUT"]},
    "tag": {"x-unit": "text"},
    "names": {"x-unit": "set of symbol", "x-max-age": "1 session"},
    "day": {"x-unit": "date"},
    "cap": {"x-unit": "quantity", "x-minimum": "0", "x-max-age": "5 s"},
    "rows": {
        "x-unit": "list", "maxItems": 2,
        "items": {"properties": {"amount": {"x-unit": "money[USD]"}}, "required": ["amount"]},
    },
}  # fmt: skip
GOOD: dict[str, Any] = {
    "price": 10 * MICRO, "level": 5 * MICRO, "quote": MICRO, "flag": True, "mode": "OPEN", "tag": "a",
    "names": frozenset({"AAPL"}), "day": FIRST.toordinal(), "cap": 3 * MICRO, "rows": ({"amount": 1},),
}  # fmt: skip
SCHEMAS: dict[str, Any] = {
    "desk.schema.json": {
        "x-namespace": "desk", "x-key": "symbol", "properties": PROPERTIES,
        "required": [name for name in PROPERTIES if name != "cap"],
    },
    "intent.schema.json": {
        "x-namespace": "intent", "required": ["symbol", "account", "quantity"],
        "properties": {
            "symbol": {"x-unit": "symbol"}, "account": {"x-unit": "text"},
            "quantity": {"x-unit": "quantity", "x-exclusive-minimum": "0", "x-maximum": "1000"},
            "limit_price": {"x-unit": "price[USD]", "x-exclusive-minimum": "0"},
            "reduces_only": {"x-unit": "bool", "x-total": True, "readOnly": True},
        },
    },
    "event.schema.json": {
        "x-window-events": {"intent.allowed": {"properties": {"account": {"x-unit": "text"}}, "required": ["account"]}}
    },
}  # fmt: skip
RULES = """rulebook pre_trade.facts "Facts"
calendar XNYS zone "America/New_York"
uses intent, desk
window orders = count of intent.allowed over 60 s per account
rule FACT-01 "Reads everything" {
  on      pre_trade
  needs   desk.price fresh 2 s, desk.level fresh 1 session, desk.quote fresh current bar
  reject  when desk.price > 1 USD/share and desk.level > 1 USD and desk.quote > 0 USD and desk.flag
          and desk.mode is OPEN and desk.tag is "a" and intent.symbol in desk.names and desk.day > 2026-01-01
          and any(row.amount > 0 USD for each row in desk.rows) and (desk.cap otherwise 9 shares) > 1 shares
          and (intent.limit_price otherwise 1 USD/share) > 0 USD/share and intent.quantity > 0 shares and orders > 2
  cite    "Test"
  owner   desk_tests
  because "all of it"
}
"""


@cache
def program() -> Program:
    """Return the program of the one rule."""
    bundle, found = compile_rules([Source("pre_trade/facts.rules", RULES)], SCHEMAS)
    assert bundle is not None, [(d.code, d.message, str(d.span)) for d in found]
    return in_force(bundle, "pre_trade", FIRST)


class FactsDesk:
    """A board on which every fact is good, and a taker."""

    def __init__(self) -> None:
        self.board = FactBoard(program().bundle.contracts, CALENDAR)
        self.windows = WindowCounters(program().bundle.ruleset.windows)
        self.taker = SnapshotTaker(self.board, self.windows, CALENDAR)
        self.quantity, self.limit_price = Quantity(5 * MICRO), None
        for name in GOOD:
            self.put(name)

    def put(self, name: str, provider: str = "feed", **changes: Any) -> None:
        """Post a good fact of now, but for what is changed."""
        values = {"value": GOOD[name], "as_of": NOW, "bar_due": BAR_DUE} | changes
        self.board.put(f"desk.{name}", KEY, values["value"], values["as_of"], provider, bar_due=values["bar_due"])

    def take(self, now: int = NOW) -> tuple[Snapshot, tuple[Taken, ...]]:
        """Return the snapshot of an order at `now`, and its provenance."""
        intent = Intent(
            "intent-1", "engine", "account", "strategy", "principal", IntentKind.NEW, "AAPL", Side.BUY,
            OrderType.MARKET, self.quantity, limit_price=self.limit_price,
        )  # fmt: skip
        facts = IntentFacts(intent, Book({}, amount_of(0)), wants_positions=False)
        return self.taker.take(program(), facts, now, FIRST)

    def reasons(self, now: int = NOW) -> dict[str, Reason]:
        """Return why facts are unknown at `now`, by path."""
        snapshot, _ = self.take(now)
        slots = program().slots
        assert snapshot.unknown == sum(1 << at for at in snapshot.reasons)
        assert all(snapshot.values[at] is None for at in snapshot.reasons)
        return {slots[at].path: reason for at, reason in snapshot.reasons.items()}

    def value(self, path: str, now: int = NOW) -> Any:
        """Return the value of a slot."""
        return self.take(now)[0].values[program().index[path]]

    def late(self, now: int = NOW) -> set[str]:
        """Return the facts that are older than the rule's own bound."""
        late = self.take(now)[0].late
        return {program().slots[c.slot].path for at, c in enumerate(program().ages) if late >> at & 1}


__all__ = ["BAR_DUE", "CALENDAR", "GOOD", "KEY", "NOW", "OPEN", "SECOND", "SESSIONS", "FactsDesk", "Price", "program"]
