"""The earliest instant at which a rejected order would pass by itself: nothing but time goes on from the record."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dsl import ir
from dsl.branches import show_value
from dsl.interpret import Interpreter
from dsl.judgement import Finding
from dsl.postures import Cause
from dsl.reads import all_facts, params_of, rule_expressions
from dsl.types import show
from engine.decision.clip import blocks
from engine.decision.course import HORIZON, Course, Moment
from engine.decision.postures import is_posture
from engine.decision.release import release_of
from engine.decision.words import short_name
from engine.facts.snapshot import CLOCK
from engine.model.time import DAY, format_timestamp

STEPS = 600
"""Instants looked at before the search gives up."""

_NOT_SOON = f"it is refused for {HORIZON // DAY} days at least, and dates beyond were not looked at one by one"


@dataclass(frozen=True, slots=True)
class Later:
    """When the same order would pass; `at` None: no time is known.

    `is_first` says that it is proven to pass at no earlier instant. `reasons` say what is otherwise then, or
    why no time is known.
    """

    at: int | None
    is_first: bool
    reasons: tuple[str, ...]


def earliest(course: Course, findings: Sequence[Finding], postures: Sequence[Cause]) -> Later:
    """Return when a rejected order with these findings would pass, every fact as it is and nothing else happening."""
    blocking = [finding for finding in findings if blocks(finding.counts_as, may_wait=True)]
    standing = [cause for cause in postures if not cause.until]
    if standing:
        words = (
            f"{', '.join(c.key)} is {c.posture} {release_of(c, course.bundle, course.calendars)}" for c in standing
        )
        return Later(None, False, tuple(dict.fromkeys(words)))
    last = max((cause.until for cause in postures), default=course.start - 1)
    moment = course.at(course.start)
    if moment is not None and last < moment.at and moment.passes():  # its own events count from now on
        return Later(moment.at, True, tuple(_otherwise(course, moment, blocking, postures)))
    is_first = True
    for _ in range(STEPS):
        if moment is None:
            return Later(None, False, ("the exchange calendar ends before",))
        following, is_sure = course.next_after(moment)
        is_first = is_first and is_sure
        if last >= moment.at and (following is None or following > last):
            following = last + 1
        moment = course.at(following) if following is not None else None
        if following is None:
            return Later(None, False, _unmoved(blocking) if is_first else (_NOT_SOON,))
        if moment is None or moment.at <= last:
            continue
        passes = moment.passes()
        if passes is None:
            return Later(None, False, _unknowable(moment))
        if passes:
            return Later(moment.at, is_first and not _passed(course, moment.at - 1, last),
                         tuple(_otherwise(course, moment, blocking, postures)))  # fmt: skip
    return Later(None, False, (f"after {STEPS} changes of time alone it is still refused",))


def _passed(course: Course, at: int, last: int) -> bool:
    """Return whether the order would have passed at an earlier instant already."""
    moment = course.at(at) if course.start < at and at > last else None
    return moment is not None and moment.passes() is True


# ------------------------------------------------------------------------------------------ words
def _otherwise(course: Course, moment: Moment, blocking: Iterable[Finding], postures: Iterable[Cause]) -> list[str]:
    """Return what is otherwise at a later instant, of all that the blocking rules rest on."""
    out = [f"{', '.join(cause.key)} is no longer {cause.posture}" for cause in postures]
    before, after = Interpreter(course.program, course.snapshot), Interpreter(moment.program, moment.snapshot)
    for name in dict.fromkeys(f.rule for f in blocking if not is_posture(f)):
        rule = next((rule for rule in moment.program.rules if rule.id == name), None)
        if rule is None:
            out.append(f"{name} is no longer in force")
            continue
        for path in all_facts((rule,), moment.program.lets):
            if path != "now" and path in course.program.index and (path in CLOCK or path.startswith("window:")):
                slot = moment.program.slots[moment.program.index[path]]
                ref = ir.FactRef(slot.fact.type, rule.span, path)
                old, new = before.evaluate(ref), after.evaluate(ref)
                if old != new:
                    out.append(f"{short_name(path)} is {show_value(new, ref)}")
        out += _numbers(course, moment, rule)
        out += ["the clock"] if "now" in all_facts((rule,), moment.program.lets) and not out else []
    return list(dict.fromkeys(out))


def _numbers(course: Course, moment: Moment, rule: ir.Rule) -> list[str]:
    """Return the numbers a rule reads that are other ones then."""
    out = []
    for name in params_of(moment.program, rule_expressions(rule)):
        for key, number in moment.program.numbers[name].items():
            old = course.program.numbers[name].get(key)
            if old is None or old.value != number.value:
                shown = show(number.value, course.bundle.ruleset.params[name].type)
                under = f" for {', '.join(key)}" if key else ""
                out.append(f"{short_name(name)}{under} is {shown}")
    return out


def _unmoved(blocking: Sequence[Finding]) -> tuple[str, ...]:
    """Return why no time is known: what the blocking rules rest on."""
    unknown = sorted({path for finding in blocking for path, _ in finding.facts})
    windows = [short_name(path) for path in unknown if path.startswith("window:")]
    facts = [short_name(path) for path in unknown if not path.startswith("window:")]
    out = []
    if facts:
        out.append(f"{_are(facts)} unknown until told anew, and when that is cannot be foreseen")
    if windows:
        out.append(f"{_are(windows)} unknown until a whole stretch was watched")
    if out:
        return tuple(out)
    rules = sorted({finding.rule for finding in blocking if not is_posture(finding)})
    return (f"what {', '.join(rules)} rest{'s' if len(rules) == 1 else ''} on does not change by time alone",)


def _are(names: Sequence[str]) -> str:
    return f"{', '.join(names)} {'is' if len(names) == 1 else 'are'}"


def _unknowable(moment: Moment) -> tuple[str, ...]:
    shown = ", ".join(short_name(path) for path in sorted(moment.unseen))
    return (f"from {format_timestamp(moment.at)} on the rules rest on {shown}, of which this record says nothing",)
