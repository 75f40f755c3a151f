"""Canonical JSON: one value has exactly one byte form, on every machine and in every language.

A subset of RFC 8785: text, booleans, null, lists, maps and integers every JSON reader holds
exactly. Decimals travel as text, so no number formatting is ever in doubt.
"""

import json
from typing import Any

import orjson

MAX_INTEGER = 2**53 - 1
MAX_DEPTH = 16
MAX_BYTES = 65_536

_BMP_TOP = "\uffff"


class NotCanonical(ValueError):
    """A value or text outside the canonical subset. `path` is a JSON pointer to the culprit."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path, self.reason = path, reason

    def __str__(self) -> str:
        return f"{self.path or '/'}: {self.reason}"


def canonical(value: Any, max_bytes: int | None = MAX_BYTES) -> bytes:
    """Return the canonical UTF-8 bytes of `value`.

    Maps are sorted by UTF-16 code units (RFC 8785 3.2.3), integers satisfy |n| <= 2^53-1, at most
    16 containers nest. Tuples count as lists. Pass `max_bytes=None` for documents such as rule
    bundles that may exceed a record's 64 kB. Raises NotCanonical.
    """
    # Code points and UTF-16 units sort alike as long as no key leaves the basic plane.
    leaves_plane = _inspect(value, 0)
    raw = _dump(_in_utf16_order(value), 0) if leaves_plane else _dump(value, orjson.OPT_SORT_KEYS)
    if max_bytes is not None and len(raw) > max_bytes:
        raise NotCanonical("", f"has {len(raw)} bytes, more than {max_bytes}")
    return raw


def parse_canonical(raw: bytes, max_bytes: int | None = MAX_BYTES) -> Any:
    """Return the value of canonical bytes; anything but the one canonical form is refused.

    Raises NotCanonical, also for duplicate keys, floats, blanks and unsorted maps.
    """
    if max_bytes is not None and len(raw) > max_bytes:
        raise NotCanonical("", f"has {len(raw)} bytes, more than {max_bytes}")
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise NotCanonical("", f"is not JSON ({error})") from None
    if canonical(value, max_bytes) != raw:
        raise NotCanonical("", "is JSON but not in canonical form")
    return value


def _dump(value: Any, option: int) -> bytes:
    try:
        return orjson.dumps(value, option=option)
    except orjson.JSONEncodeError as error:
        raise NotCanonical(_find_surrogate(value, ""), f"cannot be written as UTF-8 ({error})") from None


def _inspect(value: Any, depth: int) -> bool:
    """Refuse what is outside the subset; return whether a key needs sorting by UTF-16 units."""
    kind = type(value)
    if kind is dict:
        return _inspect_map(value, depth)
    if kind is list or kind is tuple:
        return _inspect_list(value, depth)
    _inspect_scalar(value)
    return False


def _inspect_map(value: dict[Any, Any], depth: int) -> bool:
    if depth >= MAX_DEPTH:
        raise NotCanonical("", f"is nested deeper than {MAX_DEPTH}")
    astral = False
    for key, item in value.items():
        if type(key) is not str:
            raise NotCanonical("", f"has a key of type {type(key).__name__}, not text")
        if not key.isascii() and max(key) > _BMP_TOP:
            astral = True
        kind = type(item)
        if kind is str or kind is bool or item is None:
            continue
        try:
            astral = _inspect(item, depth + 1) or astral
        except NotCanonical as fault:
            raise NotCanonical(f"/{_escape(key)}{fault.path}", fault.reason) from None
    return astral


def _inspect_list(value: list[Any] | tuple[Any, ...], depth: int) -> bool:
    if depth >= MAX_DEPTH:
        raise NotCanonical("", f"is nested deeper than {MAX_DEPTH}")
    astral = False
    for index, item in enumerate(value):
        if type(item) is str:
            continue
        try:
            astral = _inspect(item, depth + 1) or astral
        except NotCanonical as fault:
            raise NotCanonical(f"/{index}{fault.path}", fault.reason) from None
    return astral


def _inspect_scalar(value: Any) -> None:
    kind = type(value)
    if kind is int:
        if not -MAX_INTEGER <= value <= MAX_INTEGER:
            raise NotCanonical("", "is an integer beyond 2^53-1; write it as text")
    elif kind is float:
        raise NotCanonical("", "is a float; write decimals as text")
    # orjson writes an enum member by its value, so only text enums are let through.
    elif not (kind is bool or value is None or isinstance(value, str)):
        raise NotCanonical("", f"is of type {kind.__name__}, which JSON does not have")


def _in_utf16_order(value: Any) -> Any:
    if isinstance(value, dict):
        ordered = sorted(value.items(), key=lambda item: item[0].encode("utf-16-be", "surrogatepass"))
        return {key: _in_utf16_order(item) for key, item in ordered}
    if isinstance(value, list | tuple):
        return [_in_utf16_order(item) for item in value]
    return value


def _find_surrogate(value: Any, path: str) -> str:
    """Return the path of the first text that UTF-8 cannot carry."""
    items: list[tuple[str, Any]] = []
    if isinstance(value, dict):
        for key in value:
            if not _is_utf8(key):
                return f"{path}/{json.dumps(key)[1:-1]}"
        items = [(_escape(key), item) for key, item in value.items()]
    elif isinstance(value, list | tuple):
        items = [(str(index), item) for index, item in enumerate(value)]
    for name, item in items:
        if (isinstance(item, str) and not _is_utf8(item)) or (found := _find_surrogate(item, "")):
            return f"{path}/{name}" if isinstance(item, str) else f"{path}/{name}{found}"
    return path


def _is_utf8(text: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in text)


def _escape(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
