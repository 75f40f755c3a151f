"""The lines of a decision stream: what each says, or what is wrong with it and whether the stream can go on.

A fact whose value does not fit its contract is a fact nobody may rely on: it enters as invalid and every
rule that reads it says so. A line that cannot be told at all, or that states what the desk computes, ends
the stream; a broken intent is answered, because whoever asked waits for a decision.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

from engine.contracts import Diagnostic, FactLine, Loaded, contract, event_from, fact_from, intent_from, load_jsonl
from engine.model.event import Event
from engine.model.order import Intent
from engine.model.time import Timestamp

UNFIT = ""
"""Stands for a value its contract refuses; it has the type of no fact."""


@dataclass(frozen=True, slots=True)
class FactSaid:
    """A fact line. `faults` is not empty when its value cannot be relied on."""

    number: int
    line: FactLine
    faults: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True)
class EventSaid:
    """An event line."""

    number: int
    event: Event


@dataclass(frozen=True, slots=True)
class IntentAsked:
    """An intent line as its contract wants it."""

    number: int
    at: Timestamp
    intent: Intent


@dataclass(frozen=True, slots=True)
class IntentBroken:
    """An intent line its contract refuses. `at` is None when even the instant cannot be told."""

    number: int
    at: Timestamp | None
    given: dict[str, Any]
    faults: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class LineRefused:
    """A line after which the stream cannot go on."""

    number: int
    faults: tuple[Diagnostic, ...]


Line = FactSaid | EventSaid | IntentAsked | IntentBroken | LineRefused


class _Remembering:
    """Hands lines on and keeps the last one."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.last = b""

    def readline(self, size: int) -> bytes:
        self.last = self._stream.readline(size)
        return self.last


def read_lines(stream: BinaryIO, source: str) -> Iterator[Line]:
    """Yield what every line of a stream says, in order and one at a time."""
    remembering: Any = _Remembering(stream)
    for number, loaded in load_jsonl(remembering, source):
        yield _broken_text(number, remembering.last, loaded) if isinstance(loaded, list) else _line(number, loaded)


def _line(number: int, loaded: Loaded) -> Line:
    kind = loaded.value.get("type") if isinstance(loaded.value, dict) else None
    if kind == "fact":
        fact = fact_from(loaded)
        return FactSaid(number, fact) if isinstance(fact, FactLine) else _unfit(number, loaded.value, fact)
    if kind == "event":
        event = event_from(loaded)
        return EventSaid(number, event) if isinstance(event, Event) else LineRefused(number, tuple(event))
    if kind == "intent":
        return _intent(number, loaded)
    fault = Diagnostic("STREAM_TYPE", "the line is not a fact, an event or an intent", pointer="/type",
                       help='write "type": "fact", "event" or "intent"')  # fmt: skip
    return LineRefused(number, tuple(loaded.place([fault])))


def _unfit(number: int, given: dict[str, Any], faults: list[Diagnostic]) -> Line:
    """Return a fact whose value alone is wrong as one that cannot be relied on."""
    if all(fault.pointer == "/value" or fault.pointer.startswith("/value/") for fault in faults):
        bare = fact_from({**given, "value": None})
        if isinstance(bare, FactLine):
            return FactSaid(number, replace(bare, value=UNFIT), tuple(faults))
    return LineRefused(number, tuple(faults))


def _broken_text(number: int, raw: bytes, faults: list[Diagnostic]) -> Line:
    """Return what a text that is not strict JSON was meant to say, where that can be told; it is never believed.

    A number the format has no place for (NaN, infinite, a float) is such a text: its fact is invalid, its
    intent is refused.
    """
    try:
        given = json.loads(raw, parse_constant=lambda _: UNFIT, parse_float=lambda _: UNFIT)
    except (ValueError, RecursionError):
        return LineRefused(number, tuple(faults))
    kind = given.get("type") if isinstance(given, dict) else None
    if kind == "fact" and given.get("value") == UNFIT:
        return _unfit(number, given, [replace(fault, pointer="/value") for fault in faults])
    if kind == "intent":
        inner = given["intent"] if isinstance(given.get("intent"), dict) else {}
        found = contract("intent-line").parse(given)
        broken = found if isinstance(found, list) else _prefixed(intent_from(inner))
        return IntentBroken(number, _instant(given), inner, (*faults, *broken))
    return LineRefused(number, tuple(faults))


def _prefixed(faults: Intent | list[Diagnostic]) -> list[Diagnostic]:
    if isinstance(faults, Intent):
        return []
    return [replace(fault, pointer=f"/intent{fault.pointer}") for fault in faults]


def _intent(number: int, loaded: Loaded) -> Line:
    given = loaded.value.get("intent")
    inner = given if isinstance(given, dict) else {}
    record = contract("intent-line").parse(loaded)
    if isinstance(record, list):
        return IntentBroken(number, _instant(loaded.value), inner, tuple(record))
    intent = intent_from(inner)
    if isinstance(intent, Intent):
        return IntentAsked(number, record["at"], intent)
    return IntentBroken(number, record["at"], inner, tuple(loaded.place(_prefixed(intent))))


def _instant(given: dict[str, Any]) -> Timestamp | None:
    probe = contract("intent-line").parse({"v": 1, "type": "intent", "at": given.get("at"), "intent": {}})
    return None if isinstance(probe, list) else Timestamp(probe["at"])
