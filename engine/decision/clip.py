"""The largest size that passes: halving where the rules provably only get harder, counting where not."""

from collections.abc import Callable

from dsl.judgement import EFFECT_STRENGTH, Judgement
from engine.decision.outcome import Clip
from engine.model.numbers import Quantity

MAX_TRIES = 20_000
"""Sizes judged at most; a clip that needs more is a reject."""
_PASSES = EFFECT_STRENGTH["flag"]

JudgeAt = Callable[[int], Judgement]


def asks_for_clip(judgement: Judgement) -> bool:
    """Return whether a size is wanted: some line clips and nothing rejects."""
    effects = {finding.counts_as for finding in judgement.findings}
    return "clip" in effects and "reject" not in effects


def passes(judgement: Judgement) -> bool:
    """Return whether a size would go: rules pass or only note, warn, flag or hold."""
    return all(
        EFFECT_STRENGTH[finding.counts_as] <= _PASSES or finding.counts_as == "hold" for finding in judgement.findings
    )


def search(judge_at: JudgeAt, asked: Quantity, lot: int, monotone: frozenset[str], tries: int = MAX_TRIES) -> Clip:
    """Return the largest multiple of `lot` not above `asked` that passes, 0 when none does.

    First the largest size the monotone rules pass is found by halving; from there every smaller lot
    is judged by all rules until one passes.
    """
    tried = 0

    def blocked_by_monotone(lots: int) -> bool:
        nonlocal tried
        tried += 1
        judgement = judge_at(lots * lot)
        return any(
            finding.rule in monotone and EFFECT_STRENGTH[finding.counts_as] > _PASSES and finding.counts_as != "hold"
            for finding in judgement.findings
        )

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
            break
        if passes(judge_at(lots * lot)):
            return Clip(asked, Quantity(lots * lot), tried)
    return Clip(asked, Quantity(0), tried)
