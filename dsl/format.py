"""The formatter: one look for every rule file, comments and the author's line breaks kept."""

from dsl.diagnostics import Diagnostic
from dsl.layout import Atom, Block, blocks
from dsl.parse import parse
from dsl.text import Source, Span

LAID_OTHERWISE = "A726"
CLAUSE_WIDTH = 9
"""Columns a clause word takes before its content."""
_CLAUSAL = ("limit", "rule", "switch", "checklist", "gate", "table")
"""Declarations made of clauses, whose content stands in one column."""
_OWN_LINES = ("list", "test")
_ROW_WORDS = ("row", "always")
_STEP_WORDS = ("then", "after")
_MARK, _CONTENT = "\x00", "\x01"
_OPENERS = ("LPAR", "LSQB")
_NO_SPACE_BEFORE = ("COMMA", "RPAR", "RSQB", "COLON")
_ENDS_VALUE = ("NAME", "NUMBER", "UNIT", "PERCENT", "STRING", "CODE", "RPAR", "RSQB", "DATE", "TIME", "TIMESTAMP")


def laid_otherwise(name: str) -> Diagnostic:
    """Return what to say of a file whose text would change."""
    message = "the file is laid out otherwise"
    return Diagnostic(LAID_OTHERWISE, message, Span(name, 1, 1, 1, 1), help="lay it out: mqk rules fmt")


def format_text(source: Source) -> tuple[str | None, list[Diagnostic]]:
    """Return the text laid out, or None with the syntax errors that leave open what it says."""
    text = source.text.replace("\r\n", "\n")
    clean = Source(source.name, text)
    found = parse(clean)[1]
    if found:
        return None, found
    listed = blocks(clean)
    parts: list[list[str]] = []
    for at, block in enumerate(listed):
        lines = _lines(block)
        if at and _is_apart(listed[at - 1], block):
            parts.append([])
            parts.append(lines)
        elif at and _continues(listed[at - 1], block):
            parts[-1] += lines
        else:
            parts.append(lines)
    out = [line for part in parts for line in (_aligned(part) or [""])]
    return "\n".join(out) + "\n" if out else "", []


def _is_apart(before: Block, block: Block) -> bool:
    """Return whether the author left a blank line between two blocks."""
    return block.first_line > before.last_line + 1


def _continues(before: Block, block: Block) -> bool:
    """Return whether two one-line declarations of a kind stand together and share their columns."""
    return block.word == before.word and block.word in ("let", "window")


def _lines(block: Block) -> list[str]:
    """Return a block's lines, with marks where columns are to be aligned."""
    writer = _Writer(block)
    for at, atom in enumerate(block.atoms):
        following = next((later for later in block.atoms[at + 1 :] if not later.is_comment), None)
        writer.add(atom, following)
    return writer.lines()


