"""Text to syntax tree; a mistake costs its clause, not the file.

The file is cut at declaration words, each piece is parsed by itself, and where a piece does not
parse the offending clause is blanked and the rest is read again, so that many mistakes come out of
one run, each at its place.
"""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from lark import Lark, UnexpectedInput
from lark.exceptions import UnexpectedToken, VisitError
from lark.lexer import PatternRE, PatternStr, TerminalDef

from dsl.build import Builder, BuildFault
from dsl.diagnostics import Diagnostic
from dsl.keywords import CLAUSES, DECLARATIONS, EFFECTS, RESERVED
from dsl.mistakes import Piece, accepted_by, explain_mistake
from dsl.suggest import nearest
from dsl.syntax import Declaration, Expr, File, depth_of
from dsl.tables import load_tables
from dsl.text import Source, Span

MAX_BYTES = 1_000_000
MAX_DEPTH = 64
MAX_MISTAKES = 20
_GRAMMAR = Path(__file__).with_name("grammar.lark")
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_DECLARATION = re.compile(rf"[ \t]*({'|'.join(DECLARATIONS)})(?![\w.])")
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


def parse(source: Source) -> tuple[File, list[Diagnostic]]:
    """Return the declarations of a rule file and what is wrong with the rest."""
    problem = _refuse(source)
    if problem:
        return File(source.name, (), unread=frozenset(DECLARATIONS)), [problem]
    declarations: list[Declaration] = []
    damaged: set[str] = set()
    unread: set[str] = set()
    found: list[Diagnostic] = []
    for piece in _pieces(source, found, damaged, unread):
        if len(found) >= MAX_MISTAKES:
            unread.update(DECLARATIONS)
            break
        before = len(found)
        declaration = _parse_piece(source.name, piece, found)
        if declaration is not None:
            declarations.append(declaration)
        else:
            unread.add(piece.word)
        if len(found) > before:
            damaged.update(piece.text.split(None, 2)[1:2])
    names = frozenset(name.rstrip(":{=") for name in damaged)
    return File(source.name, tuple(declarations), names, frozenset(unread)), found


def cut(source: Source) -> list[Piece]:
    """Return the declarations of a file as pieces of its text, in order."""
    return list(_pieces(source, [], set(), set()))


def parse_expression(text: str, name: str = "<expression>") -> tuple[Expr | None, list[Diagnostic]]:
    """Return one expression, for tools that take one by itself."""
    piece = Piece(text, 0, "", "")
    refused = _refuse(Source(name, text))
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


def _refuse(source: Source) -> Diagnostic | None:
    """Return why a text is not even cut into pieces: size, characters or nesting."""
    text = source.text
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        return Diagnostic(
            "E003",
            "the file is larger than 1 MB",
            Span(source.name, 1, 1, 1, 1),
            help="split it into several rulebooks",
        )
    depth = 0
    for number, line in enumerate(text.split("\n"), 1):
        bare = _STRING.sub(lambda m: "_" * len(m[0]), line).split("#", 1)[0]
        for column, char in enumerate(line, 1):
            if (char < " " and char not in "\t\r") or char == "\x7f" or "\ud800" <= char <= "\udfff" or char in _HIDDEN:
                return Diagnostic(
                    "E004",
                    f"character U+{ord(char):04X} is not allowed",
                    Span(source.name, number, column, number, column + 1),
                    help="remove it; rule files are plain text",
                )
        for column, char in enumerate(bare, 1):
            depth += char in "([{"
            depth -= char in ")]}"
            if depth > MAX_DEPTH:
                return Diagnostic(
                    "E005",
                    f"brackets nest deeper than {MAX_DEPTH}",
                    Span(source.name, number, column, number, column + 1),
                    help="name the inner part with `let`",
                )
        if max(bare.count(" not "), bare.count("-"), bare.count("(")) > 4 * MAX_DEPTH:
            return Diagnostic(
                "E005",
                "the line holds too many operators",
                Span(source.name, number, 1, number, 2),
                help="name the parts with `let`",
            )
    return None


