"""Ticks: the step by which a number of a type is written one past another, so that both sides of a line are tested."""

from fractions import Fraction

from dsl.types import DURATION, QUANTITY, Kind, Type

CENT, BASIS_POINT, MICRO, MILLI = Fraction(1, 100), Fraction(1, 10_000), Fraction(1, 1_000_000), Fraction(1, 1_000)


def tick_of(kind: Type) -> Fraction:
    """Return a type's tick in base units: a cent of money or a price, a basis point of a ratio, a millionth of a share.

    A millisecond of a duration, a second of an instant or time of day, one of what is counted, a ten-thousandth
    of a statistic.
    """
    if kind.kind is Kind.REAL:
        return BASIS_POINT
    if kind.kind is not Kind.NUMBER:
        return Fraction(1)
    if kind.is_ratio:
        return BASIS_POINT
    if kind == QUANTITY:
        return MICRO
    if kind == DURATION:
        return MILLI
    return CENT if kind.dimension else Fraction(1)
