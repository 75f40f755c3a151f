"""Decimals, instants and dates enter as integers and leave as the shortest text, exactly."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.contracts import RenderFault, SchemaFault, compile_contract, contract, contract_names
from engine.contracts.schema import compile_pattern
from engine.model.numbers import format_decimal, parse_decimal
from engine.model.time import parse_timestamp
from tests.contracts.contracts_oracle import examples

DAY = {"type": "string", "format": "date"}
FORMS = compile_contract("forms", {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "amount": {"type": "string", "pattern": r"^-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,6})?$", "x-scale": 6},
        "factor": {"type": "string", "pattern": r"^-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,12})?$", "x-scale": 12},
        "at": {"type": "string", "format": "date-time"},
        "day": {"type": "string", "format": "date"},
        "either": {"anyOf": [DAY, {"type": "array", "items": DAY}]},
    },
})  # fmt: skip


def test_every_contract_has_an_example_and_accepts_it() -> None:
    for name in contract_names():
        valid = examples(name)
        assert valid
        for value in valid:
            result = contract(name).parse(value, computed=bool(contract(name).schema.get("x-derived")))
            assert isinstance(result, dict), (name, result)


def test_every_contract_names_itself_and_is_closed() -> None:
    for name in contract_names():
        schema = contract(name).schema
        assert schema["$id"] == f"urn:miniquantdesk:{name}:1"
        assert schema["additionalProperties"] is False


def test_every_number_of_a_contract_has_a_unit_and_bounds() -> None:
    def walk(body: Any, at: str) -> None:
        if isinstance(body, list):
            for index, below in enumerate(body):
                walk(below, f"{at}/{index}")
        if not isinstance(body, dict):
            return
        if "x-scale" in body:
            assert body["x-unit"], at
            assert {"x-minimum", "x-exclusive-minimum"} & set(body), at
            assert "x-maximum" in body, at
        if body.get("type") == "integer":
            assert {"minimum", "maximum"} <= set(body), at
        if body.get("type") == "array":
            assert "maxItems" in body, at
        for name, below in body.items():
            walk(below, f"{at}/{name}")

    for name in contract_names():
        walk(contract(name).schema, name)


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.integers(-(10**21) + 1, 10**21 - 1))
def test_decimal_enters_and_leaves_as_the_model_reads_it(value: int) -> None:
    text = format_decimal(value)
    assert FORMS.parse({"amount": text}) == {"amount": parse_decimal(text)} == {"amount": value}
    assert FORMS.render({"amount": value}) == {"amount": text}


@pytest.mark.parametrize("text, value", [
    ("0", 0), ("-0", 0), ("-0.5", -500_000), ("1.10", 1_100_000), ("0.000001", 1),
    ("999999999999999.999999", 10**21 - 1), ("-999999999999999.999999", 1 - 10**21),
])  # fmt: skip
def test_decimal_text_is_an_exact_count_of_millionths(text: str, value: int) -> None:
    assert FORMS.parse({"amount": text}) == {"amount": value}


def test_split_factor_keeps_twelve_places() -> None:
    assert FORMS.parse({"factor": "7.000007"}) == {"factor": 7_000_007_000_000}
    assert FORMS.render({"factor": 7_000_007_000_001}) == {"factor": "7.000007000001"}


@pytest.mark.parametrize(
    "text", ["2026-01-05T15:00:00Z", "2026-01-05T15:00:00.000001Z", "1000-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]
)
def test_instant_is_microseconds_and_comes_back(text: str) -> None:
    inner = FORMS.parse({"at": text})
    assert inner == {"at": parse_timestamp(text)}
    assert FORMS.render(inner) == {"at": text}


def test_instant_of_another_offset_is_the_same_instant() -> None:
    assert FORMS.parse({"at": "2026-01-05T20:30:00+05:30"}) == FORMS.parse({"at": "2026-01-05T15:00:00Z"})


@pytest.mark.parametrize("text", [
    "2026-01-05T15:00:00", "2026-01-05T15:00:00+99:99", "2026-01-05T15:00:00+24:00", "2026-01-05T15:00:00+05:60",
    "0999-12-31T23:59:59Z", "9999-12-31T23:59:59-00:01", "2026-01-05T15:00:00Z\n", "٢٠٢٦-01-05T15:00:00Z",
])  # fmt: skip
def test_instant_that_cannot_be_printed_back_is_refused(text: str) -> None:
    result = FORMS.parse({"at": text})
    assert isinstance(result, list)
    assert result[0].code == "C009"


def test_date_is_its_proleptic_ordinal() -> None:
    assert FORMS.parse({"day": "2026-01-05"}) == {"day": date(2026, 1, 5).toordinal()}
    assert FORMS.render({"day": date(2026, 1, 5).toordinal()}) == {"day": "2026-01-05"}


def test_alternative_that_is_taken_converts_the_value() -> None:
    day = date(2026, 1, 5).toordinal()
    assert FORMS.parse({"either": "2026-01-05"}) == {"either": day}
    assert FORMS.parse({"either": ["2026-01-05"]}) == {"either": [day]}
    assert FORMS.render({"either": [day]}) == {"either": ["2026-01-05"]}
    assert FORMS.render({"either": day}) == {"either": "2026-01-05"}


@pytest.mark.parametrize("record", [
    {"amount": "1"}, {"amount": 1.0}, {"amount": True}, {"at": 10**30}, {"day": 0}, {"unknown": 1}, [], {"either": "x"},
])  # fmt: skip
def test_record_that_does_not_fit_is_broken_machinery(record: Any) -> None:
    with pytest.raises(RenderFault):
        FORMS.render(record)


def test_optional_none_is_left_out_and_required_none_is_a_fault() -> None:
    assert FORMS.render({"amount": 1, "at": None}) == {"amount": "0.000001"}
    with pytest.raises(RenderFault):
        contract("fx").render({"rate": None})


@pytest.mark.parametrize("body", [
    {"type": "number"}, {"type": "string", "contentEncoding": "base64"}, {"x-anything": 1}, {"format": "date"},
    {"type": "string", "format": "email"}, {"type": "string", "pattern": r"^\d+$"},
    {"type": "string", "pattern": "(?i)a"},
    {"type": "string", "x-scale": 6}, {"type": "string", "pattern": "^[0-9]+$", "x-scale": 2}, {"x-minimum": "1"},
    {"enum": [1.5]}, {"enum": [[]]}, {"const": 1, "enum": [1]}, {"enum": ["a"], "pattern": "a"}, {"minimum": 0.5},
    {"$ref": "other.json"}, {"$ref": "#/$defs/none"}, {"$ref": "#/$defs/loop"}, {"maxItems": -1}, {"readOnly": "yes"},
    {"allOf": [{"type": "string", "format": "date"}]}, {"not": {"type": "string", "format": "date"}}, True,
    {"type": "string", "format": "date", "anyOf": [{"type": "string", "format": "date-time"}]},
], ids=str)  # fmt: skip
def test_schema_that_cannot_be_enforced_exactly_is_refused(body: Any) -> None:
    loop = {"type": "array", "items": {"$ref": "#/$defs/loop"}}
    with pytest.raises(SchemaFault):
        compile_contract("x", {"type": "object", "$defs": {"loop": loop}, "properties": {"a": body}})


def test_contract_that_is_not_shipped_is_an_error_with_the_names() -> None:
    with pytest.raises(LookupError, match="intent"):
        contract("intend")


def test_pattern_ends_at_the_end_and_not_before_a_newline() -> None:
    assert compile_pattern("^a$").search("a")
    assert not compile_pattern("^a$").search("a\n")
    assert compile_pattern("[$]").search("$")


def test_faults_are_bounded_in_number() -> None:
    faults = contract("fx").parse({f"f{index}": 1 for index in range(5_000)})
    assert isinstance(faults, list)
    assert len(faults) == 50


def test_value_nested_beyond_the_machine_is_a_fault() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    for name in ("event", "config", "fx"):
        base = examples(name)[0]
        field = {"event": "payload", "config": "engine", "fx": "rate"}[name]
        assert isinstance(contract(name).parse({**base, field: {"x": deep}}), list)
    while deep:
        deep = deep.pop()
