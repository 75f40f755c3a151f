"""Text to syntax tree; a mistake costs its clause, not the file.

The file is cut at declaration words, each piece is parsed by itself, and where a piece does not
parse the offending clause is blanked and the rest is read again, so that many mistakes come out of
one run, each at its place.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

from lark import Lark, Token, Tree, UnexpectedInput
from lark.exceptions import UnexpectedToken, VisitError
from lark.lexer import PatternRE, PatternStr, TerminalDef

from dsl.build import Builder, BuildFault
from dsl.diagnostics import Diagnostic
from dsl.keywords import CLAUSES, DECLARATIONS, EFFECTS, RESERVED
from dsl.mistakes import Piece, accepted_by, explain_mistake
from dsl.pieces import MAX_DEPTH, pieces, refuse
from dsl.shelf import Reading, Shelf
from dsl.syntax import Declaration, Expr, File, depth_of
from dsl.tables import load_tables
from dsl.text import Source, Span

MAX_MISTAKES = 20
_GRAMMAR = Path(__file__).with_name("grammar.lark")
_CLAUSE = re.compile(rf"[ \t]*({'|'.join((*CLAUSES, *EFFECTS))})(?![\w.])")
_ROW = re.compile(r"[ \t]*[\w\"]")


def _as_word(terminal: TerminalDef) -> None:
    """Give an alphabetic literal word boundaries and precedence over names."""
    if isinstance(terminal.pattern, PatternStr) and terminal.pattern.value.isalpha():
        terminal.pattern = PatternRE(terminal.pattern.value + r"(?![\w.])")
        terminal.priority = 4


def grammar_text() -> str:
    """Return the grammar with the reserved words filled in."""
    return _GRAMMAR.read_text(encoding="utf-8").replace("@RESERVED@", "|".join(RESERVED))


def build_grammar() -> Lark:
    """Return the parser built from the grammar; takes seconds, where stored tables take a moment."""
    return Lark(
        grammar_text(), parser="lalr", maybe_placeholders=True, propagate_positions=True,
        start=["declaration", "expr"], edit_terminals=_as_word,
    )  # fmt: skip


@cache
def grammar() -> Lark:
    """Return the parser, once per process: the stored tables where they are of this grammar, else built anew."""
    return load_tables(grammar_text()) or build_grammar()


def parse(source: Source, shelf: Shelf | None = None) -> tuple[File, list[Diagnostic]]:
    """Return the declarations of a rule file and what is wrong with the rest.

    Whoever reads a file again and again keeps a `shelf` for it, from which come the pieces that did not change.
    """
    problem = refuse(source)
    if problem:
        return File(source.name, (), unread=frozenset(DECLARATIONS)), [problem]
    shelf = Shelf() if shelf is None else shelf
    declarations: list[Declaration] = []
    damaged: set[str] = set()
    unread: set[str] = set()
    found: list[Diagnostic] = []
    for piece in pieces(source, found, damaged, unread):
        if len(found) >= MAX_MISTAKES:
            unread.update(DECLARATIONS)
            break
        before = len(found)
        declaration = _declaration(source.name, piece, found, shelf)
        if declaration is not None:
            declarations.append(declaration)
        else:
            unread.add(piece.word)
        if len(found) > before:
            damaged.update(piece.text.split(None, 2)[1:2])
    shelf.turn()
    names = frozenset(name.rstrip(":{=") for name in damaged)
    return File(source.name, tuple(declarations), names, frozenset(unread)), found


def readings(source: Source, shelf: Shelf) -> Iterator[tuple[Piece, Reading]]:
    """Yield every declaration of a file with what was made of its text; a text that is refused has none."""
    if refuse(source) is None:
        for piece in cut(source):
            yield piece, shelf.reading(piece, read_piece)


def cut(source: Source) -> list[Piece]:
    """Return the declarations of a file as pieces of its text, in order."""
    return list(pieces(source, [], set(), set()))


def parse_expression(text: str, name: str = "<expression>") -> tuple[Expr | None, list[Diagnostic]]:
    """Return one expression, for tools that take one by itself."""
    piece = Piece(text, 0, "", "")
    refused = refuse(Source(name, text))
    if refused:
        return None, [refused]
    try:
        expr = Builder(name, 0, "").transform(grammar().parse(text, start="expr"))
        return (expr, []) if depth_of(expr) <= MAX_DEPTH else (None, [_too_deep(name, piece)])
    except RecursionError:
        return None, [_too_deep(name, piece)]
    except UnexpectedInput as error:
        return None, [explain_mistake(name, piece, error)]
    except VisitError as error:
        if isinstance(error.orig_exc, BuildFault):
            return None, [error.orig_exc.diagnostic]
        raise


def _declaration(name: str, piece: Piece, found: list[Diagnostic], shelf: Shelf) -> Declaration | None:
    """Return a piece as its declaration, or None; its mistakes are added to those found, up to the most of a file."""
    reading = shelf.reading(piece, read_piece)
    mistakes = [_moved(mistake, name, piece.first_line) for mistake in reading.found]
    if mistakes and len(found) + len(mistakes) >= MAX_MISTAKES:
        found += mistakes[: MAX_MISTAKES - len(found)]
        return None
    found += mistakes
    if reading.tree is None:
        return None
    built = shelf.built(name, piece, reading.tree, _build)
    if isinstance(built, Diagnostic):
        found.append(built)
        return None
    return built


def _moved(mistake: Diagnostic, name: str, lines: int) -> Diagnostic:
    span = mistake.span
    return replace(mistake, span=Span(name, span.line + lines, span.column, span.end_line + lines, span.end_column))


def read_piece(piece: Piece) -> Reading:
    """Return a piece's tree without the clauses that could not be read, None when none is left, and its mistakes.

    Places count from the piece's own first line.
    """
    here = Piece(piece.text, 0, "", piece.word)
    found: list[Diagnostic] = []
    text = piece.text
    for attempt in range(MAX_MISTAKES):
        try:
            return Reading(grammar().parse(text, start="declaration"), tuple(found), text)
        except RecursionError:
            found.append(_too_deep("", here))
            break
        except UnexpectedInput as error:
            accepted = accepted_by(error)
            if attempt and isinstance(error, UnexpectedToken) and error.token == "}" and "RBRACE" not in accepted:
                break  # the clauses that stood here were blanked
            found.append(explain_mistake("", here, error))
            remaining = without_mistake(text, here, error, accepted)
            if remaining is None:
                break
            text = remaining
    return Reading(None, tuple(found), text)


def _build(name: str, piece: Piece, tree: Tree[Token]) -> Declaration | Diagnostic:
    try:
        built = Builder(name, piece.first_line, piece.doc).transform(tree)
        assert isinstance(built, Declaration)
        return built if depth_of(built) <= MAX_DEPTH else _too_deep(name, piece)
    except RecursionError:
        return _too_deep(name, piece)
    except VisitError as error:
        if isinstance(error.orig_exc, BuildFault):
            return error.orig_exc.diagnostic
        if isinstance(error.orig_exc, RecursionError):
            return _too_deep(name, piece)
        raise


def _too_deep(name: str, piece: Piece) -> Diagnostic:
    span = piece.span(name, 1, 1, max(len(piece.word), 1))
    message = f"an expression of this {piece.word or 'text'} nests deeper than {MAX_DEPTH}"
    return Diagnostic("E005", message, span, help="name the parts with `let`")


def without_mistake(text: str, piece: Piece, error: UnexpectedInput, accepted: frozenset[str]) -> str | None:
    """Return the text mended or without the clause the error is in, places kept, or None when it cannot be told."""
    at = error.pos_in_stream
    if at is not None and accepted == {"LBRACE"} and piece.word in ("limit", "rule", "test", "fixture", "param"):
        line = text.rfind("\n", 0, at)
        return text[:line] + " {" + text[line:] if line > 0 else None
    if at is not None and accepted == {"$END"}:
        return text[:at]
    return _blank_clause(text, error, piece)


def _line_of(text: str, error: UnexpectedInput) -> int:
    return error.line - 1 if error.line > 0 else text.count("\n")


def _blank_clause(text: str, error: UnexpectedInput, piece: Piece) -> str | None:
    starts = _ROW if piece.word == "param" else _CLAUSE
    lines = text.split("\n")
    wrong = min(_line_of(text, error), len(lines) - 1)
    begin = wrong
    while begin > 0 and not starts.match(lines[begin]) and not _is_word_line(lines, begin, wrong, error):
        begin -= 1
    candidates = [begin]
    if isinstance(error, UnexpectedToken) and begin == wrong:
        before = begin - 1
        while before > 0 and not starts.match(lines[before]):
            before -= 1
        unfinished = str(error.token) in (*CLAUSES, *EFFECTS) and len(accepted_by(error)) <= 24
        if (unfinished or piece.word == "param") and before > 0 and _begins_line(lines[wrong], error):
            candidates.insert(0, before)
    for first in candidates:
        if first <= 0 or not lines[first].strip():
            continue
        last = first + 1
        while last < len(lines) and not starts.match(lines[last]) and lines[last].strip() not in ("}", ""):
            last += 1
        return "\n".join([*lines[:first], *[""] * (last - first), *lines[last:]])
    return None


def _begins_line(line: str, error: UnexpectedInput) -> bool:
    return not line[: max(error.column - 1, 0)].strip()


def _is_word_line(lines: list[str], at: int, wrong: int, error: UnexpectedInput) -> bool:
    """Return whether the line of the error begins with the word the parser refused: a clause of its own."""
    return at == wrong and _begins_line(lines[at], error) and re.match(r"\s*[a-z]+\s", lines[at]) is not None
