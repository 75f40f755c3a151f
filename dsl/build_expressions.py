"""Expressions from parse tree to syntax tree."""

from typing import Any

from lark import v_args

from dsl import syntax as s
from dsl.build_places import BuildFault, Places, number_of, unquote
from dsl.diagnostics import Diagnostic


@v_args(meta=True)
class ExpressionBuilder(Places):
    """One method per rule of the expression grammar."""

    def if_else(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.If(self._span(meta), c[0], c[1], c[2])

    def or_(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Logic(self._span(meta), "or", tuple(c))

    def and_(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Logic(self._span(meta), "and", tuple(c))

    def not_(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Not(self._span(meta), c[0])

    def _comparison(self, meta: Any, c: list[Any]) -> s.Expr:
        return c[0]  # type: ignore[no-any-return]

    _test = _part = _atom = _comparison

    def compare(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Comparison(self._span(meta), str(c[1]), c[0], c[2])

    def multiple(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Comparison(self._span(meta), "multiple", c[0], c[2])

    def is_(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Comparison(self._span(meta), "is", c[0], c[1])

    def is_not(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Comparison(self._span(meta), "is_not", c[0], c[2])

    def in_(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Comparison(self._span(meta), "in", c[0], c[1])

    def not_in(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Comparison(self._span(meta), "not_in", c[0], c[2])

    def between(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Between(self._span(meta), c[0], c[1], c[2])

    def percent_of(self, meta: Any, c: list[Any]) -> s.Expr:
        percent = s.Number(self._token(c[0]), number_of(c[0].rstrip("% ")), "%")
        return s.Binary(self._span(meta), "*", percent, c[1])

    def otherwise(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Otherwise(self._span(meta), c[0], c[1])

    def add(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Binary(self._span(meta), "+", c[0], c[2])

    def subtract(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Binary(self._span(meta), "-", c[0], c[2])

    def add_business_days(self, meta: Any, c: list[Any]) -> s.Expr:
        return self._business_days(meta, c, 1)

    def subtract_business_days(self, meta: Any, c: list[Any]) -> s.Expr:
        return self._business_days(meta, c, -1)

    def _business_days(self, meta: Any, c: list[Any], sign: int) -> s.Expr:
        operand, _, count, _, calendar = c
        days = number_of(count)
        if days.denominator != 1:
            raise BuildFault(
                Diagnostic("E015", "business days are counted in whole days", self._token(count), help="write 1, 2 …")
            )
        return s.BusinessDays(self._span(meta), operand, sign * int(days), str(calendar))

    def multiply(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Binary(self._span(meta), "*", c[0], c[2])

    def divide(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Binary(self._span(meta), "/", c[0], c[2])

    def negate(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Negate(self._span(meta), c[1])

    def name(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Name(self._span(meta), str(c[0]))

    def index(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Index(self._span(meta), str(c[0]), tuple(c[1:]))

    def code(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Code(self._span(meta), str(c[0]))

    def text(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.TextLiteral(self._span(meta), unquote(c[0]))

    def date(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Moment(self._span(meta), "date", str(c[0]))

    def timestamp(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Moment(self._span(meta), "timestamp", str(c[0]))

    def time(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Moment(self._span(meta), "time", str(c[0]))

    def true_(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Truth(self._span(meta), True)

    def false_(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Truth(self._span(meta), False)

    def truth(self, meta: Any, c: list[Any]) -> s.Expr:
        return c[0]  # type: ignore[no-any-return]

    def percent(self, meta: Any, c: list[Any]) -> s.Expr:
        return self._literal(meta, c[0], 1, "%")

    def measured(self, meta: Any, c: list[Any]) -> s.Number:
        return self._literal(meta, c[0], 1, str(c[1]) if c[1] else "")

    def signed_measured(self, meta: Any, c: list[Any]) -> s.Number:
        return self._literal(meta, c[1], -1 if c[0] else 1, str(c[2]) if c[2] else "")

    def signed_percent(self, meta: Any, c: list[Any]) -> s.Number:
        return self._literal(meta, c[1], -1 if c[0] else 1, "%")

    def call(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Call(self._span(meta), str(c[0]), tuple(c[1:]))

    def aggregate(self, meta: Any, c: list[Any]) -> s.Expr:
        function, body, variable, source, where, otherwise = c
        return s.Aggregate(self._span(meta), str(function), body, str(variable), source, where, otherwise)

    def set_(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.SetLiteral(self._span(meta), tuple(item for item in c if item is not None))
