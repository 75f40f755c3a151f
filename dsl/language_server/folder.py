"""One rules folder as an editor has it: compiled after every edit, and looked through when there is time."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from dsl.bundle import Bundle
from dsl.cases import Case
from dsl.diagnostics import Diagnostic, Severity, in_order
from dsl.incremental import Compiled, Compiler
from dsl.language_server.case_book import CaseBook
from dsl.language_server.environment import Environment
from dsl.lint.catalogue import CODES, LINTS, UNUSED
from dsl.lint.linter import settled
from dsl.lint.mending import with_edits
from dsl.lint.subject import Subject
from dsl.mistakes import Piece
from dsl.parse import readings
from dsl.scenario_file import ScenarioText
from dsl.shelf import Reading
from dsl.text import Source

RULES, SCENARIO = ".rules", ".yaml"
ReadScenario = Callable[[str, str], ScenarioText]
"""Reads a scenario file's text under its name; whoever starts the server hands it in."""
_AT_ONCE = tuple(code for code in CODES if code != UNUSED)


@dataclass(frozen=True, slots=True)
class _Remarks:
    """What was found in a file when everything was looked through, and the text it was found in."""

    text: str
    found: tuple[Diagnostic, ...]


class Folder:
    """The files of one folder by name, what they come to, and what there is to say of them."""

    def __init__(self, environment: Environment, read_scenario: ReadScenario) -> None:
        self.environment = environment
        self._compiler = Compiler(environment.contracts)
        self._read_scenario = read_scenario
        self._cases = CaseBook(environment.calendars, read_scenario)
        self._rules: dict[str, str] = {}
        self._scenarios: dict[str, str] = {}
        self._compiled: Compiled | None = None
        self._remarks: dict[str, _Remarks] = {}
        self.version = 0

    # ---------------------------------------------------------------------------------- files
    def put(self, name: str, text: str) -> None:
        """Take a file's text: a new file, or a changed one."""
        kept = self._scenarios if name.endswith(SCENARIO) else self._rules
        if kept.get(name) != text:
            kept[name] = text
            self._changed()

    def drop(self, name: str) -> None:
        """Forget a file that is gone."""
        if self._rules.pop(name, None) is not None or self._scenarios.pop(name, None) is not None:
            self._remarks.pop(name, None)
            self._changed()

    def _changed(self) -> None:
        self.version += 1
        self._compiled = None

    @property
    def names(self) -> tuple[str, ...]:
        """Every file, rule files first."""
        return (*sorted(self._rules), *sorted(self._scenarios))

    @property
    def scenarios(self) -> Mapping[str, str]:
        """The texts of the scenario files."""
        return self._scenarios

    def text(self, name: str) -> str:
        """Return a file's text, empty for one that is not there."""
        return self._rules.get(name) or self._scenarios.get(name) or ""

    def scenario(self, name: str) -> ScenarioText:
        """Return a scenario file as it is read."""
        return self._cases.scenario(name, self._scenarios[name])

    # ---------------------------------------------------------------------------------- what it comes to
    @property
    def compiled(self) -> Compiled:
        """What the rule files come to as they are now."""
        if self._compiled is None:
            self._compiled = self._compiler.compile([Source(name, text) for name, text in self._rules.items()])
        return self._compiled

    def pieces(self, name: str) -> Iterator[tuple[Piece, Reading]]:
        """Yield the declarations of a rule file with what was made of each."""
        if name in self.compiled.files:
            yield from readings(Source(name, self._rules[name]), self._compiler.shelf(name))

    def trial(self, texts: Mapping[str, str]) -> tuple[Compiled, CaseBook]:
        """Return what the folder would come to with other texts of some files, tests included; nothing changes."""
        rules = {name: texts.get(name, text) for name, text in self._rules.items()}
        scenarios = {name: texts.get(name, text) for name, text in self._scenarios.items()}
        compiled = self._compiler.compile([Source(name, text) for name, text in rules.items()])
        self._compiled = None
        tried = CaseBook(self.environment.calendars, self._read_scenario)
        if compiled.bundle is not None:
            for _ in tried.read(compiled.bundle, scenarios):
                pass
        return compiled, tried

    def cases(self) -> tuple[Bundle | None, tuple[Case, ...]]:
        """Return the bundle and every test that can be run on it; nothing can while there are errors."""
        bundle = self.compiled.bundle
        if bundle is None:
            return None, ()
        for _ in self._cases.read(bundle, self._scenarios):
            pass
        return bundle, self._cases.cases

    @property
    def last_cases(self) -> tuple[Case, ...]:
        """The tests as they were read the last time, which may be before the last change."""
        return self._cases.cases

    # ---------------------------------------------------------------------------------- what there is to say
    def look_through(self, on: date) -> Iterator[None]:
        """Read every test and look for every warning on a date, a little at each step.

        Whoever goes on after a change of the folder looks through what is gone; `version` tells.
        """
        compiled = self.compiled
        bundle = compiled.bundle
        if bundle is None:
            return
        yield from self._cases.read(bundle, self._scenarios)
        found = list(self._cases.found)
        if not any(one.severity is Severity.ERROR for one in found):
            subject = Subject(bundle, self._cases.cases, self._cases.named_fixtures, on)
            warned = with_edits(compiled.found, bundle)
            for lint in LINTS.values():
                yield
                warned += lint(subject)
            found += settled(warned, compiled.texts)
        by_file: dict[str, list[Diagnostic]] = {name: [] for name in self.names}
        for one in found:
            by_file.setdefault(one.span.file, []).append(one)
        self._remarks = {name: _Remarks(self.text(name), tuple(in_order(said))) for name, said in by_file.items()}

    def diagnostics(self) -> dict[str, tuple[Diagnostic, ...]]:
        """Return what there is to say of each file now: errors as they are, the rest as of the last look that fits.

        What a look found stays while other files change, and goes with the text it was found in.
        """
        compiled = self.compiled
        said: dict[str, list[Diagnostic]] = {name: [] for name in self.names}
        warned = settled(compiled.found, compiled.texts, _AT_ONCE) if compiled.found else []
        for one in warned:
            remarks = self._remarks.get(one.span.file)
            is_looked_at = remarks is not None and remarks.text == self.text(one.span.file)
            if one.severity is Severity.ERROR or not is_looked_at:
                said[one.span.file].append(one)
        for name, remarks in self._remarks.items():
            if name in said and remarks.text == self.text(name):
                said[name] += remarks.found
        return {name: tuple(in_order(found)) for name, found in said.items()}
