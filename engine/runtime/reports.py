"""What the broker reports: received once, applied once, each report one transaction."""

from engine.audit.canonical import canonical, parse_canonical
from engine.brokers.contract import ContinuityUnproven, Unavailable
from engine.brokers.messages import (
    Ack,
    BrokerEvent,
    CancelAck,
    Execution,
    Expired,
    Reject,
    ReplaceAck,
    event_from_data,
    event_to_data,
    kind_of,
)  # fmt: skip
from engine.execution.gateway import Gateway
from engine.execution.oms import OmsFault, Order, apply
from engine.model.event import EventType
from engine.model.time import Timestamp
from engine.runtime.entry import Entry
from engine.runtime.halt import HaltRequired
from engine.runtime.journal import RunJournal
from engine.runtime.order_row import order_row
from engine.runtime.state import DeskState
from engine.store.inbox import Message
from engine.store.orders import FillRow
from engine.store.unit import UnitOfWork

_KINDS: dict[type[BrokerEvent], EventType] = {
    Ack: EventType.ORDER_ACKED, CancelAck: EventType.ORDER_CANCELED, ReplaceAck: EventType.ORDER_REPLACED,
    Reject: EventType.BROKER_REJECT, Expired: EventType.ORDER_EXPIRED,
}  # fmt: skip


class Inbox:
    """Fetches reports and applies them in the order they arrived."""

    def __init__(self, state: DeskState, journal: RunJournal, gateway: Gateway) -> None:
        self._state, self._journal, self._gateway = state, journal, gateway
        self._cursor: str | None = None

    def drain(self) -> int:
        """Receive and apply everything the broker has to say; return how many reports were new.

        Raises HaltRequired when reports may have been missed or contradict the book.
        """
        page = self._gateway.events(self._cursor)
        if isinstance(page, ContinuityUnproven | Unavailable):
            raise HaltRequired("BROKER_CONTINUITY", page.reason)
        if page.events:
            with self._journal.write() as unit:
                for event in page.events:
                    unit.inbox.insert(self._message(event))
        self._cursor = page.cursor
        with self._journal.write() as unit:
            waiting = unit.inbox.unapplied(self._journal.run_key)
        for message in waiting:
            self._apply(message)
        return len(waiting)

    def _message(self, event: BrokerEvent) -> Message:
        fill_id = event.fill_id if isinstance(event, Execution) else None
        return Message(
            self._journal.run_key, event.message_id, fill_id, event.client_order_id, kind_of(event), event.at,
            canonical(event_to_data(event)), self._state.now,
        )  # fmt: skip

    def _apply(self, message: Message) -> None:
        data = parse_canonical(message.payload)
        event = event_from_data(data)
        intent_id = self._state.by_client_id.get(event.client_order_id)
        tracked = self._state.tracked.get(intent_id or "") or self._state.finished.get(intent_id or "")
        if tracked is None or tracked.order is None:
            raise HaltRequired(
                "UNKNOWN_ORDER", f"{kind_of(event)} for {event.client_order_id}, which this run never sent"
            )
        after = apply(tracked.order, event)
        if isinstance(after, OmsFault):
            raise HaltRequired(after.code.value, after.message)
        at = Timestamp(max(event.at, self._state.now))
        kind = (
            EventType.ORDER_FILLED
            if isinstance(event, Execution)
            else _KINDS.get(type(event), EventType.ORDER_REPORTED)
        )
        with self._journal.write() as unit:
            if after is not tracked.order:
                self._store(unit, tracked.intent.intent_id, after, event, at)
                self._journal.record(unit, Entry(kind, at, {"report": data}))
            unit.inbox.mark_applied(self._journal.run_key, message.message_id, at)

    def _store(self, unit: UnitOfWork, intent_id: str, order: Order, event: BrokerEvent, at: Timestamp) -> None:
        run_key = self._journal.run_key
        unit.orders.upsert(order_row(run_key, order, at))
        if isinstance(event, Ack):
            unit.outbox.acked(order.client_order_id)
        if isinstance(event, Execution):
            unit.fills.insert(
                FillRow(
                    run_key, event.key, order.client_order_id, order.symbol, order.side, event.quantity, event.price,
                    event.fee, event.at, len(self._state.fills) + 1,
                )
            )  # fmt: skip
        if order.state.is_terminal:
            unit.reservations.release(intent_id, at, order.state.value)
