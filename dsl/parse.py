"""Text to syntax tree; a mistake costs its clause, not the file.

The file is cut at declaration words, each piece is parsed by itself, and where a piece does not
parse the offending clause is blanked and the rest is read again, so that many mistakes come out of
one run, each at its place.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lark import Lark, Token, UnexpectedInput
from lark.exceptions import UnexpectedCharacters, UnexpectedToken, VisitError
from lark.lexer import PatternRE, PatternStr, TerminalDef

from dsl.build import Builder, BuildFault
from dsl.diagnostics import Diagnostic
from dsl.keywords import CLAUSES, DECLARATIONS, EFFECTS, RESERVED, UNAVAILABLE
from dsl.suggest import nearest
from dsl.syntax import Declaration, Expr, File
from dsl.text import Source, Span

MAX_BYTES = 1_000_000
MAX_DEPTH = 64
MAX_MISTAKES = 20
_GRAMMAR = Path(__file__).with_name("grammar.lark")
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_DECLARATION = re.compile(r"[ \t]*(%s)(?![\w.])" % "|".join(DECLARATIONS))
_CLAUSE = re.compile(r"[ \t]*(%s)(?![\w.])" % "|".join((*CLAUSES, *EFFECTS, "always")))


def _as_word(terminal: TerminalDef) -> None:
    """Give an alphabetic literal word boundaries and precedence over names."""
    if isinstance(terminal.pattern, PatternStr) and terminal.pattern.value.isalpha():
        terminal.pattern = PatternRE(terminal.pattern.value + r"(?![\w.])")
        terminal.priority = 4


@cache
def grammar() -> Lark:
    """Return the parser tables, built once per process."""
    text = _GRAMMAR.read_text(encoding="utf-8").replace("@RESERVED@", "|".join(RESERVED))
    return Lark(
        text,
        parser="lalr",
        maybe_placeholders=True,
        propagate_positions=True,
        start=["declaration", "expr"],
        edit_terminals=_as_word,
    )


@dataclass(frozen=True, slots=True)
class _Piece:
    """One declaration's text, with the line it starts on (0-based) and its doc comment."""

    text: str
    first_line: int
    doc: str
    word: str


def parse(source: Source) -> tuple[File, list[Diagnostic]]:
    """Return the declarations of a rule file and what is wrong with the rest."""
    problem = _refuse(source)
    if problem:
        return File(source.name, ()), [problem]
    declarations: list[Declaration] = []
    damaged: set[str] = set()
    found: list[Diagnostic] = []
    for piece in _pieces(source, found, damaged):
        if len(found) >= MAX_MISTAKES:
            break
        if piece.word in UNAVAILABLE:
            span = _at(source.name, piece, 1, 1, len(piece.word))
            found.append(
                Diagnostic(
                    "E009",
                    f"`{piece.word}` is not part of this language version",
                    span,
                    help="write it as a rule or a limit, or remove it",
                )
            )
            continue
        before = len(found)
        declaration = _parse_piece(source.name, piece, found)
        if declaration is not None:
            declarations.append(declaration)
        if len(found) > before:
            damaged.update(piece.text.split(None, 2)[1:2])
    return File(source.name, tuple(declarations), frozenset(name.rstrip(":{=") for name in damaged)), found


def parse_expression(text: str, name: str = "<expression>") -> tuple[Expr | None, list[Diagnostic]]:
    """Return one expression, for tools that take one by itself."""
    piece = _Piece(text, 0, "", "")
    refused = _refuse(Source(name, text))
    if refused:
        return None, [refused]
    try:
        return Builder(name, 0, "").transform(grammar().parse(text, start="expr")), []
    except UnexpectedInput as error:
        return None, [_explain(name, piece, error)]


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


def _pieces(source: Source, found: list[Diagnostic], damaged: set[str]) -> Iterator[_Piece]:
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
                yield _Piece("\n".join(lines[start:number]), start, doc_text, word)
            start, word, depth = number, match[1], 0
            doc_text, doc = "\n".join(doc), []
        elif stripped.startswith("##") and depth <= 0:
            doc.append(stripped[2:].strip())
            continue
        elif stripped and stripped[0] not in "#}" and depth <= 0 and (start is None or line[0] not in " \t"):
            if start is not None:
                yield _Piece("\n".join(lines[start:number]), start, doc_text, word)
                start = None
            column = len(line) - len(line.lstrip()) + 1
            first = stripped.split()[0]
            help_ = nearest(first, DECLARATIONS)
            damaged.update(stripped.split()[1:2])
            found.append(
                Diagnostic(
                    "E002",
                    f"expected a declaration, found `{first[:30]}`",
                    Span(source.name, number + 1, column, number + 1, column + len(first)),
                    help=f"did you mean `{help_}`?" if help_ else 'a file starts with `rulebook NAME "title"`',
                )
            )
        if stripped and not stripped.startswith("#"):
            doc = []
            bare = _STRING.sub("", line).split("#", 1)[0]
            depth += bare.count("{") - bare.count("}")
    if start is not None:
        yield _Piece("\n".join(lines[start:]), start, doc_text, word)


