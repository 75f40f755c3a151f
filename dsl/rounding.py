"""Whether a rounding is against the order: a statistic may make a line fire too early, never too late."""

from collections.abc import Iterator

from dsl import ir
from dsl.intervals import Bounds, interval

_UP, _DOWN = 1, -1


def favourable(condition: ir.Expr, wanted: bool, bounds: Bounds) -> tuple[ir.Exact, ...]:
    """Return every rounding in a condition that could let pass what the statistic itself would not.

    `wanted` says whether the careful side is for the condition to hold (a reject) or not to hold (an exception).
    """
    return tuple(dict.fromkeys(_condition(condition, _UP if wanted else _DOWN, bounds)))


def _condition(expr: ir.Expr, side: int, bounds: Bounds) -> Iterator[ir.Exact]:
    match expr:
        case ir.Logic():
            for part in expr.parts:
                yield from _condition(part, side, bounds)
        case ir.Not():
            yield from _condition(expr.operand, -side, bounds)
        case ir.Compare() if expr.operator in (">", ">=", "<", "<="):
            towards = side if expr.operator in (">", ">=") else -side
            yield from _number(expr.left, towards, bounds)
            yield from _number(expr.right, -towards, bounds)
        case ir.If():
            yield from _all(expr.condition, bounds)
            yield from _condition(expr.then, side, bounds)
            yield from _condition(expr.otherwise, side, bounds)
        case ir.LetRef():
            body = bounds.let(expr.name)
            if body is not None:
                yield from _condition(body, side, bounds)
        case _:
            yield from _all(expr, bounds)


def _number(expr: ir.Expr, side: int, bounds: Bounds) -> Iterator[ir.Exact]:
    """Yield the roundings in a number that do not go to its careful side: `side` is 1 where larger is careful."""
    match expr:
        case ir.Exact():
            if expr.direction != ("up" if side == _UP else "down"):
                yield expr
        case ir.Negate():
            yield from _number(expr.operand, -side, bounds)
        case ir.Arithmetic(operator="+" | "-"):
            yield from _number(expr.left, side, bounds)
            yield from _number(expr.right, side if expr.operator == "+" else -side, bounds)
        case ir.Arithmetic():
            low, other = interval(expr.left, bounds).low, interval(expr.right, bounds).low
            if low is None or other is None or low < 0 or other < 0:
                yield from _all(expr, bounds)
                return
            yield from _number(expr.left, side, bounds)
            yield from _number(expr.right, side if expr.operator == "*" else -side, bounds)
        case ir.Apply(function="min" | "max"):
            for operand in expr.operands:
                yield from _number(operand, side, bounds)
        case ir.Rounded():
            yield from _number(expr.operand, side, bounds)
        case ir.If():
            yield from _all(expr.condition, bounds)
            yield from _number(expr.then, side, bounds)
            yield from _number(expr.otherwise, side, bounds)
        case ir.LetRef():
            body = bounds.let(expr.name)
            if body is not None:
                yield from _number(body, side, bounds)
        case _:
            yield from _all(expr, bounds)


def _all(expr: ir.Expr, bounds: Bounds) -> Iterator[ir.Exact]:
    """Yield every rounding: here neither direction is known to be careful."""
    for part in ir.walk(expr):
        if isinstance(part, ir.Exact):
            yield part
        elif isinstance(part, ir.LetRef):
            body = bounds.let(part.name)
            if body is not None:
                yield from _all(body, bounds)
