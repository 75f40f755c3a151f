"""The paper broker: a durable account that trades against bars instead of an exchange.

It answers like a broker that can prove things: a client order id is acted on once, a query is
definitive, its reports stay readable for ever. Market steps drive the fills; each is known by symbol,
kind and instant, done in one transaction and done once, however often it is fed.
"""

from collections.abc import Iterator
from dataclasses import asdict, replace

from engine.brokers.contract import (
    Accepted,
    BrokerAccount,
    BrokerFill,
    BrokerOrder,
    BrokerPosition,
    BrokerSnapshot,
    CancelRequest,
    ContinuityUnproven,
    EventPage,
    NotFound,
    Outcome,
    Rejected,
    ReplaceRequest,
    Ticket,
)
from engine.brokers.messages import (
    Ack,
    CancelAck,
    CancelReject,
    Execution,
    Reject,
    ReplaceAck,
    ReplaceReject,
)
from engine.brokers.paper_book import PaperBook, PaperOrder
from engine.brokers.paper_market import PaperMarket
from engine.execution.slippage import CostModel
from engine.model.bar import Bar
from engine.model.calendar import CalendarBounds, SessionCalendar
from engine.model.clock import Clock
from engine.model.ids import derived_id
from engine.model.numbers import MICRO, Money, Price, Quantity, divide_half_even
from engine.model.order import Fill, OrderState, OrderType, Side, TimeInForce
from engine.model.time import Timestamp

_NEEDS_LIMIT = (OrderType.LIMIT, OrderType.STOP_LIMIT)
_NEEDS_STOP = (OrderType.STOP, OrderType.STOP_LIMIT)
_SUPPORTED = (TimeInForce.DAY, TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK)


