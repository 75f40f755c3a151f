"""What the parser stumbled over, in the words of somebody who writes rules."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from lark import Token, UnexpectedInput
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from dsl.diagnostics import Diagnostic
from dsl.keywords import CLAUSES, EFFECTS, RESERVED, UNITS
from dsl.suggest import nearest
from dsl.text import Span
from dsl.types import is_currency


@dataclass(frozen=True, slots=True)
class Piece:
    """One declaration's text, with the line it starts on (0-based), its doc comment and its first word."""

    text: str
    first_line: int
    doc: str
    word: str

    def span(self, file: str, line: int, column: int, length: int) -> Span:
        """Return a stretch of one line of the piece as a place in the file."""
        line += self.first_line
        return Span(file, line, column, line, column + max(length, 1))


_WORD = re.compile(r"[\w.]+|&&|\|\||[=!<>]=|//|[“”„«»‘’]|.", re.S)
_FOREIGN = {
    "&&": "write `and`",
    "&": "write `and`",
    "||": "write `or`",
    "|": "write `or`",
    "!": "write `not`, or `is not` to compare",
    "!=": "write `is not`",
    "==": "write `is` to compare; `=` gives a name its value",
    "=": "write `is` to compare; `=` gives a name its value",
    "//": "a comment begins with `#`",
    ";": "leave it out; a clause ends where the next one begins",
    ":": "leave it out; the word alone begins the clause",
    "$": "write the currency behind the number, like `50_000 USD`",
    "€": "write the currency behind the number, like `50_000 EUR`",
    "£": "write the currency behind the number, like `50_000 GBP`",
    "“": 'write straight quotes: "',
    "”": 'write straight quotes: "',
    "„": 'write straight quotes: "',
    "'": 'write double quotes: "',
    "‘": 'write double quotes: "',
    "’": 'write double quotes: "',
    "`": 'write double quotes: "',
}
_UNIT_WORDS = {
    "dollar": "USD", "dollars": "USD", "usd": "USD", "euro": "EUR", "euros": "EUR", "eur": "EUR", "gbp": "GBP",
    "sec": "s", "secs": "s", "second": "s", "seconds": "s", "mins": "min", "minute": "min", "minutes": "min",
    "m": "min", "hour": "h", "hours": "h", "hr": "h", "hrs": "h", "d": "days", "percent": "%", "pct": "%",
    "bp": "bps", "millisecond": "ms", "milliseconds": "ms", "times": "x", "stock": "shares", "stocks": "shares",
    "month": "days", "months": "days", "week": "days", "weeks": "days", "year": "days", "years": "days",
}  # fmt: skip
_FOREIGN_DATE = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{4}[/.]\d{1,2}[/.]\d{1,2}")
_OPERATORS = frozenset(
    ("PLUS", "MINUS", "STAR", "SLASH", "CMP", "IS", "IS_NOT", "IN", "NOT_IN", "MULTIPLE", "BETWEEN", "AND", "OR")
)
_LITERALS = frozenset(("NUMBER", "PERCENT", "STRING", "DATE", "TIMESTAMP", "TIME", "CODE", "TRUE", "FALSE"))
_VALUES = _LITERALS | {"NAME", "LPAR", "LSQB", "MINUS", "IF", "NOT"}
_CLAUSE_WORDS = frozenset(word.upper() for word in CLAUSES) | {"EFFECT"}
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
    "$END": "the end of the declaration",
}


def accepted_by(error: UnexpectedInput) -> frozenset[str]:
    """Return the terminals that would have been right at the place of an error."""
    if isinstance(error, UnexpectedToken):
        return frozenset(getattr(error, "accepts", ()) or getattr(error, "expected", ()))
    return frozenset(getattr(error, "allowed", ()) or ())


def explain_mistake(file: str, piece: Piece, error: UnexpectedInput) -> Diagnostic:
    """Return what is wrong at the place a piece could not be read on."""
    accepted = accepted_by(error)
    if isinstance(error, UnexpectedCharacters):
        return _character(file, piece, error, accepted)
    assert isinstance(error, UnexpectedToken)
    token: Token = error.token
    if token.type == "$END":
        lines = piece.text.rstrip().split("\n")
        span = piece.span(file, len(lines), len(lines[-1]) + 1, 1)
        is_open = piece.text.count("{") > piece.text.count("}")
        help_ = "close it with `}`" if is_open and accepted & {"RBRACE", "CITE"} else _expected(accepted)
        return Diagnostic("E007", f"the {piece.word or 'text'} is not finished", span, help=help_)
    return _token(file, piece, token, accepted)


def _character(file: str, piece: Piece, error: UnexpectedCharacters, accepted: frozenset[str]) -> Diagnostic:
    at: int = getattr(error, "pos_in_stream", 0)
    if piece.text[at] == '"':
        span = piece.span(file, error.line, error.column, 1)
        help_ = 'end it with `"`; inside, write `\\"`'
        return Diagnostic("E006", "the text is not closed on its line", span, help=help_)
    match = _WORD.match(piece.text, at)
    word = match[0] if match else piece.text[at]
    span = piece.span(file, error.line, error.column, len(word))
    if word in _FOREIGN:
        return Diagnostic("E001", f"`{word}` does not belong here", span, help=_FOREIGN[word])
    if accepted == {"STRING"}:
        return Diagnostic("E001", f"`{word[:40]}` is not in quotes", span, help=f'write "{word[:40]}"')
    return Diagnostic("E001", f"`{word[:40]}` does not belong here", span, help=_expected(accepted))


