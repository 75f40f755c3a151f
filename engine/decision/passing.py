"""The largest size that would have gone: found by judging smaller ones, or proven not to exist."""

from collections.abc import Callable
from dataclasses import dataclass

from dsl.clippable import fixed_rules, monotone_rules
from dsl.judgement import Finding, Judgement
from dsl.postures import Cause
from dsl.program import Program
from engine.decision import clip
from engine.decision.outcome import Decision
from engine.decision.postures import is_posture, stopping
from engine.facts.derived import IntentFacts
from engine.model.numbers import Quantity
from engine.model.order import IntentKind

TRIES = 64
"""Sizes judged at most to say which size would have gone."""
NO_SIZE = Quantity(0)


@dataclass(frozen=True, slots=True)
class Sizes:
    """What is known of a program's rules and the size of an order, for good.

    `monotone` rules get no easier as an order grows. `fixed` ones say the same of every size; `settled` are
    those that do so for an order no size of which reduces.
    """

    monotone: frozenset[str]
    fixed: frozenset[str]
    settled: frozenset[str]

    @classmethod
    def of(cls, program: Program) -> "Sizes":
        """Return what can be proven of a program's rules."""
        return cls(monotone_rules(program), fixed_rules(program, False), fixed_rules(program, True))


def largest_passing(
    decision: Decision, sizes: Sizes, facts: IntentFacts, postures: tuple[Cause, ...], lot: int,
    judge_at: Callable[[int], Judgement],
) -> Quantity | None:  # fmt: skip
    """Return the largest multiple of `lot` below a rejected or held size that would have gone at once.

    0 where provably no size would, None where that was not found out in `TRIES` looks. A rejected order may
    still be held at that size; a held one goes without waiting.
    """
    if decision.clip is not None and decision.verdict == "reject":
        return NO_SIZE if decision.clip.is_proven else None
    if decision.verdict not in ("reject", "hold"):
        return None
    intent = facts.intent
    never_reduces = intent.kind is IntentKind.NEW and not facts.at(lot).reduces
    may_wait = decision.verdict == "reject"
    blocking = [finding for finding in decision.final if clip.blocks(finding.counts_as, may_wait)]
    if any(_stands(finding, decision, sizes, never_reduces) for finding in blocking):
        return NO_SIZE

    def at(quantity: int) -> Judgement | None:
        if postures and stopping(postures, facts.at(quantity).reduces, intent.is_emergency):
            return None
        return judge_at(quantity)

    found = clip.search(at, Quantity(decision.quantity or intent.quantity), lot, sizes.monotone, TRIES, may_wait)
    return found.granted if found.is_proven else None


def _stands(finding: Finding, decision: Decision, sizes: Sizes, never_reduces: bool) -> bool:
    """Return whether a finding is there at every smaller size too."""
    if is_posture(finding):
        return never_reduces or any(cause.posture not in ("active", "reduce_only") for cause in decision.stopped_by)
    if never_reduces:
        return finding.rule in sizes.settled
    # What provably reduces is spared by an unknown fact: a smaller size of this order may be.
    return finding.rule in sizes.fixed and not finding.is_unknown
