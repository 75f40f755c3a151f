"""Drafts in which conditions come out as wanted, found by setting what they read, one thing at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice
from typing import Any

from dsl import ir
from dsl.cases import Setting
from dsl.contracts import Fact
from dsl.cover.lines import Line, as_line
from dsl.interpret import Unknown
from dsl.skeleton.draft import Draft
from dsl.skeleton.ordinary import literals_near, ordinary, ordinary_row
from dsl.skeleton.solve import gap_of, near
from dsl.skeleton.variables import (
    FactVariable,
    Variable,
    WindowVariable,
    as_stored,
    variables_in,
    with_keys,
)
from dsl.skeleton.world import World
from dsl.types import Kind

_WAYS = 8
"""Ways to meet one goal that are followed further."""


@dataclass(frozen=True, slots=True)
class Goal:
    """A condition that must come out `truth`, and, being a line, within `step` of it."""

    expr: ir.Expr
    truth: bool
    step: Fraction | None = None


def force(world: World, draft: Draft, goals: Sequence[Goal]) -> Iterator[Draft]:
    """Yield drafts that meet every goal."""
    if not goals:
        yield draft
        return
    for one in islice(_meet(world, draft, goals[0]), _WAYS):
        for other in islice(force(world, one, goals[1:]), _WAYS):
            if all(is_met(world, other, goal) for goal in goals):
                yield other


def is_met(world: World, draft: Draft, goal: Goal) -> bool:
    """Return whether a draft meets a goal."""
    if world.evaluate(draft, goal.expr) is not goal.truth:
        return False
    if goal.step is None or not isinstance(goal.expr, ir.Compare | ir.RealCompare):
        return True
    gap = gap_of(world, draft, goal.expr)
    return gap is not None and abs(gap) <= goal.step


def _meet(world: World, draft: Draft, goal: Goal) -> Iterator[Draft]:
    for known in _filled(world, draft, goal.expr):
        if is_met(world, known, goal):
            yield known
        for changed in _ways(world, known, goal):
            if is_met(world, changed, goal):
                yield changed


def _ways(world: World, draft: Draft, goal: Goal) -> Iterator[Draft]:
    expr, truth = goal.expr, goal.truth
    match expr:
        case ir.Logic():
            every = (expr.operator == "and") is truth
            if every:
                yield from force(world, draft, [Goal(part, truth) for part in expr.parts])
            else:
                for part in expr.parts:
                    yield from _meet(world, draft, Goal(part, truth))
        case ir.Not():
            yield from _meet(world, draft, Goal(expr.operand, not truth))
        case ir.LetRef():
            yield from _meet(world, draft, Goal(world.lets[expr.name], truth))
        case ir.If():
            for side, branch in ((True, expr.then), (False, expr.otherwise)):
                if not (isinstance(branch, ir.Const) and branch.value is not truth):
                    yield from force(world, draft, [Goal(expr.condition, side), Goal(branch, truth)])
        case ir.Known():
            yield from _known(world, draft, expr, truth)
        case _:
            yield from _changed(world, draft, expr)


def _changed(world: World, draft: Draft, expr: ir.Expr) -> Iterator[Draft]:
    """Yield drafts in which one of the things a condition reads is otherwise."""
    line = expr if isinstance(expr, ir.Compare | ir.RealCompare) else None
    for variable in variables_in(world, expr):
        if line is not None and variable.fact.type.kind.value not in ("bool", "enum", "text", "symbol", "set"):
            yield from near(world, draft, line, variable)
        yield from alternatives(world, draft, variable, expr)
    for name, key, value in numbers_in(world, expr):
        yield draft.with_number(name, key, value)
    yield from _emptied(world, draft, expr)


def alternatives(world: World, draft: Draft, variable: Variable, expr: ir.Expr) -> Iterator[Draft]:
    """Yield drafts in which a variable has another value than now, out of those its condition could care for."""
    for value in _values(world, draft, variable, expr):
        moved = variable.put(world, draft, value)
        if moved is not None:
            yield moved


def _values(world: World, draft: Draft, variable: Variable, expr: ir.Expr) -> Iterator[Any]:
    fact = variable.fact
    named = literals_near(fact.path, [expr, *world.expressions()]) if isinstance(variable, FactVariable) else []
    named += _literals_of(world, expr, fact)
    match fact.type.kind:
        case Kind.BOOL:
            yield from (True, False)
        case Kind.ENUM:
            yield from (*named, *fact.type.values)
        case Kind.TEXT | Kind.SYMBOL:
            yield from (*named, *_members(world, draft, expr), "OTHER")
        case Kind.SET:
            yield from _sets(world, draft, fact, expr)
        case _:
            for value in named:
                if isinstance(value, Fraction | int) and not isinstance(value, bool):
                    yield value
            yield from _steps(world, draft, variable, expr)


def _steps(world: World, draft: Draft, variable: Variable, expr: ir.Expr) -> Iterator[Any]:
    """Yield numbers around a condition that is no line: multiples of a step and what is not one."""
    if isinstance(expr, ir.Multiple):
        step = world.evaluate(draft, expr.step)
        if not isinstance(step, Unknown):
            yield from (step, step + step / 2, step * 2)
    if isinstance(variable, WindowVariable):
        yield from (Fraction(0), Fraction(1))


def _literals_of(world: World, expr: ir.Expr, fact: Fact) -> list[Any]:
    consts = [part for part in ir.walk(expr) if isinstance(part, ir.Const)]
    found: list[Any] = []
    for const in consts:
        if const.type.kind is fact.type.kind:
            found.append(const.value)
        elif isinstance(const.value, frozenset) and const.type.element and const.type.element.kind is fact.type.kind:
            found += sorted(const.value, key=str)
    return found


def _members(world: World, draft: Draft, expr: ir.Expr) -> list[Any]:
    """Return what is in the lists a condition looks into."""
    paths = [part.path for part in ir.walk(expr) if isinstance(part, ir.FactRef) and part.type.kind is Kind.SET]
    return [item for p in paths if p in draft.settings for item in sorted(draft.settings[p].value, key=str)]


def _sets(world: World, draft: Draft, fact: Fact, expr: ir.Expr) -> Iterator[Any]:
    """Yield a list with what a condition looks for in it, and lists without."""
    for part in ir.walk(expr):
        if isinstance(part, ir.Member):
            item = world.evaluate(draft, part.item)
            if not isinstance(item, Unknown):
                yield frozenset((item,))
    yield from (frozenset(("OTHER",)), frozenset())


def _emptied(world: World, draft: Draft, expr: ir.Expr) -> Iterator[Draft]:
    """Yield drafts in which a list of records has no row, or one of no particular kind."""
    for part in ir.walk(expr):
        path = part.source.path if isinstance(part, ir.Aggregate | ir.Lookup) else None
        if path is not None:
            yield draft.with_setting(path, Setting(()))
            row = ordinary_row(world.fact(path), draft.day, world.opening(draft.day))
            yield draft.with_setting(path, Setting((row,)))


def numbers_in(world: World, expr: ir.Expr) -> Iterator[tuple[str, tuple[str, ...], ir.Value]]:
    """Yield other values for the params an expression reads that are words: each of those they could be."""
    names = [part.name for part in ir.walk(expr) if isinstance(part, ir.ParamRef)]
    names += [
        inner.name
        for part in ir.walk(expr)
        if isinstance(part, ir.LetRef)
        for inner in ir.walk(world.lets[part.name])
        if isinstance(inner, ir.ParamRef)
    ]
    for name in dict.fromkeys(names):
        param = world.bundle.ruleset.params[name]
        for key in dict.fromkeys(row.key for row in param.rows):
            values: tuple[ir.Value, ...] = param.type.values
            for value in (
                values if param.type.kind is Kind.ENUM else (True, False) if param.type.kind is Kind.BOOL else ()
            ):
                yield name, key, value


def _known(world: World, draft: Draft, expr: ir.Known, truth: bool) -> Iterator[Draft]:
    match expr.fact:
        case ir.FactRef(path=path) if path.startswith("window:"):
            variable = WindowVariable(world.bundle.ruleset.windows[path.removeprefix("window:")], world.fact(path))
            yield from _window_known(world, draft, variable, truth)
        case ir.FactRef(path=path):
            fact = world.fact(path)
            value = ordinary(fact, draft.day, world.opening(draft.day))
            yield draft.with_setting(path, Setting(value) if truth else None)
        case ir.ParamRef():
            yield from keyed(world, draft, expr.fact, truth)
        case _:
            yield from _changed(world, draft, expr.fact)


def _window_known(world: World, draft: Draft, variable: WindowVariable, truth: bool) -> Iterator[Draft]:
    if not truth:
        yield replace(draft, events=tuple(one for one in draft.events if one.name != variable.window.event))
        return
    field = world.bundle.contracts.events[variable.window.event][str(variable.window.field)]
    usual = ordinary(field, draft.day, world.opening(draft.day))
    moved = variable.put(world, draft, Fraction(usual, field.scale) if field.type.is_number else usual)
    yield from [moved] if moved is not None else []


def keyed(world: World, draft: Draft, ref: ir.ParamRef, has_row: bool) -> Iterator[Draft]:
    """Yield drafts whose keys have a row of a param, each of them, or none."""
    rows = list(dict.fromkeys(row.key for row in world.bundle.ruleset.params[ref.name].rows))
    wanted = rows if has_row else [tuple("OTHER" for _ in ref.keys)]
    for key in wanted:
        moved: Draft | None = draft
        for expr, value in zip(ref.keys, key, strict=True):
            variables = variables_in(world, expr)
            moved = variables[0].put(world, moved, value) if moved is not None and variables else None
        yield from [moved] if moved is not None else []


# ------------------------------------------------------------------------------------------ what is not known
def _filled(world: World, draft: Draft, expr: ir.Expr) -> Iterator[Draft]:
    """Yield the draft with a value for everything an expression lacks."""
    for _ in range(12):
        value = world.evaluate(draft, expr)
        if not isinstance(value, Unknown):
            break
        filled = draft
        for path, _reason in value.facts:
            filled = _with_value(world, filled, path)
        if filled is draft:
            break
        draft = filled
    yield draft


def _with_value(world: World, draft: Draft, path: str) -> Draft:
    kind, _, name = path.partition(":")
    now = world.opening(draft.day)
    if kind == "window":
        window = world.bundle.ruleset.windows[name]
        filled = with_keys(world, draft, window)
        return WindowVariable(window, world.fact(path)).put(world, filled, Fraction(0)) or filled
    if kind == "param":
        return next(_with_row(world, draft, name), draft)
    if kind == "row":
        row = ordinary_row(world.fact(name), draft.day, now)
        return draft.with_setting(name, Setting((row,)))
    listed, inside, _ = path.rpartition(":")
    if inside and listed != "list" and listed:
        path = listed
    try:
        fact = world.fact(path)
    except KeyError:
        return draft
    return draft.with_setting(path, Setting(ordinary(fact, draft.day, now)))


def _with_row(world: World, draft: Draft, name: str) -> Iterator[Draft]:
    for part in (part for expr in world.expressions() for part in ir.walk(expr)):
        if isinstance(part, ir.ParamRef) and part.name == name:
            yield from keyed(world, draft, part, True)
        elif isinstance(part, ir.Lookup) and part.name == name:
            yield from _with_looked_up(world, draft, part)


def _with_looked_up(world: World, draft: Draft, part: ir.Lookup) -> Iterator[Draft]:
    """Yield the draft whose list has a row for the keys a param is looked up by."""
    fact = world.fact(part.source.path)
    row = ordinary_row(fact, draft.day, world.opening(draft.day))
    for column, key in part.keys:
        value = world.evaluate(draft, key)
        if isinstance(value, Unknown):
            return
        row[column] = value
    if part.dated is not None:
        row[part.dated] = draft.day.toordinal()
    low = part.low if part.low is not None else Fraction(1)
    field = Fact(part.column, part.type)
    row[part.column] = as_stored(low, field)
    yield draft.with_setting(part.source.path, Setting((row,)))


def lines_of(world: World) -> list[Line]:
    """Return every line in the conditions of a rule."""
    parts = (part for expr in world.conditions() for part in ir.walk(expr))
    return [line for part in parts if (line := as_line(part, world.lets)) is not None]