def _token(file: str, piece: Piece, token: Token, accepted: frozenset[str]) -> Diagnostic:
    line_number, column = token.line or 1, token.column or 1
    line = piece.text.split("\n")[line_number - 1]
    before, after = line[: column - 1], line[column - 1 :]
    span = piece.span(file, line_number, column, len(token))
    shown = str(token)[:40]

    def say(code: str, message: str, help_: str) -> Diagnostic:
        return Diagnostic(code, message, span, help=help_)

    if accepted == {"$END"}:
        what = "one `}` too many" if token == "}" else f"`{shown}` stands behind the end of the {piece.word}"
        return say("E001", what, "remove it")
    if accepted == {"LBRACE"}:
        return say("E007", f"the {piece.word} does not open its body", "write `{` before it")
    begins_line = not before.strip() and line_number > 1
    if begins_line and token in (*CLAUSES, *EFFECTS):
        if len(accepted & _CLAUSE_WORDS) > 2:
            return say("E012", f"a {piece.word} has no `{token}` here", _clauses_of(piece, accepted))
        return say("E007", f"the clause before `{token}` is not finished", _expected(accepted))
    if begins_line and token.type == "NAME" and len(accepted & _CLAUSE_WORDS) > 2:
        near = nearest(token, (*(w for w in CLAUSES if w.upper() in accepted), *_effects(accepted)))
        help_ = f"did you mean `{near}`?" if near else _clauses_of(piece, accepted)
        return say("E001", f"`{shown}` is not a clause", help_)
    if begins_line and len(accepted & _CLAUSE_WORDS) < 3 and not accepted & {"RBRACE", "RPAR", "COMMA", "EXPECT"}:
        return say("E007", f"the line before `{shown}` is not finished", _expected(accepted))
    if _FOREIGN_DATE.match(after):
        return say("E001", "dates are written YEAR-MONTH-DAY", "write it like `2026-09-01`")
    unit = re.search(r"[\d%]\s*$", before)
    if unit and token.type in ("NAME", "CODE", "OF", "UNIT") and not _is_keyword_near(token, accepted):
        return say("E014", f"`{shown}` is not a unit", _unit_help(str(token)))
    if token == "," and unit and re.match(r",\d{3}", after):
        return say("E001", "a comma does not belong into a number", "group digits like `50_000`")
    if {"and", "or"} & {str(token)} and accepted & {"AND", "OR"}:
        help_ = "write `(a and b) or c`, or `a and (b or c)`"
        return say("E013", "`and` and `or` mix only with parentheses", help_)
    if token in RESERVED and accepted == {"NAME"}:
        return say("E008", f"`{token}` is a word of the language and cannot be a name", "choose another name")
    if token in RESERVED and "NAME" in accepted:
        return say("E007", f"something is missing before `{token}`", _expected(accepted))
    if token.type == "NAME":
        near = nearest(token, _keywords(accepted))
        if near:
            return say("E001", f"`{shown}` does not belong here", f"did you mean `{near}`?")
    if token == "-" and accepted & {"EQ", "COLON"} and re.search(r"[a-z0-9_]$", before):
        return say("E001", "a name has no hyphen", "write `_` instead")
    if token == "=" and accepted <= {"NAME", "STRING", "EFFECT"}:
        return say("E001", "`=` does not belong here", _FOREIGN[":"])
    if str(token) in _FOREIGN:
        foreign = "==" if after.startswith("==") else str(token)
        return say("E001", f"`{foreign}` does not belong here", _FOREIGN[foreign])
    if token.type in _VALUES and len(accepted & _OPERATORS) > 2:
        help_ = (
            "put a comma before it" if "COMMA" in accepted else "an operator is missing before it, like `*` or `and`"
        )
        return say("E001", f"`{shown}` does not belong here", help_)
    return say("E001", f"`{shown}` does not belong here", _expected(accepted))


def _is_keyword_near(token: Token, accepted: frozenset[str]) -> bool:
    """Return whether a word behind a number is rather a misspelt keyword than a unit."""
    return nearest(token, _keywords(accepted)) is not None


def _keywords(accepted: frozenset[str]) -> list[str]:
    """Return the words of the language among the accepted terminals."""
    return [word.lower() for word in sorted(accepted) if word not in _TERMINALS and word.isalpha()]


def _unit_help(word: str) -> str:
    if word in UNITS or is_currency(word):
        return f"put a space behind `{word}`"
    if word in _UNIT_WORDS:
        return f"write `{_UNIT_WORDS[word]}`"
    near = nearest(word, UNITS)
    return f"did you mean `{near}`?" if near else "units are " + ", ".join(UNITS) + ", %, USD, USD/share"


def _effects(accepted: frozenset[str]) -> tuple[str, ...]:
    return EFFECTS if "EFFECT" in accepted else ()


def _clauses_of(piece: Piece, accepted: frozenset[str]) -> str:
    words = [word for word in CLAUSES if word.upper() in accepted]
    return f"a {piece.word} has " + ", ".join((*words, *_effects(accepted)))


def _expected(terminals: Iterable[str]) -> str:
    """Return what would fit, operators, values and clauses taken together where there are many."""
    left = set(terminals)
    # Where an UPPERCASE word fits, so does one with dashes; only elsewhere is that the id of a rule.
    left -= {"RULE_ID"} if "CODE" in left else set()
    words = []
    for group, name in ((_CLAUSE_WORDS, "a clause"), (_OPERATORS, "an operator")):
        if len(left & group) > 2:
            left -= group
            words.append(name)
    if {"NAME", "NUMBER", "LPAR"} <= left:
        left -= _VALUES
        words.append("a value")
    words += sorted({_TERMINALS.get(t, f"`{t.lower()}`") for t in left})
    shown = ", ".join(words[:8]) + (" …" if len(words) > 8 else "")
    return f"expected {shown}" if words else ""
