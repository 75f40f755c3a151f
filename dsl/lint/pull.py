"""Which way a part of an expression pulls the whole: what makes a rule fire more, and what less.

Unlike `monotone.py` this proves nothing and clips nothing: amounts of unknown sign count as positive, as a reader
takes them.
"""

from collections.abc import Callable, Iterable

from dsl import ir
from dsl.intervals import Bounds, interval

Meant = Callable[[ir.Expr], bool]


def pull(expr: ir.Expr, is_meant: Meant, bounds: Bounds) -> int | None:
    """Return 1 if the whole rises with the part that is meant, -1 if it falls, 0 without it, None if unclear.

    A condition rises when it comes to hold.
    """

    def of(part: ir.Expr) -> int | None:
        return pull(part, is_meant, bounds)

    if is_meant(expr):
        return 1
    match expr:
        case ir.LetRef():
            body = bounds.let(expr.name)
            return of(body) if body is not None else 0
        case ir.Arithmetic() | ir.RealArithmetic():
            on_left, on_right = _factors(expr, bounds)
            return _together([_times(of(expr.left), on_left), _times(of(expr.right), on_right)])
        case ir.Negate() | ir.Not():
            return _times(of(expr.operand), -1)
        case ir.Widen() | ir.Logarithm() | ir.Exact():
            return of(expr.operand)
        case ir.DaysBetween():
            return _together([of(expr.left), _times(of(expr.right), -1)])
        case ir.ShiftDate():
            return _together([of(expr.operand), of(expr.count)])
        case ir.Apply() if expr.function in ("min", "max"):
            return _together(of(operand) for operand in expr.operands)
        case ir.Rounded():
            return _together([of(expr.operand), _only_without(of(expr.step))])
        case ir.Compare() | ir.RealCompare():
            if expr.operator in ("==", "!="):
                return _only_without(_together([of(expr.left), of(expr.right)]))
            sign = 1 if expr.operator in (">", ">=") else -1
            return _together([_times(of(expr.left), sign), _times(of(expr.right), -sign)])
        case ir.Logic():
            return _together(of(part) for part in expr.parts)
        case ir.If():
            return _together([_only_without(of(expr.condition)), of(expr.then), of(expr.otherwise)])
        case ir.Otherwise():
            return _together([of(expr.fact), of(expr.default)])
        case ir.Aggregate() if expr.function != "every" or expr.where is None:
            return _together([of(expr.body), _only_without(of(expr.where)) if expr.where is not None else 0])
        case _:
            return _only_without(_together(of(child) for child in ir.children(expr)))


def _factors(expr: ir.Arithmetic | ir.RealArithmetic, bounds: Bounds) -> tuple[int, int]:
    """Return the signs with which the operands pull; a divisor is proven positive before it gets here."""
    if expr.operator in "+-":
        return 1, 1 if expr.operator == "+" else -1
    left, right = interval(expr.left, bounds), interval(expr.right, bounds)
    of_left = -1 if left.high is not None and left.high <= 0 else 1
    of_right = -1 if right.high is not None and right.high <= 0 else 1
    return of_right, of_left if expr.operator == "*" else -of_left


def _times(sign: int | None, factor: int) -> int | None:
    return None if sign is None else sign * factor


def _only_without(sign: int | None) -> int | None:
    """Return 0 where the part does not occur; where it does, its pull is unclear."""
    return 0 if sign == 0 else None


def _together(signs: Iterable[int | None]) -> int | None:
    moving = [sign for sign in signs if sign != 0]
    if not moving:
        return 0
    return moving[0] if all(sign == moving[0] for sign in moving) else None
