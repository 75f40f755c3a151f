"""IR to code: each expression gives its value and the test that every fact it needs is there."""

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from math import lcm
from typing import Any

from dsl import ir
from dsl.program import Program
from dsl.rows import row_in_force
from dsl.scalar.code import (
    Code,
    NotCompilable,
    Number,
    Plain,
    add,
    aligned,
    call,
    common_under,
    compare,
    divide,
    every,
    literal,
    multiply,
    name,
    product,
    same,
)  # fmt: skip
from dsl.types import Kind, Type, scale_of

_EXACT = (Kind.NUMBER, Kind.TIMESTAMP, Kind.TIME, Kind.SESSIONS, Kind.DATE)


@dataclass(slots=True)
class Emitted:
    """A value and what must be tested before it may be computed (None: nothing)."""

    code: Code
    needs: list[ast.expr] = field(default_factory=list)


@dataclass(slots=True)
class Scope:
    """One generated function: its hoisted statements and what has a name already."""

    statements: list[ast.stmt] = field(default_factory=list)
    lets: dict[str, Emitted] = field(default_factory=dict)
    params: dict[ir.ParamRef, Emitted] = field(default_factory=dict)
    shared: dict[ir.Expr, Emitted] = field(default_factory=dict)


class Emitter:
    """Emits the expressions of one program. Constants and tables land in `constants` by name."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self.constants: dict[str, Any] = {}
        self._rows: dict[str, str] = {}
        self._count = 0
        self.repeated: Callable[[ir.Expr], bool] = lambda _: False

    def fresh(self, prefix: str) -> str:
        """Return a new generated name; user text never becomes one."""
        self._count += 1
        return f"{prefix}{self._count}"

    def constant(self, value: Any) -> ast.expr:
        """Return a read of a constant that is no literal (a set, a table)."""
        for known, held in self.constants.items():
            if type(held) is type(value) and held == value:
                return name(known)
        identifier = self.fresh("k")
        self.constants[identifier] = value
        return name(identifier)

    # ---------------------------------------------------------------------------------- entry
    def number(self, expr: ir.Expr, scope: Scope) -> tuple[Number, list[ast.expr]]:
        """Emit a number."""
        out = self.emit(expr, scope)
        if not isinstance(out.code, Number):
            raise NotCompilable("a number was expected")
        return out.code, out.needs

    def test(self, expr: ir.Expr, scope: Scope) -> tuple[ast.expr, list[ast.expr]]:
        """Emit a condition."""
        out = self.emit(expr, scope)
        if not isinstance(out.code, Plain):
            raise NotCompilable("a condition was expected")
        return out.code.node, out.needs

    def emit(self, expr: ir.Expr, scope: Scope) -> Emitted:
        """Emit any expression, once per scope where it is worth a name."""
        if expr in scope.shared:
            return scope.shared[expr]
        out = self._emit(expr, scope)
        if not self._rows and not out.needs and self.repeated(expr):
            out = self._named(out, scope)
            scope.shared[expr] = out
        return out

    def _named(self, out: Emitted, scope: Scope) -> Emitted:
        """Hoist a value into a local; a value that may be missing becomes None there."""
        code, guard = out.code, every(out.needs) if out.needs else None

        def local(node: ast.expr) -> ast.Name:
            target = self.fresh("t")
            value = node if guard is None else ast.IfExp(guard, node, ast.Constant(None))
            scope.statements.append(ast.Assign([ast.Name(target, ast.Store())], value))
            return name(target)

        if isinstance(code, Plain):
            node = local(code.node)
            named: Code = Plain(node)
        else:
            node = local(code.node) if not isinstance(code.node, ast.Constant) or guard is not None else name("")
            if isinstance(code.node, ast.Constant) and guard is None:
                return out
            named = Number(node, code.factor, local(code.under) if code.under is not None else None)
        needs: list[ast.expr] = [ast.Compare(node, [ast.IsNot()], [ast.Constant(None)])] if guard is not None else []
        return Emitted(named, needs)

    # ---------------------------------------------------------------------------------- nodes
    def _emit(self, expr: ir.Expr, scope: Scope) -> Emitted:
        match expr:
            case ir.Const():
                return Emitted(self._const(expr))
            case ir.FactRef():
                return self._fact(expr)
            case ir.ParamRef():
                return self._param(expr, scope)
            case ir.LetRef():
                if expr.name not in scope.lets:
                    scope.lets[expr.name] = self._named(self.emit(self._program.lets[expr.name], scope), scope)
                return scope.lets[expr.name]
            case ir.FieldRef():
                return self._field(expr)
            case ir.If():
                return self._if(expr, scope)
            case ir.Known():
                return self._known(expr, scope)
            case ir.Nothing():
                return Emitted(_nothing(expr.type), [ast.Constant(False)])
            case ir.Lookup():
                return self._lookup(expr, scope)
            case ir.ShiftDate():
                return self._shift(expr, scope)
            case ir.DaysBetween():
                left, needs = self.number(expr.left, scope)
                right, more = self.number(expr.right, scope)
                return Emitted(multiply(add(left, right, -1), literal(Fraction(86_400))), needs + more)
            case ir.Otherwise():
                return self._otherwise(expr, scope)
            case ir.Aggregate():
                return self._aggregate(expr, scope)
            case ir.Logic():
                parts = [self.test(part, scope) for part in expr.parts]
                operator = ast.And() if expr.operator == "and" else ast.Or()
                node = ast.BoolOp(operator, [part for part, _ in parts])
                return Emitted(Plain(node), [need for _, needs in parts for need in needs])
            case ir.Not():
                test, needs = self.test(expr.operand, scope)
                return Emitted(Plain(ast.UnaryOp(ast.Not(), test)), needs)
            case ir.Compare():
                return self._compare(expr, scope)
            case ir.Member():
                return self._member(expr, scope)
            case _:
                return self._arithmetic(expr, scope)

    def _const(self, expr: ir.Const) -> Code:
        value = expr.value
        if expr.type.kind in _EXACT:
            assert isinstance(value, Fraction | int)
            return literal(Fraction(value))
        if isinstance(value, frozenset):
            return Plain(self.constant(value))
        assert isinstance(value, bool | str)
        return Plain(ast.Constant(value))

    def _slot(self, ref: ir.FactRef) -> ast.expr:
        return name(f"v{self._program.index[ref.path]}")

    def _present(self, ref: ir.FactRef) -> ast.expr:
        return ast.Compare(self._slot(ref), [ast.IsNot()], [ast.Constant(None)])

    def _fact(self, ref: ir.FactRef) -> Emitted:
        fact = self._program.slots[self._program.index[ref.path]].fact
        code = _typed(self._slot(ref), ref.type.kind, fact.scale)
        return Emitted(code, [self._present(ref)] if fact.optional else [])

    def _field(self, ref: ir.FieldRef) -> Emitted:
        node = ast.Subscript(name(self._rows[ref.variable]), ast.Constant(ref.field), ast.Load())
        return Emitted(_typed(node, ref.type.kind, scale_of(ref.type)))

    def _param(self, ref: ir.ParamRef, scope: Scope) -> Emitted:
        rows = self._program.numbers[ref.name]
        if not ref.keys:
            number = rows.get(())
            if number is None:
                return Emitted(_nothing(ref.type), [ast.Constant(False)])
            return Emitted(self._const(ir.Const(ref.type, ref.span, number.value)))
        if ref in scope.params:
            return scope.params[ref]
        if any(isinstance(part, ir.FieldRef) for key in ref.keys for part in ir.walk(key)):
            raise NotCompilable("a row decides which number")
        keys = [self.emit(key, scope) for key in ref.keys]
        nodes = [key.code.node for key in keys if isinstance(key.code, Plain)]
        if len(nodes) != len(keys):
            raise NotCompilable("a key that is a number")
        values = {key: row.value for key, row in rows.items()}
        exact = ref.type.kind in _EXACT
        scale = (
            lcm(1, *(Fraction(v).denominator for v in values.values() if isinstance(v, Fraction | int))) if exact else 1
        )
        table = {
            (key[0] if len(key) == 1 else key): int(value * scale)
            if exact and isinstance(value, Fraction | int)
            else value
            for key, value in values.items()
        }
        identifier = self.fresh("p")
        self.constants[identifier] = table.get
        argument = nodes[0] if len(nodes) == 1 else ast.Tuple(nodes, ast.Load())
        looked = call(identifier, argument)
        needs = [need for key in keys for need in key.needs]
        code: Code = Number(looked, Fraction(1, scale)) if exact else Plain(looked)
        named = self._named(Emitted(code, needs), scope)
        node = named.code.node
        out = Emitted(named.code, [ast.Compare(node, [ast.IsNot()], [ast.Constant(None)])])
        scope.params[ref] = out
        return out

    def _known(self, expr: ir.Known, scope: Scope) -> Emitted:
        """Return whether something is there: a fact, or the row of a param; a field is the interpreter's."""
        if isinstance(expr.fact, ir.FactRef):
            return Emitted(Plain(self._present(expr.fact)))
        if not isinstance(expr.fact, ir.ParamRef):
            raise NotCompilable("whether a row of a list is there")
        keys = [need for key in expr.fact.keys for need in self.emit(key, scope).needs]
        return Emitted(Plain(self._param(expr.fact, scope).needs[-1] if expr.fact.keys else ast.Constant(True)), keys)

    def _lookup(self, expr: ir.Lookup, scope: Scope) -> Emitted:
        """Find a row by its key columns, by one call of a function that keeps the list's index."""
        if any(isinstance(part, ir.FieldRef) for _, key in expr.keys for part in ir.walk(key)):
            raise NotCompilable("a row decides which number")
        source = self._fact(expr.source)
        keys = [self.emit(key, scope) for _, key in expr.keys]
        nodes = [key.code.node for key in keys if isinstance(key.code, Plain)]
        if len(nodes) != len(keys):
            raise NotCompilable("a key that is a number")
        today = self._slot(expr.today) if expr.today else ast.Constant(0)
        identifier = self.fresh("p")
        self.constants[identifier] = _finder(expr)
        found = call(identifier, source.code.node, ast.Tuple(nodes, ast.Load()), today)
        needs = [*source.needs, *(need for key in keys for need in key.needs)]
        return self._if_found(_typed(found, expr.type.kind, scale_of(expr.type)), needs, scope)

    def _shift(self, expr: ir.ShiftDate, scope: Scope) -> Emitted:
        """Move a date by one call of a function that knows the sessions."""
        if not isinstance(expr.count, ir.Const) or not isinstance(expr.count.value, Fraction):
            raise NotCompilable("a number of sessions that varies")
        day, needs = self.number(expr.operand, scope)
        if day.factor != 1 or day.under is not None or expr.count.value.denominator != 1:
            raise NotCompilable("a date that is no whole day")
        identifier = self.fresh("p")
        self.constants[identifier] = _mover(self._program, expr.calendar, int(expr.count.value))
        return self._if_found(Number(call(identifier, day.node), Fraction(1)), needs, scope)

    def _if_found(self, code: Code, needs: list[ast.expr], scope: Scope) -> Emitted:
        """Return a value that a call gave, present when the call found one."""
        named = self._named(Emitted(code, needs), scope)
        return Emitted(named.code, [ast.Compare(named.code.node, [ast.IsNot()], [ast.Constant(None)])])

    def _if(self, expr: ir.If, scope: Scope) -> Emitted:
        test, needs = self.test(expr.condition, scope)
        then, otherwise = self.emit(expr.then, scope), self.emit(expr.otherwise, scope)
        branch = self._branch_needs(test, then.needs, otherwise.needs)
        code = _choose(test, then.code, otherwise.code)
        return Emitted(code, needs + branch)

    def _branch_needs(self, test: ast.expr, then: list[ast.expr], otherwise: list[ast.expr]) -> list[ast.expr]:
        """Return what the taken branch needs: `then` only if the test holds, `otherwise` only if not."""
        if not then and not otherwise:
            return []
        if not otherwise:
            return [ast.BoolOp(ast.Or(), [ast.UnaryOp(ast.Not(), test), every(then)])]
        if not then:
            return [ast.BoolOp(ast.Or(), [test, every(otherwise)])]
        return [ast.IfExp(test, every(then), every(otherwise))]

    def _otherwise(self, expr: ir.Otherwise, scope: Scope) -> Emitted:
        fact = self._fact(expr.fact)
        default = self.emit(expr.default, scope)
        present = self._present(expr.fact)
        needs: list[ast.expr] = [ast.BoolOp(ast.Or(), [present, every(default.needs)])] if default.needs else []
        return Emitted(_choose(present, fact.code, default.code), needs)

    def _compare(self, expr: ir.Compare, scope: Scope) -> Emitted:
        left, right = self.emit(expr.left, scope), self.emit(expr.right, scope)
        needs = left.needs + right.needs
        if isinstance(left.code, Number) and isinstance(right.code, Number):
            a, b, factor = aligned(left.code, right.code)
            if factor < 0:
                a, b = b, a
            return Emitted(Plain(compare(expr.operator, a, b)), needs)
        assert isinstance(left.code, Plain) and isinstance(right.code, Plain)
        return Emitted(Plain(compare(expr.operator, left.code.node, right.code.node)), needs)

    def _member(self, expr: ir.Member, scope: Scope) -> Emitted:
        item = self.emit(expr.item, scope)
        if isinstance(item.code, Number):
            if not isinstance(expr.container, ir.Const) or not isinstance(expr.container.value, frozenset):
                raise NotCompilable("membership in a set of numbers that varies")
            numbers = sorted(v for v in expr.container.value if isinstance(v, Fraction | int))
            equal = [compare("==", *aligned(item.code, literal(Fraction(number)))[:2]) for number in numbers]
            return Emitted(Plain(ast.BoolOp(ast.Or(), equal) if len(equal) > 1 else equal[0]), item.needs)
        container = self.emit(expr.container, scope)
        assert isinstance(container.code, Plain)
        member = ast.Compare(item.code.node, [ast.In()], [container.code.node])
        return Emitted(Plain(member), item.needs + container.needs)

    def _arithmetic(self, expr: ir.Expr, scope: Scope) -> Emitted:
        numbers, needs = [], []
        for child in ir.children(expr):
            number, more = self.number(child, scope)
            numbers.append(number)
            needs += more
        return Emitted(self._apply(expr, numbers), needs)

    def _apply(self, expr: ir.Expr, numbers: list[Number]) -> Code:
        match expr:
            case ir.Arithmetic(operator="+"):
                return add(numbers[0], numbers[1], 1)
            case ir.Arithmetic(operator="-"):
                return add(numbers[0], numbers[1], -1)
            case ir.Arithmetic(operator="*"):
                return multiply(numbers[0], numbers[1])
            case ir.Arithmetic():
                return divide(numbers[0], numbers[1])
            case ir.Negate():
                return Number(numbers[0].node, -numbers[0].factor, numbers[0].under)
            case ir.Apply(function="abs"):
                one = numbers[0]
                return Number(call("abs", one.node), abs(one.factor), one.under)
            case ir.Apply():
                out = numbers[0]
                for other in numbers[1:]:
                    a, b, factor = aligned(out, other)
                    function = expr.function if factor > 0 else {"min": "max", "max": "min"}[expr.function]
                    out = Number(call(function, a, b), factor, common_under(out, other))
                return out
            case ir.Rounded():
                return _rounded(numbers[0], numbers[1], expr.mode)
            case ir.Multiple():
                a, b = _quotient(numbers[0], numbers[1])
                return Plain(compare("==", ast.BinOp(a, ast.Mod(), b), ast.Constant(0)))
        raise NotCompilable(type(expr).__name__)

    # ---------------------------------------------------------------------------------- lists
    def _aggregate(self, expr: ir.Aggregate, scope: Scope) -> Emitted:
        source = self._fact(expr.source)
        if source.needs or any(isinstance(e, ir.FieldRef) and self._may_lack(expr, e) for e in ir.walk(expr)):
            raise NotCompilable("rows that may lack a field")
        row, outer = self.fresh("r"), self._rows
        self._rows = {**outer, expr.variable: row}
        try:
            where, needs = self.test(expr.where, scope) if expr.where is not None else (None, [])
            body = self.emit(expr.body, scope)
        finally:
            self._rows = outer
        otherwise = self.emit(expr.otherwise, scope) if expr.otherwise is not None else None
        needs = needs + body.needs
        if any(isinstance(n, ast.Name) and n.id == row for need in needs for n in ast.walk(need)):
            raise NotCompilable("a row decides what is needed")
        if needs or (otherwise and otherwise.needs):
            raise NotCompilable("a list of optional facts")
        empty = otherwise.code if otherwise else None
        return Emitted(_over_rows(expr.function, row, source.code.node, where, body.code, empty))

    def _may_lack(self, expr: ir.Aggregate, ref: ir.FieldRef) -> bool:
        fact = self._program.slots[self._program.index[expr.source.path]].fact
        known = fact.field_named(ref.field)
        return ref.variable == expr.variable and known is not None and known.optional