class _Writer:
    """Lays out one block, atom by atom."""

    def __init__(self, block: Block) -> None:
        self._word = block.word
        inside = [atom for atom in block.atoms if not atom.is_comment]
        self._is_tall = bool(inside) and inside[0].line != inside[-1].line
        self._forces_items = block.word in _CLAUSAL or (self._is_tall and block.word in (*_OWN_LINES, "param"))
        self._out: list[str] = []
        self._line = ""
        self._before: Atom | None = None
        self._previous: Atom | None = None
        self._depth = 0
        self._brackets = 0
        self._in_item = False
        self._is_sign = False
        self._has_version = self._is_inner = False

    def lines(self) -> list[str]:
        """Return what was written."""
        self._break()
        return self._out

    def add(self, atom: Atom, following: Atom | None) -> None:
        """Write one token or comment; `following` is the next token."""
        if atom.is_comment:
            self._comment(atom, following)
        else:
            self._token(atom)
        self._previous = atom

    def _comment(self, atom: Atom, following: Atom | None) -> None:
        is_trailing = self._previous is not None and self._previous.line == atom.line and bool(self._line)
        if is_trailing:
            self._line += "  " + atom.text
        else:
            self._break()
            self._gap(atom)
            ends_item = following is None or following.starts_item or following.kind == "RBRACE"
            self._line = self._indent(is_item=ends_item or not self._in_item) + atom.text
        self._break()

    def _token(self, atom: Atom) -> None:
        closes = atom.kind == "RBRACE" and self._depth == 1
        if closes:
            self._depth, self._in_item = 0, False
        if self._is_broken_before(atom, closes):
            self._break()
            if atom.starts_item or closes:
                self._gap(atom, closes)
        if atom.starts_item:
            self._in_item = False
        self._is_inner = (self._word == "table" and atom.text == "row" and self._has_version) or (
            self._word == "test" and atom.text in _STEP_WORDS
        )
        self._has_version = self._has_version or (self._word == "table" and (atom.is_dated or atom.text == "always"))
        if not self._line:
            self._line = "" if closes or self._before is None else self._indent(atom.starts_item)
        elif self._needs_space(atom):
            self._line += " "
        self._write(atom)
        self._is_sign = atom.kind == "MINUS" and (self._before is None or self._before.kind not in _ENDS_VALUE)
        self._in_item = self._in_item or atom.starts_item
        self._depth += atom.kind == "LBRACE"
        self._brackets += (atom.kind in _OPENERS) - (atom.kind in ("RPAR", "RSQB"))
        self._before = atom

    def _is_broken_before(self, atom: Atom, closes: bool) -> bool:
        if self._before is None:
            return False
        if closes:
            return self._is_tall or self._forces_items
        if atom.starts_item and self._forces_items:
            return True
        return self._previous is not None and atom.line > self._previous.line and atom.kind != "LBRACE"

    def _write(self, atom: Atom) -> None:
        is_column = self._brackets == 0 and (
            (self._word in ("let", "window") and atom.kind == "EQ" and _MARK not in self._line and not self._out)
            or (self._word == "param" and self._depth == 1 and atom.kind in ("EQ", "CITE"))
            or (self._word == "table" and self._depth == 1 and atom.kind == "EQ")
        )
        if is_column:
            self._line = self._line.rstrip() + _MARK
        self._line += atom.text
        if self._word in _CLAUSAL and atom.starts_item and atom.text not in _ROW_WORDS and not atom.is_dated:
            self._line = self._line.ljust(2 + CLAUSE_WIDTH)

    def _needs_space(self, atom: Atom) -> bool:
        before = self._before
        if before is None or self._line.endswith(" "):
            return False
        if before.kind in _OPENERS or atom.kind in _NO_SPACE_BEFORE:
            return False
        if before.kind == "MINUS" and self._is_sign:
            return False
        if atom.kind in _OPENERS and before.kind == "NAME":
            return atom.line > before.line or atom.column > before.column + len(before.text)
        return True

    def _indent(self, is_item: bool) -> str:
        if self._depth == 0:
            return _CONTENT if self._word == "let" else ("  " if self._word else "")
        if is_item or self._word == "fixture":
            return "    " if self._is_inner and is_item else "  "
        return " " * (2 + CLAUSE_WIDTH) if self._word in _CLAUSAL else "    "

    def _gap(self, atom: Atom, closes: bool = False) -> None:
        """Keep one blank line of the author's before an item or a comment, none before the end."""
        if self._previous is not None and atom.line > self._previous.line + 1 and not closes and self._depth:
            self._out.append("")

    def _break(self) -> None:
        if self._line:
            self._out.append(self._line.rstrip(" "))
            self._line = ""


def _aligned(lines: list[str]) -> list[str]:
    """Return the lines with their marked columns aligned, and continuations under the content."""
    rows = [line.split(_MARK) for line in lines]
    columns = max((len(row) for row in rows), default=1) - 1
    for column in range(columns):
        width = max(len(row[column]) for row in rows if len(row) > column + 1)
        for row in rows:
            if len(row) > column + 1:
                row[column] = row[column].ljust(width) + " "
    joined = ["".join(row) for row in rows]
    content = next((len(row[0]) + 2 for row in rows if len(row) > 1), 2)
    return [line.replace(_CONTENT, " " * content) for line in joined]
