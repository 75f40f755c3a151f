"""Lines: comparisons a number can come near to, and how near it comes."""

from collections.abc import Mapping
from fractions import Fraction

from dsl import ir
from dsl.ticks import tick_of
from dsl.types import COUNT

Line = ir.Compare | ir.RealCompare
Lets = Mapping[str, ir.Expr]
ORDERED = ("<", "<=", ">", ">=")
_DAY = Fraction(86_400)


def as_line(node: ir.Expr, lets: Lets) -> Line | None:
    """Return a condition as a line that a number is on one side of, None where nothing moves, or it has no order.

    What only takes a few values, like the number a table gives, is not near to anything.
    """
    if not isinstance(node, ir.Compare | ir.RealCompare) or node.operator not in ORDERED:
        return None
    return node if moves(node.left, lets) or moves(node.right, lets) else None


def moves(expr: ir.Expr, lets: Lets) -> bool:
    """Return whether a value can be anything between two others: it comes down to a fact that is a number."""
    match expr:
        case ir.FactRef() | ir.FieldRef() | ir.Lookup() | ir.Aggregate():
            return True
        case ir.If():
            return moves(expr.then, lets) or moves(expr.otherwise, lets)
        case ir.LetRef():
            return moves(lets[expr.name], lets)
        case ir.ParamRef():
            return False
        case _:
            return any(moves(child, lets) for child in ir.children(expr))


def step_of(line: Line, lets: Lets) -> Fraction:
    """Return how near to a line its number comes: a tick, or more where it moves in larger steps."""
    grains = [grain for side in (line.left, line.right) if (grain := _grain(side, lets)) is not None]
    return max(tick_of(line.left.type), min(grains, default=Fraction(0)))


def _grain(expr: ir.Expr, lets: Lets) -> Fraction | None:
    """Return the step a value moves in, None where it does not move at all, 0 where it moves in ticks."""
    match expr:
        case ir.DaysBetween():
            return _DAY
        case ir.Const() | ir.ParamRef():
            return None
        case ir.LetRef():
            return _grain(lets[expr.name], lets)
        case ir.FactRef() | ir.FieldRef():
            return Fraction(1) if expr.type == COUNT else Fraction(0)
        case ir.Arithmetic(operator="+" | "-"):
            grains = [_grain(expr.left, lets), _grain(expr.right, lets)]
            return min((grain for grain in grains if grain is not None), default=None)
        case ir.Arithmetic(operator="*", left=ir.Const(value=Fraction() as by), right=other):
            grain = _grain(other, lets)
            return None if grain is None else grain * abs(by)
        case ir.Arithmetic(operator="*", left=other, right=ir.Const(value=Fraction() as by)):
            grain = _grain(other, lets)
            return None if grain is None else grain * abs(by)
        case _:
            return Fraction(0)
