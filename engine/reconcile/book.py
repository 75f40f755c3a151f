"""The two books that are compared, in one vocabulary."""

from dataclasses import dataclass
from enum import StrEnum

from engine.model.numbers import Money, Price, Quantity
from engine.model.order import Fill, OrderState, OrderType, Side
from engine.model.time import Timestamp


class OrderStatus(StrEnum):
    """How far an order is, as both sides can see it. NEW is sent and not yet acknowledged."""

    NEW = "NEW"
    ACCEPTED = "ACCEPTED"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    REJECTED = "REJECTED"
    UNKNOWN = "UNKNOWN"

    @property
    def is_terminal(self) -> bool:
        return self in _TERMINAL


_TERMINAL = frozenset({OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.REJECTED})


class PendingChange(StrEnum):
    """What we have asked the broker to do with the order and it has not answered yet."""

    NONE = "NONE"
    CANCEL = "CANCEL"
    REPLACE = "REPLACE"


@dataclass(frozen=True, slots=True)
class OrderLine:
    """An order as one side has it. Quantities are micros of a share, prices micros per share.

    `submitted_at` and `pending` are known to our side only.
    """

    client_order_id: str
    symbol: str
    side: Side
    type: OrderType
    quantity: Quantity
    filled: Quantity
    status: OrderStatus
    limit_price: Price | None = None
    stop_price: Price | None = None
    broker_order_id: str = ""
    submitted_at: Timestamp | None = None
    pending: PendingChange = PendingChange.NONE


@dataclass(frozen=True, slots=True)
class PositionLine:
    """A holding; negative when short, 0 the same as absent."""

    symbol: str
    quantity: Quantity


@dataclass(frozen=True, slots=True)
class LocalBook:
    """What our store says: the orders and fills of one engine, holdings and cash of the account.

    Orders and fills carry client order ids. `cash` None is unknown.
    """

    orders: tuple[OrderLine, ...]
    fills: tuple[Fill, ...]
    positions: tuple[PositionLine, ...]
    cash: Money | None


@dataclass(frozen=True, slots=True)
class BrokerBook:
    """What the broker says at `captured_at` about the whole account.

    Terminal orders may be left out. Fills before `fills_since` are not listed (None: all are). `unread`
    counts records that could not be understood, so that a partial reading never passes for agreement.
    """

    captured_at: Timestamp | None
    orders: tuple[OrderLine, ...]
    fills: tuple[Fill, ...]
    positions: tuple[PositionLine, ...]
    cash: Money | None
    fills_since: Timestamp | None = None
    unread: int = 0


def status_of(state: OrderState, filled: int, is_acknowledged: bool) -> OrderStatus:
    """Return the comparable status of an order state of the desk or of a broker adapter.

    A pending cancel or replace still works at the broker, so it counts as what it was.
    """
    match state:
        case OrderState.FILLED:
            return OrderStatus.FILLED
        case OrderState.CANCELLED | OrderState.EXPIRED:
            return OrderStatus.CANCELED
        case OrderState.REJECTED:
            return OrderStatus.REJECTED
        case _ if filled > 0:
            return OrderStatus.PARTIALLY_FILLED
        case _:
            return OrderStatus.ACCEPTED if is_acknowledged else OrderStatus.NEW
