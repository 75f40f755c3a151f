"""What any broker must offer the desk: requests, outcomes, queries and snapshots.

Every answer is a value. An adapter raises only when its own machinery is broken, and the gateway
then treats a request in flight as ambiguous.
"""

from dataclasses import dataclass
from typing import Protocol

from engine.brokers.messages import BrokerEvent
from engine.model.numbers import Money, Price, Quantity
from engine.model.order import Fill, OrderState, OrderType, Side, TimeInForce
from engine.model.time import Timestamp


@dataclass(frozen=True, slots=True)
class Ticket:
    """An order as the broker receives it. Quantity is always positive, prices micros per share."""

    client_order_id: str
    symbol: str
    side: Side
    type: OrderType
    quantity: Quantity
    time_in_force: TimeInForce
    limit_price: Price | None = None
    stop_price: Price | None = None


@dataclass(frozen=True, slots=True)
class CancelRequest:
    """A request to end `client_order_id`; `request_id` identifies the request itself."""

    request_id: str
    client_order_id: str


@dataclass(frozen=True, slots=True)
class ReplaceRequest:
    """A request to change a working order. `quantity` is the new total, fills so far included."""

    request_id: str
    client_order_id: str
    quantity: Quantity
    limit_price: Price | None = None
    stop_price: Price | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The broker has the request. `is_repeat` when it already knew the id and did nothing more."""

    broker_order_id: str
    is_repeat: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    """The broker refused the request for good; no order came of it."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Nobody can say whether the broker has the request. It is never sent again."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotDelivered:
    """The request provably never reached the broker; `proof` says how that is known."""

    proof: str


@dataclass(frozen=True, slots=True)
class SessionRefused:
    """The broker refused our credentials or session; nothing was accepted and nothing will be."""

    reason: str


Outcome = Accepted | Rejected | Ambiguous | NotDelivered | SessionRefused


def requires_halt(outcome: Outcome) -> bool:
    """Return whether trading must stop until a person has looked (BEHAVIOUR 9)."""
    return isinstance(outcome, (Ambiguous, SessionRefused))


@dataclass(frozen=True, slots=True)
class BrokerOrder:
    """An order as the broker's own book has it."""

    broker_order_id: str
    client_order_id: str
    symbol: str
    side: Side
    type: OrderType
    quantity: Quantity
    filled: Quantity
    state: OrderState
    created_at: Timestamp
    limit_price: Price | None = None
    stop_price: Price | None = None


@dataclass(frozen=True, slots=True)
class NotFound:
    """The broker knows no such order. `proof` is given only when it never will: absence now
    does not rule out a request still on its way (RELIABILITY 0.9).
    """

    proof: str | None = None


@dataclass(frozen=True, slots=True)
class Unavailable:
    """The broker could not be asked."""

    reason: str


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events after a cursor, oldest first, and the cursor to ask with next time."""

    events: tuple[BrokerEvent, ...]
    cursor: str


@dataclass(frozen=True, slots=True)
class ContinuityUnproven:
    """Events may have been missed. `cursor`, when given, is safe to store before stopping."""

    reason: str
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class BrokerPosition:
    """A holding: micros of a share, negative when short; the average price is for people only."""

    symbol: str
    quantity: Quantity
    average_price: Price


@dataclass(frozen=True, slots=True)
class BrokerAccount:
    """Money at the broker; `equity` is None when a held symbol has no known price."""

    cash: Money
    equity: Money | None
    currency: str


@dataclass(frozen=True, slots=True)
class BrokerFill:
    """A trade under our order id, and the broker's own id of that order."""

    fill: Fill
    broker_order_id: str


@dataclass(frozen=True, slots=True)
class BrokerSnapshot:
    """The broker's truth at one instant: open orders, trades oldest first, holdings and money."""

    captured_at: Timestamp
    account: BrokerAccount
    positions: tuple[BrokerPosition, ...]
    orders: tuple[BrokerOrder, ...]
    fills: tuple[BrokerFill, ...]


class BrokerAdapter(Protocol):
    """A broker. Only `engine.execution.gateway` may call one.

    A client order id or request id that comes again never acts twice. `deduplicates_requests` says
    whether that holds for cancels and replaces too, so that they may be sent again after a crash.
    """

    @property
    def name(self) -> str: ...

    @property
    def deduplicates_requests(self) -> bool: ...

    def submit(self, ticket: Ticket) -> Outcome: ...

    def cancel(self, request: CancelRequest) -> Outcome: ...

    def replace(self, request: ReplaceRequest) -> Outcome: ...

    def query(self, client_order_id: str) -> BrokerOrder | NotFound | Unavailable: ...

    def events(self, after: str | None) -> EventPage | ContinuityUnproven | Unavailable: ...

    def snapshot(self, fills_since: Timestamp | None = None) -> BrokerSnapshot | Unavailable: ...
