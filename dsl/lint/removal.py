"""The edit that takes a declaration out of its file."""

from dsl.diagnostics import Edit
from dsl.text import Span


def removed(span: Span, text: str) -> Edit:
    """Return the removal of the lines of a declaration, its `##` comment, and one blank line beside it."""
    lines = text.rstrip("\n").split("\n")
    first, last = span.line, min(span.end_line, len(lines))
    while first > 1 and lines[first - 2].lstrip().startswith("##"):
        first -= 1
    is_apart = first > 1 and not lines[first - 2].strip()
    if last == len(lines):
        first -= is_apart
    elif (is_apart or first == 1) and not lines[last].strip():
        last += 1
    return Edit(Span(span.file, first, 1, last + 1, 1), "")