def _typed(node: ast.expr, kind: Kind, scale: int) -> Code:
    return Number(node, Fraction(1, scale)) if kind in _EXACT else Plain(node)


def _nothing(kind: Type) -> Code:
    """Return a harmless value; that it is none is said by what it needs."""
    return literal(Fraction(1)) if kind.kind in _EXACT else Plain(ast.Constant(""))


def _finder(expr: ir.Lookup) -> Callable[[Any, tuple[Any, ...], int], Any]:
    """Return a function from rows, key and day to the stored value in force, None where there is none in range."""
    columns, column, dated = tuple(name for name, _ in expr.keys), expr.column, expr.dated
    scale = scale_of(expr.type)
    low = None if expr.low is None else expr.low * scale
    high = None if expr.high is None else expr.high * scale

    def find(rows: Any, key: tuple[Any, ...], day: int) -> Any:
        row = row_in_force(rows, columns, key, dated, day)
        value = None if row is None else row.get(column)
        if value is None or (low is not None and value < low) or (high is not None and value > high):
            return None
        return value

    return find


def _mover(program: Program, calendar: str, count: int) -> Callable[[int], int | None]:
    """Return a function that moves a day, None where the sessions cannot be told."""
    if not calendar:
        return lambda day: day + count if 1 <= day + count <= date.max.toordinal() else None
    sessions = program.sessions(calendar)
    return lambda day: None if sessions is None else sessions.shift(day, count)


