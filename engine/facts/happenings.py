"""Our own orders as windows see them: one shape for what happens, and for what would have happened."""

from typing import Any

from dsl.windows import Happening
from engine.model.order import Intent


def happening_of(
    event: str, intent: Intent, at: int, *, code: str = "", worst_notional: int | None = None
) -> Happening:  # fmt: skip
    """Return an event of an intent or its order as windows count it.

    Events of an intent carry its limit price and what it is worth at its worst price, in micros.
    """
    fields: dict[str, Any] = {"quantity": int(intent.quantity)}
    if event.startswith("intent."):
        fields |= {"limit_price": intent.limit_price, "worst_notional": worst_notional}
    if code:
        fields["code"] = code
    return Happening(event, at, {**keys_of(intent), **fields})


def keys_of(intent: Intent) -> dict[str, Any]:
    """Return what every event of an order carries: whose it is, of what and which way."""
    return {
        "account": intent.account, "strategy": intent.strategy, "engine": intent.engine, "symbol": intent.symbol,
        "side": intent.side.value, "type": intent.type.value,
    }  # fmt: skip
