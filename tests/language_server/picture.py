"""A picture of an editor, drawn from nothing but a text and the server's answers about it."""

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape

from lsprotocol import types as lsp

from tests.language_server.editor import Editor

CHAR, LINE, LEFT, COLUMNS = 7.8, 20, 52, 122
"""Width of a character, height of a line, the margin of line numbers, and characters a line has room for."""
GROUND, INK, FAINT, CARD, EDGE, RED, AMBER, GREEN = (
    "#14181f", "#d7dde6", "#8b95a5", "#1f2630", "#3a4554", "#ff7b72", "#e3b341", "#7ee787",
)  # fmt: skip
COLOURS = {
    "keyword": "#ff9e64", "modifier": "#ff7b72", "property": "#79c0ff", "parameter": "#e3b341", "variable": "#d2a8ff",
    "event": "#56d4dd", "class": "#7ee787", "enumMember": "#7ee787", "number": "#a5d6ff", "string": "#a8c7a0",
    "comment": "#8b95a5", "function": "#d2a8ff", "type": "#56d4dd", "namespace": "#79c0ff", "macro": "#ffc98b",
}  # fmt: skip
"""A colour for each type of token; what is not named has the ink's."""
_BOLD = re.compile(r"\*\*|`")


@dataclass(slots=True)
class Picture:
    """Rows from top to bottom; `draw` writes them down as SVG."""

    title: str
    _rows: list[str] = field(default_factory=list)
    _height: int = LINE + 12

    def _text(self, column: float, text: str, colour: str, *, size: int = 13, bold: bool = False) -> str:
        weight = ' font-weight="bold"' if bold else ""
        x, y = round(LEFT + column * CHAR, 1), self._height + 14
        look = f'x="{x}" y="{y}" fill="{colour}" font-size="{size}"{weight}'
        return f'<text xml:space="preserve" {look}>{escape(text, quote=False)}</text>'

    def code(self, number: int, line: str, marks: Sequence[tuple[int, int, str]]) -> None:
        """Add a line of code with its number; marks are stretches of it with the type of each."""
        self._rows.append(self._text(-4 + (number < 100) + (number < 10), str(number), EDGE))
        at = 0
        for start, length, kind in (*marks, (len(line), 0, "")):
            for begin, end, colour in ((at, start, INK), (start, start + length, COLOURS.get(kind, INK))):
                piece = line[begin:end]
                if piece.strip():
                    column = begin + len(piece) - len(piece.lstrip())
                    self._rows.append(self._text(column, piece.strip(), colour))
            at = start + length
        self._height += LINE

    def wave(self, start: int, end: int, is_error: bool) -> None:
        """Underline a stretch of the line above."""
        x, y = LEFT + start * CHAR, self._height - 2
        steps = max(round((end - start) * CHAR / 3), 2)
        path = " ".join(f"L{x + 3 * step:.1f} {y + (2 if step % 2 else -1)}" for step in range(1, steps + 1))
        colour = RED if is_error else AMBER
        self._rows.append(f'<path d="M{x:.1f} {y} {path}" fill="none" stroke="{colour}" stroke-width="1.2"/>')
        self._height += 4

    def note(self, column: int, text: str, colour: str) -> None:
        """Add a small line: a lens, what is wrong, or what mends it."""
        for part in textwrap.wrap(text, COLUMNS - column) or [""]:
            self._rows.append(self._text(column, part, colour, size=12))
            self._height += LINE - 2

    def card(self, column: int, rows: Sequence[tuple[str, str, bool]]) -> None:
        """Add a box of rows, each with its colour and weight."""
        width = round((COLUMNS - column) * CHAR)
        height = len(rows) * LINE + 12
        x = round(LEFT + column * CHAR - 8)
        box = f'<rect x="{x}" y="{self._height + 2}" width="{width}" height="{height}" rx="4"'
        self._rows.append(f'{box} fill="{CARD}" stroke="{EDGE}"/>')
        self._height += 6
        for text, colour, bold in rows:
            self._rows.append(self._text(column, text, colour, bold=bold))
            self._height += LINE
        self._height += 12

    def draw(self) -> str:
        """Return the picture."""
        width, height = round(LEFT + COLUMNS * CHAR + 12), self._height + 12
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"'
            " font-family=\"ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace\">"
        )
        frame = f'<rect width="{width}" height="{height}" rx="8" fill="{GROUND}"/>'
        name = f'<text x="16" y="21" fill="{FAINT}" font-size="12">{escape(self.title, quote=False)}</text>'
        return "\n".join(
            [head, f"<title>{escape(self.title, quote=False)}</title>", frame, name, *self._rows, "</svg>", ""]
        )


def coloured(editor: Editor, name: str, text: str) -> list[list[tuple[int, int, str]]]:
    """Return the tokens of each line as the server colours them."""
    found = editor.ask(lsp.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL, lsp.SemanticTokensParams(editor.document(name)))
    legend = editor.server.capabilities.semantic_tokens_provider
    assert legend is not None
    lines: list[list[tuple[int, int, str]]] = [[] for _ in text.split("\n")]
    line = start = 0
    for down, right, length, kind, _ in zip(*(iter(found.data),) * 5, strict=True):
        line, start = line + down, right if down else start + right
        lines[line].append((start, length, legend.legend.token_types[kind]))
    return lines


def in_words(markdown: str) -> Iterator[tuple[str, str, bool]]:
    """Yield the rows of a card: code in its colour, what stands in bold in bold, long lines folded."""
    is_code = False
    for paragraph in markdown.split("\n"):
        if paragraph.startswith("```"):
            is_code = not is_code
            continue
        plain = paragraph if is_code else _BOLD.sub("", paragraph)
        colour = COLOURS["parameter"] if is_code else INK
        for part in textwrap.wrap(plain, COLUMNS - 16, subsequent_indent="  " if plain.startswith("- ") else ""):
            yield part.replace("- ", "· ", 1) if part.startswith("- ") else part, colour, "**" in paragraph
