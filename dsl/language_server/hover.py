"""What is shown where somebody points: the thing named there, a word of the language, or what a number comes to."""

import re
from dataclasses import dataclass
from datetime import date

from dsl import ir
from dsl.contracts import Contracts
from dsl.expressions import Names, Typer
from dsl.highlight.scan import Mark, scan
from dsl.intervals import Bounds
from dsl.language_server.describe import describe, describe_diagnostic
from dsl.language_server.folder import SCENARIO, Folder
from dsl.language_server.index import Index
from dsl.language_server.words import DETAIL, TYPES, WINDOW_FUNCTIONS
from dsl.naming.occurrence import Use
from dsl.parse import parse_expression
from dsl.text import Span
from dsl.types import show

_WORDS = ("declaration", "clause", "effect", "connective", "constant", "phrase", "window_function", "vocabulary")
_PLAIN_WORDS = {Use.TYPE: TYPES, Use.WINDOW_FUNCTION: WINDOW_FUNCTIONS}


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of a place, as Markdown."""

    span: Span
    text: str


def hover(folder: Folder, index: Index, name: str, line: int, column: int, on: date) -> Told | None:
    """Return what there is to say of a place (counted from 1) on a law date, None where there is nothing."""
    said = _named(folder, index, name, line, column, on) or _word(folder, name, line, column)
    mistakes = [found for found in folder.diagnostics().get(name, ()) if _is_in(found.span, line, column)]
    pages = [text for found in mistakes if (text := describe_diagnostic(found))]
    if not pages:
        return said
    texts = [said.text] if said is not None else []
    return Told(
        said.span if said is not None else mistakes[0].span, "\n\n---\n\n".join([*texts, *dict.fromkeys(pages)])
    )


def _named(folder: Folder, index: Index, name: str, line: int, column: int, on: date) -> Told | None:
    seen = index.at(name, line, column)
    if seen is None:
        return None
    if seen.occurrence.use is Use.ENUM_VALUE:
        return _enum_value(folder, index, name, seen.span, seen.occurrence.word, seen.occurrence.about)
    if seen.occurrence.use is Use.VARIABLE:
        return Told(seen.span, f"a row of `{''.join(seen.occurrence.about)}`")
    if seen.occurrence.use in _PLAIN_WORDS:
        text = _PLAIN_WORDS[seen.occurrence.use].get(seen.occurrence.word)
        return Told(seen.span, text) if text else None
    if seen.occurrence.use is Use.OWNER:
        return Told(seen.span, f"owner `{seen.occurrence.word}`: who answers for it")
    text = describe(folder, seen.thing, on) if seen.thing is not None else ""
    return Told(seen.span, text) if text else None


def _enum_value(folder: Folder, index: Index, name: str, span: Span, word: str, about: tuple[str, ...]) -> Told | None:
    """Return which values an UPPERCASE word is one of."""
    facts, meanings = folder.environment.contracts.facts, index.meanings(name)
    for held in about:
        fact = facts.get(held)
        thing = meanings.value(held) if meanings is not None else None
        param = folder.compiled.ruleset.params.get(thing.name) if thing is not None else None
        values = fact.type.values if fact is not None else param.type.values if param is not None else ()
        if word in values:
            return Told(span, f"`{word}`: a value of `{held}`, one of {', '.join(values)}")
    return None


def _word(folder: Folder, name: str, line: int, column: int) -> Told | None:
    lines = folder.text(name).split("\n")
    if not 1 <= line <= len(lines) or name.endswith(SCENARIO):
        return None
    mark = next((m for m in scan(lines[line - 1]) if m.start < column <= m.end + 1 and column - 1 < m.end), None)
    if mark is None:
        return None
    written = lines[line - 1][mark.start : mark.end]
    span = Span(name, line, mark.start + 1, line, mark.end + 1)
    if mark.kind == "number":
        return _number(span, written)
    text = DETAIL.get(written) if mark.kind in _WORDS else None
    return Told(span, text) if text else None


def _number(span: Span, written: str) -> Told | None:
    """Return the unit of a literal, as the compiler takes it."""
    expr, _ = parse_expression(re.sub(r"\s+%", "%", written))
    if expr is None:
        return None
    names = Names(Contracts({}, ()), {}, {}, {}, lambda _: None, ())
    typed = Typer(names, Bounds({}, {}, lambda _: None), []).value(expr)
    if not isinstance(typed, ir.Const):
        return None
    return Told(span, f"{typed.type}, {show(typed.value, typed.type)}")


def _is_in(span: Span, line: int, column: int) -> bool:
    return span.line == line == span.end_line and span.column <= column < max(span.end_column, span.column + 1)


def word_at(text: str, line: int, column: int) -> Mark | None:
    """Return the token of a text at a place, None between tokens."""
    lines = text.split("\n")
    if not 1 <= line <= len(lines):
        return None
    return next((mark for mark in scan(lines[line - 1]) if mark.start < column <= mark.end), None)
