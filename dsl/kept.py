"""Scenarios of an earlier version of the rules, judged by this one: what is judged more softly than it was."""

from collections.abc import Sequence
from dataclasses import dataclass

from dsl.bundle import Bundle
from dsl.calendars import PLAIN, Calendars
from dsl.case_programs import Programs
from dsl.cases import Case
from dsl.diagnostics import Diagnostic
from dsl.judgement import EFFECT_STRENGTH
from dsl.observe import observe
from dsl.postures import STRENGTH
from dsl.seen import Seen
from dsl.text import Span

SOFTER, GONE = "A725", "A727"


@dataclass(frozen=True, slots=True)
class Softer:
    """A scenario that comes to less than it did, and what it came to before and comes to now."""

    case: Case
    before: str
    after: str


def softer(before: Bundle, cases: Sequence[Case], after: Bundle, calendars: Calendars = PLAIN) -> tuple[Softer, ...]:
    """Return the scenarios that pass on one bundle and are judged more softly by another.

    A scenario about a rule that is not there any more is left out: the rule itself is what is missed. A number a
    scenario sets is left out likewise where there is no such param.
    """
    was, now = Programs(before, calendars), Programs(after, calendars)
    known = {rule.id for rule in after.ruleset.rules}
    out = []
    for case in cases:
        if not set(case.rules) <= known or not {name for name, _, _ in case.params} <= set(after.ruleset.params):
            continue
        pairs = zip(observe(was, case).seen, observe(now, case).seen, strict=False)
        found = next(((one, other) for one, other in pairs if _is_softer(one, other)), None)
        if found is not None:
            out.append(Softer(case, shown(found[0]), shown(found[1])))
    return tuple(out)


def gone(before: Bundle, after: Bundle) -> tuple[str, ...]:
    """Return the ids of rules that are not there any more."""
    known = {rule.id for rule in after.ruleset.rules}
    return tuple(sorted(rule.id for rule in before.ruleset.rules if rule.id not in known))


def changed(before: Bundle, after: Bundle) -> frozenset[str]:
    """Return the ids of rules that are new, or that come to other judgements by what they say or read.

    Rules of a rulebook whose text differs all count: what they read may be written anywhere in it.
    """
    same = {name for name, text in after.sources.items() if before.sources.get(name) == text}
    return frozenset(rule.id for rule in after.ruleset.rules if rule.span.file not in same)


def of_softer(one: Softer, after: Bundle) -> Diagnostic:
    """Return what to say of a scenario that is judged more softly, at its rule."""
    rule = after.rule(one.case.rules[0]) if one.case.rules else None
    span = rule.span if rule is not None else Span(one.case.span.file, 1, 1, 1, 1)
    message = f"`{one.case.title}` came to {one.before}, and comes to {one.after}"
    return Diagnostic(SOFTER, message, span, help="if that is meant, say so in review: it needs a second approver")


def of_gone(rule: str, after: Bundle) -> Diagnostic:
    """Return what to say of a rule that is not there any more, at the first file."""
    span = Span(min(after.sources), 1, 1, 1, 1)
    return Diagnostic(GONE, f"the rule {rule} is gone", span, help="what it forbade is allowed now; keep it, on trial")


def shown(seen: Seen) -> str:
    """Return what could be seen in a line."""
    said = [f"{counts} {code}" for _, _, _, counts, code in seen.said if counts != "allow"]
    said += [f"trip {code}" for _, code in seen.trips]
    said += [f"posture {name}" for name in seen.postures if name != "active"]
    said += [f"does {word}" for word in seen.actions if word != "task"]
    said += [f"task {title}" for title in seen.tasks] + [f"refuse {code}" for code in seen.refusals]
    said += [" over ".join(seen.order)] if seen.order else []
    return ", ".join(dict.fromkeys(said)) or "allow"


def _is_softer(before: Seen, after: Seen) -> bool:
    if _verdict(after) < _verdict(before) or _posture(after) < _posture(before):
        return True
    lost = (set(before.trips) - set(after.trips), set(before.refusals) - set(after.refusals))
    undone = (set(before.actions) - set(after.actions), set(before.tasks) - set(after.tasks))
    return any(lost) or any(undone) or len(after.order) > len(before.order)


def _verdict(seen: Seen) -> int:
    # By what a finding counts as: a rule put on trial speaks as before, and nobody has to listen.
    return max((EFFECT_STRENGTH[counts] for _, _, _, counts, _ in seen.said), default=0)


def _posture(seen: Seen) -> int:
    return max((STRENGTH[name] for name in seen.postures), default=0)
