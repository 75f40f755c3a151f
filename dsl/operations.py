"""What one operation makes of known values: on exact fractions."""

from fractions import Fraction
from typing import Any

from dsl import ir
from dsl.types import Kind


def operate(expr: ir.Expr, values: list[Any]) -> Any:
    """Return the result of one operation on known values."""
    match expr:
        case ir.Arithmetic(operator="+"):
            return values[0] + values[1]
        case ir.Arithmetic(operator="-"):
            return values[0] - values[1]
        case ir.Arithmetic(operator="*"):
            return values[0] * values[1]
        case ir.Arithmetic():
            return values[0] / values[1]
        case ir.Negate():
            return -values[0]
        case ir.Apply(function="abs"):
            return abs(values[0])
        case ir.Apply(function="min"):
            return min(values)
        case ir.Apply():
            return max(values)
        case ir.Rounded():
            return rounded(values[0], values[1], expr.mode)
        case ir.Compare():
            return _COMPARE[expr.operator](values[0], values[1])
        case ir.Member():
            return values[0] in values[1]
        case ir.DaysBetween():
            return Fraction(86_400 * int(values[0] - values[1]))
        case ir.Multiple():
            return (values[0] / values[1]).denominator == 1
        case ir.Not():
            return not values[0]
    raise AssertionError(type(expr).__name__)


_COMPARE: dict[str, Any] = {
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b, "!=": lambda a, b: a != b,
}  # fmt: skip


def rounded(value: Fraction, step: Fraction, mode: str) -> Fraction:
    """Return the multiple of `step` next to `value`: down and up by sign of infinity, halves as said."""
    steps = value / step
    floor = steps.numerator // steps.denominator
    rest = steps - floor
    if mode == "down" or rest == 0:
        return floor * step
    if mode == "up":
        return (floor + 1) * step
    half = Fraction(1, 2)
    if rest == half:
        return (floor + (1 if mode == "half_up" or floor % 2 else 0)) * step
    return (floor + (1 if rest > half else 0)) * step


NUMBERS = (Kind.NUMBER, Kind.TIMESTAMP, Kind.TIME, Kind.SESSIONS)


def exact(value: Any, scale: int, kind: Kind) -> Any:
    """Return a stored value as rules see it: numbers in base units, everything else as it is."""
    if kind in NUMBERS:
        return Fraction(value, scale)
    return value
