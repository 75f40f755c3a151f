"""The desk: market, holds, decisions and orders of one run, step by step, every step on the record."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import groupby
from typing import Protocol

from engine.audit.canonical import canonical
from engine.execution.dispatch import Failed, Returned, Sent, Settlement, Started, dispatch_all, recover
from engine.execution.gateway import Gateway
from engine.integrity.checks import next_bar_due
from engine.marketdata.feed import BarClosed, DividendApplied, MarketEvent, OpenTick, SplitApplied
from engine.model.bar import Bar, Timeframe
from engine.model.clock import FixedClock
from engine.model.event import EventType
from engine.model.numbers import Price
from engine.model.time import Timestamp
from engine.runtime.approvals import HoldDesk
from engine.runtime.comparison import Comparison
from engine.runtime.entry import Entry
from engine.runtime.halt import HaltRequired
from engine.runtime.journal import RunJournal
from engine.runtime.judging import DecisionDesk
from engine.runtime.order_row import order_row
from engine.runtime.planner import plan
from engine.runtime.reports import Inbox
from engine.runtime.setting import RunSetting
from engine.runtime.state import DeskState
from engine.runtime.watch_desk import WatchDesk
from engine.store.intents import IntentRow
from engine.store.runs import RunStatus
from engine.store.unit import UnitOfWork

WORKER = "desk"
MAX_ROUNDS = 50
"""How often watched rules may ask for orders at one instant."""


class Market(Protocol):
    """The simulated market behind a paper broker; every step is done once however often it is fed."""

    def on_open(self, symbol: str, price: Price, at: Timestamp) -> bool: ...

    def on_bar(self, bar: Bar) -> bool: ...

    def on_split(self, symbol: str, numerator: int, denominator: int, mark: Price | None, at: Timestamp) -> bool: ...

    def on_dividend(self, symbol: str, numerator: int, denominator: int, at: Timestamp) -> bool: ...


class Stage(Enum):
    """What the events of one instant are, in the order the feed brings them."""

    CLOSE = "close"
    ACTION = "action"
    OPEN = "open"


@dataclass(slots=True)
class Progress:
    """How far a run is, for whoever shows it."""

    events: int = 0
    decisions: int = 0
    at: Timestamp | None = None


class Desk:
    """Drives one run. Everything it knows is the state; everything it changes is in the journal first."""

    def __init__(
        self, state: DeskState, setting: RunSetting, journal: RunJournal, gateway: Gateway, market: Market,
        clock: FixedClock, decisions: DecisionDesk, holds: HoldDesk, inbox: Inbox, comparison: Comparison,
        watch: WatchDesk,
    ) -> None:  # fmt: skip
        self._state, self._setting, self._journal = state, setting, journal
        self._gateway, self._market, self._clock = gateway, market, clock
        self._decisions, self._holds, self._inbox, self._comparison = decisions, holds, inbox, comparison
        self._watch = watch

    def run(self, feed: Iterable[MarketEvent]) -> Iterator[Progress]:
        """Take the run from where its record ends to the end of the feed; yields after every instant.

        Raises HaltRequired when it must not go on; what is committed stays.
        """
        progress = Progress()
        groups = groupby(enumerate(feed), key=lambda item: (item[1].at, _stage(item[1])))
        recorded = self._state.feed_index
        last: list[tuple[int, MarketEvent]] = []
        while recorded >= 0 and (not last or last[-1][0] < recorded):
            last = list(next(groups)[1])
        self._recover([event for _, event in last])
        for (at, stage), group in groups:
            self._until(at)
            self._advance(at)
            events = list(group)
            if stage is Stage.CLOSE:
                self._close([(n, e) for n, e in events if isinstance(e, BarClosed)], at)
            else:
                self._begin(events)
            progress.events += len(events)
            progress.decisions, progress.at = self._state.decision_count, at
            yield progress
        self._until(None)
        progress.decisions = self._state.decision_count
        yield progress

    # ---------------------------------------------------------------------------------- the market
    def _begin(self, events: list[tuple[int, MarketEvent]]) -> None:
        """Corporate actions or opening prices: our record first, so that the broker is never ahead of it.

        The broker does each step once, so that a restart tells it the last recorded ones again.
        """
        with self._journal.write() as unit:
            self._refuse_if_stopped(unit)
            for index, event in events:
                self._journal.record(unit, self._market_entry(index, event))
        for _, event in events:
            self._tell_market(event)
        self._inbox.drain()
        self._attend()

    def _tell_market(self, event: MarketEvent) -> None:
        match event:
            case OpenTick():
                self._market.on_open(event.symbol, event.price, event.at)
            case SplitApplied():
                n, d = event.factor.numerator, event.factor.denominator
                mark = self._state.account.marks.get(event.symbol)
                self._market.on_split(event.symbol, n, d, mark.price if mark else None, event.at)
            case DividendApplied():
                self._market.on_dividend(event.symbol, event.cash.numerator, event.cash.denominator, event.at)
            case BarClosed():
                self._market.on_bar(event.bar)

    def _market_entry(self, index: int, event: MarketEvent) -> Entry:
        body: dict[str, object] = {"feed": index, "symbol": event.symbol}
        match event:
            case OpenTick():
                due = self._due_after_open(event.at, event.timeframe)
                body |= {"timeframe": event.timeframe.value, "price": int(event.price), "due": due}
                return Entry(EventType.MARKET_OPEN, event.at, body)
            case BarClosed():
                bar = event.bar
                body |= {
                    "timeframe": bar.timeframe.value, "open": int(bar.open), "high": int(bar.high), "low": int(bar.low),
                    "close": int(bar.close), "volume": str(int(bar.volume)), "is_complete": bar.is_complete,
                }  # fmt: skip
                return Entry(EventType.MARKET_BAR, event.at, body)
            case SplitApplied():
                parts, action = event.factor, "SPLIT"
            case DividendApplied():
                parts, action = event.cash, "DIVIDEND"
        body |= {"action": action, "numerator": str(parts.numerator), "denominator": str(parts.denominator)}
        return Entry(EventType.CORPORATE_ACTION, event.at, body)

    def _due_after_open(self, at: Timestamp, timeframe: Timeframe) -> Timestamp:
        if timeframe is Timeframe.DAY_1:
            return self._setting.calendar.next_close_after(at)
        return Timestamp(at + timeframe.length)

    def _close(self, events: list[tuple[int, BarClosed]], at: Timestamp) -> None:
        """Bars: fill what rested, compare the books, publish, let strategies speak, decide, send."""
        for _, event in events:
            self._tell_market(event)
        self._inbox.drain()
        due = min(next_bar_due(self._setting.calendar, e.bar.end_ts, e.bar.timeframe) for _, e in events)
        compared = self._comparison.compare(at, due)
        with self._journal.write() as unit:
            self._refuse_if_stopped(unit)
            self._state.steps.clear()
            for index, event in events:
                self._journal.record(unit, self._market_entry(index, event))
            self._journal.record(unit, compared)
            self._journal.record(unit, Entry(EventType.ACCOUNT_MARKED, at, self._marked()))
            for entry in plan(self._state, self._setting, list(self._state.steps), at):
                self._put_intents(unit, entry)
                self._journal.record(unit, entry)
        self._work()
        self._attend()

    def _refuse_if_stopped(self, unit: UnitOfWork) -> None:
        run = unit.runs.get(self._journal.run_key)
        if run is None or run.status is not RunStatus.RUNNING:
            reason = (run.halt_reason if run else None) or "somebody stopped it"
            raise HaltRequired("RUN_NOT_RUNNING", f"the run no longer runs: {reason}")

    def _marked(self) -> dict[str, object]:
        equity = self._state.account.equity()
        return {
            "equity": None if equity is None else str(equity),
            "positions": len(self._state.parts.ledger.positions()),
        }

    def _put_intents(self, unit: UnitOfWork, entry: Entry) -> None:
        for place, data in enumerate(entry.body.get("intents", ()), self._state.intent_count + 1):
            unit.intents.put(
                IntentRow(
                    data["intent_id"], self._journal.run_key, place, entry.at, data["strategy"],
                    data["symbol"], canonical(data),
                )
            )  # fmt: skip

    # ---------------------------------------------------------------------------------- watched rules
    def _attend(self) -> None:
        """Go on with what watched rules began, until nothing new is asked for.

        Raises HaltRequired when it does not come to an end: rules that chase their own orders.
        """
        for _ in range(MAX_ROUNDS):
            if not self._watch.proceed(self._clock.now()) and not self._state.pending:
                return
            self._work()
        raise HaltRequired("WATCH_UNSETTLED", f"watched rules asked for orders {MAX_ROUNDS} times at one instant")

    # ---------------------------------------------------------------------------------- decisions and orders
    def _work(self) -> None:
        """Decide what is pending, send what may leave, and hear what the broker says at once."""
        for intent in list(self._state.pending):
            self._decisions.decide(intent, self._clock.now())
        self._send()

    def _send(self) -> None:
        for settlement in dispatch_all(
            self._journal, self._gateway, self._journal.run_key, WORKER, self._clock, self._journal_settlement
        ):
            _halt_on(settlement)
        self._inbox.drain()

    def _journal_settlement(self, unit: UnitOfWork, settlement: Settlement) -> None:
        at = self._clock.now()
        body: dict[str, object] = {"client_order_id": settlement.client_order_id, "action": str(settlement.action)}
        match settlement:
            case Started():
                kind = EventType.ORDER_DISPATCHING
            case Sent():
                kind = EventType.ORDER_SUBMITTED
                body["broker_order_id"] = settlement.broker_order_id
            case Failed():
                kind = EventType.ORDER_REJECTED
                body |= {"code": str(settlement.code), "reason": settlement.text[:200]}
                intent_id = self._state.by_client_id.get(settlement.client_order_id)
                if intent_id is not None:
                    unit.reservations.release(intent_id, at, str(settlement.code))
            case Returned():
                kind = EventType.ORDER_RETURNED
                body["proof"] = settlement.proof[:200]
            case _:
                kind = EventType.ORDER_QUARANTINED
                body["reason"] = settlement.reason[:200]
        about = self._about(settlement.client_order_id)
        self._journal.record(unit, Entry(kind, at, body))
        tracked = self._state.tracked.get(about) or self._state.finished.get(about)
        if isinstance(settlement, Failed) and tracked is not None and tracked.order is not None:
            unit.orders.upsert(order_row(self._journal.run_key, tracked.order, at))

    def _about(self, client_order_id: str) -> str:
        """Return the intent whose order a request is about: a cancel's is the one it cancels."""
        intent_id = self._state.by_client_id.get(client_order_id, "")
        tracked = self._state.tracked.get(intent_id)
        return (tracked.intent.target if tracked else None) or intent_id

    def _until(self, at: Timestamp | None) -> None:
        """Let approvals, expiries, wake-ups and ends of sessions before `at` happen (all that are left when None)."""
        while (due := self._next_due(is_last=at is None)) is not None and (at is None or due < at):
            self._advance(due)
            if self._holds.next_instant() == due:
                self._holds.step(due)
                self._send()
            elif self._watch.moment_due() == due:
                self._watch.end_session(due)
            else:
                self._watch.look(due)
            self._attend()

    def _next_due(self, is_last: bool) -> Timestamp | None:
        """Return the next instant something happens by itself. After the last event only what is begun still ends."""
        dues = [self._holds.next_instant(), self._watch.moment_due()]
        if not is_last:
            dues.append(self._watch.next_instant())
        return min((due for due in dues if due is not None), default=None)

    def _advance(self, at: Timestamp) -> None:
        if at > self._clock.now():
            self._clock.advance_to(at)

    def _recover(self, last: list[MarketEvent]) -> None:
        """Settle what an earlier process of this run left behind, then finish its last instant.

        Reports are heard last, as in a run nobody interrupted: the record comes out the same.
        """
        self._advance(self._state.now)
        self._watch.look()
        for event in last:
            self._tell_market(event)
        for settlement in recover(
            self._journal, self._gateway, self._journal.run_key, self._clock, self._journal_settlement
        ):
            _halt_on(settlement)
        for intent_id in [t.intent.intent_id for t in self._state.tracked.values() if t.holds]:
            self._holds.release(intent_id, self._clock.now())
        self._work()
        self._attend()


def _stage(event: MarketEvent) -> Stage:
    match event:
        case BarClosed():
            return Stage.CLOSE
        case OpenTick():
            return Stage.OPEN
        case _:
            return Stage.ACTION


def _halt_on(settlement: Settlement) -> None:
    if settlement.requires_halt:
        reason = settlement.text if isinstance(settlement, Failed) else getattr(settlement, "reason", "")
        code = f"ORDER_{type(settlement).__name__.upper()}"
        raise HaltRequired(code, f"{settlement.action} {settlement.client_order_id}: {reason}")
