"""One part of an explanation: what was written, with its value and where that comes from."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dsl import ir
from dsl.interpret import Unknown
from dsl.program import Program
from dsl.text import Span
from dsl.types import show


@dataclass(frozen=True, slots=True)
class Branch:
    """One part of an explanation: what was written, what it came to in which unit, where that comes from."""

    text: str
    value: str
    origin: str
    branches: "tuple[Branch, ...]" = ()
    unit: str = ""


Origin = Callable[[str], str]
"""From a fact's path to its provenance in words: key, age, provider."""


def show_value(value: Any, expr: ir.Expr) -> str:
    """Return what an expression came to, or why that is not known."""
    if isinstance(value, Unknown):
        return "unknown: " + ", ".join(f"{path} {reason}" for path, reason in value.facts)
    return show(value, expr.type)


def written(program: Program, span: Span) -> str:
    """Return the source text of a span on one line."""
    text = program.bundle.sources.get(span.file, "")
    lines = text.split("\n")[span.line - 1 : span.end_line]
    if not lines:
        return "…"
    if len(lines) == 1:
        return lines[0][span.column - 1 : span.end_column - 1]
    whole = [lines[0][span.column - 1 :], *lines[1:-1], lines[-1][: span.end_column - 1]]
    return " ".join(part.strip() for part in whole)
