"""Mutants of what a rule says beside its conditions: what is dropped, softened, exchanged, or lasts otherwise."""

from collections.abc import Iterator
from dataclasses import replace

from dsl import ir
from dsl import syntax as s
from dsl.cover import numbers, times
from dsl.cover.disturb import Otherwise
from dsl.cover.obligation import Obligation
from dsl.keywords import POSTURES
from dsl.mutation.mutant import Kind, Mutant
from dsl.rewrite import Change, with_rule
from dsl.text import Span

SOFTER = {"reject": "warn", "hold": "warn", "clip": "warn", "flag": "note", "warn": "note"}
_SOFTER_MISSING = {"reject": "flag", "flag": "warn"}


def of_rule(rule: ir.Rule, written: s.RuleText, can_miss: bool) -> Iterator[Mutant]:
    """Yield the mutants of a rule's clauses and of its lines. `can_miss`: a fact it reads can be unknown."""
    effective = written.clause("effective")
    dated = numbers.of_rule(rule, effective.span) if effective is not None else ()
    yield from as_mutants(dated, Kind.DATE)
    yield from as_mutants(times.of_lines(rule, written), Kind.TIME)
    for kind, span, label, other in (*_of_clauses(rule, can_miss), *_of_lines(rule)):
        yield Mutant(kind, span, label, (rule.id,), changed(other))


def changed(rule: ir.Rule) -> Change:
    """Return the change to a bundle that has this rule instead."""
    return lambda bundle: with_rule(bundle, rule)


def as_mutants(found: Iterator[Obligation] | tuple[()], kind: Kind) -> Iterator[Mutant]:
    """Yield as mutants what coverage too shows by a bundle that is otherwise."""
    for one in found:
        if isinstance(one.probe, Otherwise):
            yield Mutant(kind, one.span, f"it is not so: {one.label}", one.rules, one.probe.change, one.probe)


_Found = tuple[Kind, Span, str, ir.Rule]


def _of_clauses(rule: ir.Rule, can_miss: bool) -> Iterator[_Found]:
    if rule.when is not None:
        yield Kind.DROPPED, rule.when.span, "without `when`", replace(rule, when=None)
    for at, need in enumerate(rule.needs):
        rest = (*rule.needs[:at], *rule.needs[at + 1 :])
        yield Kind.DROPPED, need.fact.span, f"without `needs {need.fact.path}`", replace(rule, needs=rest)
        if need.age is not None and need.bound is not None:
            aged = (*rule.needs[:at], replace(need, age=None), *rule.needs[at + 1 :])
            yield Kind.DROPPED, need.fact.span, f"`needs {need.fact.path}` without `fresh`", replace(rule, needs=aged)
    missing = rule.missing
    if not can_miss or isinstance(rule.own, ir.Switch):
        return  # a switch says itself what it does when it cannot tell
    if missing.unless is not None:
        other = replace(rule, missing=replace(missing, unless=None))
        yield Kind.DROPPED, missing.unless.span, "`missing` without `unless`", other
    if missing.effect in _SOFTER_MISSING:
        softer = _SOFTER_MISSING[missing.effect]
        yield Kind.TIER, rule.span, f"`missing {softer}`", replace(rule, missing=replace(missing, effect=softer))
    if missing.even_reducing:
        other = replace(rule, missing=replace(missing, even_reducing=False))
        yield Kind.DROPPED, rule.span, "`missing` without `even reducing`", other


def _of_lines(rule: ir.Rule) -> Iterator[_Found]:
    for at, line in enumerate(rule.lines):
        name = f'"{line.label}"' if line.label else f"line {line.number}"
        if len(rule.lines) > 1 or line.effect not in SOFTER:
            # A line alone that is made softer is much the same as one that is gone.
            yield Kind.DROPPED, line.span, f"without {name}", _with(rule, at, replace(line, condition=_never(line)))
        if line.effect in SOFTER:
            softer = SOFTER[line.effect]
            yield Kind.TIER, line.span, f"{name} is `{softer}`", _with(rule, at, replace(line, effect=softer))
        for other, label in _parts(line, name):
            yield Kind.DROPPED if "without" in label else Kind.TIER, line.span, label, _with(rule, at, other)
    for at, (first, second) in enumerate(zip(rule.lines, rule.lines[1:], strict=False)):
        if first.effect != second.effect:
            turned = _with(rule, at, replace(first, effect=second.effect))
            label = f"`{first.effect}` and `{second.effect}` for one another"
            yield Kind.TIER, second.span, label, _with(turned, at + 1, replace(second, effect=first.effect))


def _parts(line: ir.Line, name: str) -> Iterator[tuple[ir.Line, str]]:
    """Yield a line without each thing that belongs to it."""
    if line.unless is not None:
        yield replace(line, unless=None), f"{name} without `unless`"
    if line.lasting:
        yield replace(line, lasting=0), f"{name} without `for`"
    if line.posture is not None:
        yield replace(line, posture=None), f"{name} without its posture"
        for weaker in weaker_than(line.posture.name):
            yield replace(line, posture=replace(line.posture, name=weaker)), f"{name} is `posture {weaker}`"
    for at, action in enumerate(line.actions):
        rest = (*line.actions[:at], *line.actions[at + 1 :])
        yield replace(line, actions=rest), f"{name} without `{action.word}`"
    for id_ in line.trips:
        rest_ids = tuple(one for one in line.trips if one != id_)
        yield replace(line, trips=rest_ids), f"{name} without `trips {id_}`"
    for at, one in enumerate(line.infinities):
        fewer = (*line.infinities[:at], *line.infinities[at + 1 :])
        yield replace(line, infinities=fewer), f"{name} without `infinite {one.fact.path}`"


def weaker_than(posture: str) -> tuple[str, ...]:
    """Return the posture below one, where there is one that stops anything."""
    at = POSTURES.index(posture)
    return POSTURES[at - 1 : at] if at > 1 else ()


def _never(line: ir.Line) -> ir.Expr:
    return ir.Const(ir.TRUE.type, line.condition.span, False)


def _with(rule: ir.Rule, at: int, line: ir.Line) -> ir.Rule:
    return replace(rule, lines=(*rule.lines[:at], line, *rule.lines[at + 1 :]))
