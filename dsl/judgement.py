"""What judging yields: findings, the verdict they add up to, and the witnesses that ran."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from dsl.keywords import EFFECTS

EFFECT_STRENGTH = {
    "allow": 0, **{effect: rank for rank, effect in enumerate(EFFECTS, 1)},
    "refuse": len(EFFECTS), "fail": len(EFFECTS), "posture": 0, "trip": 0,
}  # fmt: skip
"""Verdict order: allow < note < warn < flag < clip < hold < reject; to refuse to arm or to fail a gate is as strong.

What sets a posture or trips a switch is no verdict on the order at hand.
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """One effect line that fired, or could not be judged (`facts` then names the unknown ones).

    `measure` and `bound` are the compared values of a limit. `flagged` says that a proven reducing
    order passed although a fact was unknown.
    """

    rule: str
    line: int
    effect: str
    code: str
    mode: str
    measure: Fraction | None = None
    bound: Fraction | None = None
    facts: tuple[tuple[str, str], ...] = ()
    flagged: bool = False

    @property
    def counts_as(self) -> str:
        """The effect the verdict takes into account: trial none, advisory at most warn."""
        if self.mode == "trial":
            return "allow"
        if self.mode == "advisory" and EFFECT_STRENGTH[self.effect] > EFFECT_STRENGTH["warn"]:
            return "warn"
        return self.effect

    @property
    def is_unknown(self) -> bool:
        return bool(self.facts)


@dataclass(slots=True)
class Judgement:
    """The verdict over all findings, strongest first, and the ids of every rule that ran.

    Constant by its types and not at run time, like a snapshot and for the same reason.
    """

    verdict: Final[str]
    findings: Final[tuple[Finding, ...]]
    witnesses: Final[tuple[str, ...]]


def conclude(findings: Iterable[Finding], witnesses: tuple[str, ...]) -> Judgement:
    """Return the judgement: findings by strength, then rule id, then line."""
    ordered = sorted(findings, key=lambda f: (-EFFECT_STRENGTH[f.counts_as], f.rule, f.line))
    verdict = ordered[0].counts_as if ordered else "allow"
    return Judgement(verdict, tuple(ordered), witnesses)
