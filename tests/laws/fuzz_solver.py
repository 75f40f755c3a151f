"""A snapshot as constraints, and what the translated rules say under them: the solver held against the interpreter."""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import z3

from dsl import ir
from dsl.interpret import Interpreter
from dsl.judgement import EFFECT_STRENGTH
from dsl.program import Program
from dsl.reads import rule_expressions
from dsl.snapshot import Reason, Snapshot
from dsl.solver import rows
from dsl.solver.facts import FactVar
from dsl.solver.meaning import Meanings, Side
from dsl.solver.outcome import Outcome, Parts, counted, outcome_of, strength
from dsl.solver.translate import Translator, _whole_days
from dsl.solver.words import Words, is_amount, is_real, is_word
from dsl.solver.world import World
from dsl.statistics import is_finite, is_statistic
from dsl.types import Kind, scale_of
from tests.laws.fuzz_agreement import compile_seed
from tests.laws.fuzz_snapshots import Deck

ROWS = 6
"""The longest list a deck deals."""


LEFT_OPEN = frozenset({"Exact", "Logarithm", "RealArithmetic"})
"""Nodes of which nothing is claimed: they are opaque, so that no proof rests on them."""


def is_left_open(program: Program, rule: ir.Rule) -> bool:
    """Return whether a rule asks for something the solver leaves open: a replay alone decides about it."""
    waiting, seen = rule_expressions(rule), set[str]()
    while waiting:
        for part in ir.walk(waiting.pop()):
            if type(part).__name__ in LEFT_OPEN or (isinstance(part, ir.ShiftDate) and _whole_days(part) is None):
                return True
            if isinstance(part, ir.LetRef) and part.name not in seen:
                seen.add(part.name)
                waiting.append(program.lets[part.name])
    return any(line.infinities for line in rule.lines)


@dataclass(frozen=True, slots=True)
class Parting:
    """A snapshot on which a rule's formulas and the interpreter part."""

    seed: int
    rule: str
    expected: str
    got: str


@dataclass(slots=True)
class SolverTally:
    """What has been compared so far."""

    bundles: int = 0
    cases: int = 0
    undecided: int = 0
    firing: int = 0
    lacking: int = 0
    nodes: set[str] = field(default_factory=set)
    partings: list[Parting] = field(default_factory=list)


