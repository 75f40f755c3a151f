"""Postures at the decision: what they stop, and the findings that say so."""

from dataclasses import replace

from dsl.judgement import Finding
from dsl.postures import Cause
from engine.decision.outcome import Decision
from engine.model.numbers import Quantity

PREFIX = "POSTURE_"
"""Before the posture's name in a finding's code."""


def stopping(postures: tuple[Cause, ...], reduces: bool, is_emergency: bool) -> tuple[Cause, ...]:
    """Return the postures that stop an order.

    What provably reduces passes `reduce_only`. Of the stronger ones only an emergency exit passes that
    provably reduces: the desk's own, judged by every rule like any other order.
    """
    if reduces and is_emergency:
        return ()
    return tuple(cause for cause in postures if not (reduces and cause.posture in ("active", "reduce_only")))


def under_postures(decision: Decision, stopped: tuple[Cause, ...]) -> Decision:
    """Return the decision rejected by postures, with their findings before the rules'."""
    findings = (*(finding_of(cause) for cause in stopped), *decision.findings)
    return replace(
        decision, verdict="reject", quantity=Quantity(0), findings=findings, final=findings, stopped_by=stopped
    )


def finding_of(cause: Cause) -> Finding:
    """Return the finding of a posture: its rule is the one that set it, its line the one that holds."""
    return Finding(cause.rule, cause.line, "reject", PREFIX + cause.posture.upper(), "enforced")


def is_posture(finding: Finding) -> bool:
    """Return whether a finding is a posture's and no rule's."""
    return finding.code.startswith(PREFIX)


def told(decision: Decision, finding: Finding) -> str:
    """Return a posture's finding in words: who is under it, and what put it there."""
    for cause in decision.stopped_by:
        if finding_of(cause) == finding:
            return f"{', '.join(cause.key)} is {cause.posture}: {cause.code} of {cause.rule}"
    return finding.code
