"""The largest size that passes: halving where the rules provably only get harder, counting where not."""

from collections.abc import Callable

from dsl.judgement import EFFECT_STRENGTH, Judgement
from engine.decision.outcome import Clip
from engine.model.numbers import Quantity

MAX_TRIES = 20_000
"""Sizes judged at most; a clip that needs more is a reject."""
_PASSES = EFFECT_STRENGTH["flag"]

JudgeAt = Callable[[int], Judgement | None]
"""From a size in micro-shares to what the rules say of it; None where a posture stops it and every larger one."""


def asks_for_clip(judgement: Judgement) -> bool:
    """Return whether a size is wanted: some line clips and nothing rejects."""
    effects = {finding.counts_as for finding in judgement.findings}
    return "clip" in effects and "reject" not in effects


def blocks(effect: str, may_wait: bool) -> bool:
    """Return whether an effect keeps an order from going; one that `may_wait` goes with a hold."""
    return EFFECT_STRENGTH[effect] > _PASSES and not (may_wait and effect == "hold")


def search(
    judge_at: JudgeAt, asked: Quantity, lot: int, monotone: frozenset[str], tries: int = MAX_TRIES,
    may_wait: bool = True,
) -> Clip:  # fmt: skip
    """Return the largest multiple of `lot` not above `asked` that passes, 0 when none was found.

    First the largest size the monotone rules pass is found by halving; from there every smaller lot
    is judged by all rules until one passes.
    """
    tried = 0

    def blocked_by_monotone(lots: int) -> bool:
        nonlocal tried
        tried += 1
        judgement = judge_at(lots * lot)
        return judgement is None or any(
            finding.rule in monotone and blocks(finding.counts_as, may_wait) for finding in judgement.findings
        )

    def passes(lots: int) -> bool:
        judgement = judge_at(lots * lot)
        return judgement is not None and not any(blocks(f.counts_as, may_wait) for f in judgement.findings)

    low, high = 0, asked // lot
    while low < high:
        middle = (low + high + 1) // 2
        if blocked_by_monotone(middle):
            high = middle - 1
        else:
            low = middle
    for lots in range(low, 0, -1):
        tried += 1
        if tried > tries:
            return Clip(asked, Quantity(0), tried, is_proven=False)
        if passes(lots):
            return Clip(asked, Quantity(lots * lot), tried)
    return Clip(asked, Quantity(0), tried)
