"""Which posture an order meets: the strongest over all keys that cover it, and why."""

from collections.abc import Mapping
from dataclasses import dataclass

from dsl import ir
from dsl.keywords import POSTURES
from dsl.watch import MISSING, Key, Memory

STRENGTH = {name: rank for rank, name in enumerate(POSTURES)}
DISARMED = POSTURES[-1]
"""What the loss of a requirement leads to that a checklist keeps throughout."""
FIRM = "firm"
"""The key of what is judged once for everything."""


@dataclass(frozen=True, slots=True)
class Cause:
    """What put a posture in force: a line of a rule, or a latch, a switch or checklist (`line` is what tripped it).

    `since` is when it began, `until` its last instant where that is known: nothing but time keeps it up then.
    """

    posture: str
    rule: str
    line: int
    key: Key
    code: str
    since: int = 0
    until: int = 0


def causes(rules: Mapping[str, ir.Rule], memory: Memory, subject: Mapping[str, str], now: int) -> tuple[Cause, ...]:
    """Return every posture in force on a subject, the strongest first, then by rule.

    `rules` are all rules by id, `subject` the account, engine, strategy and symbol an order is for.
    """
    whole = {FIRM: FIRM, **subject}
    found: list[Cause] = []
    for (name, key), trip in memory.tripped.items():
        rule = rules.get(name)
        if rule is not None and _counts(rule, key, whole):
            posture = rule.own.posture if isinstance(rule.own, ir.Switch) else DISARMED
            found.append(Cause(posture, name, trip.line, key, trip.code, trip.at))
    for (name, key), since in memory.missing.items():
        rule = rules.get(name)
        if rule is not None and (name, key) not in memory.tripped and _counts(rule, key, whole):
            found.append(Cause("reduce_only", name, MISSING, key, "FACT_MISSING", since))
    for name, number, key in sorted({*memory.active, *(spot for spot, until in memory.until.items() if until >= now)}):
        rule = rules.get(name)
        if rule is None or number < 0 or not _counts(rule, key, whole):
            continue
        line = rule.lines[number - 1]
        if line.posture is not None:
            since, until = memory.active.get((name, number, key), 0), memory.until.get((name, number, key), 0)
            found.append(Cause(line.posture.name, name, number, key, line.code, since, 0 if since else until))
    return tuple(sorted(found, key=lambda cause: (-STRENGTH[cause.posture], cause.rule, cause.line, cause.key)))


def _counts(rule: ir.Rule, key: Key, subject: Mapping[str, str]) -> bool:
    """Return whether a rule in force covers the subject under this key."""
    return rule.mode == "enforced" and all(
        subject.get(name) == value for name, value in zip(rule.scope, key, strict=True)
    )


def strongest(found: tuple[Cause, ...]) -> str:
    """Return the posture that holds."""
    return found[0].posture if found else POSTURES[0]
