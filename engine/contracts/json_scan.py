"""A slow, careful second reading of a JSON text: where every value stands, and what is wrong first.

The fast reading is the standard library's. This one runs only when that refused the text or when a
fault needs a line and a column. It never recurses and never converts a number.
"""

import json
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from engine.contracts.diagnostic import Diagnostic, Position, escape_pointer, quote, shorten, split_pointer
from engine.contracts.limits import MAX_INTEGER, MAX_INTEGER_TEXT

_SPACE = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_WORD = re.compile(r"-?[A-Za-z_][A-Za-z0-9_]*")
_STRUCTURE = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|([\[{])|([\]}])', re.DOTALL)
_LITERALS = frozenset({"true", "false", "null"})
_NOT_NUMBERS = frozenset({"NaN", "Infinity", "-Infinity", "nan", "inf", "-inf"})
_STRINGS = json.JSONDecoder()


@dataclass(slots=True)
class _Fault(Exception):
    code: str
    message: str
    offset: int
    help: str = ""


@dataclass(slots=True)
class _Wanted:
    """A node of the tree of pointers somebody asked for."""

    pointer: str | None = None
    below: dict[str, "_Wanted"] = field(default_factory=dict)


@dataclass(slots=True)
class _Frame:
    """An open container: how it closes, what is wanted below it, its keys so far, its current member."""

    closer: str
    wanted: _Wanted | None
    member: str | None = None
    index: int = -1
    names: set[str] = field(default_factory=set)


def is_deeper(text: str, depth: int) -> bool:
    """Return whether containers of a JSON text nest deeper than `depth`, without parsing it."""
    if text.count("[") + text.count("{") <= depth:
        return False
    level = 0
    for match in _STRUCTURE.finditer(text):
        if match.lastindex == 1:
            level += 1
            if level > depth:
                return True
        elif match.lastindex == 2:
            level -= 1
    return False


def offsets_of(text: str, pointers: Iterable[str]) -> dict[str, int]:
    """Return where the values of the pointers start in a well-formed JSON text; unknown ones are left out.

    Only the wanted pointers are followed, so that memory stays linear in them whatever the keys are.
    """
    wanted = _Wanted()
    for pointer in pointers:
        node = wanted
        for token in split_pointer(pointer):
            node = node.below.setdefault(token, _Wanted())
        node.pointer = pointer
    scan = _Scan(text, len(text), wanted)
    with suppress(_Fault):
        scan.run()
    return scan.offsets


def position_at(text: str, offset: int, first_line: int = 1) -> Position:
    """Return the line and column of an offset of a text that starts on line `first_line`."""
    return Position(first_line + text.count("\n", 0, offset), offset - text.rfind("\n", 0, offset))


def first_fault(text: str, source: str, depth: int, first_line: int = 1) -> Diagnostic | None:
    """Return the first thing this desk refuses in a JSON text, or None when there is nothing."""
    scan = _Scan(text, depth)
    try:
        scan.run()
    except _Fault as fault:
        at = position_at(text, fault.offset, first_line)
        return Diagnostic(fault.code, fault.message, source, at.line, at.column, scan.pointer(), fault.help)
    return None


