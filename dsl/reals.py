"""Statistics in expressions: `real` numbers, which meet exact ones only where the rounding is written."""

from fractions import Fraction

from dsl import ir
from dsl import syntax as s
from dsl import types as t
from dsl.dates import Dates
from dsl.remedies import unit_remedy, with_article
from dsl.text import Span
from dsl.types import Kind, Type

DIRECTIONS = ("down", "up")
MAX_PLACES = 6


class Reals(Dates):
    """Types arithmetic on reals, `ln`, and `exact`, the only door from a real to a decision."""

    def _real_pair(self, op: str, left: ir.Expr, right: ir.Expr, expr: s.Expr) -> tuple[ir.Expr, ir.Expr] | None:
        """Return both operands as reals where one of them is, or None where neither is."""
        if Kind.REAL not in (left.type.kind, right.type.kind):
            return None
        wide = self._widened(left, expr.span), self._widened(right, expr.span)
        if op not in ("*", "/") and wide[0].type != wide[1].type:
            message = f"{left.type} and {right.type} do not mix"
            raise self._fail("E201", message, expr.span, unit_remedy(left.type, right.type))
        return wide

    def _widened(self, expr: ir.Expr, span: Span) -> ir.Expr:
        if expr.type.kind is Kind.REAL:
            return expr
        if not expr.type.is_number:
            raise self._fail("E202", f"a number is needed here, this is {with_article(expr.type)}", span)
        return ir.Widen(t.real(expr.type.dimension), expr.span, expr)

    def _real_arithmetic(self, op: str, left: ir.Expr, right: ir.Expr, expr: s.Binary) -> ir.Expr | None:
        pair = self._real_pair(op, left, right, expr)
        if pair is None:
            return None
        kind = pair[0].type
        if op in "*/":
            scaled = (t.multiply if op == "*" else t.divide)(*(Type(Kind.NUMBER, one.type.dimension) for one in pair))
            kind = t.real(scaled.dimension)
        return ir.RealArithmetic(kind, expr.span, op, *pair)

    def _ln(self, expr: s.Call) -> ir.Expr:
        operand = self._widened(self._type(expr.arguments[0], t.REAL), expr.arguments[0].span)
        if operand.type != t.REAL:
            raise self._fail(
                "E202", f"`ln` needs a plain number, this is {with_article(operand.type)}", expr.span,
                "divide by something in the same unit first",
            )  # fmt: skip
        return ir.Logarithm(t.REAL, expr.span, operand)

    def _exact(self, expr: s.Call, expected: Type | None) -> ir.Expr:
        operand = self._type(expr.arguments[0], None)
        direction, places = expr.arguments[1], expr.arguments[2]
        if operand.type.kind is not Kind.REAL:
            message = f"`exact` rounds a real, this is {with_article(operand.type)} and exact already"
            raise self._fail("E202", message, expr.span, "leave `exact` out")
        if not isinstance(direction, s.Name) or direction.path not in DIRECTIONS:
            raise self._fail("E208", "the second value of `exact` says which way", direction.span, "down or up")
        if not isinstance(places, s.Number) or places.unit or places.value not in map(Fraction, range(MAX_PLACES + 1)):
            message = f"the third value of `exact` is a number of decimals, 0 to {MAX_PLACES}"
            raise self._fail("E208", message, places.span, "write `exact(x, up, 6)`")
        dimension = operand.type.dimension
        kind = Type(Kind.NUMBER, dimension, is_ratio=not dimension and expected != t.COUNT)
        return ir.Exact(kind, expr.span, operand, direction.path, int(places.value))
