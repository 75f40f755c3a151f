"""One Python function per program: straight-line code over slots, grouped by shared guards.

The function appends a number for every line that fires, or `~rule` for a rule only the interpreter
can decide. Rules guarded by equality on one fact with many values are dispatched by one lookup.
"""

import ast
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dsl import ir
from dsl.program import Program
from dsl.scalar.code import NotCompilable, every, name
from dsl.scalar.emit import Emitter, Scope
from dsl.scalar.lines import Place, lines_in_order
from dsl.scalar.multiples import share_multiples
from dsl.scalar.whitelist import check_nodes

Append = Callable[[int], None]
Check = Callable[[tuple[Any, ...], Append], None]
DISPATCH_FROM = 8
"""Rules guarded by one fact's values are dispatched by lookup from this many values on."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """`check(values, append)`; `lines[n]` is what fired number n stands for, the strongest
    first; `interpreted` are rules the compiler leaves to the interpreter."""

    check: Check
    lines: tuple[Place, ...]
    interpreted: tuple[int, ...]
    tree: ast.Module


@dataclass(slots=True)
class _Item:
    """A test with what it leads to: a fired line, or (pending) a rule handed to the interpreter."""

    tests: list[ir.Expr]
    fires: int
    rule: int


_Numbered = tuple[tuple[int, ...], int]
"""An item whose tests are numbers: the numbers, and the line it fires."""


def half_even(a: int, b: int) -> int:
    """Return a / b rounded half to even, b positive."""
    quotient, rest = divmod(a, b)
    return quotient + (1 if 2 * rest > b or (2 * rest == b and quotient & 1) else 0)


_FUNCTIONS: dict[str, Any] = {
    "min": min, "max": max, "abs": abs, "sum": sum, "any": any, "all": all, "half_even": half_even,
}  # fmt: skip


def compile_program(program: Program) -> Compiled:
    """Return the compiled form of a program; every node of it passed the whitelist."""
    return _Compiler(program).run()


class _Compiler:
    def __init__(self, program: Program) -> None:
        self._program = program
        self._emitter = Emitter(program)
        self._functions: list[ast.stmt] = []
        self._lines = lines_in_order(program)
        self._numbers = {place: number for number, place in enumerate(self._lines)}
        self._interpreted: list[int] = []
        self._integers = frozenset(
            f"v{slot.index}" for slot in program.slots if slot.fact.type.is_number and not slot.fact.optional
        )

    def run(self) -> Compiled:
        simple, guarded = self._sort_rules()
        dispatch, simple = _dispatchable(simple)
        self._emitter.repeated = _repetition([*simple], guarded, self._program)
        scope = Scope()
        body: list[ast.stmt] = []
        for fact, groups in dispatch:
            body.append(self._dispatch(fact, groups))
        body += self._grouped(simple, scope)
        for rule_index, rule in guarded:
            body += self._guarded(rule_index, rule, scope)
        self._define("check", [*scope.statements, *body])
        return self._finish()

    # ---------------------------------------------------------------------------------- sorting
    def _sort_rules(self) -> tuple[list[_Item], list[tuple[int, ir.Rule]]]:
        """Split rules into plain conjunctions without presence tests, and the rest."""
        simple: list[_Item] = []
        guarded: list[tuple[int, ir.Rule]] = []
        for at, rule in enumerate(self._program.rules):
            try:
                trial = Scope()
                if self._is_simple(rule, trial):
                    for line in rule.lines:
                        tests = [*_conjuncts(rule.when), *_conjuncts(line.condition)]
                        if line.unless is not None:
                            tests.append(ir.Not(line.unless.type, line.unless.span, line.unless))
                        simple.append(_Item(tests, self._fire(at, line.number), at))
                else:
                    guarded.append((at, rule))
            except NotCompilable:
                self._interpreted.append(at)
        self._emitter.constants.clear()
        return simple, guarded

    def _is_simple(self, rule: ir.Rule, scope: Scope) -> bool:
        needs = self._rule_needs(rule, scope)
        if rule.when is not None:
            needs += self._emitter.test(rule.when, scope)[1]
        for line in rule.lines:
            needs += self._emitter.test(line.condition, scope)[1]
            if line.unless is not None:
                needs += self._emitter.test(line.unless, scope)[1]
        return not needs

    def _fire(self, rule: int, line: int) -> int:
        return self._numbers[rule, line]

    # ---------------------------------------------------------------------------------- code
    def _guarded(self, at: int, rule: ir.Rule, scope: Scope) -> list[ast.stmt]:
        """A rule with facts that may be absent: it fires, or goes to the interpreter."""
        inner: list[ast.stmt] = []
        needs = self._rule_needs(rule, scope)
        for line in rule.lines:
            test, line_needs = self._emitter.test(line.condition, scope)
            body: list[ast.stmt] = [ast.If(test, [self._append(self._fire(at, line.number))], [])]
            body = _when_present([*needs, *line_needs], body, self._append(~at))
            if line.unless is not None:
                exception, exception_needs = self._emitter.test(line.unless, scope)
                body = [ast.If(ast.UnaryOp(ast.Not(), exception), body, [])]
                body = _when_present(exception_needs, body, self._append(~at))
            inner += body
        if rule.when is None:
            return inner
        guard, guard_needs = self._emitter.test(rule.when, scope)
        return _when_present(guard_needs, [ast.If(guard, inner, [])], self._append(~at))

    def _rule_needs(self, rule: ir.Rule, scope: Scope) -> list[ast.expr]:
        needs: list[ast.expr] = []
        for need in rule.needs:
            needs += self._emitter.emit(need.fact, scope).needs
            if need.bound is not None:
                test, more = self._emitter.test(need.bound, scope)
                needs += [*more, test]
        return needs

    def _grouped(self, items: list[_Item], scope: Scope) -> list[ast.stmt]:
        """Nest items under the test most of them share, so that it is made once."""
        known: dict[ir.Expr, int] = {}
        numbered = [(tuple(known.setdefault(test, len(known)) for test in item.tests), item.fires) for item in items]
        return self._nested(numbered, list(known), scope)

    def _nested(self, items: list[_Numbered], tests: list[ir.Expr], scope: Scope) -> list[ast.stmt]:
        out: list[ast.stmt] = []
        counts = Counter(number for numbers, _ in items for number in dict.fromkeys(numbers))
        while True:
            best = max(counts, key=lambda number: (counts[number], _rank(tests[number])), default=None)
            if best is None or counts[best] < 2:
                return out + [self._single([tests[n] for n in numbers], fires, scope) for numbers, fires in items]
            inside = [(tuple(n for n in numbers if n != best), fires) for numbers, fires in items if best in numbers]
            for numbers, _ in items:
                if best in numbers:
                    counts.subtract(dict.fromkeys(numbers, 1))
            items = [(numbers, fires) for numbers, fires in items if best not in numbers]
            test, _ = self._emitter.test(tests[best], scope)
            out.append(ast.If(test, self._nested(inside, tests, scope), []))

    def _single(self, tests: list[ir.Expr], fires: int, scope: Scope) -> ast.stmt:
        fire = self._append(fires)
        if not tests:
            return fire
        ordered = sorted(tests, key=_price)
        return ast.If(every([self._emitter.test(test, scope)[0] for test in ordered]), [fire], [])

    def _append(self, number: int) -> ast.stmt:
        return ast.Expr(ast.Call(name("append"), [ast.Constant(number)], []))

    def _dispatch(self, fact: ir.FactRef, groups: dict[str, list[_Item]]) -> ast.stmt:
        """One lookup by the fact's value, then only the rules that name it."""
        table: dict[str, str] = {}
        outer = self._emitter.repeated
        for value, items in sorted(groups.items()):
            function = self._emitter.fresh("f")
            table[value] = function
            scope = Scope()
            self._emitter.repeated = _repetition(items, [], self._program)
            body = self._grouped(items, scope)
            self._define(function, [*scope.statements, *body])
        self._emitter.repeated = outer
        identifier = self._emitter.fresh("d")
        self._emitter.constants[identifier] = table
        nothing = self._emitter.fresh("f")
        self._define(nothing, [ast.Pass()])
        slot = name(f"v{self._program.index[fact.path]}")
        found = ast.Call(name(identifier), [slot, name(nothing)], [])
        return ast.Expr(ast.Call(found, [name("values"), name("append")], []))

    def _define(self, function: str, body: list[ast.stmt]) -> None:
        body = share_multiples(body, self._integers, lambda: self._emitter.fresh("t"))
        used = {n.id for stmt in body for n in ast.walk(stmt) if isinstance(n, ast.Name)}
        slots = [f"v{slot.index}" if f"v{slot.index}" in used else "_" for slot in self._program.slots]
        unpack: list[ast.stmt] = []
        if any(slot != "_" for slot in slots):
            unpack = self._unpack(slots)
        arguments = ast.arguments([], [ast.arg("values"), ast.arg("append")], None, [], [], None, [])
        self._functions.append(_function(function, arguments, [*unpack, *body] or [ast.Pass()]))

    def _unpack(self, slots: list[str]) -> list[ast.stmt]:
        wanted = [at for at, slot in enumerate(slots) if slot != "_"]
        if len(wanted) * 3 > len(slots):
            targets = ast.Tuple([ast.Name(slot, ast.Store()) for slot in slots], ast.Store())
            return [ast.Assign([targets], name("values"))]
        return [
            ast.Assign(
                [ast.Name(slots[at], ast.Store())],
                ast.Subscript(name("values"), ast.Constant(at), ast.Load()),
            )
            for at in wanted
        ]

    def _finish(self) -> Compiled:
        tree = ast.fix_missing_locations(ast.Module(self._functions, []))
        constants = dict(self._emitter.constants)
        check_nodes(tree, {*_FUNCTIONS, *constants})
        scope: dict[str, Any] = {"__builtins__": {}, **_FUNCTIONS, **constants}
        exec(compile(tree, "<rules>", "exec"), scope)  # noqa: S102 (nodes built here and whitelisted above)
        for identifier, held in constants.items():
            if isinstance(held, dict):
                scope[identifier] = {value: scope[function] for value, function in held.items()}.get
        return Compiled(scope["check"], self._lines, tuple(self._interpreted), tree)


