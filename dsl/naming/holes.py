"""The expressions inside a quoted text: `because "{x} asked"` reads `x`."""

from collections.abc import Iterator
from dataclasses import dataclass

from lark import Token, Tree, UnexpectedInput

from dsl.parse import grammar


@dataclass(frozen=True, slots=True)
class Hole:
    """One expression in a text: what it says, and the column of each of its characters in the line."""

    text: str
    columns: tuple[int, ...]

    def tree(self) -> Tree[Token] | None:
        """Return the expression, None where it is none."""
        try:
            return grammar().parse(self.text, start="expr")
        except (UnexpectedInput, RecursionError):
            return None


def holes(written: str, column: int) -> Iterator[Hole]:
    """Yield the holes of a quoted text as it is written, quotes included, whose first character is in a column."""
    at, end = 1, len(written) - 1
    inside: list[tuple[str, int]] | None = None
    while at < end:
        char = written[at]
        if char == "\\" and at + 1 < end:
            if inside is not None:
                inside.append((written[at + 1], column + at))
            at += 2
            continue
        if char == "{":
            inside = []
        elif char == "}" and inside is not None:
            yield Hole("".join(c for c, _ in inside), tuple(place for _, place in inside))
            inside = None
        elif inside is not None:
            inside.append((char, column + at))
        at += 1
