"""What the outbox carries: one request to the broker in canonical bytes, and its hash.

The client order id is not part of it: that id is derived from the decision record, which itself holds
this hash. So record, payload and id bind each other and none can be exchanged alone.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from engine.audit.canonical import NotCanonical, canonical, parse_canonical
from engine.model.numbers import NumberFault, Price, Quantity, format_decimal, parse_decimal
from engine.model.order import OrderType, Side, TimeInForce

VERSION = 1


class Action(StrEnum):
    """What is asked of the broker."""

    SUBMIT = "SUBMIT"
    CANCEL = "CANCEL"
    REPLACE = "REPLACE"


@dataclass(frozen=True, slots=True)
class SubmitOrder:
    """A new order."""

    symbol: str
    side: Side
    type: OrderType
    quantity: Quantity
    time_in_force: TimeInForce
    limit_price: Price | None = None
    stop_price: Price | None = None


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """The end of an order; `target` is its client order id."""

    target: str


@dataclass(frozen=True, slots=True)
class ReplaceOrder:
    """New terms for an order; `target` is its client order id, `quantity` the new total."""

    target: str
    quantity: Quantity
    limit_price: Price | None = None
    stop_price: Price | None = None


Envelope = SubmitOrder | CancelOrder | ReplaceOrder

_ACTIONS: dict[type[Envelope], Action] = {
    SubmitOrder: Action.SUBMIT,
    CancelOrder: Action.CANCEL,
    ReplaceOrder: Action.REPLACE,
}


@dataclass(frozen=True, slots=True)
class EnvelopeFault:
    """Bytes that are not an envelope."""

    code: str
    message: str


def action_of(envelope: Envelope) -> Action:
    """Return what an envelope asks."""
    return _ACTIONS[type(envelope)]


def encode_envelope(envelope: Envelope) -> bytes:
    """Return the canonical bytes that are hashed, stored and sent."""
    data: dict[str, Any] = {"v": VERSION, "action": action_of(envelope).value}
    match envelope:
        case SubmitOrder():
            data |= {
                "symbol": envelope.symbol,
                "side": envelope.side.value,
                "type": envelope.type.value,
                "time_in_force": envelope.time_in_force.value,
            }
        case CancelOrder() | ReplaceOrder():
            data["target"] = envelope.target
    if not isinstance(envelope, CancelOrder):
        data["quantity"] = format_decimal(envelope.quantity)
        data["limit_price"] = _optional_text(envelope.limit_price)
        data["stop_price"] = _optional_text(envelope.stop_price)
    return canonical(data)


def payload_hash(payload: bytes) -> str:
    """Return the SHA-256 hex of an envelope's bytes; the decision record holds the same."""
    return hashlib.sha256(payload).hexdigest()


def decode_envelope(payload: bytes) -> Envelope | EnvelopeFault:
    """Return the envelope, or why the bytes are none; only what `encode_envelope` writes is accepted."""
    try:
        data = parse_canonical(payload)
        envelope = _built(data)
        if encode_envelope(envelope) == payload:
            return envelope
        reason = "it holds more or other than an envelope does"
    except (NotCanonical, NumberFault, KeyError, ValueError, TypeError) as error:
        reason = str(error)
    return EnvelopeFault("ENVELOPE_MALFORMED", f"the stored payload is not an envelope: {reason}")


def _built(data: dict[str, Any]) -> Envelope:
    match Action(data["action"]):
        case Action.CANCEL:
            return CancelOrder(data["target"])
        case Action.REPLACE:
            return ReplaceOrder(data["target"], *_amounts(data))
        case Action.SUBMIT:
            quantity, limit, stop = _amounts(data)
            return SubmitOrder(
                symbol=data["symbol"],
                side=Side(data["side"]),
                type=OrderType(data["type"]),
                quantity=quantity,
                time_in_force=TimeInForce(data["time_in_force"]),
                limit_price=limit,
                stop_price=stop,
            )


def _amounts(data: dict[str, Any]) -> tuple[Quantity, Price | None, Price | None]:
    limit, stop = data["limit_price"], data["stop_price"]
    return (
        Quantity(parse_decimal(data["quantity"])),
        None if limit is None else Price(parse_decimal(limit)),
        None if stop is None else Price(parse_decimal(stop)),
    )


def _optional_text(price: Price | None) -> str | None:
    return None if price is None else format_decimal(price)
