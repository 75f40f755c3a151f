"""Strict JSON: what RFC 8259 leaves open is closed, and what Python adds is taken away."""

import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from engine.contracts.decode import decode
from engine.contracts.diagnostic import Diagnostic
from engine.contracts.json_scan import first_fault, is_deeper
from engine.contracts.limits import JSON_LIMITS, LINE_LIMITS, MAX_INTEGER, MAX_INTEGER_TEXT, Limits
from engine.contracts.loaded import Loaded

_SUSPECT = re.compile(r"\\u(?:[dD][89a-fA-F]|0000)")


class _Refused(ValueError):
    """Raised inside the parser; the careful second reading then says what and where."""


def load_json(
    raw: bytes | str, source: str = "", limits: Limits = JSON_LIMITS, first_line: int = 1
) -> Loaded | list[Diagnostic]:
    """Return the value of one JSON document, or the first thing wrong with it.

    Refused are duplicate keys, NaN and Infinity, numbers with a point or exponent (decimals travel as
    text), integers beyond 2^53-1, lone surrogates, NUL, and whatever exceeds `limits`. Codes J001..J012.
    """
    text = decode(raw, source, limits.size, "J")
    if isinstance(text, Diagnostic):
        return [_shifted(text, first_line)]
    try:
        if not is_deeper(text, limits.depth):
            value = _DECODER.decode(text)
            if not _SUSPECT.search(text):
                return Loaded(value, source, text, None, first_line)
            found = first_fault(text, source, limits.depth, first_line)
            return Loaded(value, source, text, None, first_line) if found is None else [found]
        found = first_fault(text, source, limits.depth, first_line)
    except (ValueError, RecursionError, MemoryError):
        found = _diagnose(text, source, limits.depth, first_line)
    if found is None:
        message = "the text exhausts the parser"
        found = Diagnostic("J012", message, source, first_line, 1, help="make it smaller")
    return [found]


def load_jsonl(
    stream: BinaryIO, source: str = "", limits: Limits = LINE_LIMITS
) -> Iterator[tuple[int, Loaded | list[Diagnostic]]]:
    """Yield (line number, document or faults) for every line that is not blank.

    An overlong line is reported and skipped without ever being held in memory as a whole.
    """
    number = 0
    while line := stream.readline(limits.size + 2):
        number += 1
        if len(line) > limits.size + 1 or (len(line) == limits.size + 1 and not line.endswith(b"\n")):
            while not line.endswith(b"\n") and (line := stream.readline(limits.size)):
                pass
            message = f"the line is larger than {limits.size} bytes"
            yield number, [Diagnostic("J001", message, source, number, 1, help="one document a line")]
        elif not line.isspace():
            yield number, load_json(line.removesuffix(b"\n"), source, limits, number)


def _diagnose(text: str, source: str, depth: int, first_line: int) -> Diagnostic | None:
    try:
        return first_fault(text, source, depth, first_line)
    except (RecursionError, MemoryError):
        return None


def _shifted(fault: Diagnostic, first_line: int) -> Diagnostic:
    if first_line == 1:
        return fault
    line = fault.line + first_line - 1
    return Diagnostic(fault.code, fault.message, fault.source, line, fault.column, fault.pointer, fault.help)


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _Refused
    return members


def _integer(text: str) -> int:
    if len(text) > MAX_INTEGER_TEXT:
        raise _Refused
    value = int(text)
    if -MAX_INTEGER <= value <= MAX_INTEGER:
        return value
    raise _Refused


def _refuse(text: str) -> Any:
    raise _Refused


_DECODER = json.JSONDecoder(object_pairs_hook=_pairs, parse_int=_integer, parse_float=_refuse, parse_constant=_refuse)
