"""A desk with hand-made facts that judges intents with the shipped rules and keeps the records."""

import json
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from typing import Any

from dsl.bundle import Bundle
from dsl.pipeline import compile_rules
from dsl.program import Overlay
from dsl.text import Source
from dsl.windows import Happening
from engine.audit.canonical import canonical
from engine.decision.decide import DecisionEngine
from engine.decision.outcome import Approved, Decision
from engine.decision.record import Setting, record_of
from engine.facts.board import FactBoard
from engine.facts.snapshot import SnapshotTaker
from engine.facts.windows import WindowCounters
from engine.marketdata.calendar import load_calendar
from engine.model.ids import derived_id
from engine.model.instrument import AssetClass, Instrument
from engine.model.numbers import MICRO, Price, Quantity, notional, parse_decimal
from engine.model.order import Intent, IntentKind, OrderType, Side
from engine.model.time import MINUTE, Timestamp, parse_timestamp, utc_date
from engine.portfolio.amount import amount_of
from engine.portfolio.book import Book
from engine.portfolio.working import WorkingOrder
from engine.shipped import shipped

INSTRUMENT = ("symbol", "asset_class", "currency", "venue", "sector", "issuer", "tick", "lot", "multiplier")
RUN = "run_demo.1"
OPEN = parse_timestamp("2026-11-05T15:00:00Z")
CLASSIFIED = parse_timestamp("2026-01-04T23:00:00Z")
LIST_FILE = b"""#! list restricted v1
#! as_of 2026-11-05T14:59:00Z
#! owner demo.compliance
#! source invented for the tests
#! rows 2
symbol,reason
CHRL,advisory mandate
ZULU,inside information
"""
LISTED = sha256(LIST_FILE).hexdigest()
CONFIG = b"{}"
RESTRICTED = frozenset({"CHRL", "ZULU"})
PRICES = {"ALFA": "52.00", "BRVO": "31.50", "CHRL": "18.20", "DLTA": "77.10"}
SECTORS = {"ALFA": "TECHNOLOGY", "BRVO": "FINANCIALS", "CHRL": "ENERGY", "DLTA": "HEALTH_CARE"}


def sources() -> list[Source]:
    """Return the shipped rules."""
    files = sorted(shipped("rules").glob("*/*.rules"))
    return [Source(f"rules/{file.parent.name}/{file.name}", file.read_text(encoding="utf-8")) for file in files]


@cache
def shipped_bundle() -> Bundle:
    """Return the shipped rules, compiled once for all tests."""
    schemas = {
        file.name.removesuffix(".schema.json"): json.loads(file.read_text(encoding="utf-8"))
        for file in sorted(shipped("specs").glob("*.schema.json"))
    }
    bundle, found = compile_rules(sources(), schemas)
    assert bundle is not None, found
    return bundle


