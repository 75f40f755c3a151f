"""How far a float64 can be from the integer it stands for: a forward bound, proven operation by operation.

Every operation of IEEE 754 in round-to-nearest is the exact one times (1 + d), |d| <= 2^-53 (Higham, Accuracy and
Stability of Numerical Algorithms, 2nd ed., model 2.4); integers of this size do not underflow, and `TOO_LARGE` keeps
them from overflow. With |x - a| <= ea and |y - b| <= eb the bounds below follow.
"""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from dsl.columnar.nodes import Op
from dsl.columnar.ranges import Range, magnitude

UNIT = Fraction(1, 2**53)
EXACT = 2**53
"""Integers up to this magnitude are float64 values."""
TOO_LARGE = 2**900


def of_conversion(between: Range) -> Fraction:
    """Return the bound of an integer of a range turned into float64."""
    size = magnitude(between)
    return Fraction(0) if size <= EXACT else size * UNIT


def of_operation(op: Op, result: Range, parts: Sequence[tuple[Range, Fraction]]) -> Fraction:
    """Return the bound of an operation's float64 result; `result` is its exact range, `parts` the operands'."""
    errors = [error for _, error in parts]
    match op:
        case Op.PLUS | Op.MINUS:
            carried = sum(errors, Fraction(0))
        case Op.TIMES | Op.SCALE:
            (a, ea), (b, eb) = parts
            carried = magnitude(a) * eb + magnitude(b) * ea + ea * eb
        case Op.ABS | Op.LEAST | Op.GREATEST | Op.PICK:
            return max(errors)
        case _:
            raise AssertionError(op)
    return carried + UNIT * (magnitude(result) + carried)


def of_difference(left: tuple[Range, Fraction], right: tuple[Range, Fraction]) -> Fraction:
    """Return the bound of left - right in float64: within it of zero, a comparison is in doubt."""
    (a, _), (b, _) = left, right
    return of_operation(Op.MINUS, (a[0] - b[1], a[1] - b[0]), (left, right))


def rounded_up(bound: Fraction) -> np.float64:
    """Return a float64 that is no less than the bound."""
    near = np.float64(bound.numerator / bound.denominator)  # of integers: the float64 nearest to the quotient
    above: np.float64 = np.nextafter(near, np.inf)
    return above
