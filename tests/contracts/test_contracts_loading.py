"""What strict JSON and YAML accept, and where they say things stand."""

import io
import json
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.contracts import (
    JSON_LIMITS,
    Diagnostic,
    Limits,
    Loaded,
    Position,
    contract,
    load_json,
    load_jsonl,
    load_yaml,
)
from engine.contracts.json_scan import is_deeper

TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=126) | st.sampled_from("éß€\u4e2d😀"), max_size=12)
SCALARS = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXTS
VALUES = st.recursive(
    SCALARS, lambda below: st.lists(below, max_size=4) | st.dictionaries(TEXTS, below, max_size=4), max_leaves=12
)
QUICK = settings(max_examples=80, deadline=None, derandomize=True, database=None)


def value_of(result: Loaded | list[Diagnostic]) -> Any:
    assert isinstance(result, Loaded), result
    return result.value


def at(value: Any, pointer: str) -> Any:
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        value = value[name] if isinstance(value, dict) else value[int(name)]
    return value


@QUICK
@given(VALUES, st.sampled_from([None, 1]))
def test_json_of_any_plain_value_is_read_back(value: Any, indent: int | None) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=indent is None)
    assert value_of(load_json(text)) == value
    assert value_of(load_json(text.encode())) == value


@QUICK
@given(VALUES)
def test_json_of_any_plain_value_is_the_same_yaml(value: Any) -> None:
    assert value_of(load_yaml(json.dumps(value, ensure_ascii=False))) == value


