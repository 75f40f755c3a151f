"""A handbook as one HTML page that loads nothing: every text escaped, style inside, links within the page."""

from collections.abc import Iterator
from html import escape

from engine.service.display import clean
from engine.service.handbook_pages import Cell, Chapter, Entry, Grid, Handbook, Line

STYLE = """
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:72rem;padding:1rem 1.5rem;color:#1b1b1b;background:#fff}
h1{font-size:1.8rem}h2{border-top:2px solid #888;font-size:1.4rem;margin-top:3rem;padding-top:1rem}
h3{font-size:1.1rem;margin-top:2.2rem}h4{font-size:.95rem;margin:1rem 0 .3rem}
code,pre{font-family:ui-monospace,monospace;font-size:.88em}
pre{background:#f4f4f2;border:1px solid #ddd;overflow-x:auto;padding:.7rem}
table{border-collapse:collapse;font-size:.92em;width:100%}
th,td{border:1px solid #ccc;padding:.25rem .5rem;text-align:left;vertical-align:top}th{background:#f4f4f2}
dl{display:grid;gap:.1rem 1rem;grid-template-columns:max-content 1fr}dt{color:#555}dd{margin:0}
.kind{color:#555;font-weight:normal}nav ul{list-style:none;padding-left:1rem}
@media print{nav{display:none}h2{break-before:page}}
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def as_html(book: Handbook) -> str:
    """Return a handbook as one HTML document."""
    return "\n".join(_all(book)) + "\n"


def _all(book: Handbook) -> Iterator[str]:
    yield "<!DOCTYPE html>"
    yield '<html lang="en">'
    yield "<head>"
    yield '<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{shown(book.title)}</title>"
    yield f"<style>{STYLE}</style>"
    yield "</head>"
    yield "<body>"
    yield f"<h1>{shown(book.title)}</h1>"
    yield f"<p>Rules <code>{shown(book.bundle)}</code>.</p>"
    yield from (f"<p>{shown(remark)}</p>" for remark in book.remarks)
    yield from _contents(book)
    for chapter in book.chapters:
        yield from _chapter(chapter)
    yield "</body>"
    yield "</html>"


def _contents(book: Handbook) -> Iterator[str]:
    yield "<nav>"
    yield "<ul>"
    for chapter in book.chapters:
        yield f'<li><a href="#{chapter.anchor}">{shown(chapter.title)}</a>'
        if chapter.entries:
            yield "<ul>"
            yield from (f'<li><a href="#{entry.anchor}">{_called(entry)}</a></li>' for entry in chapter.entries)
            yield "</ul>"
        yield "</li>"
    yield "</ul>"
    yield "</nav>"


def _chapter(chapter: Chapter) -> Iterator[str]:
    yield "<section>"
    yield f'<h2 id="{chapter.anchor}">{shown(chapter.title)} <span class="kind">{shown(chapter.name)}</span></h2>'
    yield from (f"<p>{shown(text)}</p>" for text in chapter.prose)
    yield from _properties(chapter.properties)
    for entry in chapter.entries:
        yield from _entry(entry)
    yield "</section>"


def _entry(entry: Entry) -> Iterator[str]:
    yield "<article>"
    yield f'<h3 id="{entry.anchor}">{_called(entry)}</h3>'
    yield from (f"<p>{shown(text)}</p>" for text in (*entry.prose, *entry.remarks))
    yield from _properties((*entry.properties, ("written in", (Cell(entry.place),))))
    for grid in entry.grids:
        yield from _grid(grid)
    if entry.source:
        lines = "\n".join(shown(line) for line in entry.source.split("\n"))
        yield f"<pre><code>{lines}</code></pre>"
    yield "</article>"


def _called(entry: Entry) -> str:
    title = f" {shown(entry.title)}" if entry.title else ""
    return f'<span class="kind">{shown(entry.kind)}</span> {shown(entry.name)}{title}'


def _properties(properties: tuple[tuple[str, Line], ...]) -> Iterator[str]:
    yield "<dl>"
    for label, line in properties:
        yield f"<dt>{shown(label)}</dt><dd>{', '.join(map(_cell, line))}</dd>"
    yield "</dl>"


def _grid(grid: Grid) -> Iterator[str]:
    yield f"<h4>{shown(grid.heading)}</h4>"
    yield "<table>"
    yield f"<thead><tr>{''.join(f'<th>{shown(head)}</th>' for head in grid.heads)}</tr></thead>"
    yield "<tbody>"
    for row in grid.rows:
        yield f"<tr>{''.join(f'<td>{_cell(cell)}</td>' for cell in row)}</tr>"
    yield "</tbody>"
    yield "</table>"


def _cell(cell: Cell) -> str:
    text = f"<code>{shown(cell.text)}</code>" if cell.is_code else shown(cell.text)
    return f'<a href="#{cell.to}">{text}</a>' if cell.to else text


def shown(text: str) -> str:
    """Return text in which nothing is markup, and nothing steers a screen."""
    return escape(clean(text), quote=True)