class JudgedDesk:
    """Judges one intent after the other; `records` holds what a store would."""

    def __init__(self, bundle: Bundle | None = None, overlays: tuple[Overlay, ...] = ()) -> None:
        self.bundle, self.overlays = bundle or shipped_bundle(), overlays
        self.calendar = load_calendar("XNYS")
        self.now = OPEN
        self.board = FactBoard(self.bundle.contracts, self.calendar)
        self.windows = WindowCounters(self.bundle.ruleset.windows)
        instruments = {
            symbol: Instrument(symbol, AssetClass.EQUITY, "USD", "XNYS", sector, f"{symbol.lower()}-co")
            for symbol, sector in SECTORS.items()
        }
        self.book = Book(instruments, amount_of(100_000 * MICRO))
        self.engine = DecisionEngine(self.bundle, overlays, SnapshotTaker(self.board, self.windows, self.calendar))
        self.records: list[dict[str, Any]] = []
        for symbol in SECTORS:
            self.quote(symbol, PRICES[symbol])
            self._put_instrument(instruments[symbol])
        self.account("100000", "100000", "0")
        self._put("reconcile.state", ("ACC1",), "CLEAN", "reconcile")
        self._put("reconcile.mismatches", ("ACC1",), 0, "reconcile")
        listed = next(p.fact for p in self.engine.ready(utc_date(self.now)).program.slots if p.path.startswith("list:"))
        self.list_path = listed.path
        self.board.put(listed.path, (), RESTRICTED, Timestamp(self.now - MINUTE), "restricted.csv", fact=listed)

    # -- facts ---------------------------------------------------------------------------------
    def quote(self, symbol: str, price: str) -> None:
        """Post a bar's close as quote, mark and clean feed."""
        close = parse_decimal(price)
        for name, value in (("bid", close - 10_000), ("ask", close + 10_000), ("last", close)):
            self._put(f"market.{name}", (symbol,), value, "bar_quote")
        self._put("market.halted", (symbol,), False, "exchange")
        self.feed(symbol, "CLEAN")
        self.book.set_mark(symbol, Price(close))

    def feed(self, symbol: str, state: str) -> None:
        """Post what the monitor says of a symbol's feed."""
        self._put("integrity.state", (symbol,), state, "monitor")
        self._put("integrity.missing_bars", (symbol,), 0, "monitor")
        self._put("compliance.shortable", (symbol,), True, "stock_loan", CLASSIFIED)

    def account(self, equity: str, hwm: str, pnl: str) -> None:
        """Post the account's money facts."""
        values = {"equity": equity, "cash": equity, "equity_at_session_start": hwm, "hwm": hwm, "pnl_today": pnl}
        for name, value in values.items():
            self._put(f"account.{name}", ("ACC1",), parse_decimal(value), "ledger")
        self._put("account.kind", ("ACC1",), "MARGIN", "config")

    def hold_position(self, symbol: str, shares: int) -> None:
        """Take a position into the book."""
        self.book.set_position(symbol, shares * MICRO)

    def forget(self, path: str, key: str) -> None:
        """Withdraw a fact."""
        self.board.forget(path, (key,))

    def _put(self, path: str, key: tuple[str, ...], value: Any, provider: str, as_of: Timestamp | None = None) -> None:
        self.board.put(path, key, value, as_of or self.now, provider, bar_due=Timestamp(self.now + 5 * MINUTE))

    def _put_instrument(self, instrument: Instrument) -> None:
        for name in (*INSTRUMENT, "fractional"):
            value = getattr(instrument, name)
            stored = value.value if name == "asset_class" else value
            self._put(f"instrument.{name}", (instrument.symbol,), stored, "instruments.csv", CLASSIFIED)

    # -- decisions -----------------------------------------------------------------------------
    def intent(
        self, side: str, shares: int | str, symbol: str, limit: str | None = None, *, strategy: str = "mean_reversion",
        kind: IntentKind = IntentKind.NEW, target: str | None = None,
    ) -> Intent:  # fmt: skip
        """Return an intent of the demo account."""
        number = len(self.records) + 1
        return Intent(
            derived_id("int", RUN, number), "MAIN", "ACC1", strategy, f"strategy:{strategy}", kind, symbol, Side(side),
            OrderType.LIMIT if limit else OrderType.MARKET, Quantity(parse_decimal(str(shares))),
            limit_price=Price(parse_decimal(limit)) if limit else None, target=target,
        )  # fmt: skip

    def judge(self, intent: Intent, approvals: tuple[Approved, ...] = ()) -> dict[str, Any]:
        """Judge an intent now; an allowed one stays working. Returns its record."""
        law_date = utc_date(self.now)
        decision = self.engine.decide(intent, self.book, self.now, law_date, approvals=approvals)
        record = self.keep(decision, intent, approvals)
        if decision.may_be_sent and intent.kind is IntentKind.NEW:
            self.book.put_order(WorkingOrder.of(intent))
            price = intent.limit_price or parse_decimal(PRICES[intent.symbol])
            fields = {
                "account": intent.account, "strategy": intent.strategy, "symbol": intent.symbol,
                "side": intent.side.value, "type": intent.type.value, "quantity": int(decision.quantity),
                "limit_price": intent.limit_price,
                "worst_notional": notional(decision.quantity, price),
            }  # fmt: skip
            self.windows.observe(Happening("intent.allowed", self.now, fields))
        return record

    def keep(self, decision: Decision, intent: Intent, approvals: tuple[Approved, ...] = ()) -> dict[str, Any]:
        """Return the record of a decision as it comes back from a store."""
        number = len(self.records) + 1
        setting = Setting(
            RUN,
            number,
            self.now,
            utc_date(self.now).isoformat(),
            self.bundle.hash,
            sha256(CONFIG).hexdigest(),
            {self.list_path: LISTED},
        )
        data = dict(record_of(decision, intent, setting, approvals))
        data["decision_id"] = derived_id("dec", RUN, number)
        record: dict[str, Any] = json.loads(canonical(data))
        self.records.append(record)
        return record

    def wait(self, micros: int) -> None:
        """Let time pass."""
        self.now = Timestamp(self.now + micros)


def every_verdict(desk: JudgedDesk) -> Iterator[dict[str, Any]]:
    """Judge one intent for each way a decision can fall; yields the records."""
    yield desk.judge(desk.intent("BUY", 100, "ALFA", "52.00"))
    yield desk.judge(desk.intent("BUY", 600, "BRVO", "31.60"))
    desk.wait(3 * MICRO)
    yield desk.judge(desk.intent("BUY", 1_200, "DLTA", "77.10"))
    yield desk.judge(desk.intent("BUY", 100, "DLTA", "81.555"))
    yield desk.judge(desk.intent("BUY", 100, "CHRL", "18.20"))
    yield desk.judge(desk.intent("SELL", 50, "ALFA"))
