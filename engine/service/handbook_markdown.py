"""A handbook as Markdown: every text of a person escaped, so that it says what it said and does nothing."""

import re
from collections.abc import Iterator

from engine.service.display import clean
from engine.service.handbook_pages import Cell, Chapter, Entry, Grid, Handbook, Line

_SPECIAL = re.compile(r"([\\`*_\[\]<>|~&])")
_LEADING = re.compile(r"^(?:(\d+)(?=[.)](?:\s|$))|(?=[-+#=]))")
"""What makes a list, a heading or a rule of a line it begins."""
_RUNS = re.compile(r"`+")


def as_markdown(book: Handbook) -> str:
    """Return a handbook as CommonMark with tables, one document."""
    return "\n".join(_all(book)) + "\n"


def _all(book: Handbook) -> Iterator[str]:
    yield f"# {escaped(book.title)}"
    yield ""
    yield f"Rules `{book.bundle}`."
    for remark in book.remarks:
        yield ""
        yield escaped(remark)
    yield ""
    for chapter in book.chapters:
        yield f"- [{escaped(chapter.title)}](#{chapter.anchor})"
        for entry in chapter.entries:
            yield f"  - [{escaped(_called(entry))}](#{entry.anchor})"
    for chapter in book.chapters:
        yield ""
        yield from _chapter(chapter)


def _chapter(chapter: Chapter) -> Iterator[str]:
    yield f'<a id="{chapter.anchor}"></a>'
    yield ""
    yield f"## {escaped(chapter.title)}"
    yield from _paragraphs((f"Rulebook {chapter.name}", *chapter.prose))
    yield from _properties(chapter.properties)
    for entry in chapter.entries:
        yield ""
        yield from _entry(entry)


def _entry(entry: Entry) -> Iterator[str]:
    yield f'<a id="{entry.anchor}"></a>'
    yield ""
    yield f"### {escaped(_called(entry))}"
    yield from _paragraphs((*entry.prose, *entry.remarks))
    yield from _properties((*entry.properties, ("written in", (Cell(entry.place),))))
    for grid in entry.grids:
        yield from _grid(grid)
    if entry.source:
        fence = "`" * max(3, 1 + max((len(run) for run in _RUNS.findall(entry.source)), default=0))
        yield ""
        yield fence
        yield from (clean(line) for line in entry.source.split("\n"))
        yield fence


def _called(entry: Entry) -> str:
    return " ".join(word for word in (entry.kind, entry.name, entry.title) if word)


def _paragraphs(texts: tuple[str, ...]) -> Iterator[str]:
    for text in texts:
        yield ""
        yield escaped(text)


def _properties(properties: tuple[tuple[str, Line], ...]) -> Iterator[str]:
    if properties:
        yield ""
    for label, line in properties:
        yield f"- {escaped(label)}: {', '.join(map(_cell, line))}"


def _grid(grid: Grid) -> Iterator[str]:
    yield ""
    yield f"#### {escaped(grid.heading)}"
    yield ""
    yield f"| {' | '.join(map(escaped, grid.heads))} |"
    yield f"|{'---|' * len(grid.heads)}"
    for row in grid.rows:
        yield f"| {' | '.join(_cell(cell, is_tabled=True) for cell in row)} |"


def _cell(cell: Cell, is_tabled: bool = False) -> str:
    text = _code(cell.text, is_tabled) if cell.is_code and cell.text else escaped(cell.text)
    return f"[{text}](#{cell.to})" if cell.to else text


def _code(text: str, is_tabled: bool) -> str:
    """Return text as a code span; a table ends a cell at a bar even inside one, unless it is escaped."""
    shown = clean(text)
    fence = "`" * (1 + max((len(run) for run in _RUNS.findall(shown)), default=0))
    blank = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{blank}{shown.replace('|', chr(92) + '|') if is_tabled else shown}{blank}{fence}"


def escaped(text: str) -> str:
    """Return words in which nothing is markup any more, on one line."""
    return _LEADING.sub(lambda found: f"{found[1] or ''}{chr(92)}", _SPECIAL.sub(r"\\\1", clean(text)))
