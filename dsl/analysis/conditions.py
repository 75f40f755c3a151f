"""Conditions handed in as text of the language, to narrow what a question is about."""

from collections.abc import Iterable

from dsl import ir
from dsl.bundle import Bundle
from dsl.expressions import Names, Typer
from dsl.intervals import Bounds
from dsl.parse import parse_expression


def read_condition(bundle: Bundle, text: str) -> ir.Expr | None:
    """Return a condition over facts, None where the bundle's contracts do not have what it reads."""
    written, found = parse_expression(text)
    if written is None:
        return None
    names = Names(bundle.contracts, {}, {}, {}, lambda _: None, ())
    typed = Typer(names, Bounds(bundle.contracts.facts, {}, lambda _: None), found).condition(written)
    return None if found else typed


def read_conditions(bundle: Bundle, texts: Iterable[str]) -> list[ir.Expr] | None:
    """Return several conditions, None where any cannot be read."""
    read = [read_condition(bundle, text) for text in texts]
    whole = [condition for condition in read if condition is not None]
    return whole if len(whole) == len(read) else None