def _function(identifier: str, arguments: ast.arguments, body: list[ast.stmt]) -> ast.FunctionDef:
    return ast.FunctionDef(
        name=identifier, args=arguments, body=body, decorator_list=[], returns=None, type_comment=None
    )


def _when_present(needs: list[ast.expr], body: list[ast.stmt], pending: ast.stmt) -> list[ast.stmt]:
    if not needs:
        return body
    unique = list({ast.dump(need): need for need in needs}.values())
    return [ast.If(every(unique), body, [pending])]


def _conjuncts(expr: ir.Expr | None) -> list[ir.Expr]:
    if expr is None:
        return []
    if isinstance(expr, ir.Logic) and expr.operator == "and":
        return [part for whole in expr.parts for part in _conjuncts(whole)]
    return [expr]


def _equality(test: ir.Expr) -> tuple[ir.FactRef, str] | None:
    if (
        isinstance(test, ir.Compare)
        and test.operator == "=="
        and isinstance(test.left, ir.FactRef)
        and isinstance(test.right, ir.Const)
        and isinstance(test.right.value, str)
    ):
        return test.left, test.right.value
    return None


def _dispatchable(items: list[_Item]) -> tuple[list[tuple[ir.FactRef, dict[str, list[_Item]]]], list[_Item]]:
    """Take out the items guarded by a fact's value where a fact has many values."""
    values: dict[ir.FactRef, set[str]] = defaultdict(set)
    for item in items:
        for test in item.tests:
            found = _equality(test)
            if found:
                values[found[0]].add(found[1])
    out: list[tuple[ir.FactRef, dict[str, list[_Item]]]] = []
    for fact in sorted(
        (f for f, v in values.items() if len(v) >= DISPATCH_FROM), key=lambda f: (-len(values[f]), f.path)
    ):
        groups: dict[str, list[_Item]] = defaultdict(list)
        rest: list[_Item] = []
        for item in items:
            hit = next((t for t in item.tests if (e := _equality(t)) and e[0] == fact), None)
            if hit is None:
                rest.append(item)
                continue
            found = _equality(hit)
            assert found is not None
            groups[found[1]].append(_Item([t for t in item.tests if t is not hit], item.fires, item.rule))
        if len(groups) >= DISPATCH_FROM:
            out.append((fact, dict(groups)))
            items = rest
    return out, items


