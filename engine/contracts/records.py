"""From checked values to the model's own types; every function answers with faults instead of raising."""

from enum import StrEnum
from typing import Any, TypeVar

from engine.contracts.contract import contract
from engine.contracts.diagnostic import Diagnostic
from engine.contracts.loaded import Loaded
from engine.model.bar import Bar, Timeframe
from engine.model.event import TAXONOMY, Event, EventType
from engine.model.instrument import AssetClass, Instrument
from engine.model.order import Fill, Intent, IntentKind, OrderType, Side, TimeInForce
from engine.model.principal import Principal, Role

Member = TypeVar("Member", bound=StrEnum)


def _by_value(kind: type[Member]) -> dict[str, Member]:
    return {member.value: member for member in kind}


_KINDS, _SIDES, _TYPES = _by_value(IntentKind), _by_value(Side), _by_value(OrderType)
_TIMES, _FRAMES, _CLASSES = _by_value(TimeInForce), _by_value(Timeframe), _by_value(AssetClass)


def intent_from(given: object) -> Intent | list[Diagnostic]:
    """Return the intent a value describes; what the desk derives (purpose, leaves, ...) is refused."""
    record = contract("intent").parse(given)
    if isinstance(record, list):
        return record
    return Intent(
        record["intent_id"],
        record["engine"],
        record["account"],
        record["strategy"],
        record["principal"],
        _KINDS[record["kind"]],
        record["symbol"],
        _SIDES[record["side"]],
        _TYPES[record["type"]],
        record["quantity"],
        _TIMES[record["time_in_force"]],
        record.get("limit_price"),
        record.get("stop_price"),
        record.get("target"),
    )


def fill_from(given: object) -> Fill | list[Diagnostic]:
    """Return the execution a value describes."""
    record = contract("fill").parse(given)
    if isinstance(record, list):
        return record
    return Fill(**{**record, "side": _SIDES[record["side"]]})


def bar_from(given: object) -> Bar | list[Diagnostic]:
    """Return the bar a value describes; its high and low must enclose its open and close (C017)."""
    record = contract("bar").parse(given)
    if isinstance(record, list):
        return record
    bar = Bar(**{**record, "timeframe": _FRAMES[record["timeframe"]]})
    if not bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high:
        at = "/low" if bar.low > min(bar.open, bar.close) else "/high"
        return _inconsistent(given, "open and close must lie between low and high", at)
    return bar


def instrument_from(given: object) -> Instrument | list[Diagnostic]:
    """Return the instrument a value describes."""
    record = contract("instrument").parse(given)
    if isinstance(record, list):
        return record
    return Instrument(**{**record, "asset_class": _CLASSES[record["asset_class"]]})


def principal_from(given: object) -> Principal | list[Diagnostic]:
    """Return the principal a value describes; it must become valid before it ends (C017)."""
    record = contract("principal").parse(given)
    if isinstance(record, list):
        return record
    principal = Principal(**{**record, "roles": frozenset(Role(role) for role in record["roles"])})
    if principal.valid_until is not None and principal.valid_until <= principal.valid_from:
        return _inconsistent(given, "the principal ends before it begins", "/valid_until")
    return principal


def event_from(given: object) -> Event | list[Diagnostic]:
    """Return the event an envelope holds; the topic must be the one of its type (C017)."""
    record = contract("event").parse(given)
    if isinstance(record, list):
        return record
    kind = EventType(record["event_type"])
    if TAXONOMY[kind].value != record["topic"]:
        return _inconsistent(given, f"events of type {kind} have the topic {TAXONOMY[kind]}", "/topic")
    return Event(kind, record["at"], record["payload"])


def render_intent(intent: Intent) -> dict[str, Any]:
    """Return an intent in the text form of its contract."""
    return contract("intent").render(_members(intent))


def render_fill(fill: Fill) -> dict[str, Any]:
    """Return an execution in the text form of its contract."""
    return contract("fill").render(_members(fill))


def render_bar(bar: Bar) -> dict[str, Any]:
    """Return a bar in the text form of its contract."""
    return contract("bar").render(_members(bar))


def render_instrument(instrument: Instrument) -> dict[str, Any]:
    """Return an instrument in the text form of its contract."""
    return contract("instrument").render(_members(instrument))


def render_principal(principal: Principal) -> dict[str, Any]:
    """Return a principal in the text form of its contract, roles in the order of the role table."""
    roles = [role.value for role in Role if role in principal.roles]
    return contract("principal").render({**_members(principal), "roles": roles})


def _members(record: Intent | Fill | Bar | Instrument | Principal) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__slots__}


def _inconsistent(given: object, message: str, pointer: str) -> list[Diagnostic]:
    faults = [Diagnostic("C017", message, pointer=pointer)]
    return given.place(faults) if isinstance(given, Loaded) else faults
