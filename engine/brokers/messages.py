"""What a broker reports about an order, and its form as plain data for inbox and book."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from engine.model.numbers import Money, Price, Quantity
from engine.model.time import Timestamp


@dataclass(frozen=True, slots=True)
class Message:
    """What every report carries: its own id, the order under both names, and when it happened."""

    message_id: str
    client_order_id: str
    broker_order_id: str | None
    at: Timestamp

    @property
    def key(self) -> str:
        """The identity under which a repeat is recognised."""
        return self.message_id


@dataclass(frozen=True, slots=True)
class Ack(Message):
    """The broker is working the order."""


@dataclass(frozen=True, slots=True)
class Execution(Message):
    """A trade. `quantity` is what traded just now; `fee` micros of currency, never negative."""

    fill_id: str | None
    quantity: Quantity
    price: Price
    fee: Money

    @property
    def key(self) -> str:
        # A broker may repeat one trade inside several envelopes: the trade's own id is the stronger one.
        return self.message_id if self.fill_id is None else self.fill_id


@dataclass(frozen=True, slots=True)
class PartialFill(Execution):
    """A trade that need not complete the order."""


@dataclass(frozen=True, slots=True)
class FinalFill(Execution):
    """A trade that the broker says completed the order."""


@dataclass(frozen=True, slots=True)
class CancelAck(Message):
    """The order is cancelled; what had filled stays filled."""


@dataclass(frozen=True, slots=True)
class CancelReject(Message):
    """The cancel was refused; the order works on."""

    reason: str


@dataclass(frozen=True, slots=True)
class ReplaceAck(Message):
    """The order now has these terms; `quantity` is the new total."""

    quantity: Quantity
    limit_price: Price | None
    stop_price: Price | None


@dataclass(frozen=True, slots=True)
class ReplaceReject(Message):
    """The replace was refused; the old terms stand."""

    reason: str


@dataclass(frozen=True, slots=True)
class Reject(Message):
    """The broker refused the order."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Expired(Message):
    """The order's time ran out; what had filled stays filled."""

    reason: str


BrokerEvent = Ack | PartialFill | FinalFill | CancelAck | CancelReject | ReplaceAck | ReplaceReject | Reject | Expired

KINDS: dict[str, type[BrokerEvent]] = {
    "ACK": Ack,
    "PARTIAL_FILL": PartialFill,
    "FILL": FinalFill,
    "CANCEL_ACK": CancelAck,
    "CANCEL_REJECT": CancelReject,
    "REPLACE_ACK": ReplaceAck,
    "REPLACE_REJECT": ReplaceReject,
    "REJECT": Reject,
    "EXPIRED": Expired,
}
_NAMES = {made: kind for kind, made in KINDS.items()}


def kind_of(event: BrokerEvent) -> str:
    """Return the name a report is stored under, like PARTIAL_FILL."""
    return _NAMES[type(event)]


def event_to_data(event: BrokerEvent) -> dict[str, str | int | None]:
    """Return a report as text and integers, `kind` included."""
    data: dict[str, str | int | None] = {field.name: getattr(event, field.name) for field in fields(event)}
    data["kind"] = kind_of(event)
    return data


def event_from_data(data: Mapping[str, str | int | None]) -> BrokerEvent:
    """Return the report that `event_to_data` wrote. Raises ValueError on anything else."""
    rest = dict(data)
    made = KINDS.get(str(rest.pop("kind", None)))
    if made is None or rest.keys() != {field.name for field in fields(made)}:
        raise ValueError(f"not a broker report: {sorted(data)}")
    return made(**rest)  # type: ignore[arg-type]
