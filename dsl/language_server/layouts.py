"""A rule file laid out, as the edits of the lines that change."""

from difflib import SequenceMatcher

from dsl.diagnostics import Edit
from dsl.format import format_text
from dsl.text import Source, Span


def layout(name: str, text: str, first: int = 1, last: int | None = None) -> tuple[Edit, ...] | None:
    """Return the edits that lay a file out, those on some of its lines alone (counted from 1, both part of it).

    None where the text has syntax errors, which leave open what it says.
    """
    laid, found = format_text(Source(name, text))
    if found or laid is None:
        return None
    before = [line.removesuffix("\r") for line in text.split("\n")]
    after = laid.split("\n")
    edits = []
    for kind, start, end, new_start, new_end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        touches = end >= first and (last is None or start < last)
        if kind != "equal" and touches:
            edits.append(_lines(name, before, start, end, after[new_start:new_end]))
    return tuple(edits)


def _lines(name: str, before: list[str], start: int, end: int, lines: list[str]) -> Edit:
    """Return the edit that puts lines in the place of others; at the end of the text there is no line break behind."""
    if end < len(before):
        return Edit(Span(name, start + 1, 1, end + 1, 1), "".join(f"{line}\n" for line in lines))
    last = Span(name, start + 1, 1, len(before), len(before[-1]) + 1)
    if start == 0 or lines:
        return Edit(last, "\n".join(lines))
    return Edit(Span(name, start, len(before[start - 1]) + 1, last.end_line, last.end_column), "")