class PaperBroker:
    """A `BrokerAdapter` over a `PaperBook`, and the market steps that fill its orders."""

    name = "paper"
    deduplicates_requests = True

    def __init__(self, book: PaperBook, costs: CostModel, calendar: SessionCalendar, clock: Clock) -> None:
        self._book = book
        self._calendar = calendar
        self._clock = clock
        self._market = PaperMarket(book, costs)

    # -- what any broker offers --------------------------------------------------------------

    def submit(self, ticket: Ticket) -> Outcome:
        """Accept or refuse an order; a known id gets its first answer again and does nothing more."""
        asked = repr(sorted(asdict(ticket).items(), key=lambda item: item[0]))
        with self._book.transaction():
            known = self._book.order(ticket.client_order_id)
            if known is not None:
                return _first_answer(known, asked)
            now = self._clock.now()
            expires_at: Timestamp | None = None
            refusal = _refusal(ticket)
            if refusal is None and ticket.time_in_force is not TimeInForce.GTC:
                try:
                    expires_at = self._calendar.next_close_after(now)
                except CalendarBounds as bounds:
                    refusal = Rejected("OUTSIDE_CALENDAR", str(bounds))
            order = PaperOrder(
                client_order_id=ticket.client_order_id,
                broker_order_id=derived_id("paper", ticket.client_order_id),
                sequence=self._book.next_sequence(),
                symbol=ticket.symbol,
                side=ticket.side,
                type=ticket.type,
                time_in_force=ticket.time_in_force,
                quantity=ticket.quantity,
                filled=Quantity(0),
                limit_price=ticket.limit_price,
                stop_price=ticket.stop_price,
                state=OrderState.OPEN if refusal is None else OrderState.REJECTED,
                created_at=now,
                eligible_from=now,
                expires_at=expires_at,
                is_triggered=False,
                executions=0,
                asked=asked,
                refusal=None if refusal is None else f"{refusal.code} {refusal.text}",
            )
            self._book.add_order(order)
            ids = (ticket.client_order_id, order.broker_order_id, now)
            if refusal is not None:
                self._book.emit(Reject(f"{order.broker_order_id}:reject", *ids, refusal.code, refusal.text))
                return refusal
            self._book.emit(Ack(f"{order.broker_order_id}:ack", *ids))
            return Accepted(order.broker_order_id)

    def cancel(self, request: CancelRequest) -> Outcome:
        """Take the request; a report says whether the order is cancelled."""
        with self._book.transaction():
            order = self._book.order(request.client_order_id)
            if order is None:
                return _unknown(request.client_order_id)
            if self._is_repeat(request.request_id, request):
                return Accepted(order.broker_order_id, is_repeat=True)
            ids = (
                f"cancel:{request.request_id}",
                order.client_order_id,
                order.broker_order_id,
                self._clock.now(),
            )
            if order.state.is_terminal:
                self._book.emit(CancelReject(*ids, f"the order is {order.state}"))
            else:
                self._book.put_order(replace(order, state=OrderState.CANCELLED))
                self._book.emit(CancelAck(*ids))
            return Accepted(order.broker_order_id)

    def replace(self, request: ReplaceRequest) -> Outcome:
        """Take the request; a report says whether the order has its new terms.

        A replaced order loses its place in the bar under way, like one sent anew.
        """
        with self._book.transaction():
            order = self._book.order(request.client_order_id)
            if order is None:
                return _unknown(request.client_order_id)
            if self._is_repeat(request.request_id, request):
                return Accepted(order.broker_order_id, is_repeat=True)
            now = self._clock.now()
            ids = (f"replace:{request.request_id}", order.client_order_id, order.broker_order_id, now)
            why_not = _why_not_replaced(order, request)
            if why_not is not None:
                self._book.emit(ReplaceReject(*ids, why_not))
            else:
                limit = order.limit_price if request.limit_price is None else request.limit_price
                stop = order.stop_price if request.stop_price is None else request.stop_price
                renewed = replace(
                    order, quantity=request.quantity, limit_price=limit, stop_price=stop, eligible_from=now
                )
                self._book.put_order(renewed)
                self._book.emit(ReplaceAck(*ids, request.quantity, limit, stop))
            return Accepted(order.broker_order_id)

    def query(self, client_order_id: str) -> BrokerOrder | NotFound:
        """Return the order, refused ones included, or the proof that there is none.

        The proof is good because a submit is one committed transaction of this file: there is no
        wire on which it could still be travelling.
        """
        order = self._book.order(client_order_id)
        if order is None:
            return NotFound(f"the paper book holds no order {client_order_id}")
        return _as_seen(order)

    def events(self, after: str | None) -> EventPage | ContinuityUnproven:
        """Return every report after a cursor; None asks from the first."""
        last = self._book.last_cursor()
        text = after or "0"
        if not (text.isascii() and text.isdigit() and len(text) <= 18 and int(text) <= last):
            return ContinuityUnproven(f"cursor {text[:40]!r} is not one of this book, whose last is {last}")
        found = self._book.events_after(int(text))
        return EventPage(tuple(event for _, event in found), str(found[-1][0]) if found else text)

    def snapshot(self, fills_since: Timestamp | None = None) -> BrokerSnapshot:
        """Return the account now; equity is None while a held symbol has had no bar."""
        return snapshot_book(self._book, self._clock.now(), fills_since)

    # -- the market --------------------------------------------------------------------------

    def on_open(self, symbol: str, price: Price, at: Timestamp) -> bool:
        """Trade what the open of a bar trades; False when this step was done before."""
        return self._market.open(symbol, price, at)

    def on_bar(self, bar: Bar) -> bool:
        """Trade what a complete bar trades and end what expires at its close; False when done before."""
        return self._market.bar(bar)

    def on_split(self, symbol: str, numerator: int, denominator: int, mark: Price | None, at: Timestamp) -> bool:
        """Turn each share and each share on order into numerator / denominator; False when done before.

        What falls below a micro-share is paid out at `mark`, the price of a share after the split.
        """
        return self._market.split(symbol, numerator, denominator, mark, at)

    def on_dividend(self, symbol: str, numerator: int, denominator: int, at: Timestamp) -> bool:
        """Pay numerator / denominator currency units a share held; False when done before."""
        return self._market.dividend(symbol, numerator, denominator, at)

    # -- inside ------------------------------------------------------------------------------

    def _is_repeat(self, request_id: str, request: CancelRequest | ReplaceRequest) -> bool:
        if self._book.has_request(request_id):
            return True
        self._book.put_request(request_id, repr(request))
        return False


