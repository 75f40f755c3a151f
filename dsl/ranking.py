"""Promotion: who passes a gate, their scores, and the order among them."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from dsl import ir
from dsl.interpret import Interpreter, Unknown
from dsl.judgement import Finding
from dsl.statistics import is_statistic

UNSCORED = "UNSCORED"
"""The reason code of a candidate whose score, or a fact that ranks it, is not known."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A strategy at a gate: every requirement it fails, its score, and what ranks it, in the gate's order."""

    id: str
    findings: tuple[Finding, ...]
    score: Any
    ranks: tuple[Any, ...]

    @property
    def passed(self) -> bool:
        return all(finding.counts_as != "fail" for finding in self.findings)


def judge_candidate(rule: ir.Rule, id_: str, interpreter: Interpreter) -> Candidate:
    """Return how a strategy does at a gate. What cannot be scored or ranked fails: nothing unknown is promoted."""
    assert isinstance(rule.own, ir.Gate)
    findings = interpreter.rule(rule)
    score = _score(rule.own, interpreter)
    ranks = tuple(interpreter.evaluate(fact) for _, fact in rule.own.ranked)
    lacking = [value for value in (score, *ranks) if isinstance(value, Unknown)]
    if lacking:
        facts = tuple(dict.fromkeys(fact for value in lacking for fact in value.facts))
        findings.append(Finding(rule.id, 0, "fail", UNSCORED, rule.mode, facts=facts))
    return Candidate(id_, tuple(findings), score, ranks)


def _score(gate: ir.Gate, interpreter: Interpreter) -> Any:
    if gate.score is None:
        return Fraction(0)
    return interpreter.with_infinities(gate.infinities, gate.score)


def rank(gate: ir.Gate, candidates: Sequence[Candidate]) -> tuple[str, ...]:
    """Return those that pass, best first.

    Whoever is within the gate's points of the best one left forms a group with it; in the group the first ranked
    fact that differs decides, at last the id. The rest is ranked in the same way, so that the order does
    not depend on the order of the candidates.
    """
    left = sorted((c for c in candidates if c.passed), key=lambda c: (-_size(c.score), c.id))
    order: list[str] = []
    while left:
        best = _size(left[0].score)
        group = [c for c in left if best - _size(c.score) <= (gate.points or 0)]
        left = left[len(group) :]
        order += [c.id for c in sorted(group, key=lambda c: (*_signed(gate, c), c.id))]
    return tuple(order)


def _size(value: Any) -> Fraction:
    """Return a score exactly: two floats are compared as the numbers they are."""
    return Fraction(value)


def _signed(gate: ir.Gate, candidate: Candidate) -> tuple[Fraction, ...]:
    pairs = zip(gate.ranked, candidate.ranks, strict=True)
    return tuple(Fraction(value) if order == "lowest" else -Fraction(value) for (order, _), value in pairs)


def shown_score(candidate: Candidate) -> str:
    """Return a score as people read it, `-` where there is none."""
    if isinstance(candidate.score, Unknown):
        return "-"
    return f"{candidate.score:.3f}" if is_statistic(candidate.score) else str(candidate.score)
