"""Exact arithmetic on terms: a number is a numerator over a positive denominator.

The type checker has proven every divisor positive where its line is decided, so a comparison multiplies out and
stays a polynomial. A product of two variables, a rounding and a multiple are opaque first: a variable, what its
signs or bounds say, and a definition for when that is not enough.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import z3

from dsl.solver.words import Amount, Formula
from dsl.solver.world import EXACT, World

ONE = Fraction(1)
MOST_COMPARED = 8
"""Products of one question that are compared with one another."""


@dataclass(frozen=True, slots=True)
class Quotient:
    """`num` over `den`, each a fraction or a real term; the denominator is positive where it matters."""

    num: Amount
    den: Amount = ONE


def constant(value: Fraction | int) -> Quotient:
    return Quotient(Fraction(value))


def term(value: Amount) -> Any:
    """Return a number as a term of z3."""
    return z3.RealVal(value) if isinstance(value, Fraction) else value


class Amounts:
    """Arithmetic in one world."""

    def __init__(self, world: World) -> None:
        self._world = world

    # ---------------------------------------------------------------------------------- + - * /
    def add(self, a: Quotient, b: Quotient, sign: int = 1) -> Quotient:
        """Return a + b, or a − b for a negative sign."""
        if isinstance(a.den, Fraction) and isinstance(b.den, Fraction):
            return Quotient(_plus(_times(a.num, 1 / a.den), _times(b.num, sign / b.den)))
        left, right = self.product(a.num, b.den), self.product(b.num, a.den)
        return Quotient(_plus(left, _times(right, Fraction(sign))), self.product(a.den, b.den))

    def multiply(self, a: Quotient, b: Quotient) -> Quotient:
        return Quotient(self.product(a.num, b.num), self.product(a.den, b.den))

    def divide(self, a: Quotient, b: Quotient) -> Quotient:
        """Return a / b for a positive b."""
        if isinstance(b.num, Fraction) and isinstance(b.den, Fraction) and b.num:
            return Quotient(_times(a.num, b.den / b.num), a.den)
        return Quotient(self.product(a.num, b.den), self.product(a.den, b.num))

    def negate(self, a: Quotient) -> Quotient:
        return Quotient(_times(a.num, Fraction(-1)), a.den)

    def choose(self, condition: Formula, a: Quotient, b: Quotient) -> Quotient:
        """Return a where the condition holds, else b."""
        return Quotient(_either(condition, a.num, b.num), _either(condition, a.den, b.den))

    def compare(self, operator: str, a: Quotient, b: Quotient) -> Formula:
        """Return a comparison, both sides multiplied by the denominators."""
        left, right = self.product(a.num, b.den), self.product(b.num, a.den)
        if isinstance(left, Fraction) and isinstance(right, Fraction):
            left, right = term(left), term(right)
        match operator:
            case "<":
                return left < right
            case "<=":
                return left <= right
            case ">":
                return left > right
            case ">=":
                return left >= right
            case "==":
                return left == right
        return left != right

    def extreme(self, function: str, operands: list[Quotient]) -> Quotient:
        """Return the least or greatest of some numbers."""
        out = operands[0]
        for other in operands[1:]:
            is_better = self.compare("<" if function == "min" else ">", other, out)
            out = self.choose(is_better, other, out)
        return out

    def absolute(self, a: Quotient) -> Quotient:
        return self.choose(self.compare("<", a, constant(0)), self.negate(a), a)

    # ---------------------------------------------------------------------------------- opaque first
    def product(self, x: Amount, y: Amount) -> Amount:
        """Return x · y: linear where one is constant, case by case over constants, else opaque."""
        if isinstance(x, Fraction) or isinstance(y, Fraction):
            number, other = (x, y) if isinstance(x, Fraction) else (y, x)
            return _times(other, number)
        for cases, other in ((x, y), (y, x)):
            if _is_table(cases):
                return _spread(cases, other)
        x, y = sorted((x, y), key=lambda side: side.get_id())
        symbol = z3.Real(f"product{len(self._world.opaques)}{self._world.mark}")
        zero = z3.Or(x == 0, y == 0)
        axioms = [
            (symbol == 0) == zero,
            (symbol > 0) == z3.Or(z3.And(x > 0, y > 0), z3.And(x < 0, y < 0)),
        ]
        key = ("product", x.get_id(), y.get_id())
        return self._world.opaque(key, symbol, axioms, EXACT, lambda: [symbol == x * y], (x, y))

    def rounded(self, a: Quotient, step: Quotient, mode: str) -> Quotient:
        """Return a rounded to a multiple of a positive step."""
        value, size = self._plain(a), self._plain(step)
        symbol = z3.Real(f"rounded{len(self._world.opaques)}{self._world.mark}")
        half = size / 2
        near = {
            "down": [symbol <= value, value < symbol + size],
            "up": [symbol >= value, value > symbol - size],
        }.get(mode, [symbol - half <= value, value <= symbol + half])
        key = ("rounded", mode, value.get_id(), size.get_id())

        def define() -> list[Formula]:
            return _where_positive(size, _rounding(symbol, value, size, mode))

        found = self._world.opaque(key, symbol, _where_positive(size, near), EXACT, define)
        return Quotient(found)

    def is_multiple(self, a: Quotient, step: Quotient) -> Formula:
        """Return the condition that a is a whole number of positive steps."""
        value, size = self._plain(a), self._plain(step)
        symbol = z3.Bool(f"multiple{len(self._world.opaques)}{self._world.mark}")
        key = ("multiple", value.get_id(), size.get_id())
        axioms = [z3.Implies(z3.Or(value == 0, value == size), symbol)]

        def define() -> list[Formula]:
            steps = z3.ToReal(z3.Int(f"{symbol}?steps"))
            is_floor = [steps * size <= value, value < (steps + 1) * size]
            return _where_positive(size, [*is_floor, symbol == (steps * size == value)])

        return self._world.opaque(key, symbol, axioms, EXACT, define)

    def _plain(self, a: Quotient) -> Any:
        """Return a number as one term; a division by a variable becomes an opaque quotient."""
        if isinstance(a.den, Fraction):
            return term(_times(a.num, 1 / a.den))
        num, den = term(a.num), a.den
        symbol = z3.Real(f"quotient{len(self._world.opaques)}{self._world.mark}")
        axioms = [z3.Implies(den > 0, z3.And((symbol > 0) == (num > 0), (symbol == 0) == (num == 0)))]
        key = ("quotient", num.get_id(), den.get_id())
        return self._world.opaque(key, symbol, axioms, EXACT, lambda: [z3.Implies(den > 0, symbol * den == num)])


def _where_positive(size: Any, conditions: list[Formula]) -> list[Formula]:
    """Return what holds of a step where it is one: where a need fails, a step may be anything."""
    return [z3.Implies(size > 0, z3.And(*conditions))]


def growing(products: list[tuple[Any, Any, Any]]) -> list[Formula]:
    """Return that of two products of positive factors the one with the greater factors is the greater.

    Only among few products: what it says grows with their square.
    """
    if len(products) > MOST_COMPARED:
        return []
    out = []
    for p, x, y in products:
        for q, *others in products:
            for u, v in (others, others[::-1]) if p is not q else ():
                out.append(z3.Implies(z3.And(x >= 0, y >= 0, x <= u, y <= v), p <= q))
    return out


def _rounding(symbol: Any, value: Any, size: Any, mode: str) -> list[Formula]:
    steps = z3.Int(f"{symbol}?steps")
    count = z3.ToReal(steps)
    is_floor = [count * size <= value, value < (count + 1) * size]
    if mode == "down":
        return [*is_floor, symbol == count * size]
    if mode == "up":
        return [(count - 1) * size < value, value <= count * size, symbol == count * size]
    rest = 2 * (value - count * size)
    at_half = steps % 2 == 1 if mode == "half_even" else z3.BoolVal(True)
    is_above = z3.Or(rest > size, z3.And(rest == size, at_half))
    return [*is_floor, symbol == z3.If(is_above, (count + 1) * size, count * size)]


def _plus(a: Amount, b: Amount) -> Amount:
    if isinstance(a, Fraction) and isinstance(b, Fraction):
        return a + b
    if isinstance(b, Fraction):
        return a if b == 0 else a + term(b)
    return b if isinstance(a, Fraction) and a == 0 else term(a) + b


def _times(value: Amount, number: Fraction) -> Amount:
    if isinstance(value, Fraction):
        return value * number
    if number == 0:
        return Fraction(0)
    return value if number == 1 else value * term(number)


def _either(condition: Formula, a: Amount, b: Amount) -> Amount:
    if isinstance(a, Fraction) and isinstance(b, Fraction) and a == b:
        return a
    if not isinstance(a, Fraction) and not isinstance(b, Fraction) and a.eq(b):
        return a
    return z3.If(condition, term(a), term(b))


def _is_table(value: Any) -> bool:
    """Return whether a term is a case distinction with nothing but constants in its cases."""
    while z3.is_app_of(value, z3.Z3_OP_ITE):
        if not z3.is_rational_value(value.arg(1)):
            return False
        value = value.arg(2)
    return bool(z3.is_rational_value(value))


def _spread(cases: Any, other: Any) -> Any:
    if z3.is_rational_value(cases):
        return other * cases
    return z3.If(cases.arg(0), other * cases.arg(1), _spread(cases.arg(2), other))
