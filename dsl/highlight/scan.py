"""The tokens of a rule file by their looks alone: any text has some, whether it parses or not."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dsl.highlight.patterns import PATTERNS

_ANY = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in PATTERNS))
_HOLE = re.compile(r"\\.|\{([^{}\"\\]*)\}")


@dataclass(frozen=True, slots=True)
class Mark:
    """One token: its kind and the stretch of its line, counted from 0."""

    kind: str
    line: int
    start: int
    end: int


def scan(text: str) -> Iterator[Mark]:
    """Yield the tokens of a text in order; what is inside the braces of a quoted text is scanned too."""
    for number, line in enumerate(text.split("\n")):
        for match in _ANY.finditer(line):
            kind = match.lastgroup or ""
            if kind == "string":
                yield from _string(match[0], number, match.start())
            else:
                yield Mark(kind, number, match.start(), match.end())


def _string(written: str, line: int, start: int) -> Iterator[Mark]:
    at = 0
    for hole in _HOLE.finditer(written):
        if hole[1] is None:
            continue
        yield Mark("string", line, start + at, start + hole.start(1))
        for match in _ANY.finditer(hole[1]):
            inside = start + hole.start(1)
            yield Mark(match.lastgroup or "", line, inside + match.start(), inside + match.end())
        at = hole.end(1)
    if at < len(written):
        yield Mark("string", line, start + at, start + len(written))
