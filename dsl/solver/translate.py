"""Expressions as terms: a value, and the condition that it is known, node by node as the interpreter decides it.

A node this table does not know becomes an opaque value without a definition: nothing is then claimed that a
replay in the interpreter does not confirm.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

import z3

from dsl import ir
from dsl.solver.amounts import Amounts, Quotient, constant, term
from dsl.solver.meaning import Side
from dsl.solver.words import Formula, is_amount, is_real, is_word
from dsl.solver.world import NEVER, World
from dsl.statistics import as_statistic
from dsl.types import Kind, Type

SECONDS = 86_400
"""How long a day lasts, as a duration."""
TRUE, FALSE = z3.BoolVal(True), z3.BoolVal(False)


@dataclass(frozen=True, slots=True)
class Term:
    """A translated expression. `value`: Quotient for amounts, a code for words, a condition for booleans, for a
    set the function that says whether a term is in it. `known`: the interpreter would have a value."""

    value: Any
    known: Formula


Rows = Mapping[str, Mapping[str, Term]]
"""The fields of the row each variable of an aggregate stands for."""


class Translator:
    """Translates the expressions of both sides of a question into one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.amounts = Amounts(world)
        self._done: dict[tuple[int, bool], Term] = {}

    def term(self, side: Side, expr: ir.Expr, kleene: bool = False, rows: Rows | None = None) -> Term:
        """Return an expression as a term; `kleene` as in the interpreter, `rows` inside an aggregate."""
        if rows is not None:
            return self._term(side, expr, kleene, rows)
        key = (self.world.meanings.of(side, expr), kleene)
        if key not in self._done:
            self._done[key] = self._term(side, expr, kleene, None)
        return self._done[key]

    def _term(self, side: Side, expr: ir.Expr, kleene: bool, rows: Rows | None) -> Term:
        match expr:
            case ir.Const():
                return Term(self._constant(expr.value, expr.type), TRUE)
            case ir.FactRef():
                return self._fact(side, expr.path)
            case ir.ParamRef():
                return self._param(side, expr, kleene, rows)
            case ir.LetRef():
                return self.term(side, side.program.lets[expr.name], kleene)
            case ir.FieldRef() if rows is not None and expr.field in rows.get(expr.variable, ()):
                return rows[expr.variable][expr.field]
            case ir.Logic():
                return self._logic(side, expr, kleene, rows)
            case ir.If():
                return self._if(side, expr, kleene, rows)
            case ir.Known():
                return self._is_known(side, expr.fact, kleene, rows)
            case ir.Nothing():
                return Term(self._anything(expr.type, ("nothing", expr.name)), FALSE)
            case ir.ShiftDate() if (days := _whole_days(expr)) is not None:
                return self._later(side, expr, days, kleene, rows)
            case ir.Otherwise():
                return self._otherwise(side, expr, kleene, rows)
            case ir.Aggregate():
                from dsl.solver.rows import aggregate

                return aggregate(self, side, expr, rows)
            case ir.Lookup():
                from dsl.solver.lookups import lookup

                return lookup(self, side, expr, kleene, rows)
            case _:
                return self._operation(side, expr, kleene, rows)

    # ---------------------------------------------------------------------------------- leaves
    def _constant(self, value: Any, kind: Type) -> Any:
        if kind.kind is Kind.SET:
            items = sorted(value, key=repr)
            inner = [self._constant(item, kind.element) for item in items if kind.element is not None]
            return lambda item: z3.Or(*(self.same(item, other) for other in inner)) if inner else FALSE
        if is_word(kind):
            return z3.IntVal(self.world.words.code(value))
        if is_amount(kind):
            return constant(value)
        if is_real(kind):
            return real(value)
        return z3.BoolVal(bool(value))

    def same(self, a: Any, b: Any) -> Formula:
        """Return the condition that two values of one type are equal."""
        return self.amounts.compare("==", a, b) if isinstance(a, Quotient) else a == b

    def _presence(self, side: Side, path: str) -> tuple[Any, Formula]:
        var = self.world.fact(side, path)
        contract = side.fact(path)
        if contract.max_age is not None:
            self.world.late(var, contract.max_age)
        return var, var.is_faulty(contract, side.least_rows(path))

    def _fact(self, side: Side, path: str) -> Term:
        var, faulty = self._presence(side, path)
        known = z3.And(var.given, z3.Not(faulty))
        kind = var.fact.type
        if kind.kind is Kind.SET:

            def contains(item: Any) -> Formula:
                plain = term(item.num) if isinstance(item, Quotient) else item
                if not any(plain.eq(asked) for asked in var.items):
                    var.items.append(plain)
                return var.value(plain)

            return Term(contains, known)
        if kind.kind is Kind.LIST:
            return Term(None, known)
        return Term(Quotient(var.value) if is_amount(kind) else var.value, known)

    def _param(self, side: Side, ref: ir.ParamRef, kleene: bool, rows: Rows | None) -> Term:
        keys = [self.term(side, key, kleene, rows) for key in ref.keys]
        known = z3.And(*(key.known for key in keys)) if keys else TRUE
        if side.is_free:
            return Term(self._any_number(side, ref), known)
        numbers = side.program.numbers.get(ref.name, {})
        if not numbers:
            return Term(self._anything(ref.type, ("no row", ref.name)), FALSE)
        hits: list[tuple[Formula, Any]] = []
        for key, number in sorted(numbers.items()):
            codes = [self.world.words.code(part) for part in key]
            hit = z3.And(*(k.value == code for k, code in zip(keys, codes, strict=True))) if codes else TRUE
            hits.append((hit, self._constant(number.value, ref.type)))
        value = hits[-1][1]
        for hit, other in reversed(hits[:-1]):
            value = self.choose(hit, other, value)
        return Term(value, z3.And(known, z3.Or(*(hit for hit, _ in hits))))

    def _any_number(self, side: Side, ref: ir.ParamRef) -> Any:
        """Return a param whose number is left open, inside its declared range; each read key has its own."""
        param = side.program.bundle.ruleset.params[ref.name]
        key = ("free", self.world.meanings.of(side, ref))
        axioms: list[Formula] = []
        if is_word(ref.type):
            symbol = z3.Int(f"param {key[1]}{self.world.mark}")
            axioms.append(z3.Or(*(symbol == self.world.words.code(word) for word in ref.type.values)))
        elif is_amount(ref.type):
            symbol = z3.Real(f"param {key[1]}{self.world.mark}")
            axioms += [symbol >= term(param.low)] if param.low is not None else []
            axioms += [symbol <= term(param.high)] if param.high is not None else []
        else:
            return self._anything(ref.type, key)
        found = self.world.opaque(key, symbol, axioms, NEVER, list)
        return Quotient(found) if is_amount(ref.type) else found

    def _anything(self, kind: Type, key: Any) -> Any:
        """Return a value of a type about which nothing is known."""
        name = f"any{len(self.world.opaques)}{self.world.mark}"
        if is_amount(kind):
            return Quotient(self.world.opaque(("any", key), z3.Real(name), [], NEVER, list))
        if is_real(kind):
            return self.world.opaque(("any", key), z3.Real(name), [], NEVER, list)
        if is_word(kind):
            return self.world.opaque(("any", key), z3.Int(name), [], NEVER, list)
        if kind.kind is Kind.BOOL:
            return self.world.opaque(("any", key), z3.Bool(name), [], NEVER, list)
        return lambda item: self._anything(ir.TRUE.type, (key, "in", str(item)))

    def asked(self, side: Side, line: ir.Line) -> Term:
        """Return a line's condition. Where infinite statistics count as something in it, nothing is claimed."""
        if not line.infinities:
            return self.term(side, line.condition)
        return self._opaque(ir.TRUE.type, ("line", self.world.meanings.line(side, line)))

    def _is_known(self, side: Side, ref: ir.Expr, kleene: bool, rows: Rows | None) -> Term:
        """Return whether a fact, a field or a param's row is there."""
        match ref:
            case ir.FactRef():
                var, faulty = self._presence(side, ref.path)
                return Term(var.given, z3.Not(faulty))
            case ir.FieldRef():
                return Term(self.term(side, ref, kleene, rows).known, TRUE)
            case ir.ParamRef() if not side.is_free:
                keys = [self.term(side, key, kleene, rows).known for key in ref.keys]
                return Term(self.term(side, ref, kleene, rows).known, z3.And(*keys) if keys else TRUE)
            case ir.Lookup():
                from dsl.solver.lookups import is_row_there

                return is_row_there(self, side, ref, kleene, rows)
            case _:
                return self._opaque(ir.TRUE.type, ("known", self.world.meanings.of(side, ref)))

    def _later(self, side: Side, expr: ir.ShiftDate, days: int, kleene: bool, rows: Rows | None) -> Term:
        """Return a date some days on, unknown outside the calendar."""
        day = self.term(side, expr.operand, kleene, rows)
        moved = self.amounts.add(day.value, constant(days))
        first, last = (constant(each.toordinal()) for each in (date.min, date.max))
        inside = [self.amounts.compare(">=", moved, first), self.amounts.compare("<=", moved, last)]
        return Term(moved, z3.And(day.known, *inside))

    # ---------------------------------------------------------------------------------- logic
    def _logic(self, side: Side, expr: ir.Logic, kleene: bool, rows: Rows | None) -> Term:
        parts = [self.term(side, part, kleene, rows) for part in expr.parts]
        is_or = expr.operator == "or"
        values = [part.value for part in parts]
        value = z3.Or(*values) if is_or else z3.And(*values)
        known = z3.And(*(part.known for part in parts))
        if not kleene:
            return Term(value, known)
        decided = [z3.And(p.known, p.value if is_or else z3.Not(p.value)) for p in parts]
        is_decided = z3.Or(*decided)
        # Where a part decides, what the unknown parts would say must not count.
        return Term(is_decided if is_or else z3.Not(is_decided), z3.Or(known, is_decided))

    def _if(self, side: Side, expr: ir.If, kleene: bool, rows: Rows | None) -> Term:
        condition = self.term(side, expr.condition, kleene, rows)
        then, otherwise = (self.term(side, e, kleene, rows) for e in (expr.then, expr.otherwise))
        known = z3.And(condition.known, z3.If(condition.value, then.known, otherwise.known))
        return Term(self.choose(condition.value, then.value, otherwise.value), known)

    def choose(self, condition: Formula, a: Any, b: Any) -> Any:
        """Return a where the condition holds, else b."""
        if isinstance(a, Quotient):
            return self.amounts.choose(condition, a, b)
        if callable(a):
            return lambda item: z3.If(condition, a(item), b(item))
        return a if a.eq(b) else z3.If(condition, a, b)

    def _otherwise(self, side: Side, expr: ir.Otherwise, kleene: bool, rows: Rows | None) -> Term:
        var, faulty = self._presence(side, expr.fact.path)
        fact = self._fact(side, expr.fact.path)
        default = self.term(side, expr.default, kleene, rows)
        value = self.choose(var.given, fact.value, default.value)
        return Term(value, z3.And(z3.Not(faulty), z3.Or(var.given, default.known)))

    # ---------------------------------------------------------------------------------- operations
    def _operation(self, side: Side, expr: ir.Expr, kleene: bool, rows: Rows | None) -> Term:
        parts = [self.term(side, child, kleene, rows) for child in ir.children(expr)]
        known = z3.And(*(part.known for part in parts)) if parts else TRUE
        value = self._operate(expr, [part.value for part in parts])
        if value is None:
            return self._opaque(expr.type, ("node", self.world.meanings.of(side, expr)))
        return Term(value, known)

    def _opaque(self, kind: Type, key: Any) -> Term:
        """Return a value about which nothing is known, not even whether the interpreter has one."""
        return Term(self._anything(kind, key), self._anything(ir.TRUE.type, (key, "known")))

    def _operate(self, expr: ir.Expr, values: list[Any]) -> Any:
        amounts = self.amounts
        match expr:
            case ir.Arithmetic(operator="+" | "-" as sign):
                return amounts.add(values[0], values[1], 1 if sign == "+" else -1)
            case ir.Arithmetic(operator="*"):
                return amounts.multiply(values[0], values[1])
            case ir.Arithmetic(operator="/"):
                return amounts.divide(values[0], values[1])
            case ir.Negate():
                return amounts.negate(values[0])
            case ir.Apply(function="abs"):
                return amounts.absolute(values[0])
            case ir.Apply(function="min" | "max" as function):
                return amounts.extreme(function, values)
            case ir.Rounded():
                return amounts.rounded(values[0], values[1], expr.mode)
            case ir.Multiple():
                return amounts.is_multiple(values[0], values[1])
            case ir.Compare():
                return self._compare(expr, values)
            case ir.Member():
                return values[1](values[0])
            case ir.Not():
                return z3.Not(values[0])
            case ir.DaysBetween():
                return amounts.multiply(amounts.add(values[0], values[1], -1), constant(SECONDS))
            case ir.RealCompare():
                return amounts.compare(expr.operator, Quotient(values[0]), Quotient(values[1]))
            case ir.Widen() if isinstance(values[0].num, Fraction) and isinstance(values[0].den, Fraction):
                return real(as_statistic(values[0].num / values[0].den))
        return None

    def _compare(self, expr: ir.Compare, values: list[Any]) -> Formula:
        if isinstance(values[0], Quotient):
            return self.amounts.compare(expr.operator, values[0], values[1])
        return values[0] == values[1] if expr.operator == "==" else values[0] != values[1]


def real(value: Any) -> Any:
    """Return a finite statistic as a term: the number a float is, exactly."""
    return z3.RealVal(Fraction(value))


def _whole_days(expr: ir.ShiftDate) -> int | None:
    """Return by how many days a date is moved, where they are written and no exchange's sessions."""
    count = expr.count
    sign = 1
    while isinstance(count, ir.Negate):
        count, sign = count.operand, -sign
    if expr.calendar or not isinstance(count, ir.Const) or not isinstance(count.value, Fraction | int):
        return None
    return sign * int(count.value)
