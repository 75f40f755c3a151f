"""Obligations held against cases: what is shown by which case, and what by none."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from dsl.bundle import Bundle
from dsl.calendars import PLAIN, Calendars
from dsl.case_programs import Programs
from dsl.cases import Case
from dsl.cover.beyond import Beyond, beyond
from dsl.cover.listing import obligations
from dsl.cover.obligation import Obligation
from dsl.cover.sight import Sight
from dsl.diagnostics import Diagnostic
from dsl.remarks import Remark, Verb, idle, remarks
from dsl.text import Source

Tick = Callable[[int, int], None]
"""Called with how many obligations were looked at and how many there are."""


UNSHOWN = "A721"
UNREACHABLE = Verb("cover", "unreachable")


@dataclass(frozen=True, slots=True)
class Coverage:
    """Every obligation by place, with the case that shows it, None where no case does.

    `waived` are those a comment says no scenario can show; `wrong` is what is wrong with such comments.
    """

    shown: tuple[tuple[Obligation, Case | None], ...]
    waived: tuple[tuple[Obligation, Remark], ...] = ()
    wrong: tuple[Diagnostic, ...] = ()
    beyond: tuple[Beyond, ...] = ()
    """What scenarios have no words for."""

    @property
    def open(self) -> tuple[Obligation, ...]:
        """What no case shows."""
        return tuple(one for one, case in self.shown if case is None)

    def of_rule(self, rule: str) -> tuple[int, int]:
        """Return how many obligations of a rule, and of what it reads, are met, and how many there are."""
        own = [case for one, case in self.shown if rule in one.rules]
        return sum(case is not None for case in own), len(own)

    @property
    def total(self) -> tuple[int, int]:
        """How many obligations are met, each counted once, and how many there are."""
        return sum(case is not None for _, case in self.shown), len(self.shown)


def percent(met: int, of: int) -> Fraction:
    """Return a share in percent; of nothing, all is met."""
    return Fraction(100 * met, of) if of else Fraction(100)


def cover(
    bundle: Bundle, cases: Sequence[Case], calendars: Calendars = PLAIN, tick: Tick = lambda done, total: None
) -> Coverage:
    """Return what the cases of a bundle show of it."""
    programs = Programs(bundle, calendars)
    sights = [Sight(programs, case) for case in cases]
    listed = obligations(bundle)
    shown: list[tuple[Obligation, Case | None]] = []
    for one in listed:
        shown.append((one, next((sight.case for sight in sights if is_shown(one, sight)), None)))
        tick(len(shown), len(listed))
    return _with_remarks(bundle, shown)


def _with_remarks(bundle: Bundle, shown: list[tuple[Obligation, Case | None]]) -> Coverage:
    """Return the coverage without what comments say no scenario can show."""
    said: list[Remark] = []
    wrong: list[Diagnostic] = []
    for name, text in sorted(bundle.sources.items()):
        found, problems = remarks(Source(name, text), UNREACHABLE)
        said += found
        wrong += problems
    waived: list[tuple[Obligation, Remark]] = []
    for remark in said:
        about = [(one, case) for one, case in shown if remark.covers(one.span) and one.label == remark.what]
        if not about:
            wrong.append(idle(remark, f"nothing here is to be shown by the name of: {remark.what}"))
        elif all(case is not None for _, case in about):
            wrong.append(idle(remark, f"a scenario shows it: {remark.what}"))
        waived += [(one, remark) for one, case in about if case is None]
    out = [one for one, _ in waived]
    kept = tuple((one, case) for one, case in shown if not any(one is other for other in out))
    return Coverage(kept, tuple(waived), tuple(wrong), beyond(bundle))


def diagnostic(one: Obligation, skeleton: str = "") -> Diagnostic:
    """Return what to say of an obligation no scenario meets, with the scenario that would."""
    help_ = f"add, if it is right:\n{skeleton.rstrip()}" if skeleton else "write a scenario in which it decides"
    return Diagnostic(UNSHOWN, f"no scenario shows {one.kind.value}: {one.label}", one.span, help=help_)


def is_shown(one: Obligation, sight: Sight) -> bool:
    """Return whether a case shows an obligation of a rule it is about."""
    rules = tuple(rule for rule in one.rules if is_about(sight.case, rule))
    return bool(rules) and one.probe.shows(sight, rules)


def is_about(case: Case, rule: str) -> bool:
    """Return whether a case is held against what a rule says.

    One that judges the rule by itself or among those it names; of those that judge all rules together one that
    names it, or that expects nobody to object.
    """
    if case.rules:
        return rule in case.rules
    outcomes = [*case.outcomes, *(one for step in case.steps for one in step.outcomes)]
    return any(one.rule == rule for one in outcomes) or _is_quiet(one.effect for one in outcomes)


def _is_quiet(effects: Iterable[str]) -> bool:
    return all(effect == "allow" for effect in effects)
