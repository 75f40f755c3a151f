"""Statistics: the floats of the language, all of them here. A rule meets one only through `exact`, a gate by size."""

import math
from fractions import Fraction
from typing import Any

from dsl import ir

INFINITE, NAN = math.inf, math.nan


def is_statistic(value: object) -> bool:
    """Return whether a value is a float."""
    return isinstance(value, float)


def is_finite(value: Any) -> bool:
    """Return whether a statistic is a number at all."""
    return math.isfinite(value)


def is_nan(value: Any) -> bool:
    """Return whether a statistic is nothing at all, not even infinite."""
    return math.isnan(value)


def as_statistic(value: Fraction | int) -> float:
    """Return the float nearest to an exact number."""
    return value.numerator / value.denominator


def read_statistic(text: str) -> float:
    """Return a statistic from the text a record keeps it as."""
    return float(text)


def write_statistic(value: float) -> str:
    """Return the text a record keeps a statistic as: the shortest that reads back to the same float."""
    return repr(value)


def of_reals(expr: ir.Expr, values: list[Any]) -> Any:
    """Return the result of one operation on statistics; NaN where it has none."""
    try:
        return _of_reals(expr, values)
    except (ArithmeticError, ValueError):
        return NAN


def _of_reals(expr: ir.Expr, values: list[Any]) -> Any:
    match expr:
        case ir.Widen():
            return as_statistic(values[0])
        case ir.Logarithm():
            return math.log(values[0])
        case ir.RealCompare():
            return _SIZE[expr.operator](values[0], values[1])
        case ir.Exact():
            return _exact(values[0], expr.direction, expr.places)
        case ir.RealArithmetic():
            return _ARITHMETIC[expr.operator](values[0], values[1])
    raise AssertionError(type(expr).__name__)


def _exact(value: float, direction: str, places: int) -> Fraction:
    scaled = Fraction(value) * 10**places
    whole = scaled.numerator // scaled.denominator
    return Fraction(whole + (direction == "up" and scaled.denominator != 1), 10**places)


_SIZE: dict[str, Any] = {
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
}  # fmt: skip
_ARITHMETIC: dict[str, Any] = {
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "/": lambda a, b: a / b,
}  # fmt: skip
