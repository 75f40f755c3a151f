"""W608: a number written into a rule, with no citation, no range and no date."""

from collections.abc import Iterator
from dataclasses import fields
from fractions import Fraction

from dsl import syntax as s
from dsl import types as t
from dsl.diagnostics import Diagnostic
from dsl.keywords import UNITS
from dsl.lint.subject import SOFT, Subject
from dsl.names import Rulebook

CONVERSIONS = tuple(Fraction(n) for n in (7, 10, 24, 60, 100, 252, 365, 1_000, 3_600, 10_000, 86_400, 1_000_000))
"""Bare factors that convert a unit or a period, and decide nothing."""
_NOTES = 3


def magic_numbers(subject: Subject) -> Iterator[Diagnostic]:
    """Report literals that decide: all but 0, 1 and 100%, steps, conversions, and the share of a soft line."""
    found = [number for book in subject.books for number in _numbers(book)]
    alike: dict[tuple[Fraction, str], list[s.Number]] = {}
    for number in found:
        alike.setdefault(_size(number), []).append(number)
    for number in found:
        written = subject.said(number.span)
        same = [other for other in alike[_size(number)] if other is not number]
        yield Diagnostic(
            "W608",
            f"`{written}` is decided here, by nobody and without a date",
            number.span,
            help=_remedy(number.unit),
            notes=tuple((other.span, "the same number again") for other in same[:_NOTES]),
        )


def _numbers(book: Rulebook) -> Iterator[s.Number]:
    """Yield the literals of a rulebook that decide something; a gate's are statistics, which no param can hold."""
    for let in book.lets.values():
        yield from _deciding(let.body)
    for rule in (rule for rule in book.rules.values() if rule.kind != "gate"):
        parts = (rule.when, rule.measure, rule.missing.unless if rule.missing else None)
        yield from _deciding((*parts, *(need.bound for need in rule.needs)))
        for line in rule.lines:
            bounds = line.bound[1] if line.bound else ()
            yield from _deciding((line.when, *bounds), is_soft=line.effect in SOFT)
            yield from _deciding(line.unless)


def _deciding(node: object, is_soft: bool = False) -> Iterator[s.Number]:
    """Yield the literals below a node; the share a soft line takes (`80% of`) warns early and decides nothing."""
    if isinstance(node, tuple):
        for item in node:
            yield from _deciding(item, is_soft)
        return
    match node:
        case s.Number():
            if not _is_neutral(node):
                yield node
        case (
            s.Call(function="rounded" | "exact", arguments=(operand, *_))
            | s.Comparison(operator="multiple", left=operand)
        ):
            yield from _deciding(operand, is_soft)
        case s.Binary(operator="*", left=s.Number(unit="%"), right=whole) if is_soft:
            yield from _deciding(whole, is_soft)
        case s.Binary(operator="*" | "/", left=left, right=right):
            divides = node.operator == "/"
            yield from () if not divides and _converts(left) else _deciding(left, is_soft)
            yield from () if _converts(right, divides) else _deciding(right, is_soft)
        case s.Expr():
            for field in fields(node):
                yield from _deciding(getattr(node, field.name), is_soft)


def _is_neutral(number: s.Number) -> bool:
    """Return whether a literal is nothing, one of something, or the whole."""
    size, kind = _size(number)
    return (size if kind == "ratio" else number.value) in (0, 1)


def _converts(node: s.Expr, divides: bool = False) -> bool:
    """Return whether a factor is a bare conversion; halving takes the middle of two prices and is one too."""
    if not isinstance(node, s.Number) or node.unit:
        return False
    return node.value in CONVERSIONS or (divides and node.value == 2)


def _size(number: s.Number) -> tuple[Fraction, str]:
    """Return a number in base units and what it counts, so that 100% is 1 and 60 s is 1 min."""
    if number.unit == "%":
        return number.value / 100, "ratio"
    kind, factor = UNITS.get(number.unit, (number.unit, 1))
    return number.value * Fraction(str(factor)), kind


def _remedy(unit: str) -> str:
    currency, _, under = unit.partition("/")
    if under and under != "share":
        return f"write `in {currency}`: the fact `fx.rate` has the rate of the hour"
    kind = UNITS[unit][0] if unit in UNITS else "ratio" if unit == "%" else "count"
    named = {"shares": "quantity"}.get(kind, kind)
    if currency and unit not in UNITS and unit != "%":
        named = str(t.price(currency) if under else t.money(currency))
    rest = "a citation" if kind == "sessions" else "a range and a citation"
    return f"declare `param NAME: {named}` with {rest}, and read it here"
