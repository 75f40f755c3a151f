"""Operators: what they need on either side, and what comes of it."""

from dsl import ir
from dsl import syntax as s
from dsl import types as t
from dsl.reals import Reals
from dsl.remedies import unit_remedy, with_article
from dsl.text import Span
from dsl.types import Kind, Type


class Operators(Reals):
    """Types arithmetic, comparisons, conditions and branches."""

    # ---------------------------------------------------------------------------------- arithmetic
    def _numeric(self, expr: s.Expr) -> ir.Expr:
        typed = self._type(expr, None)
        self._must_be_number(typed, expr.span)
        return typed

    def _must_be_number(self, typed: ir.Expr, span: Span) -> None:
        if not typed.type.is_number:
            raise self._fail("E202", f"a number is needed here, this is {with_article(typed.type)}", span)

    def _same(self, expr: s.Expr, first: ir.Expr) -> ir.Expr:
        typed = self._numeric(expr)
        self._must_agree(first, typed, expr.span)
        return typed

    def _must_agree(self, first: ir.Expr, typed: ir.Expr, span: Span) -> None:
        if typed.type != first.type:
            message = f"{first.type} and {typed.type} do not mix"
            raise self._fail("E201", message, span, unit_remedy(first.type, typed.type))

    def _binary(self, expr: s.Binary) -> ir.Expr:
        left, right = self._type(expr.left, None), self._type(expr.right, None)
        op = expr.operator
        moment = self._moments(op, left, right, expr.span)
        if moment is not None:
            return moment
        of_reals = self._real_arithmetic(op, left, right, expr)
        if of_reals is not None:
            return of_reals
        for side, written in ((left, expr.left), (right, expr.right)):
            if not side.type.is_number:
                raise self._fail("E202", f"`{op}` needs numbers, this is {with_article(side.type)}", written.span)
        if op in "+-":
            if left.type != right.type:
                word = "add" if op == "+" else "subtract"
                raise self._fail(
                    "E201",
                    f"cannot {word} {left.type} and {right.type}",
                    expr.span,
                    unit_remedy(left.type, right.type),
                )
            return ir.Arithmetic(left.type, expr.span, op, left, right)
        if op == "/":
            self._positive(right, expr.right.span, "a divisor")
            return ir.Arithmetic(t.divide(left.type, right.type), expr.span, op, left, right)
        return ir.Arithmetic(t.multiply(left.type, right.type), expr.span, op, left, right)

    # ---------------------------------------------------------------------------------- logic
    def _bool(self, expr: s.Expr) -> ir.Expr:
        typed = self._type(expr, t.BOOL)
        self._must_be(typed, t.BOOL, expr.span)
        return typed

    def _comparison(self, expr: s.Comparison) -> ir.Expr:
        op = expr.operator
        if op in ("in", "not_in"):
            return self._membership(expr)
        left = self._type(expr.left, None) if not isinstance(expr.left, s.Code | s.TextLiteral) else None
        right = self._type(expr.right, left.type if left else None)
        if left is None:
            left = self._type(expr.left, right.type)
        reals = self._real_pair(op, left, right, expr)
        if reals is not None:
            return self._real_comparison(op, *reals, expr)
        self._comparable(left, right, op, expr)
        if op == "multiple":
            self._positive(right, expr.right.span, "a step")
            return ir.Multiple(t.BOOL, expr.span, left, right)
        symbol = {"is": "==", "is_not": "!="}.get(op, op)
        return ir.Compare(t.BOOL, expr.span, symbol, left, right)

    def _real_comparison(self, op: str, left: ir.Expr, right: ir.Expr, expr: s.Comparison) -> ir.Expr:
        if op not in ("<", "<=", ">", ">="):
            raise self._fail(
                "E220", "two reals are never known to be equal", expr.span, "compare them with <, <=, > or >="
            )
        if not self._names.admits_reals:
            raise self._fail(
                "E220", "a real decides nothing here", expr.span,
                "write `exact(x, up, 6)`, rounded against the order; only a gate compares reals",
            )  # fmt: skip
        return ir.RealCompare(t.BOOL, expr.span, op, left, right)

    def _comparable(self, left: ir.Expr, right: ir.Expr, op: str, expr: s.Comparison) -> None:
        ordered = left.type.kind in (Kind.NUMBER, Kind.TIMESTAMP, Kind.DATE, Kind.TIME, Kind.SESSIONS)
        if op not in ("is", "is_not") and not ordered:
            raise self._fail("E202", f"{with_article(left.type)} has no order", expr.left.span, "use `is` or `is not`")
        if left.type.kind in (Kind.SET, Kind.LIST):
            raise self._fail(
                "E202", f"{with_article(left.type)} cannot be compared", expr.left.span, "use `in` or an aggregate"
            )
        if left.type == right.type:
            return
        if (
            left.type.kind is Kind.ENUM
            and right.type.kind is Kind.ENUM
            and set(left.type.values) & set(right.type.values)
        ):
            return
        raise self._fail(
            "E201",
            f"cannot compare {left.type} with {right.type}",
            expr.span,
            unit_remedy(left.type, right.type),
        )

    def _membership(self, expr: s.Comparison) -> ir.Expr:
        left = self._type(expr.left, None)
        if isinstance(expr.right, s.Code) and left.type.is_number:
            if expr.operator == "not_in":
                raise self._fail("E215", "a conversion is not a condition", expr.span, "write `in`")
            return self._convert(left, expr.right)
        right = self._type(expr.right, left.type)
        if right.type.kind is not Kind.SET or right.type.element is None:
            found = with_article(right.type)
            help_ = 'write a list\'s name, or literals like ["AAPL", "MSFT"]'
            raise self._fail("E209", f"`in` needs a set, this is {found}", expr.right.span, help_)
        element = right.type.element
        same = element == left.type or (element.kind is Kind.ENUM and left.type.kind is Kind.ENUM)
        if not same:
            left_name = with_article(left.type)
            help_ = f"look for {with_article(element)}"
            raise self._fail("E201", f"{left_name} is never in a {right.type}", expr.span, help_)
        member = ir.Member(t.BOOL, expr.span, left, right)
        return ir.Not(t.BOOL, expr.span, member) if expr.operator == "not_in" else member

    def _convert(self, amount: ir.Expr, code: s.Code) -> ir.Expr:
        source = t.currency_of(amount.type)
        if source is None or not t.is_currency(code.name):
            found = with_article(amount.type)
            raise self._fail(
                "E215", f"{found} has no currency to convert", code.span, "convert amounts of money or prices"
            )
        if source == code.name:
            return amount
        if "fx.rate" not in self._names.contracts.facts:
            raise self._fail("E301", "no contract offers `fx.rate` to convert with", code.span, "add the contract `fx`")
        self._names.used.add("fx")
        rate = ir.FactRef(t.rate(source, code.name), code.span, f"fx.rate[{source},{code.name}]")
        return ir.Arithmetic(t.multiply(amount.type, rate.type), amount.span.through(code.span), "*", amount, rate)

    def _logic(self, operator: str, parts: tuple[s.Expr, ...], span: Span) -> ir.Expr:
        """Type `and`/`or`; what follows `known(x) and` or `not known(x) or` is needed only when x is there."""
        typed: list[ir.Expr] = []
        for at, part in enumerate(parts):
            one = self._bool(part)
            guard = one if operator == "and" else one.operand if isinstance(one, ir.Not) else None
            if isinstance(guard, ir.Known) and at + 1 < len(parts):
                rest = parts[at + 1 :]
                tail = self._logic(operator, rest, span) if len(rest) > 1 else self._bool(rest[0])
                outcome = ir.Const(t.BOOL, span, operator == "or")
                typed.append(ir.If(t.BOOL, span, guard, tail, outcome))
                break
            typed.append(one)
        return typed[0] if len(typed) == 1 else ir.Logic(t.BOOL, span, operator, tuple(typed))

    def _if(self, expr: s.If, expected: Type | None) -> ir.Expr:
        condition = self._bool(expr.condition)
        then = self._type(expr.then, expected)
        otherwise = self._type(expr.otherwise, expected or then.type)
        if then.type != otherwise.type:
            raise self._fail(
                "E201",
                f"the branches are {then.type} and {otherwise.type}",
                expr.span,
                unit_remedy(then.type, otherwise.type) or "both branches give the same kind of value",
            )
        return ir.If(then.type, expr.span, condition, then, otherwise)
