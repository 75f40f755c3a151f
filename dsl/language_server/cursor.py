"""Where somebody types: what the grammar has read up to there, and what it would accept next."""

import re
from dataclasses import dataclass
from functools import cache

from lark import Token, Tree, UnexpectedInput

from dsl.highlight.scan import scan
from dsl.mistakes import Piece, accepted_by
from dsl.parse import MAX_MISTAKES, cut, grammar, without_mistake
from dsl.text import Source

_TYPED = re.compile(r"[A-Za-z_][\w.]*(?:-[A-Z0-9]*)*$")
_OPEN_HOLE = re.compile(r"(?<!\\)\{([^{}]*)$")


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place somebody types at.

    `typed` is the part of a word in front of it, `stack` what was read of the declaration (a token's type, or the rule
    of a finished part, each with its text), `accepted` the terminals that may follow, None where what stands before
    could not be read. `is_free` says that nothing but blanks stands before it on its line, `whole` is the declaration.
    """

    piece: Piece | None
    typed: str
    stack: tuple[tuple[str, str], ...]
    accepted: frozenset[str] | None
    is_free: bool
    is_at_margin: bool
    whole: str

    def top(self, back: int = 1) -> str:
        """Return what was read last, or so many steps back; empty before the first."""
        return self.stack[-back][0] if len(self.stack) >= back else ""

    def anchor(self) -> tuple[str, int]:
        """Return the last word or bracket that says what is listed here, and how many steps back it stands."""
        depth = 0
        for back in range(1, len(self.stack) + 1):
            kind = self.top(back)
            if kind in ("RPAR", "RSQB"):
                depth += 1
            elif kind in ("LPAR", "LSQB") and depth:
                depth -= 1
            elif not depth and kind not in _LISTED and not kind[0].islower() and kind[0] != "_":
                return kind, back
        return "", 0


_LISTED = ("COMMA", "NAME", "CODE", "STRING", "RULE_ID", "NUMBER", "UNIT", "DISTINCT", "PERCENT")


def cursor_at(text: str, line: int, column: int) -> Cursor | None:
    """Return what stands before a place (counted from 1), None inside a comment or a text."""
    lines = text.split("\n")
    if not 1 <= line <= len(lines):
        return None
    before = lines[line - 1][: column - 1]
    hole = _hole(before)
    if hole is not None:
        whole = _around(text, line)
        typed = _typed(hole)
        stack, accepted = _read(hole[: len(hole) - len(typed)], Piece(hole, 0, "", ""), "expr")
        return Cursor(whole, typed, stack, accepted, False, False, whole.text if whole else "")
    if _is_said(before):
        return None
    typed = _typed(before)
    start = len(before) - len(typed)
    kept = before[:start]
    prefix = "\n".join([*lines[: line - 1], kept])
    pieces = cut(Source("", prefix))
    piece = pieces[-1] if pieces else None
    whole = _around(text, line)
    is_free, is_at_margin = not kept.strip(), not kept
    if piece is None or (is_at_margin and piece.text.count("{") <= piece.text.count("}")):
        return Cursor(None, typed, (), frozenset(), is_free, is_at_margin, "")
    stack, accepted = _read(piece.text, piece, "declaration")
    return Cursor(piece, typed, stack, accepted, is_free, is_at_margin, whole.text if whole else piece.text)


def _typed(before: str) -> str:
    match = _TYPED.search(before)
    return match[0] if match else ""


def _around(text: str, line: int) -> Piece | None:
    """Return the declaration a line belongs to."""
    pieces = [piece for piece in cut(Source("", text)) if piece.first_line < line]
    return pieces[-1] if pieces else None


def _is_said(before: str) -> bool:
    """Return whether the end of a line's beginning is inside a comment or an open text."""
    last = None
    for mark in scan(before):
        last = mark
    if last is None or last.end < len(before):
        return False
    written = before[last.start :]
    is_open = last.kind == "string" and (len(written) == 1 or not written.endswith('"') or written.endswith('\\"'))
    return last.kind in ("comment", "doc") or is_open


def _hole(before: str) -> str | None:
    """Return what stands in the open braces of an open text, None outside of any."""
    if not _is_said(before) or "#" in before.split('"')[0]:
        return None
    match = _OPEN_HOLE.search(before)
    return match[1] if match else None


def _read(text: str, piece: Piece, start: str) -> tuple[tuple[tuple[str, str], ...], frozenset[str] | None]:
    """Return what the parser has on its stack after a text, and what it accepts; what it cannot read is left out."""
    last_line = text.count("\n")
    for _ in range(MAX_MISTAKES):
        parser = grammar().parse_interactive(text, start=start)
        try:
            parser.exhaust_lexer()
            stack = tuple(_on_stack(value) for value in parser.parser_state.value_stack)
            return stack, frozenset(parser.accepts())  # type: ignore[no-untyped-call]
        except UnexpectedInput as error:
            mended = without_mistake(text, piece, error, accepted_by(error)) if start == "declaration" else None
            if mended is None or mended.split("\n")[last_line:] != text.split("\n")[last_line:]:
                break
            text = mended
        except RecursionError:
            break
    return (), None


def _on_stack(value: object) -> tuple[str, str]:
    if isinstance(value, Token):
        return value.type, str(value)
    if isinstance(value, Tree):
        name = value.children[0] if value.data in ("name", "index") and value.children else ""
        return str(value.data), str(name)
    return "part", ""


_BODIES = {
    "limit": 'limit A-1 "a" {', "rule": 'rule A-1 "a" {', "switch": 'switch A-1 "a" {', "gate": 'gate A-1 "a" {',
    "checklist": 'checklist A-1 "a" {', "list": 'list a of text "a" {', "table": 'table a "a" {',
}  # fmt: skip
_PHRASES = {
    "MULTIPLE": "is a multiple of", "IS_NOT": "is not", "NOT_IN": "not in", "BUSINESS_DAYS": "business days of",
}  # fmt: skip


@cache
def begins(declaration: str) -> frozenset[str]:
    """Return the terminals a clause of a declaration can begin with; none where it has no clauses."""
    body = _BODIES.get(declaration)
    return (_read(body, Piece(body, 0, "", declaration), "declaration")[1] or frozenset()) if body else frozenset()


@cache
def words_of(terminal: str) -> str:
    """Return the word or phrase a terminal of the grammar is, empty where it is no fixed one."""
    if terminal in _PHRASES:
        return _PHRASES[terminal]
    try:
        word = grammar().get_terminal(terminal).pattern.value.replace(r"(?![\w.])", "")
    except KeyError:
        return ""
    return word if word.isalpha() else ""