def _parse_piece(name: str, piece: _Piece, found: list[Diagnostic]) -> Declaration | None:
    text = piece.text
    for _ in range(MAX_MISTAKES):
        try:
            tree = grammar().parse(text, start="declaration")
            built = Builder(name, piece.first_line, piece.doc).transform(tree)
            assert isinstance(built, Declaration)
            return built
        except UnexpectedInput as error:
            found.append(_explain(name, piece, error))
            remaining = _blank_clause(text, error)
            if remaining is None or len(found) >= MAX_MISTAKES:
                return None
            text = remaining
        except VisitError as error:
            if isinstance(error.orig_exc, BuildFault):
                found.append(error.orig_exc.diagnostic)
                return None
            raise
    return None


def _line_of(text: str, error: UnexpectedInput) -> int:
    return error.line - 1 if error.line > 0 else text.count("\n")


def _blank_clause(text: str, error: UnexpectedInput) -> str | None:
    """Return the text without the clause the error is in, or None when it cannot be told."""
    lines = text.split("\n")
    wrong = min(_line_of(text, error), len(lines) - 1)
    begin = wrong
    while begin > 0 and not _CLAUSE.match(lines[begin]):
        begin -= 1
    candidates = [begin]
    if isinstance(error, UnexpectedToken) and begin == wrong:
        before = begin - 1
        while before > 0 and not _CLAUSE.match(lines[before]):
            before -= 1
        if str(error.token) in (*CLAUSES, *EFFECTS) and before > 0:
            candidates.insert(0, before)
    for first in candidates:
        if first <= 0 or not _CLAUSE.match(lines[first]) or not lines[first].strip():
            continue
        last = first + 1
        while last < len(lines) and not _CLAUSE.match(lines[last]) and lines[last].strip() not in ("}", ""):
            last += 1
        if any(line.strip() for line in lines[first:last]):
            return "\n".join([*lines[:first], *[""] * (last - first), *lines[last:]])
    return None


def _at(name: str, piece: _Piece, line: int, column: int, length: int) -> Span:
    line += piece.first_line
    return Span(name, line, column, line, column + max(length, 1))


_TERMINALS = {
    "NAME": "a name",
    "CODE": "an UPPERCASE word",
    "RULE_ID": "a rule id like SIZE-01",
    "STRING": "a quoted text",
    "NUMBER": "a number",
    "PERCENT": "a percentage",
    "DATE": "a date",
    "CMP": "a comparison",
    "LBRACE": "`{`",
    "RBRACE": "`}`",
    "LPAR": "`(`",
    "RPAR": "`)`",
    "LSQB": "`[`",
    "RSQB": "`]`",
    "COLON": "`:`",
    "COMMA": "`,`",
    "EQ": "`=`",
    "EFFECT": "an effect (note, warn, flag, clip, hold, reject)",
    "PLUS": "`+`",
    "MINUS": "`-`",
    "STAR": "`*`",
    "SLASH": "`/`",
    "RANGE": "`..`",
    "UNIT": "a unit",
    "TIMESTAMP": "an instant",
    "TIME": "a time of day",
    "ALLOW": "`allow`",
    "MULTIPLE": "`is a multiple of`",
    "IS_NOT": "`is not`",
    "NOT_IN": "`not in`",
    "$END": "the end",
}


def _explain(name: str, piece: _Piece, error: UnexpectedInput) -> Diagnostic:
    """Return what the parser stumbled over, in the words of somebody who writes rules."""
    if isinstance(error, UnexpectedCharacters):
        char = piece.text[error.pos_in_stream or 0]
        span = _at(name, piece, error.line, error.column, 1)
        if char == '"':
            return Diagnostic(
                "E006",
                "the text is not closed on its line",
                span,
                help='end it with `"`; inside, write `\\"`',
            )
        return Diagnostic("E001", f"`{char}` does not belong here", span, help=_expected(error.allowed or ()))
    assert isinstance(error, UnexpectedToken)
    token: Token = error.token
    accepted: set[str] = getattr(error, "accepts", None) or set(error.expected)
    if token.type == "$END":
        lines = piece.text.rstrip().split("\n")
        span = _at(name, piece, len(lines), len(lines[-1]) + 1, 1)
        return Diagnostic(
            "E007",
            f"the {piece.word or 'text'} is not finished",
            span,
            help="close it with `}`" if piece.text.count("{") > piece.text.count("}") else _expected(accepted),
        )
    span = _at(name, piece, token.line or 1, token.column or 1, len(token))
    line = piece.text.split("\n")[(token.line or 1) - 1]
    if token in (*CLAUSES, *EFFECTS) and not line[: (token.column or 1) - 1].strip() and (token.line or 1) > 1:
        return Diagnostic("E007", f"the clause before `{token}` is not finished", span, help=_expected(accepted))
    if token in RESERVED and "NAME" in accepted:
        return Diagnostic(
            "E008",
            f"`{token}` is a word of the language and cannot be a name",
            span,
            help="choose another name, or expected " + _expected(accepted).removeprefix("expected "),
        )
    return Diagnostic("E001", f"`{str(token)[:40]}` does not belong here", span, help=_expected(accepted))


def _expected(terminals: Iterable[str]) -> str:
    words = sorted({_TERMINALS.get(t, f"`{t.lower()}`") for t in terminals})
    shown = ", ".join(words[:8]) + (" …" if len(words) > 8 else "")
    return f"expected {shown}" if words else ""