def _rank(test: ir.Expr) -> int:
    return 1 if _equality(test) else 0


def _price(test: ir.Expr) -> int:
    return sum(1 for _ in ir.walk(test))


def _repetition(items: list[_Item], guarded: list[tuple[int, ir.Rule]], program: Program) -> Callable[[ir.Expr], bool]:
    """Return which expressions are worth a name: arithmetic used twice, memberships used twice."""
    counts: Counter[ir.Expr] = Counter()
    for item in items:
        for test in item.tests:
            counts.update(part for part in ir.walk(test) if _is_worth_sharing(part))
    for _, rule in guarded:
        for expr in (rule.when, *(line.condition for line in rule.lines)):
            if expr is not None:
                counts.update(part for part in ir.walk(expr) if _is_worth_sharing(part))
    return lambda expr: counts[expr] >= 2 and _is_worth_sharing(expr)


def _is_worth_sharing(expr: ir.Expr) -> bool:
    match expr:
        case ir.Member():
            return True
        case ir.Aggregate():
            return not any(isinstance(e, ir.FieldRef) and e.variable != expr.variable for e in ir.walk(expr))
        case ir.Apply() | ir.Rounded():
            return not any(isinstance(e, ir.FieldRef) for e in ir.walk(expr))
        case ir.Arithmetic(operator="+" | "-"):
            return not any(isinstance(e, ir.FieldRef) for e in ir.walk(expr))
        case _:
            return False
