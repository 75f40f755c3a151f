"""The order state machine: what each report does to an order, and which reports cannot be true.

Pure. A report that contradicts the order is a fault and leaves the order as it was; its id is not
consumed, so that it can be applied again once what it depends on has arrived. The caller stops
trading on a fault and keeps it as evidence.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from engine.brokers.messages import (
    Ack,
    BrokerEvent,
    CancelAck,
    CancelReject,
    Execution,
    Expired,
    FinalFill,
    Message,
    PartialFill,
    Reject,
    ReplaceAck,
    ReplaceReject,
)
from engine.execution.splits import split_limit, split_quantity, split_stop
from engine.model.numbers import Price, Quantity
from engine.model.order import Fill, OrderState, OrderType, Side

MESSAGES_REMEMBERED = 64
"""Reports other than trades remembered per order; brokers repeat recent ones, never ancient ones."""
FILLS_AT_MOST = 100_000
"""Trades one order may have. No trade id is ever forgotten, so beyond this the order is faulted."""
_NOTHING = Quantity(0)


class OmsCode(StrEnum):
    """Why a report was not applied."""

    OVERFILL = "OVERFILL"
    UNDER_COMPLETE = "UNDER_COMPLETE"
    REPLACE_BELOW_FILLED = "REPLACE_BELOW_FILLED"
    ILLEGAL_TRANSITION = "ILLEGAL_TRANSITION"
    IMPOSSIBLE_TRADE = "IMPOSSIBLE_TRADE"
    NON_POSITIVE_QUANTITY = "NON_POSITIVE_QUANTITY"
    OTHER_ORDER = "OTHER_ORDER"
    TOO_MANY_FILLS = "TOO_MANY_FILLS"


@dataclass(frozen=True, slots=True)
class CancelRequested(Message):
    """The desk asked the broker to cancel."""


@dataclass(frozen=True, slots=True)
class ReplaceRequested(Message):
    """The desk asked the broker for new terms; `quantity` is the new total."""

    quantity: Quantity
    limit_price: Price | None
    stop_price: Price | None


OrderEvent = BrokerEvent | CancelRequested | ReplaceRequested


@dataclass(frozen=True, slots=True)
class Order:
    """An order in the desk's book.

    `replacing` is the total asked for by a replace the broker has not answered. `late_filled` is what
    traded after the broker had said the order was over: real, booked, and flagged LATE_FILL.
    """

    client_order_id: str
    intent_id: str
    symbol: str
    side: Side
    type: OrderType
    quantity: Quantity
    limit_price: Price | None = None
    stop_price: Price | None = None
    state: OrderState = OrderState.OPEN
    filled: Quantity = _NOTHING
    late_filled: Quantity = _NOTHING
    is_acked: bool = False
    is_cancel_pending: bool = False
    replacing: Quantity | None = None
    broker_order_id: str | None = None
    fill_ids: frozenset[str] = frozenset()
    message_ids: tuple[str, ...] = ()

    @property
    def leaves(self) -> Quantity:
        """What can still fill under the terms in force; nothing once the order is over."""
        return Quantity(0) if self.state.is_terminal else Quantity(max(0, self.quantity - self.filled))

    @property
    def worst_leaves(self) -> Quantity:
        """What can still fill under the terms in force or asked for, whichever is more."""
        if self.state.is_terminal:
            return Quantity(0)
        return Quantity(max(0, max(self.quantity, self.replacing or 0) - self.filled))


@dataclass(frozen=True, slots=True)
class OmsFault:
    """A report that contradicts the order it names."""

    code: OmsCode
    client_order_id: str
    message_id: str
    message: str


def apply(order: Order, event: OrderEvent) -> Order | OmsFault:
    """Return the order after `event`, the same order when it is a repeat, or why it cannot be.

    A trade is known by its fill id (by its message id when the broker gives none), everything else by
    its message id.
    """
    if event.client_order_id != order.client_order_id:
        return _fault(order, event, OmsCode.OTHER_ORDER, f"names {event.client_order_id}")
    is_trade = isinstance(event, Execution)
    if event.key in (order.fill_ids if is_trade else order.message_ids):
        return order
    result = _STEPS[type(event)](order, event)
    if isinstance(result, OmsFault):
        return result
    if is_trade:
        return replace(result, fill_ids=order.fill_ids | {event.key})
    return replace(result, message_ids=(*order.message_ids, event.key)[-MESSAGES_REMEMBERED:])


def is_late_fill(before: Order, after: Order) -> bool:
    """Return whether the step from `before` to `after` booked a trade on an order already over."""
    return after.late_filled > before.late_filled


def fill_of(order: Order, event: PartialFill | FinalFill) -> Fill:
    """Return a reported trade as the ledger books it, under the key that makes it count once."""
    return Fill(
        fill_id=event.key,
        order_id=order.client_order_id,
        symbol=order.symbol,
        side=order.side,
        quantity=event.quantity,
        price=event.price,
        fee=event.fee,
        at=event.at,
    )


def adjust_for_split(order: Order, numerator: int, denominator: int) -> Order:
    """Return an order in the shares and prices after a split of numerator for denominator."""
    limit, stop, asked = order.limit_price, order.stop_price, order.replacing
    return replace(
        order,
        quantity=split_quantity(order.quantity, numerator, denominator),
        filled=split_quantity(order.filled, numerator, denominator),
        late_filled=split_quantity(order.late_filled, numerator, denominator),
        limit_price=None if limit is None else split_limit(limit, order.side, numerator, denominator),
        stop_price=None if stop is None else split_stop(stop, order.side, numerator, denominator),
        replacing=None if asked is None else split_quantity(asked, numerator, denominator),
    )


def _acknowledge(order: Order, event: Ack) -> Order | OmsFault:
    # Legal in every state: the acknowledgement may travel behind the fills and cancels it precedes.
    return replace(order, is_acked=True, broker_order_id=event.broker_order_id or order.broker_order_id)


def _trade(order: Order, event: PartialFill | FinalFill) -> Order | OmsFault:
    if event.quantity <= 0 or event.price <= 0 or event.fee < 0:
        return _fault(order, event, OmsCode.IMPOSSIBLE_TRADE, "has no positive quantity and price, or a negative fee")
    if order.state is OrderState.REJECTED:
        return _illegal(order, event)
    if len(order.fill_ids) >= FILLS_AT_MOST:
        return _fault(order, event, OmsCode.TOO_MANY_FILLS, f"has {FILLS_AT_MOST} trades already")
    filled = Quantity(order.filled + event.quantity)
    most = max(order.quantity, order.replacing or 0)
    if filled > most:
        return _fault(order, event, OmsCode.OVERFILL, f"would have filled {filled} of {most} micro-shares")
    complete = {order.quantity, order.replacing}
    if isinstance(event, FinalFill) and filled not in complete:
        return _fault(order, event, OmsCode.UNDER_COMPLETE, f"is called complete at {filled} of {most}")
    if order.state.is_terminal:
        order = replace(order, late_filled=Quantity(order.late_filled + event.quantity))
    # While new terms are pending a partial fill that reaches a total proves nothing: the answer decides.
    if isinstance(event, FinalFill) or (order.replacing is None and filled == order.quantity):
        return _end(replace(order, filled=filled, quantity=filled), OrderState.FILLED)
    return _settle(replace(order, filled=filled))


def _request_cancel(order: Order, event: CancelRequested) -> Order | OmsFault:
    if order.state.is_terminal:
        return _illegal(order, event)
    return _settle(replace(order, is_cancel_pending=True))


def _request_replace(order: Order, event: ReplaceRequested) -> Order | OmsFault:
    if order.state not in (OrderState.OPEN, OrderState.PARTIALLY_FILLED):
        return _illegal(order, event)
    if event.quantity <= 0:
        return _fault(order, event, OmsCode.NON_POSITIVE_QUANTITY, "asks for a total that is not positive")
    if event.quantity < order.filled:
        return _below_filled(order, event, event.quantity)
    return _settle(replace(order, replacing=event.quantity))


def _confirm_cancel(order: Order, event: CancelAck) -> Order | OmsFault:
    if order.is_cancel_pending:
        return _end(order, OrderState.CANCELLED)
    if order.state in (OrderState.CANCELLED, OrderState.EXPIRED):
        return order
    return _illegal(order, event)


def _refuse_cancel(order: Order, event: CancelReject) -> Order | OmsFault:
    if order.state.is_terminal:
        return order
    if not order.is_cancel_pending:
        return _illegal(order, event)
    return _settle(replace(order, is_cancel_pending=False))


def _confirm_replace(order: Order, event: ReplaceAck) -> Order | OmsFault:
    if order.replacing is None:
        is_old_news = order.state.is_terminal and event.quantity == order.quantity
        return order if is_old_news else _illegal(order, event)
    if event.quantity <= 0:
        return _fault(order, event, OmsCode.NON_POSITIVE_QUANTITY, "confirms a total that is not positive")
    if event.quantity < order.filled:
        return _below_filled(order, event, event.quantity)
    renewed = replace(
        order,
        quantity=event.quantity,
        replacing=None,
        limit_price=order.limit_price if event.limit_price is None else event.limit_price,
        stop_price=order.stop_price if event.stop_price is None else event.stop_price,
        broker_order_id=event.broker_order_id or order.broker_order_id,
    )
    return _end(renewed, OrderState.FILLED) if renewed.filled == renewed.quantity else _settle(renewed)


def _refuse_replace(order: Order, event: ReplaceReject) -> Order | OmsFault:
    if order.replacing is None:
        return order if order.state.is_terminal else _illegal(order, event)
    if order.filled > order.quantity:
        text = f"refuses the larger total although {order.filled} of {order.quantity} micro-shares filled"
        return _fault(order, event, OmsCode.OVERFILL, text)
    kept = replace(order, replacing=None)
    return _end(kept, OrderState.FILLED) if kept.filled == kept.quantity else _settle(kept)


def _refuse(order: Order, event: Reject) -> Order | OmsFault:
    if order.state is OrderState.REJECTED:
        return order
    return _illegal(order, event) if order.state.is_terminal else _end(order, OrderState.REJECTED)


def _expire(order: Order, event: Expired) -> Order | OmsFault:
    if order.state in (OrderState.CANCELLED, OrderState.EXPIRED):
        return order
    return _illegal(order, event) if order.state.is_terminal else _end(order, OrderState.EXPIRED)


def _settle(order: Order) -> Order:
    """Give a live order the state its facts imply; what is pending outlives any partial fill."""
    if order.state.is_terminal:
        return order
    if order.is_cancel_pending:
        state = OrderState.CANCEL_PENDING
    elif order.replacing is not None:
        state = OrderState.REPLACE_PENDING
    else:
        state = OrderState.PARTIALLY_FILLED if order.filled else OrderState.OPEN
    return replace(order, state=state)


def _end(order: Order, state: OrderState) -> Order:
    # The answer to a replace may travel behind the end of the order; until it is in, its total may fill.
    is_settled = state in (OrderState.FILLED, OrderState.REJECTED)
    replacing = None if is_settled else order.replacing
    return replace(order, state=state, is_cancel_pending=False, replacing=replacing)


def _illegal(order: Order, event: OrderEvent) -> OmsFault:
    return _fault(order, event, OmsCode.ILLEGAL_TRANSITION, f"cannot happen to an order that is {order.state}")


def _below_filled(order: Order, event: OrderEvent, total: int) -> OmsFault:
    text = f"sets the total to {total} although {order.filled} micro-shares have filled"
    return _fault(order, event, OmsCode.REPLACE_BELOW_FILLED, text)


def _fault(order: Order, event: OrderEvent, code: OmsCode, text: str) -> OmsFault:
    name = type(event).__name__
    return OmsFault(code, order.client_order_id, event.message_id, f"{name} {event.message_id} {text}")


_STEPS: dict[type[Message], Callable[[Order, Any], Order | OmsFault]] = {
    Ack: _acknowledge,
    PartialFill: _trade,
    FinalFill: _trade,
    CancelRequested: _request_cancel,
    ReplaceRequested: _request_replace,
    CancelAck: _confirm_cancel,
    CancelReject: _refuse_cancel,
    ReplaceAck: _confirm_replace,
    ReplaceReject: _refuse_replace,
    Reject: _refuse,
    Expired: _expire,
}
