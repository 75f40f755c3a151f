"""The edit that takes a declaration out of its file."""

from dsl.diagnostics import Edit
from dsl.text import Span


def removed(span: Span, text: str) -> Edit:
    """Return the removal of the lines of a declaration, its `##` comment and one blank line beside it."""
    lines = text.split("\n")
    first, last = span.line, span.end_line
    while first > 1 and lines[first - 2].lstrip().startswith("##"):
        first -= 1
    is_bare_before = first == 1 or not lines[first - 2].strip()
    if is_bare_before and last < len(lines) and not lines[last].strip():
        last += 1
    if last >= len(lines):
        last_line = len(lines)
        return Edit(Span(span.file, first, 1, last_line, len(lines[-1]) + 1), "")
    return Edit(Span(span.file, first, 1, last + 1, 1), "")