_HIDDEN = frozenset(
    "\u200b\u200c\u200d\u2060\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029\x85"
)


def _pieces(source: Source, found: list[Diagnostic], damaged: set[str], unread: set[str]) -> Iterator[Piece]:
    """Cut a file at declaration words: at the line's start, or indented outside all braces."""
    lines = source.text.split("\n")
    start: int | None = None
    word = doc_text = ""
    doc: list[str] = []
    depth = 0
    for number, line in enumerate(lines):
        match = _DECLARATION.match(line)
        begins = match is not None and (line[0] not in " \t" or depth <= 0)
        stripped = line.strip()
        if begins and match:
            if start is not None:
                yield Piece("\n".join(lines[start:number]), start, doc_text, word)
            start, word, depth = number, match[1], 0
            doc_text, doc = "\n".join(doc), []
        elif stripped.startswith("##") and depth <= 0:
            doc.append(stripped[2:].strip())
            continue
        elif stripped and stripped[0] not in "#{}" and depth <= 0 and (start is None or line[0] not in " \t"):
            if start is not None:
                yield Piece("\n".join(lines[start:number]), start, doc_text, word)
                start = None
            column = len(line) - len(line.lstrip()) + 1
            first = stripped.split()[0]
            help_ = nearest(first, DECLARATIONS)
            unread.update([help_] if help_ else [])
            damaged.update(stripped.split()[1:2])
            found.append(
                Diagnostic(
                    "E002",
                    f"expected a declaration, found `{first[:30]}`",
                    Span(source.name, number + 1, column, number + 1, column + len(first)),
                    help=f"did you mean `{help_}`?" if help_ else _stray(first),
                )
            )
        if stripped and not stripped.startswith("#"):
            doc = []
            bare = _STRING.sub("", line).split("#", 1)[0]
            depth += bare.count("{") - bare.count("}")
    if start is not None:
        yield Piece("\n".join(lines[start:]), start, doc_text, word)


def _stray(first: str) -> str:
    """Return how to mend a line that stands outside every declaration."""
    if first.startswith("//"):
        return "a comment begins with `#`"
    if first in (*CLAUSES, *EFFECTS):
        return "move it inside the braces of a rule or a limit"
    return "declarations are " + ", ".join(DECLARATIONS)


def _parse_piece(name: str, piece: Piece, found: list[Diagnostic]) -> Declaration | None:
    text = piece.text
    for attempt in range(MAX_MISTAKES):
        try:
            tree = grammar().parse(text, start="declaration")
            built = Builder(name, piece.first_line, piece.doc).transform(tree)
            assert isinstance(built, Declaration)
            if depth_of(built) > MAX_DEPTH:
                raise RecursionError
            return built
        except RecursionError:
            found.append(_too_deep(name, piece))
            return None
        except UnexpectedInput as error:
            accepted = accepted_by(error)
            if attempt and isinstance(error, UnexpectedToken) and error.token == "}" and "RBRACE" not in accepted:
                return None  # the clauses that stood here were blanked
            found.append(explain_mistake(name, piece, error))
            remaining = _without_mistake(text, piece, error, accepted)
            if remaining is None or len(found) >= MAX_MISTAKES:
                return None
            text = remaining
        except VisitError as error:
            if isinstance(error.orig_exc, BuildFault):
                found.append(error.orig_exc.diagnostic)
                return None
            if isinstance(error.orig_exc, RecursionError):
                found.append(_too_deep(name, piece))
                return None
            raise
    return None


def _too_deep(name: str, piece: Piece) -> Diagnostic:
    span = piece.span(name, 1, 1, max(len(piece.word), 1))
    message = f"an expression of this {piece.word or 'text'} nests deeper than {MAX_DEPTH}"
    return Diagnostic("E005", message, span, help="name the parts with `let`")


def _without_mistake(text: str, piece: Piece, error: UnexpectedInput, accepted: frozenset[str]) -> str | None:
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
