"""Functions, aggregates over lists, and sets in brackets."""

from dsl import ir
from dsl import syntax as s
from dsl import types as t
from dsl.contracts import Fact
from dsl.keywords import AGGREGATES, FUNCTIONS, MAY_BE_EMPTY, ROUNDINGS
from dsl.operators import Operators
from dsl.remedies import with_article
from dsl.suggest import nearest
from dsl.text import Span
from dsl.types import Kind, Type

_SHAPES = {
    "abs": "abs(x)",
    "min": "min(a, b)",
    "max": "max(a, b)",
    "clamp": "clamp(x, low, high)",
    "rounded": "rounded(x, 0.01 USD/share, half_up)",
    "known": "known(intent.limit_price)",
    "ln": "ln(1 + evaluation.cagr)",
    "exact": "exact(risk.beta, up, 6)",
}


def typed_keys(read: ir.ParamRef | ir.Lookup) -> tuple[ir.Expr, ...]:
    """Return the expressions that choose a row of a keyed param; none where it has no key."""
    return read.keys if isinstance(read, ir.ParamRef) else tuple(key for _, key in read.keys)


class Calls(Operators):
    """Types everything written with brackets."""

    # ---------------------------------------------------------------------------------- functions
    def _call(self, expr: s.Call, expected: Type | None) -> ir.Expr:
        name, arguments = expr.function, expr.arguments
        if name not in FUNCTIONS:
            near = nearest(name, (*FUNCTIONS, *AGGREGATES))
            raise self._fail(
                "E208",
                f"there is no function `{name}`",
                expr.span,
                f"did you mean `{near}`?" if near else "functions are " + ", ".join(FUNCTIONS),
            )
        arity = {
            "abs": (1, 1),
            "min": (2, 8),
            "max": (2, 8),
            "clamp": (3, 3),
            "rounded": (3, 3),
            "known": (1, 1),
            "ln": (1, 1),
            "exact": (3, 3),
        }[name]
        if not arity[0] <= len(arguments) <= arity[1]:
            raise self._fail(
                "E208",
                f"`{name}` takes {arity[0]}{f' to {arity[1]}' if arity[1] > arity[0] else ''} values, "
                f"{len(arguments)} given",
                expr.span,
                f"write it like `{_SHAPES[name]}`",
            )
        if name == "known":
            return self._known(arguments[0], expr.span)
        if name == "rounded":
            return self._rounded(expr)
        if name == "ln":
            return self._ln(expr)
        if name == "exact":
            return self._exact(expr, expected)
        operands = self._alike(arguments, expr)
        kind = operands[0].type
        if name == "clamp":
            inner = ir.Apply(kind, expr.span, "max", (operands[0], operands[1]))
            return ir.Apply(kind, expr.span, "min", (inner, operands[2]))
        return ir.Apply(kind, expr.span, name, tuple(operands))

    def _alike(self, arguments: tuple[s.Expr, ...], expr: s.Call) -> list[ir.Expr]:
        """Return operands of one type: exact numbers, or reals where any of them is one."""
        typed = [self._type(argument, None) for argument in arguments]
        if any(one.type.kind is Kind.REAL for one in typed):
            wide = [self._widened(one, written.span) for one, written in zip(typed, arguments, strict=True)]
            for one, written in zip(wide[1:], arguments[1:], strict=True):
                self._must_be(one, wide[0].type, written.span)
            return wide
        for one, written in zip(typed, arguments, strict=True):
            self._must_be_number(one, written.span)
            self._must_agree(typed[0], one, written.span)
        return typed

    def _known(self, argument: s.Expr, span: Span) -> ir.Expr:
        typed = self._type(argument, None)
        if isinstance(typed, ir.ParamRef | ir.Lookup) and typed_keys(typed):
            return ir.Known(t.BOOL, span, typed)
        if isinstance(typed, ir.FieldRef) and typed.variable in self._row_facts:
            if not self._row_facts[typed.variable][typed.field].optional:
                raise self._fail(
                    "E303",
                    f"every row has a `{typed.field}`",
                    span,
                    "remove it; a row without one is a fault, not a case",
                )
            return ir.Known(t.BOOL, span, typed)
        return ir.Known(t.BOOL, span, self._optional(typed, span, "known"))

    def _optional(self, typed: ir.Expr, span: Span, word: str) -> ir.FactRef:
        if not isinstance(typed, ir.FactRef):
            raise self._fail(
                "E303",
                f"`{word}` asks about one fact",
                span,
                f"write `{word}` with a fact like intent.limit_price",
            )
        fact = self._names.contracts.facts.get(typed.path)
        window = next((w for w in self._names.windows.values() if f"window:{w.name}" == typed.path), None)
        if not ((fact and fact.optional) or (window and window.function in MAY_BE_EMPTY)):
            raise self._fail(
                "E303",
                f"the contract says `{typed.path}` is always there; its absence is a fault, not a case",
                span,
                "remove it; an unknown fact fires the rule's `missing`",
            )
        return typed

    def _rounded(self, expr: s.Call) -> ir.Expr:
        operand = self._numeric(expr.arguments[0])
        step = self._same(expr.arguments[1], operand)
        mode = expr.arguments[2]
        if not isinstance(mode, s.Name) or mode.path not in ROUNDINGS:
            raise self._fail(
                "E208", "the third value of `rounded` says how", mode.span, "one of " + ", ".join(ROUNDINGS)
            )
        self._positive(step, expr.arguments[1].span, "a rounding step")
        return ir.Rounded(operand.type, expr.span, operand, step, mode.path)

    def _otherwise(self, expr: s.Otherwise) -> ir.Expr:
        fact = self._optional(self._type(expr.operand, None), expr.span, "otherwise")
        default = self._type(expr.default, fact.type)
        self._must_be(default, fact.type, expr.default.span)
        return ir.Otherwise(fact.type, expr.span, fact, default)

    def _aggregate(self, expr: s.Aggregate) -> ir.Expr:
        if expr.function not in AGGREGATES:
            raise self._fail(
                "E208",
                f"`{expr.function}` does not run over a list",
                expr.span,
                "one of " + ", ".join(AGGREGATES),
            )
        source = self._type(expr.source, None)
        if not isinstance(source, ir.FactRef) or source.type.kind is not Kind.LIST:
            raise self._fail(
                "E209", f"`each` needs a list of records, this is {with_article(source.type)}", expr.source.span
            )
        if expr.variable in self._row_facts:
            raise self._fail(
                "E209",
                f"`{expr.variable}` is already the row of an outer list",
                expr.span,
                "name it differently",
            )
        self._row_facts[expr.variable] = self._fields_of(source)
        try:
            where = self._bool(expr.where) if expr.where is not None else None
            body = self._row_body(expr)
        finally:
            del self._row_facts[expr.variable]
        kind = {"any": t.BOOL, "every": t.BOOL, "count": t.COUNT}.get(expr.function, body.type)
        otherwise = None
        if expr.otherwise is not None:
            otherwise = self._type(expr.otherwise, kind)
            self._must_be(otherwise, kind, expr.otherwise.span)
        if expr.function in ("min", "max", "every") and otherwise is None:
            raise self._fail(
                "E210",
                f"`{expr.function}` over an empty list has no answer",
                expr.span,
                "say it: `otherwise false` or `otherwise 0 USD` before the closing bracket",
            )
        return ir.Aggregate(kind, expr.span, expr.function, expr.variable, source, body, where, otherwise)

    def _must_say_empty(self, negated: s.Expr) -> None:
        """Refuse `not any(…)` that leaves the empty list open: nothing found and nothing there differ."""
        if isinstance(negated, s.Aggregate) and negated.function == "any" and negated.otherwise is None:
            raise self._fail(
                "E210",
                "`not any` over an empty list has no answer",
                negated.span,
                "say it: `otherwise false` before the closing bracket",
            )

    def _row_body(self, expr: s.Aggregate) -> ir.Expr:
        if expr.function == "count" and isinstance(expr.body, s.Name) and expr.body.path == expr.variable:
            return ir.Const(t.BOOL, expr.body.span, True)
        if expr.function in ("any", "every", "count"):
            return self._bool(expr.body)
        return self._numeric(expr.body)

    def _fields_of(self, source: ir.FactRef) -> dict[str, Fact]:
        fact = self._names.contracts.facts.get(source.path)
        if fact is not None:
            return {f.path: f for f in fact.fields}
        return {name: Fact(name, kind) for name, kind in source.type.fields}

    def _set(self, expr: s.SetLiteral, expected: Type | None) -> ir.Expr:
        element = expected.element if expected is not None and expected.kind is Kind.SET else expected
        items = [self._type(item, element) for item in expr.items]
        if not all(isinstance(item, ir.Const) for item in items):
            raise self._fail("E214", "a set in brackets holds only literals", expr.span, "keep what varies in a `list`")
        if not items:
            if expected is None or expected.kind is not Kind.SET:
                raise self._fail("E214", "nothing is ever in an empty set", expr.span, "name what it holds")
            return ir.Const(expected, expr.span, frozenset())
        for item, source in zip(items[1:], expr.items[1:], strict=True):
            self._must_be(item, items[0].type, source.span)
        return ir.Const(
            t.set_of(items[0].type), expr.span, frozenset(i.value for i in items if isinstance(i, ir.Const))
        )
