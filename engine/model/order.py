"""Orders as the desk knows them: intents, working orders and fills."""

from dataclasses import dataclass
from enum import StrEnum

from engine.model.numbers import Money, Price, Quantity
from engine.model.time import Timestamp


class Side(StrEnum):
    BUY = "BUY"
    SELL = "SELL"

    @property
    def sign(self) -> int:
        return 1 if self is Side.BUY else -1


class OrderType(StrEnum):
    MARKET = "MARKET"
    LIMIT = "LIMIT"
    STOP = "STOP"
    STOP_LIMIT = "STOP_LIMIT"


class TimeInForce(StrEnum):
    DAY = "DAY"
    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"
    OPG = "OPG"
    CLS = "CLS"


class IntentKind(StrEnum):
    NEW = "NEW"
    REPLACE = "REPLACE"
    CANCEL = "CANCEL"


class Purpose(StrEnum):
    """Why an order exists; derived by the engine, never claimed by a strategy."""

    ENTRY = "ENTRY"
    EXIT = "EXIT"
    STOP_LOSS = "STOP_LOSS"
    EMERGENCY_EXIT = "EMERGENCY_EXIT"


class OrderState(StrEnum):
    """States of BEHAVIOUR 9; the last four are terminal."""

    OPEN = "OPEN"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    CANCEL_PENDING = "CANCEL_PENDING"
    REPLACE_PENDING = "REPLACE_PENDING"
    FILLED = "FILLED"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"

    @property
    def is_terminal(self) -> bool:
        return self in _TERMINAL


_TERMINAL = frozenset({OrderState.FILLED, OrderState.CANCELLED, OrderState.REJECTED, OrderState.EXPIRED})


@dataclass(frozen=True, slots=True)
class Intent:
    """What somebody wants the desk to do; nothing leaves before it is judged.

    Prices are micros per share, quantity micros of a share (always positive; `side` gives the
    direction). `target` names the order a REPLACE or CANCEL is about.
    """

    intent_id: str
    engine: str
    account: str
    strategy: str
    principal: str
    kind: IntentKind
    symbol: str
    side: Side
    type: OrderType
    quantity: Quantity
    time_in_force: TimeInForce = TimeInForce.DAY
    limit_price: Price | None = None
    stop_price: Price | None = None
    target: str | None = None

    @property
    def is_emergency(self) -> bool:
        """Whether the desk itself decided on this exit; see `EmergencyExit`."""
        return False


@dataclass(frozen=True, slots=True)
class EmergencyExit(Intent):
    """An exit the desk itself decided on. Nothing from outside becomes one: contracts read plain intents."""

    @property
    def is_emergency(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Fill:
    """An execution the broker reported. `fee` is micros of currency, never negative."""

    fill_id: str
    order_id: str
    symbol: str
    side: Side
    quantity: Quantity
    price: Price
    fee: Money
    at: Timestamp
