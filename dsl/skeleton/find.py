"""From something that is not shown to a scenario that shows it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice

from dsl import ir
from dsl import syntax as s
from dsl.bundle import Bundle
from dsl.calendars import PLAIN, Calendars
from dsl.case_programs import Programs
from dsl.cases import Case, Setting
from dsl.collect import Collector
from dsl.cover.obligation import Obligation
from dsl.cover.sight import Sight
from dsl.diagnostics import Diagnostic
from dsl.observe import observe
from dsl.parse import parse
from dsl.scenario_file import read_scenarios
from dsl.scenario_text import Data, Titled, as_data, as_yaml
from dsl.scenarios import run_with
from dsl.skeleton.aims import aimed, battery
from dsl.skeleton.bases import days_of, fixtures_of, healthy, written
from dsl.skeleton.draft import Draft
from dsl.skeleton.expect import expectation
from dsl.skeleton.moves import moves
from dsl.skeleton.scripts import scripts
from dsl.skeleton.text import Unsayable, Writer
from dsl.skeleton.world import World
from dsl.text import Source

Shows = Callable[[Case], bool]
"""Whether a case is what is looked for."""
PATIENCE = 6_000
"""Drafts tried for one thing before it is given up."""
_FURTHER = 40
"""Drafts whose own changes are tried as well."""


@dataclass(frozen=True, slots=True)
class Skeleton:
    """A scenario to paste into a rulebook; its `expect` is what the rules say now, for a person to judge.

    `data` are the fields of a scenario file that says the same, None where none can.
    """

    rulebook: str
    rules: tuple[str, ...]
    title: str
    text: str
    data: Data | None
    case: Case

    @property
    def shown(self) -> str:
        """The scenario as a file, or as an inline test where no file can say it."""
        if self.data is None:
            return self.text
        return as_yaml(self.rulebook, self.rules, [Titled(self.title, self.data)])


class Finder:
    """Looks for scenarios of one bundle. `cases` are those that are there already."""

    def __init__(self, bundle: Bundle, cases: tuple[Case, ...], calendars: Calendars = PLAIN) -> None:
        self._programs, self._cases = Programs(bundle, calendars), cases
        self._calendars = calendars
        self._fixtures: dict[str, dict[str, Mapping[str, Setting]]] = {}

    @property
    def _bundle(self) -> Bundle:
        return self._programs.bundle

    def show(self, one: Obligation) -> Skeleton | None:
        """Return a scenario that shows an obligation, None where none was found."""
        for rule_id in one.rules:
            rule = self._bundle.rule(rule_id)
            if rule is None:
                continue

            def shows(case: Case, id_: str = rule_id) -> bool:
                return one.probe.shows(Sight(self._programs, case), (id_,))

            name = f"{one.label} ({one.span.line}:{one.span.column})"
            found = self.find(rule, shows, name, aimed_at=one)
            if found is not None:
                return found
        return None

    def find(
        self, rule: ir.Rule, shows: Shows, title: str, aimed_at: Obligation | None = None, patience: int = PATIENCE
    ) -> Skeleton | None:
        """Return a scenario of a rule that is what is looked for, None where none was found."""
        world = World(self._programs, rule)
        for draft in islice(self._drafts(world, aimed_at), patience):
            if shows(world.case(draft)):
                skeleton = self._written(world, draft, title, shows)
                if skeleton is not None:
                    return skeleton
        return None

    # ---------------------------------------------------------------------------------- what is tried
    def _drafts(self, world: World, one: Obligation | None) -> Iterator[Draft]:
        plain = list(healthy(world, self._fixtures_of(world)))
        bases = [replace(base, day=day) for day in days_of(world) for base in plain[:-1]] + plain[-1:]
        node = getattr(one.probe, "node", None) if one is not None else None
        probe = one.probe if node is not None and one is not None else None
        seeds: list[Draft] = []
        for base in bases[:-1]:
            for draft in aimed(world, base, one) if one is not None else ():
                seeds.append(draft)
                yield draft
            yield base
        # Nothing but what conditions ask for: where no fixture leads there.
        for draft in aimed(world, bases[-1], one) if one is not None else ():
            seeds.append(draft)
            yield draft
        if world.rule.stage in ("in_flight", "kill"):
            for base in bases:
                yield from scripts(world, base)
        for base in bases:
            for draft in battery(world, base):
                seeds.append(draft)
                yield draft
        old = list(written(world, self._cases))
        yield from old
        seeds = [*seeds[:_FURTHER], *bases, *old]
        for seed in seeds:
            yield from moves(world, seed, probe)  # type: ignore[arg-type]

    def _fixtures_of(self, world: World) -> dict[str, Mapping[str, Setting]]:
        if world.rule.id not in self._fixtures:
            found = fixtures_of(self._bundle, world.book, self._calendars, world.rule.id)
            self._fixtures[world.rule.id] = found
        return self._fixtures[world.rule.id]

    # ---------------------------------------------------------------------------------- how it is said
    def _written(self, world: World, draft: Draft, title: str, shows: Shows) -> Skeleton | None:
        """Return a draft in words, read back and run: None where it is not what was tried."""
        writer = Writer(self._bundle, world.book, self._fixtures_of(world))
        seen = observe(self._programs, world.case(draft)).seen
        rules = {rule.id: rule for rule in self._bundle.ruleset.rules if not draft.rules or rule.id in draft.rules}
        expects = tuple(expectation(one, rules, bool(draft.rules), draft.stage) for one in seen)
        try:
            text = writer.write(draft, _fixture_name(title)).test(title, draft.rules, expects)
        except Unsayable:
            return None
        case = self.read(world, text, draft.rules)
        if case is None or not run_with(self._programs, case).passed or not shows(case):
            return None
        return Skeleton(world.book.name, draft.rules, title, text, self._data(world, text, draft.rules, shows), case)

    def _data(self, world: World, text: str, rules: tuple[str, ...], shows: Shows) -> Data | None:
        """Return a written test as a scenario file, read back and run like the test."""
        file, _ = parse(Source("skeleton.rules", text))
        test = next(one for one in file.declarations if isinstance(one, s.Test))
        own = next((one for one in file.declarations if isinstance(one, s.Fixture)), None)
        data = as_data(test.scenarios[0], text, own)
        if data is None:
            return None
        whole = {"v": 1, "rulebook": world.book.name, "of": list(rules), **data}
        cases, found = read_scenarios(whole, "skeleton.yaml", self._bundle, None, self._calendars)
        return data if not found and run_with(self._programs, cases[0]).passed and shows(cases[0]) else None

    def read(self, world: World, text: str, rules: tuple[str, ...]) -> Case | None:
        """Return a written test of one scenario as a case, None where it does not compile."""
        file, found = parse(Source("skeleton.rules", text))
        tests = [one for one in file.declarations if isinstance(one, s.Test)]
        fixtures = {**world.book.fixtures, **{f.name: f for f in file.declarations if isinstance(f, s.Fixture)}}
        if found or not tests:
            return None
        scenario = tests[0].scenarios[0]
        wrong: list[Diagnostic] = []
        collector = Collector(self._bundle, world.book, self._calendars, wrong)
        case = collector.case(tests[0].title, rules, fixtures[scenario.fixture].assignments, scenario)
        return case if not wrong else None


def _fixture_name(title: str) -> str:
    """Return a name for a fixture of its own that no other title leads to."""
    words = "".join(char if char.isascii() and char.isalnum() else " " for char in title.lower()).split()
    return "_".join(["for", *words])[:120]
