"""Tests run from the editor, and what stands above a test and a rule: run it, and how it came out."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from dsl import syntax as s
from dsl.bundle import Bundle
from dsl.cases import Case
from dsl.diagnostics import Diagnostic
from dsl.language_server.folder import Folder
from dsl.scenarios import failed, run_case, skeleton
from dsl.text import Span


@dataclass(frozen=True, slots=True)
class Ran:
    """How one scenario came out: where it is written, the test it is of, and what differs, empty when it passed."""

    span: Span
    title: str
    rules: tuple[str, ...]
    problem: str
    actual: str

    @property
    def passed(self) -> bool:
        return not self.problem

    def diagnostic(self) -> Diagnostic:
        """Return a failure in the form every other mistake has."""
        return failed(self.title, self.span, self.problem, self.actual)


@dataclass(frozen=True, slots=True)
class Lens:
    """A line above a declaration: what it says, and what is run when it is pressed."""

    span: Span
    title: str
    target: str


@dataclass(frozen=True, slots=True)
class Results:
    """What came of the tests that were run, as of one version of the folder."""

    version: int
    ran: tuple[Ran, ...]

    def of(self, target: str, name: str) -> tuple[Ran, ...]:
        """Return what came of a test of a file, by its title, or of every test of a rule, by its id."""
        return tuple(one for one in self.ran if target in one.rules or (one.title == target and one.span.file == name))


NOTHING_RAN = Results(-1, ())


def run_tests(folder: Folder, name: str, target: str) -> tuple[Ran, ...] | None:
    """Run one test of a file, by its title, or every test that names a rule, by its id; None while there are errors."""
    bundle, cases = folder.cases()
    if bundle is None:
        return None
    wanted = [case for case in cases if _is_meant(case, name, target)]
    return tuple(_run(folder, bundle, case) for case in wanted)


def _is_meant(case: Case, name: str, target: str) -> bool:
    return target in _rules_of(case) or (case.title == target and case.span.file == name)


def _rules_of(case: Case) -> tuple[str, ...]:
    """Return the rules a scenario is of, or expects something from."""
    return tuple(dict.fromkeys((*case.rules, *(one.rule for one in case.outcomes if one.rule))))


def _run(folder: Folder, bundle: Bundle, case: Case) -> Ran:
    outcome = run_case(bundle, case, folder.environment.calendars)
    return Ran(case.span, case.title, _rules_of(case), outcome.problem, skeleton(outcome))


def merged(before: Results, version: int, ran: tuple[Ran, ...]) -> Results:
    """Return results with those of another run, which replace what was known of the same scenarios."""
    kept = before.ran if before.version == version else ()
    fresh = {one.span for one in ran}
    return Results(version, (*(one for one in kept if one.span not in fresh), *ran))


def lenses(folder: Folder, name: str, results: Results) -> Iterator[Lens]:
    """Yield what stands above each test and each tested rule of a file."""
    file = folder.compiled.files.get(name)
    known = results if results.version == folder.version else NOTHING_RAN
    counted = Counter(rule for case in folder.last_cases for rule in _rules_of(case))
    for declared in file.declarations if file is not None else ():
        match declared:
            case s.Test():
                title = f"run test{_said(known.of(declared.title, name))}"
                yield Lens(declared.span, title, declared.title)
            case s.RuleText():
                if scenarios := counted[declared.id]:
                    title = f"run {scenarios} scenario{'' if scenarios == 1 else 's'}"
                    yield Lens(declared.span, title + _said(known.of(declared.id, name)), declared.id)


def _said(ran: tuple[Ran, ...]) -> str:
    if not ran:
        return ""
    failed = [one for one in ran if not one.passed]
    if not failed:
        return f" · ✔ {len(ran)} passed"
    return f" · ✘ {len(failed)} of {len(ran)} failed: {failed[0].problem}"