@QUICK
@given(VALUES, st.data())
def test_damaged_json_is_read_as_orjson_reads_it_or_refused(value: Any, data: st.DataObject) -> None:
    raw = bytearray(json.dumps(value, ensure_ascii=False).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        where = data.draw(st.integers(0, len(raw)))
        raw[where : where + data.draw(st.integers(0, 2))] = data.draw(st.sampled_from(
            [b"", b"0", b"1", b"-", b".", b"e", b'"', b"\\", b",", b":", b"[", b"]", b"{", b"}", b"N", b" ",
             b"\xff", b"\\u", b"d800"]
        ))  # fmt: skip
    result = load_json(bytes(raw))
    if isinstance(result, Loaded):
        assert result.value == orjson.loads(raw)
        return
    assert result[0].code != "J012"
    if result[0].code == "J005":
        with pytest.raises(orjson.JSONDecodeError):
            orjson.loads(raw)


@QUICK
@given(VALUES, st.sampled_from([None, 0, 2]))
def test_positions_point_at_the_first_character_of_each_value(value: Any, indent: int | None) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    loaded = load_json(text, first_line=10)
    assert isinstance(loaded, Loaded)
    for pointer, position in loaded.positions().items():
        line = text.split("\n")[position.line - 10]
        first = json.dumps(at(value, pointer), ensure_ascii=False)[0]
        assert line[position.column - 1] == first, pointer


@QUICK
@given(VALUES)
def test_yaml_and_json_agree_where_things_stand(value: Any) -> None:
    text = json.dumps(value, indent=1, ensure_ascii=False)
    from_json, from_yaml = load_json(text), load_yaml(text)
    assert isinstance(from_json, Loaded)
    assert isinstance(from_yaml, Loaded)
    assert from_json.positions() == from_yaml.positions()


@pytest.mark.parametrize("text, value", [
    ("NO", "NO"), ("no", "no"), ("yes", "yes"), ("on", "on"), ("True", "True"), ("true", True), ("false", False),
    ("null", None), ("~", None), ("", None), ("012", "012"), ("0o14", "0o14"), ("0x1F", "0x1F"), ("1:30", "1:30"),
    ("1_000", "1_000"), ("12", 12), ("-12", -12), ("-0", 0), ("+12", "+12"), ("0.20", "0.20"), ("1e3", "1e3"),
    (".inf", ".inf"), (".nan", ".nan"), ("2026-01-05", "2026-01-05"), ('"12"', "12"), ("'true'", "true"),
    ("9007199254740991", 2**53 - 1), ("=", "="), ("١٢", "١٢"), ("|\n  12\n", "12\n"),
])  # fmt: skip
def test_yaml_scalars_never_surprise(text: str, value: Any) -> None:
    found = value_of(load_yaml(f"key: {text}\n"))["key"]
    assert found == value
    assert type(found) is type(value)


def test_yaml_keys_are_text_whatever_they_look_like() -> None:
    assert value_of(load_yaml("1: a\ntrue: b\nnull: c\n2026-01-05: d\n")) == {
        "1": "a", "true": "b", "null": "c", "2026-01-05": "d",
    }  # fmt: skip


def test_empty_yaml_is_nothing_and_not_an_empty_map() -> None:
    assert value_of(load_yaml("")) is None
    assert value_of(load_yaml("# only a comment\n")) is None


def test_fault_of_a_value_names_line_column_and_pointer() -> None:
    text = '{\n  "rate":\n      "-1"\n}'
    loaded = load_json(text, "fx.json")
    assert isinstance(loaded, Loaded)
    faults = contract("fx").parse(loaded)
    assert isinstance(faults, list)
    assert (faults[0].source, faults[0].line, faults[0].column, faults[0].pointer) == ("fx.json", 3, 7, "/rate")
    assert str(faults[0]) == "fx.json:3:7: C007 -1 is too small; it must be above 0 at /rate"


def test_fault_of_a_missing_value_stands_at_what_should_hold_it() -> None:
    loaded = load_yaml("# header\nparams:\n  pre_trade.size.cap:\n    value: 1 USD\n", "overlay.yaml")
    assert isinstance(loaded, Loaded)
    faults = contract("overlay").parse(loaded)
    assert isinstance(faults, list)
    assert (faults[0].line, faults[0].column) == (4, 5)


def test_location_of_an_unknown_pointer_is_the_nearest_value_around_it() -> None:
    loaded = load_json('{"a": {"b/c": [1, 2]}}')
    assert isinstance(loaded, Loaded)
    found = loaded.locate(["/a/b~1c/1", "/a/b~1c/7/x", "/z"])
    assert found == {
        "/a/b~1c/1": Position(1, 19), "/a/b~1c/7/x": Position(1, 15), "/z": Position(1, 1),
    }  # fmt: skip


def test_depth_of_brackets_inside_text_does_not_count() -> None:
    assert not is_deeper(json.dumps("[" * 99), 3)
    assert not is_deeper(json.dumps(["[{\\", '"[[[[']), 3)
    assert is_deeper("[[[[", 3)
    assert value_of(load_json("[" * JSON_LIMITS.depth + "]" * JSON_LIMITS.depth))


def test_size_counts_bytes_and_not_characters() -> None:
    limits = Limits(size=8, depth=2)
    assert value_of(load_json('"ééé"', limits=limits)) == "ééé"
    refused = load_json('"éééé"', limits=limits)
    assert isinstance(refused, list)
    assert refused[0].code == "J001"


def test_lines_are_read_one_by_one_with_their_numbers() -> None:
    stream = io.BytesIO(b'{"a": 1}\n\n  \n{"a": 1, "a": 2}\r\n[2]')
    found = list(load_jsonl(stream, "s.jsonl"))
    assert [number for number, _ in found] == [1, 4, 5]
    assert value_of(found[0][1]) == {"a": 1}
    assert isinstance(found[1][1], list)
    assert (found[1][1][0].code, found[1][1][0].line, found[1][1][0].column) == ("J006", 4, 10)
    assert value_of(found[2][1]) == [2]


@pytest.mark.parametrize("ending", [b"\n", b""])
def test_overlong_line_is_refused_and_the_next_one_still_read(ending: bytes) -> None:
    limits = Limits(size=10, depth=3)
    exact = b'"' + b"x" * 8 + b'"\n'
    stream = io.BytesIO(exact + b'"' + b"x" * 9 + b'"\n' + b"y" * 1000 + b"\n" + exact[:-1] + ending)
    found = list(load_jsonl(stream, limits=limits))
    assert [number for number, _ in found] == [1, 2, 3, 4]
    assert [isinstance(result, Loaded) for _, result in found] == [True, False, False, True]
    assert all(isinstance(result, list) and result[0].code == "J001" for _, result in found[1:3])


def test_fault_of_a_line_carries_the_line_of_the_file() -> None:
    stream = io.BytesIO(b'{"rate": "1"}\n{"rate": "0"}\n')
    (_, _), (_, second) = load_jsonl(stream, "fx.jsonl")
    faults = contract("fx").parse(second)
    assert isinstance(faults, list)
    assert (faults[0].line, faults[0].column) == (2, 10)


def test_exhausted_machine_is_a_diagnostic(monkeypatch: pytest.MonkeyPatch) -> None:
    def exhaust(*_: Any, **__: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr("engine.contracts.json_text.is_deeper", exhaust)
    monkeypatch.setattr("engine.contracts.json_text.first_fault", exhaust)
    monkeypatch.setattr("yaml.parse", exhaust)
    for result, code in ((load_json("[]"), "J012"), (load_yaml("a: 1"), "Y014")):
        assert isinstance(result, list)
        assert result[0].code == code
