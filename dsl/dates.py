"""Dates in expressions: moved by days or sessions, and the time between two of them."""

from fractions import Fraction

from dsl import ir
from dsl import syntax as s
from dsl import types as t
from dsl.lookups import Lookups
from dsl.text import Span

DAY = 86_400
_NEEDS_CALENDAR = 'add `calendar XNYS zone "America/New_York"` to the rulebook'


class Dates(Lookups):
    """Types `date + 5 sessions`, `date + 90 days`, `date - date`, and what moves an instant."""

    def _moments(self, op: str, left: ir.Expr, right: ir.Expr, span: Span) -> ir.Expr | None:
        """Return the sum or difference of moments, or None where the operands are none."""
        if op == "-" and left.type == right.type == t.TIMESTAMP:
            return ir.Arithmetic(t.DURATION, span, op, left, right)
        if op in "+-" and left.type == t.TIMESTAMP and right.type == t.DURATION:
            return ir.Arithmetic(t.TIMESTAMP, span, op, left, right)
        if op == "-" and left.type == right.type == t.DATE:
            return ir.DaysBetween(t.DURATION, span, left, right)
        if op in "+-" and left.type == t.DATE and right.type == t.SESSIONS:
            return self._by_sessions(left, right if op == "+" else ir.Negate(t.SESSIONS, right.span, right), span)
        if op in "+-" and left.type == t.DATE and right.type == t.DURATION:
            return self._by_days(left, right, 1 if op == "+" else -1, span)
        return None

    def _by_sessions(self, day: ir.Expr, count: ir.Expr, span: Span) -> ir.Expr:
        if not self._names.calendar:
            raise self._fail("E219", "the rulebook does not say whose sessions are counted", span, _NEEDS_CALENDAR)
        return ir.ShiftDate(t.DATE, span, day, count, self._names.calendar)

    def _by_days(self, day: ir.Expr, over: ir.Expr, sign: int, span: Span) -> ir.Expr:
        if isinstance(over, ir.Const) and isinstance(over.value, Fraction) and (over.value / DAY).denominator == 1:
            days = ir.Const(t.SESSIONS, over.span, sign * over.value / DAY)
            return ir.ShiftDate(t.DATE, span, day, days, "")
        raise self._fail(
            "E219", "a date moves by whole days", over.span, "write a number of days, like `90 days`, or of sessions"
        )

    def _business_days(self, expr: s.BusinessDays) -> ir.Expr:
        day = self._type(expr.operand, None)
        if day.type != t.DATE:
            raise self._fail("E202", f"business days move a date, this is a {day.type}", expr.operand.span)
        count = ir.Const(t.SESSIONS, expr.span, Fraction(expr.count))
        return ir.ShiftDate(t.DATE, expr.span, day, count, expr.calendar)