def _choose(test: ast.expr, then: Code, otherwise: Code) -> Code:
    if isinstance(then, Plain) and isinstance(otherwise, Plain):
        return Plain(ast.IfExp(test, then.node, otherwise.node))
    assert isinstance(then, Number) and isinstance(otherwise, Number)
    if then.factor == otherwise.factor and same(then.under, otherwise.under):
        return Number(ast.IfExp(test, then.node, otherwise.node), then.factor, then.under)
    if then.under is None and otherwise.under is None:
        a, b, factor = aligned(then, otherwise)
        return Number(ast.IfExp(test, a, b), factor)
    a, b, factor = aligned(Number(then.node, then.factor), Number(otherwise.node, otherwise.factor))
    one = ast.Constant(1)
    under = ast.IfExp(test, then.under or one, otherwise.under or one)
    return Number(ast.IfExp(test, a, b), factor, under)


def _quotient(value: Number, step: Number) -> tuple[ast.expr, ast.expr]:
    """Return integer nodes whose quotient is value / step, the second positive."""
    if step.factor <= 0:
        raise NotCompilable("a step with a negative factor")
    ratio = value.factor / step.factor
    over = product(value.node, step.under)
    under = product(value.under, step.node)
    scaled = over if ratio.numerator == 1 else ast.BinOp(over, ast.Mult(), ast.Constant(ratio.numerator))
    below = under if ratio.denominator == 1 else ast.BinOp(under, ast.Mult(), ast.Constant(ratio.denominator))
    return scaled, below


