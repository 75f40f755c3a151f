"""Every contract accepts exactly what the jsonschema library accepts, and says what it refuses."""

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.contracts import compile_contract, contract, contract_names
from engine.contracts.faults import explain
from tests.contracts.contracts_oracle import examples, judge

PLAIN: list[Any] = [
    None, True, False, 0, 1, -1, 2, 500, 2**53 - 1, "", " ", "0", "-0", "0.0", "1", "-1", "1.0", "1.0000001",
    "0.000001", "-0.000001", "999999999999999", "1000000000", "1000000000.000001", "1000000", "1e3", "NaN", "01",
    "1\n", "+1", ".5", "1.", "١", "SPY", "spy", "SPY\n", "BRK.B", "A" * 16, "A" * 17, "BUY", "LIMIT", "MARKET",
    "STOP", "REPLACE_PENDING", "hold", "reject", "warn", "fact", "MAIN", "x", "id@1", "x" * 80, "x" * 81, "_x",
    "SIZE-01", "FACT_MISSING", "market.ask", "a" * 64, "A" * 64, "2026-01-05", "2026-02-29", "2024-02-29",
    "2026-01-05T21:00:00Z", "2026-01-05T21:00:00", "2026-01-05T21:00:00.123456+05:30", "2026-01-05T24:00:00Z",
    "2026-01-05T21:00:00+24:00", "2026-01-05T21:00:60Z", "2026-01-05t21:00:00z", "\u202e", "a\tb", "é",
    "5 s", "40_000 USD", [], {}, ["SPY"], ["ACC-1", "SPY"], ["trader", "trader"], [1, True], {"x": 1},
    {"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": 1}}}}}}}},
]  # fmt: skip
JUDGED = settings(
    max_examples=50,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Return every (container, key or index) inside a value."""
    found: list[tuple[Any, Any]] = []
    if isinstance(value, dict | list):
        for name in list(value) if isinstance(value, dict) else range(len(value)):
            found.append((value, name))
            found.extend(places(value[name]))
    return found


def suggestions(schema: Any) -> list[Any]:
    """Return the constants, enum members and bounds a schema speaks of."""
    found: list[Any] = []
    if isinstance(schema, dict):
        for name, body in schema.items():
            if name in ("const", "x-minimum", "x-maximum", "x-exclusive-minimum", "minimum", "maximum"):
                found.append(body)
                if isinstance(body, str):
                    found.append(f"{body}.000001" if "." not in body else body)
                elif isinstance(body, int):
                    found.extend([body - 1, body + 1])
            found.extend(body if name == "enum" else suggestions(body))
    elif isinstance(schema, list):
        for body in schema:
            found.extend(suggestions(body))
    return found


def mutate(data: st.DataObject, value: Any, names: list[str], pool: list[Any]) -> Any:
    """Return a value with no, one or two random changes."""
    document = [copy.deepcopy(value)]
    for _ in range(data.draw(st.integers(0, 2))):
        spots = places(document)
        holder, name = data.draw(st.sampled_from(spots))
        action = data.draw(st.sampled_from(["replace", "replace", "remove", "add", "repeat"]))
        other = copy.deepcopy(data.draw(st.sampled_from(pool)))
        inside = holder[name]
        if action == "replace":
            holder[name] = other
        elif action == "remove" and holder is not document:
            del holder[name]
        elif action == "add" and isinstance(inside, dict):
            inside[data.draw(st.sampled_from(names))] = other
        elif action == "repeat" and isinstance(inside, list) and inside:
            inside.append(copy.deepcopy(inside[0]))
    return document[0]


@pytest.mark.parametrize("name", contract_names())
def test_contract_accepts_what_jsonschema_accepts(name: str) -> None:
    subject, valid = contract(name), examples(name)
    oracle = judge(subject.schema)
    pool = PLAIN + suggestions(subject.schema)
    names = sorted({key for value in valid for _, key in places(value) if isinstance(key, str)})
    names += [*subject.schema["properties"], "unknown", "limit_price", "~/"]
    seen = {True: 0, False: 0}

    @JUDGED
    @given(st.data())
    def run(data: st.DataObject) -> None:
        value = mutate(data, data.draw(st.sampled_from(valid)), names, pool)
        result = subject.parse(value, computed=True)
        is_valid = bool(oracle.is_valid(value))
        assert isinstance(result, dict) == is_valid, value
        assert (not explain(subject.node, value, computed=True)) == is_valid
        seen[is_valid] += 1
        if isinstance(result, dict):
            written = subject.render(result)
            assert oracle.is_valid(written)
            assert subject.parse(written, computed=True) == result
        bare = subject.parse(value)
        assert isinstance(bare, dict) == (not explain(subject.node, value, computed=False))
        assert is_valid or isinstance(bare, list)

    run()
    assert seen[True] > 2
    assert seen[False] > 4


KEYWORDS: list[tuple[dict[str, Any], list[Any]]] = [
    ({"enum": [1, "1", None]}, [1, True, "1", None, 0, [], {}]),
    ({"const": True}, [True, 1, "true"]),
    ({"const": 0}, [0, False, None]),
    ({"type": ["string", "null"], "maxLength": 2}, ["ab", "abc", None, 1, "é\u0301"]),
    ({"type": "array", "uniqueItems": True}, [[1, True], [1, 1], [{"a": 1}, {"a": True}], [[1], [1]], [0, False]]),
    (
        {"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 2},
        [[], [1], [1, 2, 3], ["1"], [True]],
    ),
    ({"type": "string", "pattern": "b"}, ["abc", "ac", "b\n"]),
    ({"type": "string", "pattern": "^a|b$"}, ["ax", "xb", "x", "xb\n", "xa"]),
    ({"type": "string", "pattern": "^[^$]$"}, ["$", "a", "a\n"]),
    ({"pattern": "^a$"}, ["a", "b", 1, None]),
    ({"required": ["a"]}, [{}, {"a": 1}, [], "a"]),
    ({"properties": {"a": {"type": "integer"}}}, [{"a": 1}, {"a": "1"}, {}, []]),
    ({"anyOf": [{"type": "integer", "minimum": 3}, {"type": "string", "minLength": 2}]}, [3, 2, "ab", "a", None]),
    ({"oneOf": [{"minimum": 3}, {"maximum": 5}]}, [1, 4, 9, "x"]),
    ({"allOf": [{"minimum": 3}, {"not": {"const": 4}}]}, [2, 3, 4, 5]),
    ({"if": {"const": 1}, "then": {"type": "integer"}, "else": {"type": "string"}}, [1, True, 2, "x"]),
    ({"if": {"const": 1}}, [1, 2]),
    (
        {
            "if": {"properties": {"a": {"enum": ["x", "y"]}}},
            "then": {"required": ["b", "c"]},
            "else": {"not": {"required": ["b", "c"]}},
        },
        [
            *(1, {}, {"b": 1}, {"b": 1, "c": 1}, {"a": "x"}, {"a": "y", "b": 1, "c": 1}, {"a": "z"}),
            *({"a": "z", "b": 1}, {"a": "z", "b": 1, "c": 1}, {"a": []}, {"a": None, "b": 1, "c": 1}),
        ],
    ),
    ({"then": {"const": 1}}, [1, 2]),
    (
        {"type": "object", "propertyNames": {"pattern": "^a"}, "maxProperties": 1},
        [{}, {"a": 1}, {"b": 1}, {"a": 1, "ab": 1}],
    ),
    ({"type": "object", "additionalProperties": {"type": "integer"}}, [{"a": 1}, {"a": "x"}]),
    (
        {"type": "array", "items": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]}},
        [["2026-01-05"], [None], ["x"]],
    ),
]


@pytest.mark.parametrize("body, values", KEYWORDS, ids=lambda part: str(part)[:50])
def test_keyword_means_what_jsonschema_says(body: dict[str, Any], values: list[Any]) -> None:
    schema = {"type": "object", "properties": {"x": body}, "required": ["x"], "additionalProperties": False}
    subject, oracle = compile_contract("x", schema), judge(schema)
    verdicts = {}
    for value in values:
        verdicts[repr(value)] = isinstance(subject.parse({"x": value}), dict)
        assert verdicts[repr(value)] == oracle.is_valid({"x": value}), value
        assert verdicts[repr(value)] == (not explain(subject.node, {"x": value}, computed=False))
    assert set(verdicts.values()) == {True, False} or body == {"if": {"const": 1}} or body == {"then": {"const": 1}}
