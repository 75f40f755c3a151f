"""Run the tests of rule files: those written inline and the scenario files beside them, by one runner."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsl.diagnostics import Diagnostic
from dsl.scenario_file import ScenarioText
from dsl.text import Span
from engine.contracts import Diagnostic as ContractFault
from engine.contracts import Position, contract, load_yaml
from engine.service.refusal import RulesRefused
from engine.service.rule_files import RuleFiles, compile_files, read_rule_files

if TYPE_CHECKING:
    from dsl.bundle import Bundle
    from dsl.calendars import Calendars
    from dsl.cases import Case
    from dsl.scenarios import Outcome

Tick = Callable[[int, int], None]
"""Called with how many tests are done and how many there are."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A test that came out otherwise: where it is written, what differs, and what was said instead."""

    title: str
    span: Span
    problem: str
    actual: str

    def diagnostic(self) -> Diagnostic:
        """Return the failure in the form every other mistake in a rule file has."""
        from dsl.scenarios import failed

        return failed(self.title, self.span, self.problem, self.actual)


@dataclass(frozen=True, slots=True)
class TestReport:
    """How many tests passed, which failed, and what could not be read as a test."""

    passed: int
    failures: tuple[Failure, ...]
    diagnostics: tuple[Diagnostic, ...]
    texts: Mapping[str, str]
    untested: tuple[str, ...]
    """Ids of rules that no test names."""

    @property
    def is_clean(self) -> bool:
        return not self.failures and not self.diagnostics

    def everything(self) -> tuple[Diagnostic, ...]:
        """Return unreadable tests and failures as one list by place."""
        found = (*self.diagnostics, *(failure.diagnostic() for failure in self.failures))
        return tuple(sorted(found, key=lambda d: (d.span, d.code, d.message)))


@dataclass(frozen=True, slots=True)
class RuleCases:
    """Every test of rule and scenario files as a case, and what is wrong with the rest.

    `fixtures` are those the scenario files begin from, by rulebook and name.
    """

    cases: "tuple[Case, ...]"
    wrong: tuple[Diagnostic, ...]
    fixtures: frozenset[tuple[str, str]]


def run_rule_tests(path: Path | None = None, tick: Tick = lambda done, total: None) -> TestReport:
    """Run every test of a folder's rule and scenario files. Raises Refused and RulesRefused."""
    files = read_rule_files(path)
    bundle, found = compile_files(files)
    if bundle is None:
        raise RulesRefused(tuple(found), files.texts)
    calendars = rule_calendars()
    read = read_cases(files, bundle, calendars)
    return report_tests(files, bundle, read, calendars, tick)


def report_tests(
    files: RuleFiles, bundle: "Bundle", read: "RuleCases", calendars: "Calendars",
    tick: Tick = lambda done, total: None,
) -> TestReport:  # fmt: skip
    """Run the tests of a folder that was compiled and read."""
    from dsl.case_programs import Programs
    from dsl.scenarios import run_with

    cases, programs = read.cases, Programs(bundle, calendars)
    outcomes: list[Outcome] = []
    for case in cases:
        outcomes.append(run_with(programs, case))
        tick(len(outcomes), len(cases))
    failures = [replace(f, span=files.placed(_at(f.span)).span) for o in outcomes if (f := failure_of(o)) is not None]
    named = {rule for case in cases for rule in (*case.rules, *(said.rule for said in case.outcomes if said.rule))}
    untested = tuple(sorted({rule.id for rule in bundle.ruleset.rules} - named))
    passed = len(outcomes) - len(failures)
    texts = {**files.texts, **_scenario_texts(files)}
    return TestReport(passed, tuple(failures), tuple(files.placed(d) for d in read.wrong), texts, untested)


def failure_of(outcome: "Outcome") -> Failure | None:
    """Return how a case that did not pass failed, at its place in the sources."""
    from dsl.scenarios import skeleton

    if outcome.passed:
        return None
    return Failure(outcome.case.title, outcome.case.span, outcome.problem, skeleton(outcome))


def read_cases(files: RuleFiles, bundle: "Bundle", calendars: "Calendars") -> RuleCases:
    """Return the tests of a compiled folder; places are those of its sources."""
    from dsl.scenario_file import fixtures_named, read_scenarios
    from dsl.scenarios import collect

    cases, wrong = collect(bundle, calendars)
    named: set[tuple[str, str]] = set()
    for scenario in files.scenarios:
        name = scenario.relative_to(files.root).as_posix()
        loaded = read_scenario_text(scenario.read_bytes(), name)
        wrong += loaded.found
        if loaded.value is not None:
            read, problems = read_scenarios(loaded.value, name, bundle, loaded.places, calendars)
            named |= fixtures_named(loaded.value)
            cases += read
            wrong += problems
    return RuleCases(tuple(cases), tuple(wrong), frozenset(named))


def rule_calendars() -> "Calendars":
    """Return the sessions of the shipped calendar, as rules and scenarios read them."""
    from engine.marketdata.calendar import as_rule_calendars, load_calendar

    return as_rule_calendars(load_calendar())


def read_scenario_text(raw: bytes | str, name: str) -> ScenarioText:
    """Return a scenario file's content and where each part of it stands, or what keeps it from being one."""
    loaded = load_yaml(raw, name)
    faults: list[ContractFault] = []
    if isinstance(loaded, list):
        faults = loaded
    else:
        checked = contract("scenario").parse(loaded)
        faults = checked if isinstance(checked, list) else []
    if faults or isinstance(loaded, list):
        return ScenarioText(None, {}, {}, tuple(_of_contract(fault, name) for fault in faults))
    pointers = dict(_walk(loaded.value, (), ""))
    values, keys = loaded.locate(pointers.values()), loaded.keys()
    places = {path: _line_and_column(values[pointer]) for path, pointer in pointers.items()}
    named = {path: _line_and_column(keys[pointer]) for path, pointer in pointers.items() if pointer in keys}
    return ScenarioText(loaded.value, places, named, ())


def _line_and_column(position: Position) -> tuple[int, int]:
    return position.line, position.column


def _of_contract(fault: ContractFault, name: str) -> Diagnostic:
    line, column = max(fault.line, 1), max(fault.column, 1)
    message = f"{fault.message}{f' at {fault.pointer}' if fault.pointer else ''}"
    return Diagnostic(fault.code, message, Span(name, line, column, line, column + 1), help=fault.help)


def _walk(value: Any, path: tuple[str | int, ...], pointer: str) -> Iterator[tuple[tuple[str | int, ...], str]]:
    yield path, pointer
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in members:
        token = str(name).replace("~", "~0").replace("/", "~1")
        yield from _walk(member, (*path, name), f"{pointer}/{token}")


def _scenario_texts(files: RuleFiles) -> dict[str, str]:
    return {
        files.shown + path.relative_to(files.root).as_posix(): path.read_text(encoding="utf-8", errors="replace")
        for path in files.scenarios
    }


def _at(span: Span) -> Diagnostic:
    return Diagnostic("", "", replace(span))
