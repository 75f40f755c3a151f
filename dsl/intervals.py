"""Interval analysis: what a value can be, from contract bounds, so that a divisor is proven positive."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from dsl import ir
from dsl.contracts import Fact


@dataclass(frozen=True, slots=True)
class Interval:
    """Least and greatest value in base units; None is unbounded. `open` means the low end is excluded."""

    low: Fraction | None = None
    high: Fraction | None = None
    open: bool = False

    @property
    def is_positive(self) -> bool:
        return self.low is not None and (self.low > 0 or (self.low == 0 and self.open))


ANY = Interval()


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where intervals come from: contracts, params, lets, and facts a `needs` clause bounds."""

    facts: Mapping[str, Fact]
    params: Mapping[str, Interval]
    let: Callable[[str], ir.Expr | None]
    positive: frozenset[str] = frozenset()


def interval(expr: ir.Expr, bounds: Bounds) -> Interval:
    """Return an interval that holds every value the expression can take."""
    match expr:
        case ir.Const():
            if isinstance(expr.value, Fraction):
                return Interval(expr.value, expr.value)
            return ANY
        case ir.FactRef():
            if expr.path in bounds.positive:
                return Interval(Fraction(0), None, True)
            fact = bounds.facts.get(expr.path)
            return Interval(fact.low, fact.high, fact.low_open) if fact else ANY
        case ir.ParamRef():
            return bounds.params.get(expr.name, ANY)
        case ir.LetRef():
            body = bounds.let(expr.name)
            return interval(body, bounds) if body is not None else ANY
        case ir.Arithmetic():
            return _arithmetic(expr.operator, interval(expr.left, bounds), interval(expr.right, bounds))
        case ir.Negate():
            inner = interval(expr.operand, bounds)
            return Interval(_neg(inner.high), _neg(inner.low))
        case ir.Apply():
            return _apply(expr.function, [interval(o, bounds) for o in expr.operands])
        case ir.If():
            return _union(interval(expr.then, bounds), interval(expr.otherwise, bounds))
        case ir.Otherwise():
            return _union(interval(expr.fact, bounds), interval(expr.default, bounds))
        case _:
            return ANY


def _neg(value: Fraction | None) -> Fraction | None:
    return None if value is None else -value


def _arithmetic(operator: str, a: Interval, b: Interval) -> Interval:
    if operator == "+":
        return Interval(_plus(a.low, b.low), _plus(a.high, b.high), a.open or b.open)
    if operator == "-":
        return Interval(_plus(a.low, _neg(b.high)), _plus(a.high, _neg(b.low)), a.open)
    if a.low is None or b.low is None or a.low < 0 or b.low < 0:
        return ANY
    if operator == "*":
        high = a.high * b.high if a.high is not None and b.high is not None else None
        return Interval(a.low * b.low, high, a.open or b.open) if a.low * b.low == 0 else Interval(a.low * b.low, high)
    low = a.low / b.high if b.high else Fraction(0)
    high = a.high / b.low if a.high is not None and b.low else None
    return Interval(low, high, a.open and low == 0)


def _plus(a: Fraction | None, b: Fraction | None) -> Fraction | None:
    return None if a is None or b is None else a + b


def _apply(function: str, parts: list[Interval]) -> Interval:
    lows, highs = [p.low for p in parts], [p.high for p in parts]
    if function == "abs":
        return Interval(Fraction(0) if not parts[0].is_positive else parts[0].low, None, parts[0].is_positive)
    known_lows = [low for low in lows if low is not None]
    known_highs = [high for high in highs if high is not None]
    if function == "max":
        low = max(known_lows) if known_lows else None
        positive = any(p.is_positive for p in parts)
        return Interval(low, max(known_highs) if len(known_highs) == len(parts) else None, positive and low == 0)
    low = min(known_lows) if len(known_lows) == len(parts) else None
    return Interval(low, min(known_highs) if known_highs else None, all(p.is_positive for p in parts) and low == 0)


def _union(a: Interval, b: Interval) -> Interval:
    low = min(a.low, b.low) if a.low is not None and b.low is not None else None
    high = max(a.high, b.high) if a.high is not None and b.high is not None else None
    return Interval(low, high, a.is_positive and b.is_positive and low == 0)
