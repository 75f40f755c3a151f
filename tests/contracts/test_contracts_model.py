"""Model types and contracts say the same thing, field by field."""

import dataclasses
import typing
from enum import StrEnum
from typing import Any

import pytest

from engine.contracts import (
    Diagnostic,
    bar_from,
    contract,
    event_from,
    fill_from,
    instrument_from,
    intent_from,
    principal_from,
    render_bar,
    render_fill,
    render_instrument,
    render_intent,
    render_principal,
)
from engine.model import numbers, time
from engine.model.bar import Bar, Timeframe
from engine.model.event import TAXONOMY, Event, EventType, Topic
from engine.model.instrument import Instrument
from engine.model.order import Fill, Intent, IntentKind, OrderState, OrderType, Purpose, Side, TimeInForce
from engine.model.principal import Principal, Role
from tests.contracts.contracts_oracle import examples

MODELS: list[tuple[str, type, Any, Any]] = [
    ("intent", Intent, intent_from, render_intent),
    ("fill", Fill, fill_from, render_fill),
    ("bar", Bar, bar_from, render_bar),
    ("instrument", Instrument, instrument_from, render_instrument),
    ("principal", Principal, principal_from, render_principal),
]
UNITS: dict[Any, str] = {
    numbers.Price: "price[USD]",
    numbers.Quantity: "quantity",
    numbers.Money: "money[USD]",
    numbers.Ratio: "ratio",
    time.Timestamp: "timestamp",
    bool: "bool",
    int: "ratio",
}


def inputs_of(name: str) -> dict[str, Any]:
    """Return the properties of a contract an outsider may give."""
    properties = contract(name).schema["properties"]
    return {field: body for field, body in properties.items() if not body.get("readOnly")}


@pytest.mark.parametrize("name, model", [(name, model) for name, model, _, _ in MODELS])
def test_contract_and_model_have_the_same_fields(name: str, model: type) -> None:
    assert set(inputs_of(name)) == {field.name for field in dataclasses.fields(model)}


@pytest.mark.parametrize("name, model", [(name, model) for name, model, _, _ in MODELS])
def test_contract_and_model_agree_on_what_may_be_left_out(name: str, model: type) -> None:
    required = set(contract(name).schema["required"])
    for field in dataclasses.fields(model):
        assert (field.name in required) == (field.default is not None), field.name


@pytest.mark.parametrize("name, model", [(name, model) for name, model, _, _ in MODELS])
def test_contract_and_model_agree_on_kind_and_unit(name: str, model: type) -> None:
    hints = typing.get_type_hints(model)
    for field, body in inputs_of(name).items():
        kind = hints[field]
        if type(None) in typing.get_args(kind):
            kind = next(part for part in typing.get_args(kind) if part is not type(None))
        if typing.get_origin(kind) is frozenset:
            kind, body = typing.get_args(kind)[0], body["items"]
        if isinstance(kind, type) and issubclass(kind, StrEnum):
            assert body["enum"] == [member.value for member in kind], field
        elif kind is str:
            assert body["type"] == "string", field
            assert "x-scale" not in body, field
        else:
            assert body["x-unit"] == UNITS[kind], field
            assert body.get("x-scale", 6) == numbers.PLACES, field


@pytest.mark.parametrize("name, field, kind", [
    ("intent", "purpose", Purpose), ("intent", "kind", IntentKind), ("intent", "time_in_force", TimeInForce),
    ("order", "state", OrderState), ("order", "side", Side), ("order", "type", OrderType),
    ("order", "time_in_force", TimeInForce), ("fact", "timeframe", Timeframe), ("bar", "timeframe", Timeframe),
    ("event", "topic", Topic), ("event", "event_type", EventType),
])  # fmt: skip
def test_contract_knows_every_member_of_an_enumeration(name: str, field: str, kind: type[StrEnum]) -> None:
    assert contract(name).schema["properties"][field]["enum"] == [member.value for member in kind]


def test_every_event_type_has_one_topic() -> None:
    assert set(TAXONOMY) == set(EventType)


def test_violation_is_the_same_inside_a_decision() -> None:
    body = contract("violation").schema
    inner = contract("decision").schema["$defs"]["violation"]
    assert inner == {key: body[key] for key in inner}


def test_roles_of_the_contract_are_the_closed_table() -> None:
    assert contract("principal").schema["properties"]["roles"]["items"]["enum"] == [role.value for role in Role]


@pytest.mark.parametrize("name, model, read, write", MODELS)
def test_what_is_read_is_written_back(name: str, model: type, read: Any, write: Any) -> None:
    for example in examples(name):
        record = read(example)
        assert isinstance(record, model), record
        assert read(write(record)) == record


def test_intent_arrives_in_scaled_integers() -> None:
    intent = intent_from(examples("intent")[0])
    assert isinstance(intent, Intent)
    assert (intent.quantity, intent.limit_price, intent.stop_price) == (100_000_000, 470_900_000, None)
    assert (intent.side, intent.type, intent.kind) == (Side.BUY, OrderType.LIMIT, IntentKind.NEW)


def test_fill_arrives_at_its_microsecond() -> None:
    fill = fill_from(examples("fill")[0])
    assert isinstance(fill, Fill)
    assert fill.at == time.parse_timestamp("2026-01-06T14:30:00.25Z")
    assert (fill.price, fill.fee) == (470_900_000, 100_000)


@pytest.mark.parametrize("field, value, at", [("low", "468.5", "/low"), ("high", "470", "/high")])
def test_bar_whose_range_excludes_its_close_is_refused(field: str, value: str, at: str) -> None:
    faults = bar_from({**examples("bar")[0], field: value})
    assert isinstance(faults, list)
    assert (faults[0].code, faults[0].pointer) == ("C017", at)


def test_principal_that_ends_before_it_begins_is_refused() -> None:
    faults = principal_from({**examples("principal")[0], "valid_until": "2026-01-01T00:00:00Z"})
    assert isinstance(faults, list)
    assert (faults[0].code, faults[0].pointer) == ("C017", "/valid_until")


def test_event_under_a_foreign_topic_is_refused() -> None:
    event = examples("event")[0]
    assert isinstance(event_from(event), Event)
    faults = event_from({**event, "topic": "OMS"})
    assert isinstance(faults, list)
    assert (faults[0].code, faults[0].pointer) == ("C017", "/topic")


@pytest.mark.parametrize("read", [read for _, _, read, _ in MODELS] + [event_from])
@pytest.mark.parametrize("given", [None, [], "x", 1.5, {"a": object()}, {1: 2}])
def test_anything_else_is_a_list_of_faults(read: Any, given: Any) -> None:
    faults = read(given)
    assert isinstance(faults, list)
    assert all(isinstance(fault, Diagnostic) for fault in faults)
    assert faults
