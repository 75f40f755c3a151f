"""A value that came from a text, and where in the text each part of it stands."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from engine.contracts.diagnostic import Diagnostic, Position, escape_pointer, split_pointer
from engine.contracts.json_scan import offsets_of


@dataclass(slots=True)
class Mark:
    """The position of a value and that of its own key, and the marks of its members, by key or by index as text."""

    position: Position
    below: dict[str, "Mark"] = field(default_factory=dict)
    key: Position | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    """A parsed document: text, integers, booleans, None, lists and maps with text keys; never a float.

    JSON keeps its `text`, which is read a second time when somebody asks for positions; YAML keeps its
    `marks`. `first_line` is the line of the file the text starts on.
    """

    value: Any
    source: str
    text: str = field(default="", repr=False)
    marks: Mark | None = field(default=None, repr=False)
    first_line: int = 1

    def locate(self, pointers: Iterable[str]) -> dict[str, Position]:
        """Return the position of the value behind each JSON pointer, or of the nearest value around it."""
        asked = list(pointers)
        if self.marks is not None:
            return {pointer: _descend(self.marks, pointer) for pointer in asked}
        offsets = offsets_of(self.text, [part for pointer in asked for part in _ancestry(pointer)])
        breaks = [match.start() for match in re.finditer("\n", self.text)]
        found = {}
        for pointer in asked:
            offset = next((offsets[part] for part in _ancestry(pointer) if part in offsets), 0)
            line = bisect_left(breaks, offset)
            start = breaks[line - 1] + 1 if line else 0
            found[pointer] = Position(self.first_line + line, offset - start + 1)
        return found

    def keys(self) -> dict[str, Position]:
        """Return the position of every key, by the JSON pointer of its value; a JSON text has none."""
        return dict(_keys(self.marks, "")) if self.marks is not None else {}

    def positions(self) -> dict[str, Position]:
        """Return the position of every value of the document by JSON pointer."""
        return self.locate(_pointers(self.value, ""))

    def place(self, faults: list[Diagnostic]) -> list[Diagnostic]:
        """Return the faults with source, line and column filled in from their pointers."""
        found = self.locate(dict.fromkeys(fault.pointer for fault in faults))
        return [
            replace(
                fault,
                source=self.source,
                line=found[fault.pointer].line,
                column=found[fault.pointer].column,
            )
            for fault in faults
        ]


def _keys(mark: Mark, at: str) -> Iterator[tuple[str, Position]]:
    for name, below in mark.below.items():
        pointer = f"{at}/{escape_pointer(name)}"
        if below.key is not None:
            yield pointer, below.key
        yield from _keys(below, pointer)


def _pointers(value: Any, at: str) -> Iterator[str]:
    yield at
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _pointers(member, f"{at}/{escape_pointer(name)}")
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _pointers(member, f"{at}/{index}")


def _ancestry(pointer: str) -> list[str]:
    """Return a pointer and the pointers around it, the longest first."""
    parts = [pointer]
    while pointer:
        pointer = pointer.rpartition("/")[0]
        parts.append(pointer)
    return parts


def _descend(mark: Mark, pointer: str) -> Position:
    for token in split_pointer(pointer):
        below = mark.below.get(token)
        if below is None:
            break
        mark = below
    return mark.position
