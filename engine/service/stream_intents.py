"""Broken intents made answerable: what can be kept of one is kept, the rest is filled, nothing is allowed."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.contracts import Diagnostic, intent_from
from engine.model.ids import derived_id
from engine.model.numbers import Quantity
from engine.model.order import Intent
from engine.service.display import clean

UNNAMED = "unknown"
NO_SYMBOL = "UNKNOWN"
_NAMES = ("strategy", "principal", "symbol", "side")
_LONGEST = 900


def answerable(given: Mapping[str, Any], engine: str, account: str, run_id: str, number: int, taken: bool) -> Intent:
    """Return an intent of no size that stands for a broken one in the record.

    Its id is the one given when that is fit and free, else derived from the line; size 0 makes sure that
    it can never be mistaken for an order.
    """
    plain = _plain(derived_id("int", run_id, "line", number), engine, account)
    kept = dict(plain)
    for name in (*_NAMES, *(() if taken else ("intent_id",))):
        if name in given and isinstance(intent_from({**plain, name: given[name]}), Intent):
            kept[name] = given[name]
    intent = intent_from(kept)
    assert isinstance(intent, Intent), "every field was accepted by itself and none excludes another"
    return replace(intent, quantity=Quantity(0))


def account_in(given: Mapping[str, Any]) -> str:
    """Return the account a broken intent names, where that can be told."""
    named = given.get("account")
    fits = isinstance(intent_from({**_plain("any", "ANY", UNNAMED), "account": named}), Intent)
    return str(named) if fits else UNNAMED


def _plain(intent_id: str, engine: str, account: str) -> dict[str, Any]:
    return {
        "intent_id": intent_id, "engine": engine, "account": account, "strategy": UNNAMED, "principal": UNNAMED,
        "kind": "NEW", "symbol": NO_SYMBOL, "side": "BUY", "type": "MARKET", "quantity": "1", "time_in_force": "DAY",
    }  # fmt: skip


def because(faults: tuple[Diagnostic, ...]) -> str:
    """Return what is wrong with a broken intent in one line that names every field."""
    said = [f"{fault.pointer or '/'}: {fault.message} ({fault.code})" for fault in faults]
    text = "; ".join(dict.fromkeys(said))
    return clean(text if len(text) <= _LONGEST else text[:_LONGEST] + "…", _LONGEST + 1)


def fault_of(pointer: str, message: str, help: str = "") -> Diagnostic:
    """Return a fault the stream itself finds with an intent."""
    return Diagnostic("STREAM_INTENT", message, pointer=pointer, help=help)