class _Scan:
    """One pass over a JSON text with an explicit stack; `offsets` maps wanted pointers to offsets."""

    def __init__(self, text: str, depth: int, wanted: _Wanted | None = None) -> None:
        self.text, self.depth = text, depth
        self.offsets: dict[str, int] = {}
        self._wanted = wanted
        self._stack: list[_Frame] = []

    def pointer(self) -> str:
        """Return where the scan stands."""
        members = [frame.member for frame in self._stack if frame.member is not None]
        return "".join(f"/{escape_pointer(shorten(m))}" for m in members)

    def run(self) -> None:
        at = self._skip(0)
        while True:
            if self._wanted is not None and self._wanted.pointer is not None:
                self.offsets[self._wanted.pointer] = at
            opened, at = self._value(at)
            if opened:
                continue
            while True:
                at = self._skip(at)
                if not self._stack:
                    if at < len(self.text):
                        raise _Fault("J005", "there is text after the end of the document", at)
                    return
                frame = self._stack[-1]
                mark = self.text[at : at + 1]
                if mark == frame.closer:
                    self._stack.pop()
                    at += 1
                elif mark == ",":
                    at = self._member(frame, self._skip(at + 1))
                    break
                else:
                    raise _Fault("J005", f"expected ',' or '{frame.closer}'{self._but(at)}", at)

    def _value(self, at: int) -> tuple[bool, int]:
        """Read a value; return whether a container was opened, and where to go on."""
        mark = self.text[at : at + 1]
        if mark in ("{", "["):
            return self._open(at, "}" if mark == "{" else "]")
        if mark == '"':
            return False, self._string(at)[1]
        if number := _NUMBER.match(self.text, at):
            return False, self._number(number, at)
        if word := _WORD.match(self.text, at):
            return False, self._word(word.group(), at)
        raise _Fault("J005", f"expected a value{self._but(at)}", at)

    def _open(self, at: int, closer: str) -> tuple[bool, int]:
        if len(self._stack) >= self.depth:
            raise _Fault("J004", f"containers nest deeper than {self.depth}", at, "flatten the document")
        frame = _Frame(closer, self._wanted)
        at = self._skip(at + 1)
        if self.text[at : at + 1] == closer:
            return False, at + 1
        self._stack.append(frame)
        return True, self._member(frame, at)

    def _member(self, frame: _Frame, at: int) -> int:
        """Read what stands before the next value of a container: a key and a colon, or nothing."""
        if frame.closer == "]":
            frame.index += 1
            self._enter(frame, str(frame.index))
            return at
        if self.text[at : at + 1] != '"':
            raise _Fault("J005", f"expected a key in double quotes{self._but(at)}", at)
        name, end = self._string(at)
        self._enter(frame, name)
        if name in frame.names:
            raise _Fault("J006", f"the key {quote(name)} is given twice", at, "keep one of the two")
        frame.names.add(name)
        end = self._skip(end)
        if self.text[end : end + 1] != ":":
            raise _Fault("J005", f"expected ':' after a key{self._but(end)}", end)
        return self._skip(end + 1)

    def _enter(self, frame: _Frame, member: str) -> None:
        frame.member = member
        self._wanted = frame.wanted.below.get(member) if frame.wanted is not None else None

    def _string(self, at: int) -> tuple[str, int]:
        try:
            value, end = _STRINGS.raw_decode(self.text, at)
        except json.JSONDecodeError as error:
            raise _Fault("J005", error.msg.lower().removesuffix(" at").removesuffix(" starting"), error.pos) from None
        if "\x00" in value:
            raise _Fault("J011", "the text holds a NUL character", at, "no store of the desk can hold it")
        try:
            value.encode()
        except UnicodeEncodeError:
            raise _Fault("J010", "the text holds half a surrogate pair", at, "write the character") from None
        return value, end

    def _number(self, number: re.Match[str], at: int) -> int:
        end = number.end()
        if number.lastindex:
            shown = quote(number.group())
            hint = 'decimals travel as text, like "470.90"'
            raise _Fault("J008", f"the number {shown} has a point or an exponent", at, hint)
        if end - at > MAX_INTEGER_TEXT or abs(int(number.group())) > MAX_INTEGER:
            shown = quote(number.group(), 24)
            raise _Fault("J009", f"the integer {shown} is beyond 2^53-1", at, "write it as text")
        follower = self.text[end : end + 1]
        if follower and follower not in ",]} \t\r\n":
            hint = "no leading zeros, no separators" if follower.isdigit() or follower == "_" else ""
            raise _Fault("J005", "the number is malformed", at, hint)
        return end

    def _word(self, word: str, at: int) -> int:
        if word in _NOT_NUMBERS:
            raise _Fault("J007", f"{word} is not a number", at, "leave the field out if there is no value")
        if word not in _LITERALS:
            hint = "the literals are true, false and null; other text stands in double quotes"
            raise _Fault("J005", f"{quote(word)} is not a value", at, hint)
        return at + len(word)

    def _skip(self, at: int) -> int:
        if self.text[at : at + 1] > " ":
            return at
        match = _SPACE.match(self.text, at)
        return match.end() if match else at

    def _but(self, at: int) -> str:
        found = self.text[at : at + 1]
        return f", found {quote(found)}" if found else ", found the end of the text"