def snapshot_book(book: PaperBook, at: Timestamp, fills_since: Timestamp | None = None) -> BrokerSnapshot:
    """Return what a book says as of `at`; equity is None while a held symbol has had no bar."""
    currency, cash = book.account()
    holdings = book.holdings()
    worth: int | None = cash
    for held in holdings:
        mark = book.mark(held.symbol)
        worth = None if mark is None or worth is None else worth + held.quantity * mark.close
    return BrokerSnapshot(
        captured_at=at,
        account=BrokerAccount(
            cash=Money(divide_half_even(cash, MICRO)),
            equity=None if worth is None else Money(divide_half_even(worth, MICRO)),
            currency=currency,
        ),
        positions=tuple(
            BrokerPosition(held.symbol, Quantity(held.quantity), Price(held.cost // held.quantity)) for held in holdings
        ),
        orders=tuple(_as_seen(order) for order in book.live_orders()),
        fills=tuple(_fills(book, fills_since or Timestamp(0))),
    )


def _fills(book: PaperBook, since: Timestamp) -> Iterator[BrokerFill]:
    for symbol, side, event in book.executions(since):
        assert isinstance(event, Execution) and event.fill_id is not None and event.broker_order_id is not None
        fill = Fill(
            fill_id=event.fill_id,
            order_id=event.client_order_id,
            symbol=symbol,
            side=Side(side),
            quantity=event.quantity,
            price=event.price,
            fee=event.fee,
            at=event.at,
        )
        yield BrokerFill(fill, event.broker_order_id)


def _refusal(ticket: Ticket) -> Rejected | None:
    if ticket.quantity <= 0:
        return Rejected("INVALID_QUANTITY", f"{ticket.quantity} micro-shares cannot be traded")
    for name, price, is_needed in (
        ("limit", ticket.limit_price, ticket.type in _NEEDS_LIMIT),
        ("stop", ticket.stop_price, ticket.type in _NEEDS_STOP),
    ):
        if is_needed != (price is not None) or (price is not None and price <= 0):
            return Rejected("INVALID_PRICE", f"a {ticket.type} order cannot have the {name} price {price}")
    if ticket.time_in_force not in _SUPPORTED:
        text = f"{ticket.time_in_force} orders need an auction, which bars do not show"
        return Rejected("UNSUPPORTED_TIME_IN_FORCE", text)
    return None


def _first_answer(known: PaperOrder, asked: str) -> Outcome:
    if known.asked != asked:
        text = f"{known.client_order_id} already names another order; ids are used once"
        return Rejected("CLIENT_ORDER_ID_REUSED", text)
    if known.refusal is not None:
        code, _, text = known.refusal.partition(" ")
        return Rejected(code, text)
    return Accepted(known.broker_order_id, is_repeat=True)


def _why_not_replaced(order: PaperOrder, request: ReplaceRequest) -> str | None:
    if order.state.is_terminal:
        return f"the order is {order.state}"
    if request.quantity <= order.filled:
        return f"{order.filled} micro-shares have filled; a total of {request.quantity} leaves nothing to work"
    for name, new, old in (
        ("limit", request.limit_price, order.limit_price),
        ("stop", request.stop_price, order.stop_price),
    ):
        if new is not None and (new <= 0 or old is None):
            return f"a {order.type} order cannot have the {name} price {new}"
    return None


def _unknown(client_order_id: str) -> Rejected:
    return Rejected("UNKNOWN_ORDER", f"the paper book holds no order {client_order_id}")


def _as_seen(order: PaperOrder) -> BrokerOrder:
    return BrokerOrder(
        broker_order_id=order.broker_order_id,
        client_order_id=order.client_order_id,
        symbol=order.symbol,
        side=order.side,
        type=order.type,
        quantity=order.quantity,
        filled=order.filled,
        state=order.state,
        created_at=order.created_at,
        limit_price=order.limit_price,
        stop_price=order.stop_price,
    )
