"""What can be folded away: declarations, and runs of comments."""

from collections.abc import Iterator
from dataclasses import dataclass

from dsl.parse import cut
from dsl.text import Source


@dataclass(frozen=True, slots=True)
class Fold:
    """Lines from and to, both from 0 and both part of it."""

    first: int
    last: int
    is_comment: bool = False


def folds(text: str) -> tuple[Fold, ...]:
    """Return what can be folded in a rule file, whether it can be read or not, in order."""
    found = [*_declarations(text), *_comments(text)]
    return tuple(sorted(found, key=lambda fold: (fold.first, fold.last)))


def _declarations(text: str) -> Iterator[Fold]:
    for piece in cut(Source("", text)):
        lines = piece.text.split("\n")
        while lines and (not lines[-1].strip() or lines[-1].lstrip().startswith("#")):
            lines.pop()
        if len(lines) > 1:
            yield Fold(piece.first_line, piece.first_line + len(lines) - 1)


def _comments(text: str) -> Iterator[Fold]:
    first: int | None = None
    lines = text.split("\n")
    for number, line in enumerate([*lines, ""]):
        is_comment = line.lstrip().startswith("#")
        if is_comment and first is None:
            first = number
        elif not is_comment and first is not None:
            if number - first > 1:
                yield Fold(first, number - 1, True)
            first = None
