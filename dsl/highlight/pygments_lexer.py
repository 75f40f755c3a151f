"""The Pygments lexer, found by its entry point: `pygmentize`, Rich, Textual and documentation tools colour by it."""

import re
from collections.abc import Iterator
from typing import ClassVar

from pygments.lexer import Lexer
from pygments.token import Comment, Keyword, Literal, Name, Number, Operator, Punctuation, String, Text, _TokenType

from dsl.highlight.scan import scan

TOKENS: dict[str, _TokenType] = {
    "doc": String.Doc, "comment": Comment.Single, "string": String.Double, "moment": Literal.Date, "number": Number,
    "rule_id": Name.Class, "code": Name.Constant, "declaration": Keyword.Declaration, "function": Name.Builtin,
    "effect": Keyword.Reserved, "clause": Keyword, "connective": Operator.Word, "constant": Keyword.Constant,
    "phrase": Keyword, "window_function": Name.Builtin, "type": Keyword.Type, "vocabulary": Name.Builtin.Pseudo,
    "fact": Name.Attribute, "name": Name, "operator": Operator, "punctuation": Punctuation,
}  # fmt: skip


class RulesLexer(Lexer):
    """Rule files of MiniQuantDesk."""

    name = "MiniQuantDesk rules"
    url = "https://pypi.org/project/miniquantdesk/"
    aliases: ClassVar[list[str]] = ["mqk-rules"]
    filenames: ClassVar[list[str]] = ["*.rules"]
    mimetypes: ClassVar[list[str]] = ["text/x-mqk-rules"]

    def get_tokens_unprocessed(self, text: str) -> Iterator[tuple[int, _TokenType, str]]:
        """Yield each token with its offset; what has no kind, blanks above all, is text."""
        starts = [0, *(match.end() for match in re.finditer("\n", text))]
        at = 0
        for mark in scan(text):
            start, end = starts[mark.line] + mark.start, starts[mark.line] + mark.end
            if start > at:
                yield at, Text, text[at:start]
            yield start, TOKENS[mark.kind], text[start:end]
            at = end
        if at < len(text):
            yield at, Text, text[at:]

    @staticmethod
    def analyse_text(text: str) -> bool:
        """Return whether a text begins like a rulebook."""
        return re.search(r"^rulebook [a-z_]+\.", text, re.M) is not None
