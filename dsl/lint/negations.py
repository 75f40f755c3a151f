"""W635: a negation that can be said straight."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from dsl import syntax as s
from dsl.diagnostics import Diagnostic, Edit
from dsl.edits import part_of
from dsl.lint.subject import INCREASES, Subject
from dsl.program import REDUCES
from dsl.text import Span

_OPPOSITE = {INCREASES: REDUCES, REDUCES: INCREASES}
_NEGATED = {"is_not": (re.compile(r"is\s+not(?!\w)"), "is"), "not_in": (re.compile(r"not\s+in(?!\w)"), "in")}


def negations(subject: Subject) -> Iterator[Diagnostic]:
    """Report two negations of one thing, and the negation of a fact that has an opposite of its own."""
    for book in subject.books:
        for declared in (*book.lets.values(), *book.rules.values()):
            for negation in _negations(declared):
                text = subject.bundle.sources[negation.span.file]
                straight = _straight(negation, text)
                if straight is not None and (straight not in _OPPOSITE or straight in subject.bundle.contracts.facts):
                    yield Diagnostic(
                        "W635",
                        "this can be said without the negation",
                        negation.span,
                        help=f"write `{straight}`",
                        edit=Edit(negation.span, straight),
                    )


def _negations(node: object) -> Iterator[s.Not]:
    if isinstance(node, s.Not):
        yield node
    if isinstance(node, tuple):
        for item in node:
            yield from _negations(item)
    elif is_dataclass(node) and not isinstance(node, Span):
        for field in fields(node):
            yield from _negations(getattr(node, field.name))


def _straight(negation: s.Not, text: str) -> str | None:
    """Return the text of a negation said straight, or None where there is no shorter way."""
    written, inner = part_of(text, negation.span), negation.operand
    rest = written.removeprefix("not").lstrip()
    match inner:
        case s.Name() if inner.path in _OPPOSITE:
            return _OPPOSITE[inner.path]
        case s.Not():
            within = part_of(text, inner.span)
            return _bare(rest.replace(within, within.removeprefix("not").lstrip(), 1))
        case s.Comparison() if inner.operator in _NEGATED:
            pattern, word = _NEGATED[inner.operator]
            left, right = part_of(text, inner.left.span), part_of(text, inner.right.span)
            between = rest[rest.index(left) + len(left) : rest.rindex(right)]
            if "#" in between:
                return None
            return _bare(rest.replace(left + between, left + pattern.sub(word, between, count=1), 1))
        case _:
            return None


def _bare(text: str) -> str:
    """Return an expression without brackets around the whole of it."""
    if not text.startswith("("):
        return text
    depth = 0
    for at, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if depth == 0:
            return text[1:-1].strip() if at == len(text) - 1 else text
    return text
