"""The reference semantics: short, obvious, on exact fractions. Every other back end must agree."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from dsl import ir
from dsl.judgement import EFFECT_STRENGTH, Finding, Judgement, conclude
from dsl.operations import NUMBERS, exact, operate
from dsl.program import REDUCES, Program
from dsl.rows import row_in_force
from dsl.snapshot import Reason, Snapshot
from dsl.statistics import as_statistic, is_finite, is_statistic, of_reals
from dsl.types import scale_of


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value nothing is known about, because of these facts."""

    facts: tuple[tuple[str, str], ...]


def judge(program: Program, snapshot: Snapshot, only: frozenset[str] | None = None) -> Judgement:
    """Return what the rules in force (or those in `only`) say of a snapshot."""
    interpreter = Interpreter(program, snapshot)
    rules = [rule for rule in program.rules if only is None or rule.id in only]
    findings = [finding for rule in rules for finding in interpreter.rule(rule)]
    return conclude(findings, tuple(rule.id for rule in rules))


class Interpreter:
    """Evaluates expressions and rules against one snapshot."""

    def __init__(self, program: Program, snapshot: Snapshot) -> None:
        self._program, self._snapshot = program, snapshot
        self._rows: dict[str, Any] = {}
        self._lets: dict[tuple[str, bool], Any] = {}
        self._infinities: dict[str, Any] = {}

    # ---------------------------------------------------------------------------------- rules
    def rule(self, rule: ir.Rule) -> list[Finding]:
        """Return the findings of one rule: guard first, then presence, then logic, line by line."""
        if rule.when is not None:
            guard = self.evaluate(rule.when, kleene=True)
            if isinstance(guard, Unknown):
                return self._missing(rule, 0, guard)
            if not guard:
                return []
        needs = self._needs(rule)
        found: list[Finding] = []
        for line in rule.lines:
            found += self._line(rule, line, needs)
        return found

    def _line(self, rule: ir.Rule, line: ir.Line, needs: tuple[tuple[str, str], ...]) -> list[Finding]:
        if line.unless is not None:
            exception = self.evaluate(line.unless, kleene=True)
            if isinstance(exception, Unknown):
                return self._missing(rule, line.number, exception)
            if exception:
                return []
        if needs:
            return self._missing(rule, line.number, Unknown(needs))
        holds = self.with_infinities(line.infinities, line.condition)
        if isinstance(holds, Unknown):
            return self._missing(rule, line.number, holds)
        if not holds:
            return []
        return [self.finding(rule, line.number)]

    def with_infinities(self, infinities: tuple[ir.Infinity, ...], expr: ir.Expr) -> Any:
        """Return an expression's value where infinite statistics count as what the line says, and as nothing else."""
        if not infinities:
            return self.evaluate(expr)
        inner = Interpreter(self._program, self._snapshot)
        inner._infinities = {one.fact.path: as_statistic(self.evaluate(one.value)) for one in infinities}
        return inner.evaluate(expr)

    def within(self, variable: str, row: Mapping[str, Any]) -> "Interpreter":
        """Return an interpreter of the same facts that looks at one row, as an aggregate does."""
        inner = Interpreter(self._program, self._snapshot)
        inner._rows = {**self._rows, variable: row}
        return inner

    def finding(self, rule: ir.Rule, number: int) -> Finding:
        """Return the finding of a line that fired, with the compared values as evidence."""
        line = rule.lines[number - 1]
        measure = bound = None
        if rule.measure is not None and line.relation is not None:
            measure, bound = self._evidence(rule.measure, line)
        return Finding(rule.id, line.number, line.effect, line.code, rule.mode, measure, bound)

    def _evidence(self, measured: ir.Expr, line: ir.Line) -> tuple[Fraction | None, Fraction | None]:
        measure = self.evaluate(measured)
        bounds = [self.evaluate(b) for b in line.bounds]
        if line.relation == "outside":
            return measure, bounds[0] if measure < bounds[0] else bounds[1]
        return measure, bounds[0]

    def _needs(self, rule: ir.Rule) -> tuple[tuple[str, str], ...]:
        unknown: tuple[tuple[str, str], ...] = ()
        for need in rule.needs:
            value = self.evaluate(need.fact)
            if isinstance(value, Unknown):
                unknown = _merge(unknown, value.facts)
                continue
            if need.age is not None and self._is_late(need.fact.path, need):
                unknown = _merge(unknown, ((need.fact.path, Reason.STALE.value),))
                continue
            if need.bound is not None and self.evaluate(need.bound) is not True:
                unknown = _merge(unknown, ((need.fact.path, Reason.INVALID.value),))
        return unknown

    def _is_late(self, path: str, need: ir.Need) -> bool:
        assert need.age is not None
        check = self._program.age_check(self._program.index[path], need.age)
        return bool(self._snapshot.late >> check & 1)

    def _missing(self, rule: ir.Rule, line: int, unknown: Unknown) -> list[Finding]:
        policy = rule.missing
        if policy.unless is not None and self.evaluate(policy.unless, kleene=True) is True:
            return []
        at = self._program.index.get(REDUCES)
        reducing = at is not None and self._snapshot.values[at] is True and not self._snapshot.unknown >> at & 1
        spared = reducing and not policy.even_reducing and EFFECT_STRENGTH[policy.effect] > EFFECT_STRENGTH["flag"]
        effect = "flag" if spared else policy.effect
        return [Finding(rule.id, line, effect, unknown.facts[0][1], rule.mode, facts=unknown.facts, flagged=spared)]

    # ---------------------------------------------------------------------------------- expressions
    def evaluate(self, expr: ir.Expr, kleene: bool = False) -> Any:
        """Return the exact value, or Unknown. With `kleene`, `and`/`or` use three-valued logic;
        without it every fact of the taken branches is needed."""
        match expr:
            case ir.Const():
                return expr.value
            case ir.FactRef():
                return self._fact(expr)
            case ir.ParamRef():
                return self._param(expr, kleene)
            case ir.LetRef():
                key = (expr.name, kleene)
                if key not in self._lets:
                    self._lets[key] = self.evaluate(self._program.lets[expr.name], kleene)
                return self._lets[key]
            case ir.FieldRef():
                return self._field(expr)
            case ir.Logic():
                return self._logic(expr, kleene)
            case ir.If():
                condition = self.evaluate(expr.condition, kleene)
                if isinstance(condition, Unknown):
                    return condition
                return self.evaluate(expr.then if condition else expr.otherwise, kleene)
            case ir.Known():
                return self._is_known(expr.fact, kleene)
            case ir.Lookup():
                return self._lookup(expr, kleene)
            case ir.Nothing():
                return Unknown(((expr.name, Reason.MISSING.value),))
            case ir.ShiftDate():
                return self._shift(expr, kleene)
            case ir.RealArithmetic() | ir.Logarithm() | ir.Widen() | ir.RealCompare() | ir.Exact():
                return self._real(expr, kleene)
            case ir.Otherwise():
                known = self._known(expr.fact)
                if isinstance(known, Unknown):
                    return known
                return self._fact(expr.fact) if known else self.evaluate(expr.default, kleene)
            case ir.Aggregate():
                return self._aggregate(expr)
            case _:
                return self._operation(expr, kleene)

    def _fact(self, ref: ir.FactRef) -> Any:
        at = self._program.index[ref.path]
        if self._snapshot.unknown >> at & 1:
            return Unknown(((ref.path, self._snapshot.reasons[at].value),))
        value = self._snapshot.values[at]
        if value is None:
            return Unknown(((ref.path, Reason.MISSING.value),))
        if is_statistic(value):
            if is_finite(value):
                return value
            counted = self._infinities.get(ref.path) if value > 0 else None
            return Unknown(((ref.path, Reason.INVALID.value),)) if counted is None else counted
        if ref.type.element is not None and ref.type.element.kind in NUMBERS:
            return frozenset(exact(item, scale_of(ref.type.element), ref.type.element.kind) for item in value)
        return exact(value, self._program.slots[at].fact.scale, ref.type.kind)

    def _known(self, ref: ir.FactRef) -> Any:
        at = self._program.index[ref.path]
        if self._snapshot.unknown >> at & 1:
            reason = self._snapshot.reasons[at]
            return False if reason is Reason.MISSING else Unknown(((ref.path, reason.value),))
        return self._snapshot.values[at] is not None

    def _is_known(self, ref: ir.Expr, kleene: bool) -> Any:
        """Return whether a fact, a field or a param's row is there; Unknown where even that cannot be told."""
        match ref:
            case ir.FactRef():
                return self._known(ref)
            case ir.FieldRef():
                own = f"{ref.variable}.{ref.field}"
            case ir.ParamRef() | ir.Lookup():
                own = f"param:{ref.name}"
            case _:
                raise AssertionError(type(ref).__name__)
        value = self.evaluate(ref, kleene)
        if not isinstance(value, Unknown):
            return True
        return False if value.facts == ((own, Reason.MISSING.value),) else value

    def _lookup(self, expr: ir.Lookup, kleene: bool) -> Any:
        rows = self._fact(expr.source)
        keys = [self.evaluate(key, kleene) for _, key in expr.keys]
        today = self._fact(expr.today) if expr.today else 0
        unknown = _unknown_of([rows, *keys, today])
        if unknown:
            return Unknown(unknown)
        columns = tuple(column for column, _ in expr.keys)
        row = row_in_force(rows, columns, tuple(keys), expr.dated, today)
        if row is None or row.get(expr.column) is None:
            return Unknown(((f"param:{expr.name}", Reason.MISSING.value),))
        value = exact(row[expr.column], scale_of(expr.type), expr.type.kind)
        if (expr.low is not None and value < expr.low) or (expr.high is not None and value > expr.high):
            return Unknown(((f"param:{expr.name}", Reason.INVALID.value),))
        return value

    def _shift(self, expr: ir.ShiftDate, kleene: bool) -> Any:
        values = [self.evaluate(child, kleene) for child in ir.children(expr)]
        unknown = _unknown_of(values)
        if unknown:
            return Unknown(unknown)
        day, count = int(values[0]), values[1]
        if not expr.calendar:
            moved = day + int(count)
            return moved if 1 <= moved <= date.max.toordinal() else Unknown((("calendar", Reason.INVALID.value),))
        sessions = self._program.sessions(expr.calendar)
        whole = sessions.shift(day, int(count)) if sessions and count.denominator == 1 else None
        return Unknown(((f"calendar:{expr.calendar}", Reason.MISSING.value),)) if whole is None else whole

    def _real(self, expr: ir.Expr, kleene: bool) -> Any:
        """Return what a statistic comes to; what is no finite number any more is invalid, wherever it arose."""
        values = [self.evaluate(child, kleene) for child in ir.children(expr)]
        unknown = _unknown_of(values)
        if unknown:
            return Unknown(unknown)
        result = of_reals(expr, values)
        if is_statistic(result) and not is_finite(result):
            named = sorted({part.path for part in ir.walk(expr) if isinstance(part, ir.FactRef)})
            return Unknown(tuple((path, Reason.INVALID.value) for path in named or ["real"]))
        return result

    def _param(self, ref: ir.ParamRef, kleene: bool) -> Any:
        keys = [self.evaluate(key, kleene) for key in ref.keys]
        unknown = _unknown_of(keys)
        if unknown:
            return Unknown(unknown)
        number = self._program.numbers[ref.name].get(tuple(keys))
        if number is None:
            return Unknown(((f"param:{ref.name}", Reason.MISSING.value),))
        return number.value

    def _field(self, ref: ir.FieldRef) -> Any:
        value = self._rows[ref.variable].get(ref.field)
        if value is None:
            return Unknown(((f"{ref.variable}.{ref.field}", Reason.MISSING.value),))
        return exact(value, scale_of(ref.type), ref.type.kind)

    def _logic(self, expr: ir.Logic, kleene: bool) -> Any:
        decisive = expr.operator == "or"
        values = [self.evaluate(part, kleene) for part in expr.parts]
        if kleene and any(value is decisive for value in values):
            return decisive
        unknown = _unknown_of(values)
        return Unknown(unknown) if unknown else (any(values) if decisive else all(values))

    def _operation(self, expr: ir.Expr, kleene: bool) -> Any:
        values = [self.evaluate(child, kleene) for child in ir.children(expr)]
        unknown = _unknown_of(values)
        return Unknown(unknown) if unknown else operate(expr, values)

    def _aggregate(self, expr: ir.Aggregate) -> Any:
        rows = self._fact(expr.source)
        if isinstance(rows, Unknown):
            return rows
        values: list[Any] = []
        outer = self._rows
        try:
            for row in rows:
                self._rows = {**outer, expr.variable: row}
                wanted = self.evaluate(expr.where) if expr.where is not None else True
                value = self.evaluate(expr.body) if wanted is True else None
                unknown = _unknown_of([wanted, value])
                if unknown:
                    return Unknown(tuple((f"{expr.source.path}:{path}", reason) for path, reason in unknown))
                if wanted:
                    values.append(value)
        finally:
            self._rows = outer
        if not values and expr.otherwise is not None:
            return self.evaluate(expr.otherwise)
        match expr.function:
            case "sum":
                return sum(values, Fraction(0))
            case "count":
                return Fraction(sum(1 for value in values if value))
            case "any":
                return any(values)
            case "every":
                return all(values)
            case "min":
                return min(values)
            case _:
                return max(values)


def _unknown_of(values: list[Any]) -> tuple[tuple[str, str], ...]:
    found: tuple[tuple[str, str], ...] = ()
    for value in values:
        if isinstance(value, Unknown):
            found = _merge(found, value.facts)
    return found


def _merge(first: tuple[tuple[str, str], ...], second: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return first + tuple(fact for fact in second if fact not in first)
