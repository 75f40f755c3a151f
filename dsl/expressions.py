"""Typing: a written expression becomes IR, or says what does not fit and how to mend it."""

from dataclasses import replace
from fractions import Fraction

from dsl import ir
from dsl import syntax as s
from dsl import types as t
from dsl.calls import Calls
from dsl.cost import MAX_EXPANDED, expanded
from dsl.keywords import UNITS
from dsl.lookups import Names, Stop
from dsl.moments import MomentFault, read_moment
from dsl.suggest import nearest
from dsl.text import Span
from dsl.types import Kind, Type

__all__ = ["Names", "Typer"]


class Typer(Calls):
    """Types the expressions of one clause. Collects diagnostics; never raises for user data."""

    def condition(self, expr: s.Expr) -> ir.Expr | None:
        """Return a condition, or None when it is not one (reported)."""
        return self._entry(expr, t.BOOL)

    def value(self, expr: s.Expr, expected: Type | None = None) -> ir.Expr | None:
        """Return an expression, of the expected type where one is given, or None (reported)."""
        return self._entry(expr, expected)

    def with_positive(self, paths: frozenset[str]) -> "Typer":
        """Return a typer that also knows these facts to be positive."""
        return Typer(
            self._names,
            replace(self._bounds, positive=self._bounds.positive | paths),
            self._found,
            self._event,
        )

    def _entry(self, expr: s.Expr, expected: Type | None) -> ir.Expr | None:
        try:
            typed = self._type(expr, expected)
            if expected is not None:
                self._must_be(typed, expected, expr.span)
            self._must_be_small(typed, expr.span)
            return typed
        except Stop:
            return None

    def _must_be_small(self, typed: ir.Expr, span: Span) -> None:
        if expanded(typed, self._names.sizes) > MAX_EXPANDED:
            raise self._fail(
                "E501", f"this stands for more than the {MAX_EXPANDED} operations that are allowed", span,
                "name a step once and read it once, or write the condition as several rules",
            )  # fmt: skip

    # ---------------------------------------------------------------------------------- leaves
    def _type(self, expr: s.Expr, expected: Type | None) -> ir.Expr:
        match expr:
            case s.Number():
                return self._number(expr)
            case s.Truth():
                return ir.Const(t.BOOL, expr.span, expr.value)
            case s.TextLiteral():
                return self._text(expr, expected)
            case s.Moment():
                return self._moment(expr)
            case s.Code():
                return self._code(expr, expected)
            case s.Name():
                return self._name(expr.path, (), expr.span)
            case s.Index():
                return self._name(expr.name, expr.keys, expr.span)
            case s.Call():
                return self._call(expr, expected)
            case s.Aggregate():
                return self._aggregate(expr)
            case s.SetLiteral():
                return self._set(expr, expected)
            case s.Negate():
                inner = self._numeric(expr.operand)
                return ir.Negate(inner.type, expr.span, inner)
            case s.Binary():
                return self._binary(expr)
            case s.BusinessDays():
                return self._business_days(expr)
            case s.Comparison():
                return self._comparison(expr)
            case s.Between():
                low = s.Comparison(expr.span, ">=", expr.operand, expr.low)
                high = s.Comparison(expr.span, "<=", expr.operand, expr.high)
                return ir.Logic(t.BOOL, expr.span, "and", (self._comparison(low), self._comparison(high)))
            case s.Not():
                self._must_say_empty(expr.operand)
                return ir.Not(t.BOOL, expr.span, self._bool(expr.operand))
            case s.Logic():
                return self._logic(expr.operator, expr.parts, expr.span)
            case s.If():
                return self._if(expr, expected)
            case s.Otherwise():
                return self._otherwise(expr)
        raise AssertionError(type(expr).__name__)

    def _number(self, expr: s.Number) -> ir.Expr:
        unit, value = expr.unit, expr.value
        if unit == "":
            return ir.Const(t.COUNT, expr.span, value)
        if unit == "%":
            return ir.Const(t.RATIO, expr.span, value / 100)
        if unit in UNITS:
            kind, factor = UNITS[unit]
            if kind == "sessions":
                return ir.Const(t.SESSIONS, expr.span, value)
            named = {"duration": t.DURATION, "shares": t.QUANTITY, "ratio": t.RATIO}[kind]
            return ir.Const(named, expr.span, value * Fraction(str(factor)))
        currency, _, under = unit.partition("/")
        if not under:
            return ir.Const(t.money(currency), expr.span, value)
        return ir.Const(t.price(currency) if under == "share" else t.rate(under, currency), expr.span, value)

    def _text(self, expr: s.TextLiteral, expected: Type | None) -> ir.Expr:
        if expected is not None and expected.kind is Kind.SYMBOL:
            symbol = expr.value.strip().upper()
            if not symbol or not symbol.replace(".", "").isalnum() or len(symbol) > 16:
                raise self._fail(
                    "E207",
                    f'"{expr.value}" is not a symbol',
                    expr.span,
                    'symbols look like "AAPL" or "BRK.B"',
                )
            return ir.Const(t.SYMBOL, expr.span, symbol)
        return ir.Const(t.TEXT, expr.span, expr.value)

    def _moment(self, expr: s.Moment) -> ir.Expr:
        try:
            kind, value = read_moment(expr.kind, expr.text)
        except MomentFault as fault:
            raise self._fail("E213", str(fault), expr.span, "correct the day, the month or the hour") from None
        return ir.Const(kind, expr.span, value)

    def _code(self, expr: s.Code, expected: Type | None) -> ir.Expr:
        if expected is None or expected.kind is not Kind.ENUM:
            raise self._fail(
                "E204",
                f"`{expr.name}` has no meaning here",
                expr.span,
                "quote texts and symbols; UPPERCASE words are values of an enum fact",
            )
        if expr.name not in expected.values:
            near = nearest(expr.name, expected.values)
            raise self._fail(
                "E204",
                f"`{expr.name}` is not one of its values",
                expr.span,
                (f"did you mean `{near}`? " if near else "") + "values are " + ", ".join(expected.values),
            )
        return ir.Const(expected, expr.span, expr.name)
