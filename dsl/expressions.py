"""Typing: a written expression becomes IR, or says what does not fit and how to mend it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction

from dsl import ir
from dsl import syntax as s
from dsl import types as t
from dsl.contracts import Contracts, Fact
from dsl.diagnostics import Diagnostic
from dsl.intervals import Bounds, interval
from dsl.keywords import AGGREGATES, FUNCTIONS, ROUNDINGS, UNITS
from dsl.moments import MomentFault, read_moment
from dsl.suggest import nearest
from dsl.text import Span
from dsl.types import Kind, Type


@dataclass(slots=True)
class Names:
    """What local names mean, given by the lowering stage."""

    contracts: Contracts
    params: dict[str, ir.Param]
    windows: dict[str, ir.Window]
    lists: dict[str, ir.ListUse]
    let: Callable[[str], tuple[str, ir.Expr] | None]
    known_names: tuple[str, ...]
    used: set[str] = field(default_factory=set)


class _Stop(Exception):
    """Typing of this expression ends here; its diagnostic has been reported."""


class Typer:
    """Types the expressions of one clause. Collects diagnostics; never raises for user data."""

    def __init__(
        self, names: Names, bounds: Bounds, found: list[Diagnostic], event: dict[str, Fact] | None = None
    ) -> None:
        self._names, self._bounds, self._found, self._event = names, bounds, found, event
        self._rows: dict[str, ir.FactRef] = {}
        self._row_facts: dict[str, dict[str, Fact]] = {}

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
            return typed
        except _Stop:
            return None

    def _fail(self, code: str, message: str, span: Span, help_: str = "", label: str = "") -> _Stop:
        self._found.append(Diagnostic(code, message, span, label, help_))
        return _Stop()

    def _must_be(self, expr: ir.Expr, expected: Type, span: Span) -> None:
        if expr.type == expected or (
            expected.kind is Kind.ENUM and expr.type.kind is Kind.ENUM and set(expr.type.values) <= set(expected.values)
        ):
            return
        if expected is t.BOOL:
            raise self._fail(
                "E203",
                f"a condition is needed here, this is a {expr.type}",
                span,
                "compare it with something",
            )
        raise self._fail(
            "E201",
            f"{_a(expected)} is needed here, this is {_a(expr.type)}",
            span,
            _unit_help(expected, expr.type),
        )

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
            case s.Comparison():
                return self._comparison(expr)
            case s.Between():
                low = s.Comparison(expr.span, ">=", expr.operand, expr.low)
                high = s.Comparison(expr.span, "<=", expr.operand, expr.high)
                return ir.Logic(t.BOOL, expr.span, "and", (self._comparison(low), self._comparison(high)))
            case s.Not():
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
            raise self._fail("E213", str(fault), expr.span) from None
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

    # ---------------------------------------------------------------------------------- names
    def _name(self, path: str, keys: tuple[s.Expr, ...], span: Span) -> ir.Expr:
        head, _, rest = path.partition(".")
        if rest and head in self._row_facts:
            return self._field(head, rest, span)
        if self._event is not None and rest and head in ("event", "fill", "intent", "order", "cancel"):
            fact = self._event.get(rest)
            if fact is None:
                near = nearest(rest, self._event)
                raise self._fail(
                    "E308",
                    f"the event has no field `{rest}`",
                    span,
                    f"did you mean `{head}.{near}`?" if near else "fields are " + ", ".join(self._event),
                )
            return ir.FieldRef(fact.type, span, "event", rest)
        if "." not in path:
            return self._local(path, keys, span)
        if keys:
            raise self._fail(
                "E306",
                f"`{path}` takes no key",
                span,
                "facts are read for the intent's own symbol and account",
            )
        return self._fact(path, span)

    def _field(self, variable: str, name: str, span: Span) -> ir.Expr:
        fact = self._row_facts[variable].get(name)
        if fact is None:
            near = nearest(name, self._row_facts[variable])
            raise self._fail(
                "E308",
                f"the rows have no field `{name}`",
                span,
                f"did you mean `{variable}.{near}`?" if near else "fields are " + ", ".join(self._row_facts[variable]),
            )
        return ir.FieldRef(fact.type, span, variable, name)

    def _fact(self, path: str, span: Span) -> ir.Expr:
        fact = self._names.contracts.facts.get(path)
        if fact is None:
            near = nearest(path, self._names.contracts.facts)
            raise self._fail(
                "E301",
                f"there is no fact `{path}`",
                span,
                f"did you mean `{near}`?" if near else "facts are the properties of the contracts in specs/",
            )
        self._names.used.add(path.partition(".")[0])
        return ir.FactRef(fact.type, span, path)

    def _local(self, name: str, keys: tuple[s.Expr, ...], span: Span) -> ir.Expr:
        names = self._names
        if name in names.params:
            return self._param(names.params[name], keys, span)
        if keys:
            raise self._fail("E306", f"`{name}` takes no key", span, "only keyed params are read with [ ]")
        if name in names.windows:
            window = names.windows[name]
            for key in window.per:
                self._fact_for_key(key, span)
            return ir.FactRef(window.type, span, f"window:{window.name}")
        if name in names.lists:
            listed = names.lists[name]
            return ir.FactRef(listed.type, span, f"list:{listed.name}")
        if name in names.contracts.facts:
            return self._fact(name, span)
        found = names.let(name)
        if found is not None:
            qualified, body = found
            return ir.LetRef(body.type, span, qualified)
        if name in names.known_names:
            raise _Stop
        near = nearest(name, (*names.known_names, *names.contracts.facts))
        raise self._fail(
            "E305",
            f"nothing is called `{name}`",
            span,
            f"did you mean `{near}`?"
            if near
            else "declare it with `param` or `let`, or read a fact like `intent.quantity`",
        )

    def _param(self, param: ir.Param, keys: tuple[s.Expr, ...], span: Span) -> ir.Expr:
        if keys and len(keys) != len(param.per):
            raise self._fail(
                "E306",
                f"`{param.name.rpartition('.')[2]}` has {len(param.per)} key(s), {len(keys)} given",
                span,
            )
        if keys:
            typed = tuple(self._key(key, name) for key, name in zip(keys, param.per, strict=True))
        else:
            typed = tuple(self._fact_for_key(name, span) for name in param.per)
        return ir.ParamRef(param.type, span, param.name, typed)

    def _key(self, key: s.Expr, name: str) -> ir.Expr:
        fact = self._names.contracts.facts.get(f"intent.{name}") or self._names.contracts.facts.get(
            f"instrument.{name}"
        )
        typed = self._type(key, fact.type if fact else t.TEXT)
        if typed.type.kind not in (Kind.SYMBOL, Kind.TEXT, Kind.ENUM):
            raise self._fail("E306", f"a key is a symbol, text or enum, not {_a(typed.type)}", key.span)
        return typed

    def _fact_for_key(self, name: str, span: Span) -> ir.Expr:
        for path in (f"intent.{name}", f"instrument.{name}"):
            if path in self._names.contracts.facts:
                return self._fact(path, span)
        raise self._fail(
            "E306",
            f"no intent carries a `{name}` to take the key from",
            span,
            f"write the key, like `[instrument.{name}]`",
        )

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
        }[name]
        if not arity[0] <= len(arguments) <= arity[1]:
            raise self._fail(
                "E208",
                f"`{name}` takes {arity[0]}{f' to {arity[1]}' if arity[1] > arity[0] else ''} values, "
                f"{len(arguments)} given",
                expr.span,
            )
        if name == "known":
            return self._known(arguments[0], expr.span)
        if name == "rounded":
            return self._rounded(expr)
        operands = [self._numeric(arguments[0])]
        operands += [self._same(argument, operands[0]) for argument in arguments[1:]]
        kind = operands[0].type
        if name == "clamp":
            inner = ir.Apply(kind, expr.span, "max", (operands[0], operands[1]))
            return ir.Apply(kind, expr.span, "min", (inner, operands[2]))
        return ir.Apply(kind, expr.span, name, tuple(operands))

    def _known(self, argument: s.Expr, span: Span) -> ir.Expr:
        fact = self._optional(argument, span, "known")
        return ir.Known(t.BOOL, span, fact)

    def _optional(self, argument: s.Expr, span: Span, word: str) -> ir.FactRef:
        typed = self._type(argument, None)
        if not isinstance(typed, ir.FactRef):
            raise self._fail(
                "E303",
                f"`{word}` asks about one fact",
                span,
                f"write `{word}` with a fact like intent.limit_price",
            )
        fact = self._names.contracts.facts.get(typed.path)
        window = next((w for w in self._names.windows.values() if f"window:{w.name}" == typed.path), None)
        if not ((fact and fact.optional) or (window and window.function in ("max", "min"))):
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

    def _positive(self, expr: ir.Expr, span: Span, what: str) -> None:
        if not interval(expr, self._bounds).is_positive:
            facts = sorted({e.path for e in ir.walk(expr) if isinstance(e, ir.FactRef)})
            hint = (
                f"write `needs {facts[0]} > 0{t.unit_suffix(expr.type)}` in the rule"
                if len(facts) == 1
                else "divide by something bounded above zero"
            )
            raise self._fail("E205", f"{what} must be provably positive", span, hint)

    def _otherwise(self, expr: s.Otherwise) -> ir.Expr:
        fact = self._optional(expr.operand, expr.span, "otherwise")
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
            raise self._fail("E209", f"`each` needs a list of records, this is {_a(source.type)}", expr.source.span)
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
        items = [self._type(item, expected) for item in expr.items]
        if not all(isinstance(item, ir.Const) for item in items):
            raise self._fail("E214", "a set in brackets holds only literals", expr.span)
        for item, source in zip(items[1:], expr.items[1:], strict=True):
            self._must_be(item, items[0].type, source.span)
        return ir.Const(
            t.set_of(items[0].type), expr.span, frozenset(i.value for i in items if isinstance(i, ir.Const))
        )

    # ---------------------------------------------------------------------------------- arithmetic
    def _numeric(self, expr: s.Expr) -> ir.Expr:
        typed = self._type(expr, None)
        if not typed.type.is_number:
            raise self._fail("E202", f"a number is needed here, this is {_a(typed.type)}", expr.span)
        return typed

    def _same(self, expr: s.Expr, first: ir.Expr) -> ir.Expr:
        typed = self._numeric(expr)
        if typed.type != first.type:
            raise self._fail(
                "E201",
                f"{first.type} and {typed.type} do not mix",
                expr.span,
                _unit_help(first.type, typed.type),
            )
        return typed

    def _binary(self, expr: s.Binary) -> ir.Expr:
        left, right = self._type(expr.left, None), self._type(expr.right, None)
        op = expr.operator
        moment = self._moments(op, left, right, expr.span)
        if moment is not None:
            return moment
        for side, written in ((left, expr.left), (right, expr.right)):
            if not side.type.is_number:
                raise self._fail("E202", f"`{op}` needs numbers, this is {_a(side.type)}", written.span)
        if op in "+-":
            if left.type != right.type:
                word = "add" if op == "+" else "subtract"
                raise self._fail(
                    "E201",
                    f"cannot {word} {left.type} and {right.type}",
                    expr.span,
                    _unit_help(left.type, right.type),
                )
            return ir.Arithmetic(left.type, expr.span, op, left, right)
        if op == "/":
            self._positive(right, expr.right.span, "a divisor")
            return ir.Arithmetic(t.divide(left.type, right.type), expr.span, op, left, right)
        return ir.Arithmetic(t.multiply(left.type, right.type), expr.span, op, left, right)

    def _moments(self, op: str, left: ir.Expr, right: ir.Expr, span: Span) -> ir.Expr | None:
        if op == "-" and left.type == right.type == t.TIMESTAMP:
            return ir.Arithmetic(t.DURATION, span, op, left, right)
        if op in "+-" and left.type == t.TIMESTAMP and right.type == t.DURATION:
            return ir.Arithmetic(t.TIMESTAMP, span, op, left, right)
        return None

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
        self._comparable(left, right, op, expr)
        if op == "multiple":
            self._positive(right, expr.right.span, "a step")
            return ir.Multiple(t.BOOL, expr.span, left, right)
        symbol = {"is": "==", "is_not": "!="}.get(op, op)
        return ir.Compare(t.BOOL, expr.span, symbol, left, right)

    def _comparable(self, left: ir.Expr, right: ir.Expr, op: str, expr: s.Comparison) -> None:
        ordered = left.type.kind in (Kind.NUMBER, Kind.TIMESTAMP, Kind.DATE, Kind.TIME, Kind.SESSIONS)
        if op not in ("is", "is_not") and not ordered:
            raise self._fail("E202", f"{_a(left.type)} has no order", expr.left.span, "use `is` or `is not`")
        if left.type.kind in (Kind.SET, Kind.LIST):
            raise self._fail("E202", f"{_a(left.type)} cannot be compared", expr.left.span, "use `in` or an aggregate")
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
            _unit_help(left.type, right.type),
        )

    def _membership(self, expr: s.Comparison) -> ir.Expr:
        left = self._type(expr.left, None)
        if isinstance(expr.right, s.Code) and left.type.is_number:
            if expr.operator == "not_in":
                raise self._fail("E215", "a conversion is not a condition", expr.span)
            return self._convert(left, expr.right)
        right = self._type(expr.right, left.type)
        if right.type.kind is not Kind.SET or right.type.element is None:
            raise self._fail("E209", f"`in` needs a set, this is {_a(right.type)}", expr.right.span)
        element = right.type.element
        same = element == left.type or (element.kind is Kind.ENUM and left.type.kind is Kind.ENUM)
        if not same:
            raise self._fail("E201", f"{_a(left.type)} is never in a {right.type}", expr.span)
        member = ir.Member(t.BOOL, expr.span, left, right)
        return ir.Not(t.BOOL, expr.span, member) if expr.operator == "not_in" else member

    def _convert(self, amount: ir.Expr, code: s.Code) -> ir.Expr:
        source = t.currency_of(amount.type)
        if source is None or not t.is_currency(code.name):
            raise self._fail("E215", f"{_a(amount.type)} has no currency to convert", code.span)
        if source == code.name:
            return amount
        if "fx.rate" not in self._names.contracts.facts:
            raise self._fail("E301", "no contract offers `fx.rate` to convert with", code.span)
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
                _unit_help(then.type, otherwise.type) or "both branches give the same kind of value",
            )
        return ir.If(then.type, expr.span, condition, then, otherwise)


def _a(kind: Type) -> str:
    name = str(kind)
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"


def _unit_help(left: Type, right: Type) -> str:
    """Return the usual remedy for two units that do not meet."""
    pair = {left, right}
    if pair == {t.COUNT, t.RATIO}:
        return "write the number as a ratio: `5%`, `50 bps` or `2 x`"
    if t.COUNT in pair:
        other = left if right == t.COUNT else right
        return f"give the number its unit, like `100{t.unit_suffix(other)}`"
    if t.RATIO in pair:
        other = left if right == t.RATIO else right
        return f"divide to get a ratio, or write `N% of` something in {other}"
    if t.QUANTITY in pair and any(t.currency_of(k) for k in pair):
        return "multiply the shares by a price first"
    currencies = {t.currency_of(left), t.currency_of(right)} - {None}
    if len(currencies) == 2:
        return f"convert one of them, like `x in {sorted(c for c in currencies if c)[0]}`"
    return ""
