"""The desk's state: nothing but a fold of the run's entries, live and after a restart alike."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from dsl.windows import Happening
from engine.brokers.messages import CancelReject, Execution, Reject, event_from_data
from engine.execution.oms import CancelRequested, OmsFault, Order, OrderEvent, adjust_for_split, apply
from engine.execution.quality import Arrival, Trade
from engine.facts.board import FactBoard
from engine.facts.happenings import happening_of, keys_of
from engine.facts.windows import WindowCounters
from engine.integrity.checks import next_bar_due
from engine.integrity.monitor import Monitor
from engine.integrity.series import BarArrived, PriceRestated
from engine.model.bar import Bar, Timeframe
from engine.model.calendar import SessionCalendar
from engine.model.event import EventType
from engine.model.ids import derived_id
from engine.model.numbers import Price, Quantity, divide_half_even, notional
from engine.model.order import EmergencyExit, Fill, Intent, IntentKind, OrderState, OrderType, Side, TimeInForce
from engine.model.time import Timestamp
from engine.portfolio.book import Book
from engine.portfolio.ledger import Ledger
from engine.portfolio.working import WorkingOrder
from engine.runtime.account import AccountFacts, Mark
from engine.runtime.entry import Entry
from engine.runtime.market_facts import MarketFacts
from engine.runtime.tracked import OpenHold, Tracked
from engine.runtime.watch_state import WatchState
from engine.strategy.host import Host, HostStep

FEED = "bars"
WATCH_ENTRIES = (
    EventType.WATCH_CHANGED, EventType.POST_TRADE_JUDGED, EventType.ACTION_TAKEN,
    EventType.ACTION_CONFIRMED, EventType.ALERT_RAISED, EventType.TASK_OPENED, EventType.STRATEGY_DEMOTED,
    EventType.KILL_SWITCH_TRIPPED, EventType.KILL_SWITCH_RESET_ASKED, EventType.KILL_SWITCH_RESET,
    EventType.KILL_SWITCH_REFUSED, EventType.DISARMED,
)  # fmt: skip
"""What watched rules write down."""


class BrokenRecord(Exception):
    """An entry that cannot follow the ones before it: the record or the code is not the one that wrote it."""


@dataclass(slots=True)
class Parts:
    """What the state is made of; built by the composition root, empty at the start of a run."""

    account: str
    engine: str
    calendar: SessionCalendar
    board: FactBoard
    windows: WindowCounters
    ledger: Ledger
    book: Book
    host: Host
    monitor: Monitor
    market: MarketFacts
    states_account: bool = True
    """Whether this desk says what the account holds; a stream's facts say it themselves."""


