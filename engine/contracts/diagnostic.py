"""What is wrong with a text or a value somebody handed in, as data."""

from dataclasses import dataclass

MAX_DIAGNOSTICS = 50
"""Faults reported for one document; the rest would only repeat the first ones."""


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a text; line and column count from 1, columns in code points."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One fault of user data: a stable code, what is wrong, where, and what to do about it.

    `pointer` is an RFC 6901 JSON pointer ("" is the whole document). `line` and `column` are 0 when the
    value did not come from a text. Codes: J0xx JSON text, Y0xx YAML text, C0xx contract.
    """

    code: str
    message: str
    source: str = ""
    line: int = 0
    column: int = 0
    pointer: str = ""
    help: str = ""

    def __str__(self) -> str:
        where = f"{self.source}:{self.line}:{self.column}" if self.line else self.source
        at = f" at {self.pointer}" if self.pointer else ""
        head = f"{where}: " if where else ""
        tail = f" (help: {self.help})" if self.help else ""
        return f"{head}{self.code} {self.message}{at}{tail}"


def escape_pointer(name: str) -> str:
    """Return one reference token of a JSON pointer (RFC 6901 section 4)."""
    return name.replace("~", "~0").replace("/", "~1") if "~" in name or "/" in name else name


def split_pointer(pointer: str) -> list[str]:
    """Return the reference tokens of a JSON pointer."""
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]


def shorten(text: str, limit: int = 80) -> str:
    """Return text cut to `limit` characters."""
    return text if len(text) <= limit else text[: limit - 1] + "\u2026"


def quote(text: str, limit: int = 40) -> str:
    """Return text as one printable, bounded, quoted phrase, safe for a terminal."""
    return ascii(shorten(text, limit))
