"""Mutants of what a switch, checklist or gate says beside its lines."""

from collections.abc import Iterator
from dataclasses import replace

from dsl import ir
from dsl import syntax as s
from dsl.cover import latches
from dsl.mutation.clauses import as_mutants, changed, weaker_than
from dsl.mutation.mutant import Kind, Mutant

_TURNED = {"lowest": "highest", "highest": "lowest"}


def of_rule(rule: ir.Rule, written: s.RuleText, can_miss: bool) -> Iterator[Mutant]:
    """Yield the mutants of a rule's own kind. `can_miss`: one of the facts it reads can be unknown."""
    match rule.own:
        case ir.Switch():
            yield from as_mutants(latches.of_switch(rule, written, can_miss), Kind.LATCH)
            for kind, label, own in _of_switch(rule.own):
                yield Mutant(kind, rule.span, label, (rule.id,), changed(replace(rule, own=own)))
        case ir.Checklist():
            for at, line in enumerate(rule.lines):
                other = replace(line, throughout=not line.throughout)
                lines = (*rule.lines[:at], other, *rule.lines[at + 1 :])
                label = f'"{line.label}" {"at arming alone" if line.throughout else "throughout"}'
                yield Mutant(Kind.LATCH, line.span, label, (rule.id,), changed(replace(rule, lines=lines)))
        case ir.Gate():
            for kind, label, gate in _of_gate(rule.own):
                yield Mutant(kind, rule.span, label, (rule.id,), changed(replace(rule, own=gate)))
        case _:
            return


def _of_switch(own: ir.Switch) -> Iterator[tuple[Kind, str, ir.Switch]]:
    for weaker in weaker_than(own.posture):
        yield Kind.TIER, f"`posture {weaker}`", replace(own, posture=weaker)
    for at, action in enumerate(own.actions):
        rest = (*own.actions[:at], *own.actions[at + 1 :])
        yield Kind.DROPPED, f"without `does {action.word}`", replace(own, actions=rest)


def _of_gate(own: ir.Gate) -> Iterator[tuple[Kind, str, ir.Gate]]:
    if own.score is not None and own.ranked:
        yield Kind.DROPPED, "without `score`", replace(own, score=None, points=None)
    if own.points is not None:
        for by, word in ((1, "more"), (-1, "less")):
            yield Kind.TICK, f"`rank within` a point {word}", replace(own, points=own.points + by)
    for at, (direction, fact) in enumerate(own.ranked):
        rest = (*own.ranked[:at], *own.ranked[at + 1 :])
        yield Kind.DROPPED, f"without `{direction} {fact.path}`", replace(own, ranked=rest)
        other = (*own.ranked[:at], (_TURNED[direction], fact), *own.ranked[at + 1 :])
        yield Kind.LOGIC, f"`{_TURNED[direction]} {fact.path}`", replace(own, ranked=other)
    for at, one in enumerate(own.infinities):
        fewer = (*own.infinities[:at], *own.infinities[at + 1 :])
        yield Kind.DROPPED, f"without `infinite {one.fact.path}` in the score", replace(own, infinities=fewer)