def _rounded(value: Number, step: Number, mode: str) -> Number:
    a, b = _quotient(value, step)
    floor: ast.expr
    if mode == "down":
        floor = ast.BinOp(a, ast.FloorDiv(), b)
    elif mode == "up":
        floor = ast.UnaryOp(ast.USub(), ast.BinOp(ast.UnaryOp(ast.USub(), a), ast.FloorDiv(), b))
    elif mode == "half_up":
        two = ast.Constant(2)
        top = ast.BinOp(ast.BinOp(a, ast.Mult(), two), ast.Add(), b)
        floor = ast.BinOp(top, ast.FloorDiv(), ast.BinOp(b, ast.Mult(), two))
    else:
        floor = call("half_even", a, b)
    return Number(product(floor, step.node), step.factor, step.under)


def _over_rows(
    function: str, row: str, rows: ast.expr, where: ast.expr | None, body: Code, otherwise: Code | None
) -> Code:
    def each(element: ast.expr) -> ast.expr:
        tests = [where] if where is not None else []
        return ast.GeneratorExp(element, [ast.comprehension(ast.Name(row, ast.Store()), rows, tests, 0)])

    out: Code
    if function in ("any", "every"):
        assert isinstance(body, Plain)
        out = Plain(call("any" if function == "any" else "all", each(body.node)))
    elif function == "count":
        assert isinstance(body, Plain)
        out = Number(call("sum", each(ast.IfExp(body.node, ast.Constant(1), ast.Constant(0)))), Fraction(1))
    else:
        assert isinstance(body, Number)
        if body.under is not None:
            raise NotCompilable("a quotient in every row")
        picked = function if body.factor > 0 else {"min": "max", "max": "min"}.get(function, function)
        plain = each(body.node)
        node = call("sum", plain) if function == "sum" else call(picked, plain, default=ast.Constant(0))
        out = Number(node, body.factor)
    if otherwise is None:
        return out
    return _choose(call("any", each(ast.Constant(True))), out, otherwise)
