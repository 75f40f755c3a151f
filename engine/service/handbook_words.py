"""Pieces every entry of a handbook is made of: text as written, anchors, where a name leads."""

import re
from collections.abc import Iterable

from dsl.bundle import Bundle
from dsl.text import Span
from engine.service.handbook_pages import Cell, Line


def plain(text: str) -> Line:
    """Return words as a line of one cell."""
    return (Cell(text),)


def code(text: str) -> Line:
    """Return text of a rule file as a line of one cell."""
    return (Cell(text, is_code=True),)


def anchor(kind: str, name: str) -> str:
    """Return the anchor of an entry or chapter: letters, digits, dots and hyphens alone."""
    return f"{kind}-{re.sub(r'[^A-Za-z0-9.-]', '_', name)}"


def block(bundle: Bundle, span: Span) -> str:
    """Return the text of a span as it is written, its lines kept."""
    lines = bundle.sources[span.file].split("\n")[span.line - 1 : span.end_line]
    lines[-1] = lines[-1][: span.end_column - 1]
    lines[0] = lines[0][span.column - 1 :]
    return "\n".join(line.rstrip() for line in lines)


def one_line(bundle: Bundle, span: Span) -> str:
    """Return the text of a span on one line."""
    return " ".join(block(bundle, span).split())


def prose_of(doc: str) -> tuple[str, ...]:
    """Return documentation as paragraphs."""
    return tuple(" ".join(part.split()) for part in re.split(r"\n\s*\n", doc) if part.strip())


def prose_above(text: str, line: int) -> tuple[str, ...]:
    """Return what the `##` lines directly above a line (from 1) say."""
    lines, first = text.split("\n"), line - 1
    above: list[str] = []
    while first > 0 and lines[first - 1].startswith("##"):
        first -= 1
        above.insert(0, lines[first].removeprefix("##").strip())
    return prose_of("\n".join(above))


def links(kind: str, names: Iterable[str], home: str) -> Line:
    """Return names as cells that lead to their entries, those of the same rulebook without it."""
    return tuple(Cell(name.removeprefix(f"{home}."), is_code=True, to=anchor(kind, name)) for name in names)
