"""What became of orders, as a stream's event lines say it: book, windows and reservations follow."""

from collections.abc import Callable
from typing import Any

from engine.brokers.messages import (
    Ack,
    BrokerEvent,
    CancelAck,
    Expired,
    FinalFill,
    PartialFill,
    event_to_data,
)
from engine.contracts import Diagnostic, fill_from
from engine.execution.oms import CancelRequested, OmsFault, apply
from engine.model.event import Event, EventType, Topic
from engine.model.numbers import Money, NumberFault, parse_decimal
from engine.model.order import Fill, OrderState
from engine.model.time import Timestamp
from engine.portfolio.faults import LedgerFault
from engine.runtime.entry import Entry
from engine.runtime.tracked import Tracked
from engine.service.stream_world import World

IGNORED = frozenset({Topic.MARKET, Topic.STRATEGY, Topic.EVAL, Topic.PROMOTION, Topic.CONFIG, Topic.AUDIT})
"""Events that change neither book nor windows; what they say reaches rules as facts."""
Faults = list[Diagnostic]


class StreamEvents:
    """Folds event lines into a stream's state, each in one transaction."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._steps: dict[EventType, Callable[[Event], Faults]] = {
            EventType.ORDER_SUBMITTED: self._submitted, EventType.ORDER_ACKED: self._reported,
            EventType.ORDER_CANCELED: self._reported, EventType.ORDER_EXPIRED: self._reported,
            EventType.ORDER_REJECTED: self._rejected, EventType.BROKER_REJECT: self._rejected,
            EventType.ORDER_FILLED: self._filled, EventType.BROKER_FILL: self._filled,
            EventType.CASH_ADJUSTED: self._cash,
        }  # fmt: skip

    def fold(self, event: Event) -> Faults:
        """Let an event happen; return what is wrong with it, in which case nothing happened."""
        step = self._steps.get(event.type)
        if step is not None:
            return step(event)
        if event.topic in IGNORED and event.type is not EventType.CORPORATE_ACTION:
            return []
        known = ", ".join(sorted(kind.value for kind in self._steps))
        return [_fault("EVENT_UNUSABLE", f"{event.type} cannot drive a stream's book", "/event_type", f"use {known}")]

    # ---------------------------------------------------------------------------------- orders
    def _submitted(self, event: Event) -> Faults:
        tracked = self._order(event, ("intent_id",))
        if isinstance(tracked, list):
            return tracked
        with self._world.journal.write() as unit:
            body = {"client_order_id": tracked.client_order_id}
            self._world.journal.record(unit, Entry(EventType.ORDER_SUBMITTED, event.at, body))
        return []

    def _rejected(self, event: Event) -> Faults:
        tracked = self._order(event, ("intent_id", "code"))
        if isinstance(tracked, list):
            return tracked
        code = str(event.payload["code"])[:80]
        with self._world.journal.write() as unit:
            unit.reservations.release(tracked.intent.intent_id, event.at, code)
            reason = str(event.payload.get("reason", code))[:200]
            body = {"client_order_id": tracked.client_order_id, "code": code, "reason": reason}
            self._world.journal.record(unit, Entry(EventType.ORDER_REJECTED, event.at, body))
        return []

    def _reported(self, event: Event) -> Faults:
        tracked = self._order(event, ("intent_id",))
        if isinstance(tracked, list):
            return tracked
        name = f"{event.type.value}@{tracked.intent.intent_id}"
        head = (name, str(tracked.client_order_id), None, event.at)
        report: BrokerEvent = CancelAck(*head)
        if event.type is EventType.ORDER_CANCELED:
            tracked = self._cancelling(tracked, event.at)
        if event.type is EventType.ORDER_ACKED:
            report = Ack(*head)
        elif event.type is EventType.ORDER_EXPIRED:
            report = Expired(*head, "its time ran out")
        return self._report(event.type, event.at, tracked, report)

    def _cancelling(self, tracked: Tracked, at: Timestamp) -> Tracked:
        """Return the order with its cancel asked for: in a stream whoever trades asks the broker, unseen by us."""
        assert tracked.order is not None
        asked = CancelRequested(f"cancel@{tracked.intent.intent_id}", tracked.order.client_order_id, None, at)
        pending = apply(tracked.order, asked)
        if isinstance(pending, OmsFault):
            return tracked
        after = tracked.with_order(pending)
        self._world.state.tracked[tracked.intent.intent_id] = after
        return after

    def _filled(self, event: Event) -> Faults:
        fill = fill_from(event.payload)
        if isinstance(fill, list):
            return [_under_payload(fault) for fault in fill]
        state = self._world.state
        intent_id = state.by_client_id.get(fill.order_id, fill.order_id)
        tracked = state.tracked.get(intent_id) or state.finished.get(intent_id)
        if tracked is None or tracked.order is None:
            return self._foreign(event.at, fill)
        if (fill.symbol, fill.side) != (tracked.intent.symbol, tracked.intent.side):
            what = f"the order is {tracked.intent.side} {tracked.intent.symbol}"
            return [_fault("EVENT_IMPOSSIBLE", what, "/payload/symbol", "correct the fill or name its own order")]
        kind = FinalFill if tracked.order.filled + fill.quantity == tracked.order.quantity else PartialFill
        client_id = tracked.order.client_order_id
        report = kind(
            fill.fill_id, client_id, None, fill.at, fill.fill_id, fill.quantity, fill.price, fill.fee
        )  # fmt: skip
        return self._report(EventType.ORDER_FILLED, event.at, tracked, report)

    def _report(self, kind: EventType, at: Timestamp, tracked: Tracked, report: BrokerEvent) -> Faults:
        assert tracked.order is not None
        after = apply(tracked.order, report)
        if isinstance(after, OmsFault):
            return [_fault("EVENT_IMPOSSIBLE", f"{after.code}: {after.message}", "/payload", "correct the event")]
        if after is tracked.order:
            return []
        with self._world.journal.write() as unit:
            if after.state.is_terminal:
                reason = OrderState(after.state).value
                unit.reservations.release(tracked.intent.intent_id, at, reason)
            self._world.journal.record(unit, Entry(kind, at, {"report": event_to_data(report)}))
        return []

    def _foreign(self, at: Timestamp, fill: Fill) -> Faults:
        """Take over a trade of an order that was not decided here, such as the positions a stream begins with."""
        parts = self._world.state.parts
        try:
            parts.ledger.apply_fill(fill)
        except LedgerFault as fault:
            return [_fault(fault.code, f"{fault.what}: {fault.found}", "/payload", fault.help)]
        parts.book.record_fill(None, fill)
        body = {
            "fill_id": fill.fill_id, "order_id": fill.order_id, "symbol": fill.symbol, "side": fill.side.value,
            "quantity": int(fill.quantity), "price": int(fill.price), "fee": int(fill.fee),
        }  # fmt: skip
        self._note(EventType.FILL_APPLIED, at, body)
        return []

    # ---------------------------------------------------------------------------------- cash
    def _cash(self, event: Event) -> Faults:
        faults = _only(event.payload, ("amount", "reason"))
        if faults:
            return faults
        parts = self._world.state.parts
        try:
            amount = Money(parse_decimal(str(event.payload["amount"])))
            parts.ledger.apply_cash(amount, str(event.payload["reason"]), event.at)
        except NumberFault as fault:
            return [_fault("C004", str(fault), "/payload/amount", 'write a decimal as text, like "100.25"')]
        except LedgerFault as fault:
            return [_fault(fault.code, f"{fault.what}: {fault.found}", "/payload/reason", fault.help)]
        parts.book.set_cash(parts.ledger.cash)
        self._note(EventType.CASH_ADJUSTED, event.at, {"amount": int(amount), "reason": str(event.payload["reason"])})
        return []

    def _note(self, kind: EventType, at: Timestamp, body: dict[str, Any]) -> None:
        with self._world.journal.write() as unit:
            unit.audit.append(kind.value, at, self._world.setting.run_key, body)

    def _order(self, event: Event, fields: tuple[str, ...]) -> Tracked | Faults:
        """Return the order an event is about, which must have been allowed in this stream."""
        faults = _only(event.payload, fields)
        if faults:
            return faults
        intent_id = event.payload["intent_id"]
        state = self._world.state
        tracked = state.tracked.get(intent_id) if isinstance(intent_id, str) else None
        if tracked is None or tracked.order is None:
            what = "no order of that intent is open in this stream"
            return [_fault("EVENT_UNKNOWN_ORDER", what, "/payload/intent_id", "name an intent that was allowed")]
        return tracked


def _only(payload: dict[str, Any], fields: tuple[str, ...]) -> Faults:
    missing = [name for name in fields if name not in payload]
    faults = [_fault("C003", f"the field {name!r} is missing", f"/payload/{name}") for name in missing]
    extra = sorted(set(payload) - set(fields))
    return faults + [_fault("C002", f"the field {name[:40]!r} is unknown", "/payload") for name in extra]


def _under_payload(fault: Diagnostic) -> Diagnostic:
    return _fault(fault.code, fault.message, f"/payload{fault.pointer}", fault.help)


def _fault(code: str, message: str, pointer: str, help: str = "") -> Diagnostic:
    return Diagnostic(code, message, pointer=pointer, help=help)
