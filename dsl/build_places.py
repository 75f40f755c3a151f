"""What every part of building shares: places, literals, and where the words begin."""

import re
from fractions import Fraction
from typing import Any

from lark import Token, Transformer, Tree

from dsl import syntax as s
from dsl.diagnostics import Diagnostic
from dsl.text import Span

MAX_NUMBER = 30


class BuildFault(Exception):
    """A literal the grammar admits but the language does not; carries its diagnostic."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


_ESCAPED = re.compile(r'\\(["\\{}n])')


def unquote(token: str, holes: bool = False) -> str:
    """Return a quoted text's content; where `{ }` are holes an escaped brace is doubled."""

    def plain(match: re.Match[str]) -> str:
        char = match[1]
        return "\n" if char == "n" else char * 2 if holes and char in "{}" else char

    return _ESCAPED.sub(plain, token[1:-1])


def number_of(text: str) -> Fraction:
    return Fraction(text.replace("_", ""))


class Places(Transformer[Token, Any]):
    """Knows where the piece that is built stands in its file."""

    def __init__(self, file: str, first_line: int, doc: str) -> None:
        super().__init__(visit_tokens=False)
        self._file, self._first, self._doc = file, first_line, doc

    def _span(self, meta: Any) -> Span:
        if getattr(meta, "empty", True):
            return Span(self._file, self._first + 1, 1, self._first + 1, 2)
        return Span(self._file, meta.line + self._first, meta.column, meta.end_line + self._first, meta.end_column)

    def _token(self, token: Token) -> Span:
        line, column = (token.line or 1) + self._first, token.column or 1
        return Span(self._file, line, column, line, column + len(token))

    def _literal(self, meta: Any, token: Token, sign: int, unit: str) -> s.Number:
        if len(token) > MAX_NUMBER:
            raise BuildFault(
                Diagnostic(
                    "E010",
                    f"a number has at most {MAX_NUMBER} characters",
                    self._token(token),
                    help="check the number for a key held down",
                )
            )
        return s.Number(self._span(meta), sign * number_of(token.rstrip("% ")), unit)

    def __default__(self, data: Any, children: list[Any], meta: Any) -> Any:
        return Tree(data, children, meta)
