"""The tests of a folder, read again only where something they rest on has changed."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from dsl import syntax as s
from dsl.bundle import Bundle
from dsl.calendars import Calendars
from dsl.cases import Case
from dsl.collect import Collector
from dsl.diagnostics import Diagnostic
from dsl.names import Rulebook
from dsl.scenario_file import ScenarioText, fixtures_named, read_scenarios
from dsl.text import Span

AT_A_TIME = 20
"""Tests read in one step."""


@dataclass(frozen=True, slots=True)
class _Read:
    """A test as it was read: over these fixtures, in a world in which names meant this."""

    fixtures: tuple[s.Fixture, ...]
    world: object
    cases: tuple[Case, ...]
    found: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class _ReadFile:
    text: str
    fixtures: tuple[s.Fixture, ...]
    world: object
    cases: tuple[Case, ...]
    found: tuple[Diagnostic, ...]


class CaseBook:
    """Every test of rule and scenario files as cases, and what is wrong with the rest, as of the last reading."""

    def __init__(self, calendars: Calendars, read: Callable[[str, str], ScenarioText]) -> None:
        self._calendars, self._read_text = calendars, read
        self._tests: dict[Span, tuple[s.Test, _Read]] = {}
        self._world: object = None
        self._files: dict[str, _ReadFile] = {}
        self._texts: dict[str, tuple[str, ScenarioText]] = {}
        self.cases: tuple[Case, ...] = ()
        self.found: tuple[Diagnostic, ...] = ()
        self.named_fixtures: frozenset[tuple[str, str]] = frozenset()

    def scenario(self, name: str, text: str) -> ScenarioText:
        """Return a scenario file as its loader reads it."""
        known = self._texts.get(name)
        if known is None or known[0] != text:
            self._texts[name] = known = (text, self._read_text(text, name))
        return known[1]

    def read(self, bundle: Bundle, scenarios: Mapping[str, str]) -> Iterator[None]:
        """Read the tests of a bundle, a few at each step; the results are there when it ends."""
        world = _world(bundle)
        if world == self._world:
            world = self._world  # the very object, so that comparing it costs nothing from here on
        self._world = world
        tests: dict[Span, tuple[s.Test, _Read]] = {}
        cases: list[Case] = []
        found: list[Diagnostic] = []
        read_anew = 0
        for book in bundle.books:
            fixtures = tuple(book.fixtures.values())
            own = (book.name, book.calendar, tuple(book.params), tuple(book.windows), world)
            for test in book.tests:
                known = self._tests.get(test.span)
                if known is None or known[0] is not test or not _fits(known[1], fixtures, own):
                    known = (test, self._test(bundle, book, test, fixtures, own))
                    read_anew += 1
                    if read_anew % AT_A_TIME == 0:
                        yield
                tests[test.span] = known
                cases += known[1].cases
                found += known[1].found
        files: dict[str, _ReadFile] = {}
        named: set[tuple[str, str]] = set()
        for name, text in sorted(scenarios.items()):
            read = self._file(bundle, name, text, world)
            files[name] = read
            cases += read.cases
            found += read.found
            value = self.scenario(name, text).value
            if value is not None:
                named |= fixtures_named(value)
            yield
        self._tests, self._files = tests, files
        self.cases, self.found, self.named_fixtures = tuple(cases), tuple(found), frozenset(named)

    def _test(
        self, bundle: Bundle, book: Rulebook, test: s.Test, fixtures: tuple[s.Fixture, ...], world: object
    ) -> _Read:
        found: list[Diagnostic] = []
        cases = Collector(bundle, book, self._calendars, found).cases_of(test)
        return _Read(fixtures, world, tuple(cases), tuple(found))

    def _file(self, bundle: Bundle, name: str, text: str, world: object) -> _ReadFile:
        fixtures = tuple(fixture for book in bundle.books for fixture in book.fixtures.values())
        known = self._files.get(name)
        if known is not None and known.text == text and _fits(known, fixtures, world):
            return known
        loaded = self.scenario(name, text)
        if loaded.value is None:
            return _ReadFile(text, fixtures, world, (), loaded.found)
        cases, found = read_scenarios(loaded.value, name, bundle, loaded.places, self._calendars)
        return _ReadFile(text, fixtures, world, tuple(cases), tuple(found))


def _fits(read: _Read | _ReadFile, fixtures: tuple[s.Fixture, ...], world: object) -> bool:
    same = len(read.fixtures) == len(fixtures) and all(a is b for a, b in zip(read.fixtures, fixtures, strict=True))
    return same and read.world == world


def _world(bundle: Bundle) -> object:
    """Return what a test rests on beside its own fixtures: rules by stage, params and lists by type, the zone."""
    ruleset = bundle.ruleset
    return (
        tuple((rule.id, rule.stage) for rule in ruleset.rules),
        tuple((param.name, param.type, param.per) for param in ruleset.params.values()),
        tuple((listed.name, listed.type) for listed in ruleset.lists.values()),
        tuple(book.name for book in bundle.books),
        ruleset.zone,
    )
