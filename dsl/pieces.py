"""A file's text cut into its declarations, before any of it is read; what is not even cut says why."""

import re
from collections.abc import Iterator

from dsl.diagnostics import Diagnostic
from dsl.keywords import CLAUSES, DECLARATIONS, EFFECTS
from dsl.mistakes import Piece
from dsl.suggest import nearest
from dsl.text import Source, Span

MAX_BYTES = 1_000_000
MAX_DEPTH = 64
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_BRACKET = re.compile(r"[()\[\]{}]")
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x85\ud800-\udfff\u200b-\u200d\u2060\ufeff\u202a-\u202e\u2066-\u2069\u2028\u2029]"
)
"""Control, surrogate and invisible characters."""
_DECLARATION = re.compile(rf"[ \t]*({'|'.join(DECLARATIONS)})(?![\w.])")


def refuse(source: Source) -> Diagnostic | None:
    """Return why a text is not even cut into pieces: size, characters or nesting."""
    text = source.text
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        return Diagnostic(
            "E003",
            "the file is larger than 1 MB",
            Span(source.name, 1, 1, 1, 1),
            help="split it into several rulebooks",
        )
    forbidden = _FORBIDDEN.search(text)
    forbidden_line = text.count("\n", 0, forbidden.start()) + 1 if forbidden else 0
    depth = 0
    for number, line in enumerate(text.split("\n"), 1):
        if forbidden and number == forbidden_line:
            column = forbidden.start() - text.rfind("\n", 0, forbidden.start())
            return Diagnostic(
                "E004",
                f"character U+{ord(forbidden[0]):04X} is not allowed",
                Span(source.name, number, column, number, column + 1),
                help="remove it; rule files are plain text",
            )
        bare = _STRING.sub(lambda m: "_" * len(m[0]), line).split("#", 1)[0]
        for bracket in _BRACKET.finditer(bare):
            depth += 1 if bracket[0] in "([{" else -1
            if depth > MAX_DEPTH:
                column = bracket.start() + 1
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


def pieces(source: Source, found: list[Diagnostic], damaged: set[str], unread: set[str]) -> Iterator[Piece]:
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
