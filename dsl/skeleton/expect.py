"""What a scenario expects: what the rules say now, in the words of a test."""

from collections.abc import Iterator

from dsl import ir
from dsl.gate_cases import label_of
from dsl.judgement import EFFECT_STRENGTH, Finding
from dsl.keywords import POSTURES
from dsl.literals import quoted
from dsl.seen import Said, Seen

_BESIDE = ("posture", "trip")
"""Effects that are told by what they lead to."""


def expectation(seen: Seen, rules: dict[str, ir.Rule], is_of_rules: bool, stage: str) -> str:
    """Return what stands behind `expect` for what could be seen, the strongest first."""
    said = list(dict.fromkeys(_said(seen, rules, is_of_rules, stage)))
    return ", ".join(said) or "allow"


def _said(seen: Seen, rules: dict[str, ir.Rule], is_of_rules: bool, stage: str) -> Iterator[str]:
    verdicts = [one for one in seen.said if one[2] not in _BESIDE and (is_of_rules or one[2] == one[3])]
    for one in sorted(verdicts, key=lambda one: (-EFFECT_STRENGTH[one[2]], one[0], one[1])):
        yield _outcome(one, rules[one[0]]) + ("" if is_of_rules else f" from {one[0]}")
    if seen.order:
        yield "rank " + " over ".join(quoted(name) for name in seen.order)
    yield from (f"trip {code}" for _, code in seen.trips)
    is_switched = any(isinstance(rule.own, ir.Switch) for rule in rules.values())
    if is_switched and not seen.trips:
        yield "no trip"
    if is_switched or any(line.posture for rule in rules.values() for line in rule.lines):
        held = [name for name in seen.postures if name != POSTURES[0]]
        if held or stage in ("in_flight", "kill"):
            yield f"posture {held[0] if held else POSTURES[0]}"
    yield from (f"does {word}" for word in seen.actions if word != "task")
    yield from (f"task {quoted(title)}" for title in seen.tasks)
    yield from (f"refuse {code}" for code in seen.refusals)


def _outcome(one: Said, rule: ir.Rule) -> str:
    _, line, effect, _, code = one
    if effect == "fail":
        return f"fail {quoted(label_of(rule, Finding(rule.id, line, effect, code, rule.mode)))}"
    return f"{effect} {code}"
