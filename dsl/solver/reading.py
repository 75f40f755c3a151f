"""A model of z3 as a situation: every value on the grid a snapshot stores."""

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any

import z3

from dsl.contracts import Fact
from dsl.solver.facts import FactVar
from dsl.solver.rows import MOST, cell_of, columns_of
from dsl.solver.situation import ABSENT, Situation, Told, nearest_stored
from dsl.solver.words import Words, is_amount, is_real, is_word
from dsl.statistics import as_statistic
from dsl.types import Kind, scale_of

DIGITS = 20
"""Decimal places an irrational value of a model is taken to; the grid has six."""


def situation_of(model: Any, facts: Iterable[FactVar], usual: Callable[[FactVar], Told]) -> Situation:
    """Return what a model says of these facts; of a set it says little, and the rest is as usual where it can be."""
    return Situation({var.key: _told(model, var, usual) for var in facts})


def _told(model: Any, var: FactVar, usual: Callable[[FactVar], Told]) -> Told:
    if not _holds(model, var.given):
        return ABSENT
    late = frozenset(age for age, condition in var.lates.items() if _holds(model, condition))
    value = _value(model, var)
    if var.fact.type.kind is Kind.SET:
        value = _as_usual(model, var, value, usual(var).value)
    return Told(value, _holds(model, var.broken), late)


def _as_usual(model: Any, var: FactVar, found: frozenset[Any], held: Any) -> frozenset[Any]:
    """Return the usual content of a set where it answers everything that was asked as the model does."""
    element = var.fact.type.element
    if not isinstance(held, frozenset) or element is None or is_amount(element):
        return found
    asked = {_word(model.eval(item, model_completion=True), var.words) for item in var.items}
    count = model.eval(var.rows, model_completion=True).as_long()
    return held if held & asked == found & asked and (len(held) > 0) == (count > 0) else found


def _value(model: Any, var: FactVar) -> Any:
    kind = var.fact.type
    if kind.kind is Kind.SET:
        return _members(model, var)
    if kind.kind is Kind.LIST:
        count = min(model.eval(var.rows, model_completion=True).as_long(), MOST)
        columns = columns_of(var.fact)
        return tuple(_row(model, var, at, columns) for at in range(count))
    return _plain(model, var)


def _row(model: Any, var: FactVar, at: int, columns: tuple[Fact, ...]) -> dict[str, Any]:
    row = {}
    for column in columns:
        cell = cell_of(var, at, column, var.words)
        if column.type.kind in (Kind.SET, Kind.LIST):
            continue
        if not column.optional or _holds(model, cell.given):
            row[column.path] = _plain(model, cell)
    return row


def _members(model: Any, var: FactVar) -> frozenset[Any]:
    element = var.fact.type.element
    assert element is not None
    found = set()
    for item in var.items:
        if _holds(model, var.value(item)):
            value = model.eval(item, model_completion=True)
            found.add(
                nearest_stored(_fraction(value), scale_of(element)) if is_amount(element) else _word(value, var.words)
            )
    count = model.eval(var.rows, model_completion=True).as_long()
    if not found and count > 0 and not is_amount(element):
        found.add("NOBODY")
    return frozenset(found)


def _plain(model: Any, var: FactVar) -> Any:
    kind = var.fact.type
    value = model.eval(var.value, model_completion=True)
    if kind.kind is Kind.BOOL:
        return z3.is_true(value)
    if is_word(kind):
        return _word(value, var.words)
    if is_real(kind):
        return as_statistic(_fraction(value))
    stored = nearest_stored(_fraction(value), scale_of(kind))
    if (low := var.low) is not None:
        least = nearest_stored(low[0], scale_of(kind)) + low[1]
        stored = max(stored, least)
    return stored


def _word(value: Any, words: Words) -> str:
    return words.word(value.as_long())


def _holds(model: Any, condition: Any) -> bool:
    return bool(z3.is_true(model.eval(condition, model_completion=True)))


def _fraction(value: Any) -> Fraction:
    if z3.is_algebraic_value(value):
        value = value.approx(DIGITS)
    return Fraction(value.numerator_as_long(), value.denominator_as_long())
