"""What a scenario can see of rules: everything an `expect` can be held against, and nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass

from dsl.judgement import Finding

Said = tuple[str, int, str, str, str]
"""A finding as a scenario sees it: rule, line, effect, what the verdict takes it for, code."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What is so at one `expect`: findings, tripped switches with their codes, and what followed since the last one.

    `order` is a ranking, of a gate alone.
    """

    said: tuple[Said, ...] = ()
    trips: tuple[tuple[str, str], ...] = ()
    postures: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()
    order: tuple[str, ...] = ()


def said(findings: Iterable[Finding]) -> tuple[Said, ...]:
    """Return findings as a scenario sees them, without their values."""
    return tuple((f.rule, f.line, f.effect, f.counts_as, f.code) for f in findings)
