"""Canonical JSON: one value, one byte form; the oracle is the standard library's own writer."""

import json
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.audit.canonical import MAX_INTEGER, NotCanonical, canonical, parse_canonical

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SCALARS = st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | TEXT
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


def oracle(value: Any) -> Any:
    """Sort every map by UTF-16 code units; the standard writer keeps that order."""
    if isinstance(value, dict):
        return {key: oracle(value[key]) for key in sorted(value, key=lambda text: text.encode("utf-16-be"))}
    return [oracle(item) for item in value] if isinstance(value, list) else value


@given(VALUES)
def test_canonical_equals_the_standard_writer_over_sorted_maps(value: Any) -> None:
    expected = json.dumps(oracle(value), ensure_ascii=False, separators=(",", ":")).encode()
    assert canonical(value) == expected


@given(VALUES)
def test_what_was_written_reads_back_as_the_same_value(value: Any) -> None:
    assert parse_canonical(canonical(value)) == value


def test_every_character_is_escaped_as_the_standard_writer_does() -> None:
    for point in [*range(0xD800), *range(0xE000, 0x10000), 0x10000, 0x10FFFF]:
        text = chr(point)
        assert canonical(text) == json.dumps(text, ensure_ascii=False).encode()


def test_maps_sort_by_utf16_units_and_not_by_code_points() -> None:
    private, astral = "\ue000", "\U00010000"
    assert private < astral
    assert canonical({private: 1, astral: 2}) == f'{{"{astral}":2,"{private}":1}}'.encode()
    nested = canonical({"a": [{"z": {private: 1, astral: 2}}], "B": 0})
    assert nested == f'{{"B":0,"a":[{{"z":{{"{astral}":2,"{private}":1}}}}]}}'.encode()


def test_rfc_8785_sorting_vector_holds() -> None:
    """RFC 8785 section 3.2.3, the property names of its sorting example."""
    names = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    ordered = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert list(json.loads(canonical(dict.fromkeys(names)))) == ordered


def test_integers_are_exact_up_to_the_bound_and_refused_beyond() -> None:
    assert canonical([MAX_INTEGER, -MAX_INTEGER]) == b"[9007199254740991,-9007199254740991]"
    for value in (MAX_INTEGER + 1, -MAX_INTEGER - 1, 10**30):
        with pytest.raises(NotCanonical, match="2\\^53-1"):
            canonical([value])


def nest(depth: int) -> Any:
    value: Any = 0
    for _ in range(depth):
        value = [value]
    return value


def test_sixteen_levels_are_allowed_and_seventeen_refused() -> None:
    assert canonical(nest(16)) == b"[" * 16 + b"0" + b"]" * 16
    with pytest.raises(NotCanonical, match="nested deeper"):
        canonical(nest(17))


def test_a_record_of_more_than_64_kb_is_refused_unless_the_caller_lifts_the_bound() -> None:
    assert len(canonical("x" * 65_534)) == 65_536
    with pytest.raises(NotCanonical, match="65537 bytes"):
        canonical("x" * 65_535)
    assert len(canonical("x" * 200_000, max_bytes=None)) == 200_002


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"a": [0, {"b": 1.5}]}, "/a/1/b"),
        ({"a": float("nan")}, "/a"),
        ({"a/b~c": [2**60]}, "/a~1b~0c/0"),
        ({"a": {"k": b"raw"}}, "/a/k"),
        ({"a": {1: 2}}, "/a"),
        ({"a": {"k": {"set"}}}, "/a/k"),
        ({"a": ["ok", "\ud800"]}, "/a/1"),
        ({"a": {"\udfff": 1}}, "/a/\\udfff"),
    ],
)
def test_what_json_cannot_hold_exactly_is_refused_with_its_place(value: Any, path: str) -> None:
    with pytest.raises(NotCanonical) as caught:
        canonical(value)
    assert caught.value.path == path


def test_text_enumerations_are_written_by_value_and_tuples_as_lists() -> None:
    class Colour(StrEnum):
        RED = "red"

    assert canonical({"a": (Colour.RED, True)}) == b'{"a":["red",true]}'


@pytest.mark.parametrize(
    "raw",
    [
        b'{"b":1,"a":2}',
        b'{"a":1,"a":1}',
        b'{"a": 1}',
        b"[1.0]",
        b"[1e3]",
        b"[-0]",
        b"[NaN]",
        b'["\\u0041"]',
        b'["\\/"]',
        b"\xef\xbb\xbf[]",
        b"[] ",
        b"",
        b"[9007199254740992]",
        b'["\xff"]',
        b"[" * 17 + b"]" * 17,
    ],
)
def test_any_other_spelling_of_a_value_is_refused(raw: bytes) -> None:
    with pytest.raises(NotCanonical):
        parse_canonical(raw)