class DeskState:
    """Folds entries. Holds no connection and reads no clock."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.account = AccountFacts(parts.board, parts.account, parts.ledger, parts.calendar)
        self.pending: list[Intent] = []
        self.tracked: dict[str, Tracked] = {}
        self.by_client_id: dict[str, str] = {}
        self.finished: dict[str, Tracked] = {}
        self.positions: dict[tuple[str, str], int] = {}
        self.holds: dict[str, OpenHold] = {}
        self.hold_counts: dict[tuple[str, str, str], int] = {}
        self.decision_count = 0
        self.approval_lines = 0
        self.intent_count = 0
        self.feed_index = -1
        self.now = Timestamp(0)
        self.steps: list[HostStep] = []
        self.equity_curve: list[tuple[Timestamp, int]] = []
        self.sides: dict[tuple[str, str], Side] = {}
        """By strategy and symbol: the side of the last position that was not flat."""
        self.fills: list[Fill] = []
        self.trades: list[Trade] = []
        self.is_running = False
        self.watch = WatchState()
        self._appliers: dict[EventType, Callable[[Entry], None]] = {
            EventType.ARMING_REQUESTED: self._on_arming, EventType.ARMING_REFUSED: self._on_arming,
            EventType.ARMED: self._on_arming, EventType.RUN_STARTED: self._on_run, EventType.RUN_RESUMED: self._on_run,
            EventType.RUN_STOPPED: self._on_run, EventType.RUN_HALTED: self._on_run,
            EventType.MARKET_OPEN: self._on_open, EventType.MARKET_BAR: self._on_bar,
            EventType.CORPORATE_ACTION: self._on_action, EventType.ACCOUNT_MARKED: self._on_marked,
            EventType.RECON_CLEAN: self._on_reconciled, EventType.RECON_DRIFT: self._on_reconciled,
            EventType.SIGNAL_INTENT_EMITTED: self._on_signal, EventType.SHADOW_ORDER_INTENT: self._on_nothing,
            EventType.STRATEGY_ERROR: self._on_nothing, EventType.DECISION_RECORDED: self._on_decision,
            EventType.HOLD_APPROVED: self._on_approval, EventType.HOLD_DENIED: self._on_hold_end,
            EventType.HOLD_EXPIRED: self._on_hold_end, EventType.ORDER_SUBMITTED: self._on_submitted,
            EventType.ORDER_REJECTED: self._on_rejected, EventType.ORDER_QUARANTINED: self._on_nothing,
            EventType.ORDER_RETURNED: self._on_nothing,
            EventType.ORDER_DISPATCHING: self._on_nothing, EventType.ORDER_REPORTED: self._on_report,
            EventType.ORDER_FILLED: self._on_report, EventType.ORDER_ACKED: self._on_report,
            EventType.ORDER_CANCELED: self._on_report, EventType.ORDER_EXPIRED: self._on_report,
            EventType.ORDER_REPLACED: self._on_report, EventType.BROKER_REJECT: self._on_report,
            **dict.fromkeys(WATCH_ENTRIES, self._on_watch),
        }  # fmt: skip

    def apply(self, entry: Entry) -> None:
        """Fold one entry. Raises BrokenRecord when it cannot follow what came before."""
        if entry.at < self.now:
            raise BrokenRecord(f"{entry.kind} at {entry.at} lies before {self.now}")
        self.now = entry.at
        applier = self._appliers.get(entry.kind)
        if applier is None:
            raise BrokenRecord(f"nothing folds {entry.kind}")
        applier(entry)

    # ---------------------------------------------------------------------------------- the market
    def _on_run(self, entry: Entry) -> None:
        self.is_running = entry.kind in (EventType.RUN_STARTED, EventType.RUN_RESUMED)

    def _on_arming(self, entry: Entry) -> None:
        """Say what the account holds before anybody asks whether it may be armed."""
        if entry.kind is EventType.ARMING_REQUESTED and self.parts.states_account:
            self.account.begin_session(self.parts.calendar.session_date(entry.at), entry.at)
            self.account.post(entry.at)

    def _on_nothing(self, entry: Entry) -> None:
        return

    def _on_open(self, entry: Entry) -> None:
        body = entry.body
        self.feed_index = body["feed"]
        self.account.begin_session(self.parts.calendar.session_date(entry.at), entry.at)
        self._mark(body["symbol"], body["price"], entry.at, Timestamp(body["due"]))

    def _on_bar(self, entry: Entry) -> None:
        body, parts = entry.body, self.parts
        self.feed_index = body["feed"]
        bar = bar_of(body, entry.at)
        self.account.begin_session(parts.calendar.session_date(entry.at), entry.at)
        parts.monitor.observe(BarArrived(FEED, bar), entry.at)
        if bar.is_complete:
            parts.market.on_bar(bar)
            self._mark(bar.symbol, bar.close, entry.at, next_bar_due(parts.calendar, bar.end_ts, bar.timeframe))
            self.steps.append(parts.host.on_bar(bar, parts.calendar.session_date(entry.at)))
        fact = parts.monitor.fact(bar.symbol)
        if fact is not None:
            due = next_bar_due(parts.calendar, bar.end_ts, bar.timeframe)
            key = (bar.symbol,)
            parts.board.put("integrity.state", key, fact.state.value, fact.as_of, "monitor", bar_due=due)
            parts.board.put("integrity.missing_bars", key, fact.missing_bars, fact.as_of, "monitor", bar_due=due)

    def _mark(self, symbol: str, price: int, at: Timestamp, due: Timestamp | None) -> None:
        self.account.marks[symbol] = Mark(Price(price), at, due)
        self.parts.book.set_mark(symbol, Price(price))

    def _on_action(self, entry: Entry) -> None:
        body, parts = entry.body, self.parts
        self.feed_index = body["feed"]
        self.account.begin_session(parts.calendar.session_date(entry.at), entry.at)
        symbol, numerator, denominator = body["symbol"], int(body["numerator"]), int(body["denominator"])
        if body["action"] == "DIVIDEND":
            parts.ledger.apply_dividend(symbol, (numerator, denominator), entry.at)
            parts.book.set_cash(parts.ledger.cash)
            self._restate(symbol, lambda arrival: arrival.after_dividend(numerator, denominator))
            cash = divide_half_even(numerator * 1_000_000, denominator)
            parts.monitor.observe(PriceRestated(symbol, 1, 1, cash), entry.at)
            return
        mark = self.account.marks.get(symbol)
        after = None if mark is None else Price(divide_half_even(mark.price * denominator, numerator))
        parts.ledger.apply_split(symbol, numerator, denominator, after, entry.at)
        if mark is not None and after is not None:
            self._mark(symbol, after, mark.as_of, mark.due)
        self._restate(symbol, lambda arrival: arrival.after_split(numerator, denominator))
        for intent_id, tracked in sorted(self.tracked.items()):
            if tracked.intent.symbol == symbol and tracked.order is not None:
                order = adjust_for_split(tracked.order, numerator, denominator)
                self.tracked[intent_id] = tracked.with_order(order)
                parts.book.put_order(_working(tracked.intent, order))
        for key, held in sorted(self.positions.items()):
            if key[1] == symbol:
                whole = abs(held) * numerator // denominator
                self.positions[key] = whole if held > 0 else -whole
        parts.host.apply_split(symbol, numerator, denominator)
        parts.market.on_split(symbol, numerator, denominator)
        parts.monitor.observe(PriceRestated(symbol, numerator, denominator), entry.at)
        parts.book.take_over(parts.ledger)

    def _restate(self, symbol: str, change: Callable[[Arrival], Arrival]) -> None:
        """Restate what the open orders of a symbol are measured against."""
        for intent_id, tracked in sorted(self.tracked.items()):
            if tracked.intent.symbol == symbol and tracked.arrival is not None:
                self.tracked[intent_id] = replace(tracked, arrival=change(tracked.arrival))

    def _arrival(self, symbol: str, at: Timestamp) -> Arrival | None:
        """Return the quote of a symbol that may be used at an instant."""
        quote = [self.parts.board.get(f"market.{name}", (symbol,)) for name in ("bid", "ask")]
        known = [fact.value for fact in quote if fact is not None and fact.reason_at(at) is None]
        return Arrival.of(*known) if len(known) == len(quote) else None

    def _on_marked(self, entry: Entry) -> None:
        equity = self.account.post(entry.at)
        if equity is not None:
            self.equity_curve.append((entry.at, equity))

    def _on_reconciled(self, entry: Entry) -> None:
        clean = entry.kind is EventType.RECON_CLEAN
        due = Timestamp(entry.body["due"])
        key = (self.parts.account,)
        state = "CLEAN" if clean else "DRIFT"
        self.parts.board.put("reconcile.state", key, state, entry.at, "reconcile", bar_due=due)
        mismatches = entry.body["mismatches"]
        self.parts.board.put("reconcile.mismatches", key, mismatches, entry.at, "reconcile", bar_due=due)
        self.parts.book.set_reconciled(entry.body["compared"], entry.body["doubted"])

    def _on_watch(self, entry: Entry) -> None:
        self.watch.apply(entry)
        if entry.kind is EventType.POST_TRADE_JUDGED and entry.body["moment"] == "session end":
            self.watch.session_judged = self.account.session
        if entry.kind is EventType.ACTION_TAKEN:
            self.pending += [intent_of(data) for data in entry.body["intents"]]
            self.intent_count += len(entry.body["intents"])
        if entry.kind is EventType.STRATEGY_DEMOTED and entry.body["is_shadow"]:
            self.parts.host.demote(entry.body["strategy"])
        if entry.kind in (EventType.KILL_SWITCH_TRIPPED, EventType.KILL_SWITCH_RESET):
            key = (self.parts.account,)
            tripped = self.watch.tripped()
            self.parts.board.put("switches.tripped", key, tripped, entry.at, "switches")
            self.parts.board.put("switches.tripped_count", key, len(tripped), entry.at, "switches")
        if entry.kind is EventType.KILL_SWITCH_RESET and entry.body.get("rebases") and self.parts.states_account:
            self.account.rebase(entry.at)
        if entry.kind is EventType.DISARMED:
            self.parts.board.put("runtime.armed", (), False, entry.at, "runtime")

    # ---------------------------------------------------------------------------------- intents
    def _on_signal(self, entry: Entry) -> None:
        self.pending += [intent_of(data) for data in entry.body["intents"]]
        self.intent_count += len(entry.body["intents"])

    def _on_decision(self, entry: Entry) -> None:
        body = entry.body
        self.decision_count = max(self.decision_count, body["seq"])
        intent_id = body["intent_id"]
        before = self.tracked.pop(intent_id, None)
        intent = before.intent if before else self._take_pending(intent_id)
        asked = before.asked if before else intent.quantity
        for hold in before.holds if before else ():
            self.holds.pop(hold.hold_id, None)
        granted = replace(intent, quantity=Quantity(body["quantity"] or intent.quantity))
        if before is None:
            self._happened("intent.proposed", entry, intent, body)
        if body["verdict"] == "reject":
            self.parts.book.remove_order(intent_id)
            self._happened("intent.rejected", entry, intent, body)
            return
        holds = tuple(_hold(data, intent_id, entry.at) for data in body.get("holds", ()))
        for hold in holds:
            self.holds[hold.hold_id] = hold
            count = (hold.rule, intent.strategy, intent.symbol)
            self.hold_counts[count] = max(self.hold_counts.get(count, 0), hold.nth)
        client_id = body.get("client_order_id")
        if granted.kind is IntentKind.CANCEL:
            self._on_cancel_allowed(entry, granted, client_id)
            return
        order = order_of(granted, client_id) if client_id else None
        approvals = before.approvals if before else ()
        arrival = self._arrival(intent.symbol, entry.at) if client_id else None
        self.tracked[intent_id] = Tracked(
            granted, asked, body["decision_id"], client_id, order, holds, approvals, arrival=arrival
        )
        self.parts.book.put_order(WorkingOrder.of(granted))
        if client_id:
            self.by_client_id[client_id] = intent_id
            self._happened("intent.allowed", entry, granted, body)

    def _on_cancel_allowed(self, entry: Entry, intent: Intent, client_id: str | None) -> None:
        """Follow a cancel until it is sent; without an id the order was over before it could be asked."""
        if client_id is None:
            return
        self.tracked[intent.intent_id] = Tracked(intent, intent.quantity, entry.body["decision_id"], client_id, None)
        self.by_client_id[client_id] = intent.intent_id
        self._tell_target(intent, CancelRequested, f"request:{client_id}", entry.at)
        self._happened("intent.allowed", entry, intent, entry.body)

    def _tell_target(self, cancel: Intent, made: Callable[..., OrderEvent], message: str, *rest: object) -> None:
        """Let the order a cancel is about know what became of the request."""
        target = self.tracked.get(cancel.target or "")
        if target is None or target.order is None:
            return
        order = apply(target.order, made(message, target.order.client_order_id, None, *rest))
        if isinstance(order, OmsFault):
            raise BrokenRecord(order.message)
        self.tracked[target.intent.intent_id] = target.with_order(order)

    def _take_pending(self, intent_id: str) -> Intent:
        for at, intent in enumerate(self.pending):
            if intent.intent_id == intent_id:
                return self.pending.pop(at)
        raise BrokenRecord(f"decision on {intent_id}, which nobody asked for")

    def _on_approval(self, entry: Entry) -> None:
        self.approval_lines += 1
        hold = self.holds[entry.body["hold_id"]]
        tracked = self.tracked[hold.intent_id]
        approved = replace(hold, approvers=(*hold.approvers, entry.body["principal"]))
        self.holds[hold.hold_id] = approved
        holds = tuple(approved if h.hold_id == hold.hold_id else h for h in tracked.holds)
        approvals = tracked.approvals
        if len(approved.approvers) >= approved.count:
            approvals = (*approvals, approved.approved())
        self.tracked[hold.intent_id] = replace(tracked, holds=holds, approvals=approvals)

    def _on_hold_end(self, entry: Entry) -> None:
        self.approval_lines += "line" in entry.body
        hold = self.holds.pop(entry.body["hold_id"], None)
        if hold is None:
            return
        tracked = self.tracked.pop(hold.intent_id, None)
        if tracked is None:
            return
        for other in tracked.holds:
            self.holds.pop(other.hold_id, None)
        self.parts.book.remove_order(hold.intent_id)
        self._happened("intent.rejected", entry, tracked.intent, {"code": entry.kind.value, "worst_notional": 0})

    # ---------------------------------------------------------------------------------- orders
    def _on_submitted(self, entry: Entry) -> None:
        tracked = self._tracked(entry.body["client_order_id"])
        if tracked is None:
            return
        if tracked.intent.kind is IntentKind.CANCEL:
            self.tracked.pop(tracked.intent.intent_id)
            return
        self.tracked[tracked.intent.intent_id] = replace(tracked, submitted_at=entry.at)
        self._happened("order.submitted", entry, tracked.intent, {})

    def _on_rejected(self, entry: Entry) -> None:
        tracked = self._tracked(entry.body["client_order_id"])
        if tracked is None:
            return
        body, message = entry.body, f"refused:{entry.body['client_order_id']}"
        if tracked.order is None:
            self.tracked.pop(tracked.intent.intent_id)
            self._tell_target(tracked.intent, CancelReject, message, entry.at, body["reason"])
            return
        refusal = Reject(message, body["client_order_id"], None, entry.at, body["code"], body["reason"])
        order = apply(tracked.order, refusal)
        if isinstance(order, OmsFault):
            raise BrokenRecord(order.message)
        self._finish(tracked.with_order(order))
        self._happened("order.rejected", entry, tracked.intent, {"code": body["code"]})

    def _on_report(self, entry: Entry) -> None:
        event = event_from_data(entry.body["report"])
        tracked = self._tracked(event.client_order_id) or self._finished(event.client_order_id)
        if tracked is None or tracked.order is None:
            raise BrokenRecord(f"report on {event.client_order_id}, which is not an order of this run")
        order = apply(tracked.order, event)
        if isinstance(order, OmsFault):
            raise BrokenRecord(order.message)
        if order is tracked.order:
            return
        after = tracked.with_order(order)
        if tracked.intent.intent_id in self.tracked:
            self.tracked[tracked.intent.intent_id] = after
        else:
            self.finished[tracked.intent.intent_id] = after
        if isinstance(event, Execution):
            self._fill(entry, tracked, event)
        if order.state is not tracked.order.state:
            if order.state is OrderState.REJECTED:
                self._happened("order.rejected", entry, tracked.intent, {"code": getattr(event, "code", "")})
            if order.state is OrderState.CANCELLED:
                self._happened("cancel", entry, tracked.intent, {})
        if order.state.is_terminal and tracked.intent.intent_id in self.tracked:
            self._finish(after)

    def _fill(self, entry: Entry, tracked: Tracked, event: Execution) -> None:
        intent = tracked.intent
        fill = Fill(
            event.key,
            event.client_order_id,
            intent.symbol,
            intent.side,
            event.quantity,
            event.price,
            event.fee,
            event.at,
        )
        self.parts.ledger.apply_fill(fill)
        is_open = intent.intent_id in self.tracked
        self.parts.book.record_fill(intent.intent_id if is_open else None, fill)
        self.fills.append(fill)
        self.trades.append(Trade(fill, tracked.arrival, tracked.order.limit_price if tracked.order else None))
        key = (intent.strategy, intent.symbol)
        self.positions[key] = self.positions.get(key, 0) + intent.side.sign * fill.quantity
        value = notional(fill.quantity, fill.price)
        self._observe("fill", entry, intent, {"quantity": int(fill.quantity), "price": int(fill.price), "value": value})
        self._turn(entry, intent, key)

    def _turn(self, entry: Entry, intent: Intent, key: tuple[str, str]) -> None:
        """Notice that a strategy is on the other side of a symbol than it was last, flat days between or not."""
        held = self.positions[key]
        if held == 0:
            return
        side = Side.BUY if held > 0 else Side.SELL
        if self.sides.get(key, side) is not side:
            self._observe("position.reversed", entry, intent, {"side": side.value})
        self.sides[key] = side

    def _finish(self, tracked: Tracked) -> None:
        self.tracked.pop(tracked.intent.intent_id, None)
        self.finished[tracked.intent.intent_id] = tracked
        self.parts.book.remove_order(tracked.intent.intent_id)

    def _tracked(self, client_order_id: str) -> Tracked | None:
        return self.tracked.get(self.by_client_id.get(client_order_id, ""))

    def _finished(self, client_order_id: str) -> Tracked | None:
        return self.finished.get(self.by_client_id.get(client_order_id, ""))

    # ---------------------------------------------------------------------------------- windows
    def _happened(self, event: str, entry: Entry, intent: Intent, body: "dict[str, Any] | Any") -> None:
        worst = int(body["worst_notional"]) if event.startswith("intent.") else None
        happening = happening_of(event, intent, entry.at, code=body.get("code") or "", worst_notional=worst)
        self.parts.windows.observe(happening)

    def _observe(self, event: str, entry: Entry, intent: Intent, fields: dict[str, Any]) -> None:
        self.parts.windows.observe(Happening(event, entry.at, {**keys_of(intent), **fields}))


def bar_of(body: "Any", at: Timestamp) -> Bar:
    """Return the bar of a MARKET_BAR body."""
    return Bar(
        body["symbol"], Timeframe(body["timeframe"]), at, Price(body["open"]), Price(body["high"]), Price(body["low"]),
        Price(body["close"]), Quantity(int(body["volume"])), body["is_complete"],
    )  # fmt: skip


def intent_of(data: "Any") -> Intent:
    """Return the intent an entry holds (integers in micros)."""
    kind = EmergencyExit if data.get("is_emergency") else Intent
    return kind(
        data["intent_id"], data["engine"], data["account"], data["strategy"], data["principal"],
        IntentKind(data["kind"]), data["symbol"], Side(data["side"]), OrderType(data["type"]),
        Quantity(data["quantity"]),
        TimeInForce(data["time_in_force"]), data.get("limit_price"), data.get("stop_price"), data.get("target"),
    )  # fmt: skip


def intent_entry(intent: Intent) -> dict[str, Any]:
    """Return an intent as the data of an entry; the inverse of `intent_of`."""
    data: dict[str, Any] = {
        "intent_id": intent.intent_id, "engine": intent.engine, "account": intent.account, "strategy": intent.strategy,
        "principal": intent.principal, "kind": intent.kind.value, "symbol": intent.symbol, "side": intent.side.value,
        "type": intent.type.value, "quantity": int(intent.quantity), "time_in_force": intent.time_in_force.value,
    }  # fmt: skip
    for name in ("limit_price", "stop_price", "target"):
        value = getattr(intent, name)
        if value is not None:
            data[name] = value
    if intent.is_emergency:
        data["is_emergency"] = True
    return data


def order_of(intent: Intent, client_order_id: str) -> Order:
    """Return the order an allowed intent becomes."""
    return Order(
        client_order_id, intent.intent_id, intent.symbol, intent.side, intent.type, intent.quantity, intent.limit_price,
        intent.stop_price,
    )  # fmt: skip


def hold_id_of(run_id: str, intent_id: str, rule: str, line: int, decision: int) -> str:
    """Return the id of a hold."""
    return derived_id("hold", run_id, intent_id, rule, line, decision)


def _hold(data: "Any", intent_id: str, at: Timestamp) -> OpenHold:
    value = None if data.get("value") is None else Fraction(data["value"])
    return OpenHold(
        data["hold_id"], intent_id, data["rule"], data["line"], data["code"], data["role"], data["count"], data["nth"],
        at, Timestamp(data["expires_at"]), value, data["facts_digest"],
    )  # fmt: skip


def _working(intent: Intent, order: Order) -> WorkingOrder:
    adjusted = replace(intent, quantity=order.quantity, limit_price=order.limit_price, stop_price=order.stop_price)
    return WorkingOrder.of(adjusted).filled_by(order.filled)
