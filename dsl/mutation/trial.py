"""Mutants held against scenarios: which is killed by which, and what comments say of those that are not."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from dsl.bundle import Bundle
from dsl.calendars import PLAIN, Calendars
from dsl.case_programs import Programs
from dsl.cases import Case
from dsl.cover.obligation import Kind as Sought
from dsl.cover.obligation import Obligation
from dsl.diagnostics import Diagnostic
from dsl.mutation.mutant import Mutant
from dsl.observe import observe
from dsl.remarks import Remark, Verb, idle, remarks
from dsl.scenarios import run_with
from dsl.skeleton.find import Finder, Skeleton
from dsl.text import Source

SURVIVES = "A722"
EQUIVALENT = Verb("mutate", "equivalent")
_PATIENCE = 800
"""Drafts tried for one mutant before it is given up: each is judged twice."""


class Trial:
    """Tries mutants of one bundle on its cases, which all pass."""

    def __init__(self, bundle: Bundle, cases: Sequence[Case], calendars: Calendars = PLAIN) -> None:
        self._bundle, self._cases, self._calendars = bundle, cases, calendars
        self._own = Programs(bundle, calendars)
        self._finder: Finder | None = None
        self._stages = {rule.id: rule.stage for rule in bundle.ruleset.rules}

    def killer(self, mutant: Mutant) -> Case | None:
        """Return a case that fails under a mutant, None where it survives."""
        other = Programs(mutant.change(self._bundle), self._calendars)
        return next((case for case in self._likely(mutant) if fails(other, case)), None)

    def skeleton(self, mutant: Mutant) -> Skeleton | None:
        """Return a scenario that fails under a mutant, None where none was found."""
        if self._finder is None:
            self._finder = Finder(self._bundle, tuple(self._cases), self._calendars)
        title = f"{mutant.label} ({mutant.span.line}:{mutant.span.column})"
        aim = None if mutant.aim is None else Obligation(Sought.CONDITION, mutant.span, title, mutant.rules, mutant.aim)
        for id_ in mutant.rules:
            rule = self._bundle.rule(id_)
            found = (
                self._finder.find(rule, lambda case: self.tells(mutant, case), title, aim, _PATIENCE) if rule else None
            )
            if found is not None:
                return found
        return None

    def tells(self, mutant: Mutant, case: Case) -> bool:
        """Return whether a case comes to something else under a mutant, and, where it expects anything, fails."""
        other = Programs(mutant.change(self._bundle), self._calendars)
        try:
            if observe(other, case).seen == observe(self._own, case).seen:
                return False
        except ZeroDivisionError:
            return True
        return not case.outcomes or fails(other, case)

    def _likely(self, mutant: Mutant) -> Iterable[Case]:
        """Return the cases that judge a mutant's rules, those that judge few others first."""
        stages = {self._stages[rule] for rule in mutant.rules}
        named = [case for case in self._cases if set(case.rules) & set(mutant.rules)]
        return [*named, *(case for case in self._cases if not case.rules and case.stage in stages)]


def fails(programs: Programs, case: Case) -> bool:
    """Return whether a case does not pass; a division by what a dropped need kept positive is no pass either."""
    try:
        return not run_with(programs, case).passed
    except ZeroDivisionError:
        return True


@dataclass(frozen=True, slots=True)
class Verdicts:
    """How every mutant fared: killed by a case, explained by a comment, or neither."""

    killed: int
    explained: tuple[tuple[Mutant, Remark], ...]
    survivors: tuple[Mutant, ...]
    wrong: tuple[Diagnostic, ...]

    @property
    def total(self) -> int:
        """How many mutants there are."""
        return self.killed + len(self.explained) + len(self.survivors)

    @property
    def percent(self) -> Fraction:
        """The share of mutants killed, in percent; an explanation kills nothing."""
        return Fraction(100 * self.killed, self.total) if self.total else Fraction(100)


def judged(bundle: Bundle, listed: Sequence[Mutant], alive: Sequence[Mutant], every: Sequence[Mutant]) -> Verdicts:
    """Return the verdicts on mutants of which these are alive, comments read from the bundle's files.

    `every` are all mutants there are: what is said of one that was not tried is neither right nor wrong.
    """
    said: list[Remark] = []
    wrong: list[Diagnostic] = []
    for name, text in sorted(bundle.sources.items()):
        found, problems = remarks(Source(name, text), EQUIVALENT)
        said += found
        wrong += problems
    explained: list[tuple[Mutant, Remark]] = []
    for remark in said:
        about = [one for one in alive if remark.covers(one.span) and one.label == remark.what]
        if not about:
            named = [one for one in every if remark.covers(one.span) and one.label == remark.what]
            if not named:
                wrong.append(idle(remark, f"there is no mutant of that name here: {remark.what}"))
            elif any(one is tried for one in named for tried in listed):
                wrong.append(idle(remark, f"a scenario kills it: {remark.what}"))
        explained += [(one, remark) for one in about]
    rest = tuple(one for one in alive if not any(one is other for other, _ in explained))
    return Verdicts(len(listed) - len(alive), tuple(explained), rest, tuple(wrong))


def diagnostic(one: Mutant, skeleton: str = "") -> Diagnostic:
    """Return what to say of a mutant that survives, with the scenario that would kill it."""
    help_ = (
        f"add, if it is right:\n{skeleton.rstrip()}"
        if skeleton
        else f"write a scenario that fails under it; if nothing can tell, {EQUIVALENT.shape}"
    )
    return Diagnostic(SURVIVES, f"no scenario fails with {one.kind.value}: {one.label}", one.span, help=help_)