class Held:
    """One program, translated once, to be held against the interpreter snapshot by snapshot."""

    def __init__(self, program: Program) -> None:
        self.program, self.side = program, Side(program)
        self.world = World(Words(), Meanings())
        self.translator = Translator(self.world)
        self.left_open = {rule.id for rule in program.rules if is_left_open(program, rule)}
        self.parts = [Parts(self.translator, self.side, rule) for rule in program.rules]
        self.outcomes: list[Outcome] = [outcome_of(self.translator, self.side, rule) for rule in program.rules]
        for slot in program.slots:
            self.world.fact(self.side, slot.path)
        self._solver = z3.Solver()
        self._solver.set("rlimit", 20_000_000)
        defined: set[Any] = set()
        while len(defined) < len(self.world.opaques):  # a definition may bring opaque values of its own
            for key, opaque in list(self.world.opaques.items()):
                if key not in defined:
                    defined.add(key)
                    self._solver.add(*opaque.axioms, *opaque.definition())

    def model(self, snapshot: Snapshot) -> Any:
        """Return a model in which every fact is as in the snapshot, None when z3 finds none."""
        self._solver.push()
        self._solver.add(*self._pins(snapshot))
        model = self._solver.model() if self._solver.check() == z3.sat else None
        self._solver.pop()
        return model

    def _pins(self, snapshot: Snapshot) -> list[Any]:
        out: list[Any] = []
        for slot in self.program.slots:
            var = self.world.fact(self.side, slot.path)
            value = snapshot.values[slot.index]
            is_unknown = bool(snapshot.unknown >> slot.index & 1)
            if not is_unknown and is_statistic(value) and not is_finite(value):
                out += [var.given, var.broken]
                continue
            is_missing = is_unknown and snapshot.reasons[slot.index] is Reason.MISSING
            given = not is_missing and (is_unknown or value is not None)
            out += [var.given == given, var.broken == (is_unknown and given)]
            if slot.fact.max_age is not None:
                out.append(z3.Not(var.late(slot.fact.max_age)))
            if value is not None:
                out += self._value(var, value)
        for number, check in enumerate(self.program.ages):
            slot = self.program.slots[check.slot]
            if check.age != slot.fact.max_age:
                var = self.world.fact(self.side, slot.path)
                out.append(var.late(check.age) == bool(snapshot.late >> number & 1))
        return out

    def _value(self, var: FactVar, value: Any) -> list[Any]:
        kind = var.fact.type
        if kind.kind is Kind.SET:
            codes = [self.world.words.code(word) for word in sorted(value)]
            inside = [var.value(item) == z3.Or(*(item == code for code in codes)) for item in var.items]
            return [var.rows == len(value), *inside]
        if kind.kind is Kind.LIST:
            out = [var.rows == len(value)]
            for at, row in enumerate(value):
                for column in rows.columns_of(var.fact):
                    cell = rows.cell_of(var, at, column, self.world.words)
                    held = row.get(column.path)
                    out.append(cell.given == (held is not None))
                    out += self._value(cell, held) if held is not None else []
            return out
        if is_amount(kind):
            return [var.value == z3.RealVal(Fraction(value, scale_of(kind)))]
        if is_real(kind):
            return [var.value == z3.RealVal(Fraction(value))] if is_finite(value) else []
        if is_word(kind):
            return [var.value == self.world.words.code(value)]
        return [var.value == bool(value)]

    def agreeable(self, snapshot: Snapshot) -> bool:
        """Return whether ages are kept as the formulas see them: a contract's own bound is never late by itself."""
        return all(
            not (snapshot.late >> number & 1) or check.age != self.program.slots[check.slot].fact.max_age
            for number, check in enumerate(self.program.ages)
        )

    def compare(self, snapshot: Snapshot, seed: int, tally: SolverTally) -> None:
        """Hold every rule's formulas against the interpreter and add what came out to the tally."""
        model = self.model(snapshot)
        if model is None:
            tally.undecided += 1
            return
        interpreter = Interpreter(self.program, snapshot)
        for rule, parts, outcome in zip(self.program.rules, self.parts, self.outcomes, strict=True):
            if rule.id in self.left_open:
                continue
            findings = interpreter.rule(rule)
            expected = _said(rule, findings)
            got = _formulas(model, rule, parts, outcome)
            tally.cases += 1
            tally.firing += any(not finding.is_unknown for finding in findings)
            tally.lacking += any(finding.is_unknown for finding in findings)
            if expected != got:
                tally.partings.append(Parting(seed, rule.id, str(expected), str(got)))


def _said(rule: ir.Rule, findings: list[Any]) -> tuple[Any, ...]:
    fired = tuple(sorted(f.line for f in findings if not f.is_unknown))
    return fired, strength(findings)


def _formulas(model: Any, rule: ir.Rule, parts: Parts, outcome: Outcome) -> tuple[Any, ...]:
    fired = tuple(
        line.number for line, (_, _, fires) in zip(rule.lines, parts.lines, strict=True) if _is_true(model, fires)
    )
    ranks = [rank for rank in EFFECT_STRENGTH.values() if rank and _is_true(model, outcome.at_least(rank))]
    assert all(counted(rule.mode, line.effect) in EFFECT_STRENGTH.values() for line in rule.lines)
    return fired, max(ranks, default=0)


def _is_true(model: Any, formula: Any) -> bool:
    return z3.is_true(model.eval(formula, model_completion=True))


def hold_seed(seed: int, snapshots: int, tally: SolverTally) -> None:
    """Compare one drawn bundle on many snapshots."""
    _, program, random = compile_seed(seed)
    if program is None:
        return
    deck, held = Deck(program, random), Held(program)
    tally.bundles += 1
    for rule in program.rules:
        for line in rule.lines:
            tally.nodes.update(type(part).__name__ for part in ir.walk(line.condition))
    for _ in range(snapshots):
        snapshot = deck.draw()
        if held.agreeable(snapshot):
            held.compare(snapshot, seed, tally)
