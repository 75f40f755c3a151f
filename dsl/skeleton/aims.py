"""Drafts aimed at one thing: what an obligation needs to be shown, read off the rule."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import islice

from dsl import ir
from dsl.cases import Setting
from dsl.cover.atoms import atoms
from dsl.cover.disturb import Alone, Cell, Lacking, NodeProbe, Otherwise, Shifted, Stuck, Without
from dsl.cover.lines import as_line, step_of
from dsl.cover.obligation import Obligation
from dsl.skeleton.draft import Draft
from dsl.skeleton.force import Goal, force, keyed, lines_of
from dsl.skeleton.moves import aged_facts
from dsl.skeleton.reach import ways_to
from dsl.skeleton.solve import near
from dsl.skeleton.variables import FactVariable, variables_in
from dsl.skeleton.world import World
from dsl.snapshot import Reason
from dsl.types import BOOL

_FEW = 4


def aimed(world: World, base: Draft, one: Obligation) -> Iterator[Draft]:
    """Yield drafts made for an obligation, the most likely first."""
    match one.probe:
        case Lacking() as probe:
            yield from _lacking(world, base, probe)
        case Alone() as probe:
            lines = [Goal(line.condition, line.number == probe.line) for line in world.rule.lines]
            yield from islice(force(world, base, lines), _FEW)
        case Otherwise(on=day) if day is not None:
            for draft in battery(world, replace(base, day=day)):
                yield draft
            for draft in battery(world, base):
                yield replace(draft, day=day)
            for draft in battery(world, replace(base, day=day + timedelta(days=1))):
                yield replace(draft, day=day)
        case Otherwise():
            for draft in _by_key(world, base):
                yield from battery(world, draft)
        case NodeProbe() as probe:
            goals = _goals(world, probe)
            for way in ways_to(world.rule, probe.node, world.lets_on(base)):
                for draft in islice(force(world, base, [*way, *goals]), _FEW):
                    yield draft
                    yield from _told_apart(world, draft, probe)
        case _:
            return


def _goals(world: World, probe: NodeProbe) -> list[Goal]:
    """Return what must be so of the node itself."""
    match probe:
        case Shifted():
            grows = probe.node.operator in (">", ">=")
            return [Goal(probe.node, grows is (probe.by > 0), abs(probe.by))]
        case Stuck():
            return [Goal(probe.node, not probe.at)]
        case Without():
            return [_equals(probe.node.item, probe.item)]
        case Cell():
            return [_equals(probe.given, probe.item)]
        case _:
            return []


def _told_apart(world: World, draft: Draft, probe: NodeProbe) -> Iterator[Draft]:
    """Yield drafts in which a line would be met if the node were otherwise: what it chooses between is told apart."""
    if isinstance(probe, Stuck):
        for line in lines_of(world):
            for variable in variables_in(world, line):
                yield from islice(near(world, draft, line, variable), _FEW)
                yield from islice(near(world, draft, line, variable, probe), _FEW)


def _equals(expr: ir.Expr, item: ir.Value) -> Goal:
    return Goal(ir.Compare(BOOL, expr.span, "==", expr, ir.Const(expr.type, expr.span, item)), True)


def _by_key(world: World, base: Draft) -> Iterator[Draft]:
    """Yield drafts under each key a param of the rule has a row for."""
    for part in (part for expr in world.expressions() for part in ir.walk(expr)):
        if isinstance(part, ir.ParamRef) and part.keys:
            yield from keyed(world, base, part, True)


def battery(world: World, base: Draft) -> Iterator[Draft]:
    """Yield drafts in which each condition of a rule decides, while true and while false, lines within a tick."""
    seen: list[ir.Expr] = []
    for node in (node for expr in world.conditions() for node in atoms(expr)):
        if any(node is known for known in seen):
            continue
        seen.append(node)
        line = as_line(node, world.lets)
        step = step_of(line, world.lets) if line is not None else None
        for way in ways_to(world.rule, node, world.lets_on(base)):
            for truth in (True, False):
                yield from islice(force(world, base, [*way, Goal(node, truth, step)]), 2)


def _lacking(world: World, base: Draft, probe: Lacking) -> Iterator[Draft]:
    kind = probe.path.partition(":")[0]
    for node in _readers(world, probe.path):
        for way in ways_to(world.rule, node, world.lets_on(base)):
            for draft in islice(force(world, base, way), _FEW):
                filled = _present(world, draft, probe.path)
                yield from _lost(world, filled, probe, kind, node)


def _lost(world: World, draft: Draft, probe: Lacking, kind: str, node: ir.Expr) -> Iterator[Draft]:
    if probe.reason is Reason.STALE:
        yield from (
            one for one in aged_facts(world, draft) if one.settings.get(probe.path) != draft.settings.get(probe.path)
        )
    elif probe.unset:
        yield draft.with_setting(probe.unset, None)
    elif kind == "param" and isinstance(node, ir.ParamRef | ir.Lookup):
        yield from islice(force(world, draft, [Goal(ir.Known(BOOL, node.span, node), False)]), _FEW)
        if isinstance(node, ir.Lookup):
            yield draft.with_setting(node.source.path, Setting(()))
    elif kind == "window":
        yield replace(draft, events=())
    else:
        yield draft.with_setting(probe.path, None)


def _readers(world: World, path: str) -> list[ir.Expr]:
    """Return the nodes that read a fact, or a param of that name."""
    kind, _, name = path.partition(":")
    found: list[ir.Expr] = []
    for expr in world.expressions():
        for part in ir.walk(expr):
            is_fact = isinstance(part, ir.FactRef) and part.path == path
            is_param = kind == "param" and isinstance(part, ir.ParamRef | ir.Lookup) and part.name == name
            if is_fact or is_param:
                found.append(part)
    return found


def _present(world: World, draft: Draft, path: str) -> Draft:
    """Return the draft with a fact set, where it is one that can be."""
    if path in draft.settings or ":" in path:
        return draft
    goal = Goal(ir.Compare(BOOL, world.rule.span, "==", *_twice(world, path)), True)
    return next(force(world, draft, [goal]), draft)


def _twice(world: World, path: str) -> tuple[ir.Expr, ir.Expr]:
    ref = ir.FactRef(FactVariable(world.fact(path)).fact.type, world.rule.span, path)
    return ref, ref
