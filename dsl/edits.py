"""Edits applied to a text: places become offsets, and of edits that overlap the first one wins."""

from collections.abc import Iterable

from dsl.diagnostics import Edit
from dsl.text import Span


def part_of(text: str, span: Span) -> str:
    """Return the stretch of a text a place names."""
    start, end = _stretch(text, span)
    return text[start:end]


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """Return the text with edits applied; one that overlaps an earlier one is left for another run."""
    out: list[str] = []
    at = 0
    for start, end, replacement in sorted((*_stretch(text, edit.span), edit.text) for edit in edits):
        if start >= at:
            out += [text[at:start], replacement]
            at = end
    return "".join(out) + text[at:]


def _stretch(text: str, span: Span) -> tuple[int, int]:
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)

    def offset(line: int, column: int) -> int:
        return min(starts[min(line, len(starts)) - 1] + column - 1, len(text))

    return offset(span.line, span.column), offset(span.end_line, span.end_column)
