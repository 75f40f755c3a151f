"""A situation as a scenario that can be pasted into a rule file, run once before it is shown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from dsl import syntax as s
from dsl.analysis.dates import Stretch
from dsl.analysis.events import Counted, happenings
from dsl.analysis.literals import age_of, rate, unfit
from dsl.bundle import Bundle
from dsl.calendars import PLAIN, WEEKDAYS
from dsl.cases import Case, Setting
from dsl.collect import Collector
from dsl.contracts import Age, Fact
from dsl.interpret import judge
from dsl.judgement import EFFECT_STRENGTH, Finding, Judgement
from dsl.literals import instant, literal, quoted, stretch
from dsl.names import Rulebook
from dsl.parse import parse
from dsl.program import REDUCES
from dsl.reads import all_facts
from dsl.scenarios import snapshot_of
from dsl.solver.inquiry import LAW_DATE, NOW, Moment
from dsl.solver.meaning import ages_of
from dsl.solver.ordinary import INCREASES
from dsl.solver.situation import ABSENT, Situation, Told
from dsl.text import Source

OWN = "shown"
"""The fixture written along where the rulebook has none to begin with."""


@dataclass(frozen=True, slots=True)
class Pasted:
    """A scenario in words: the rulebook it belongs in, its fixture and changes, and the facts it could not say.

    `says_all` means that it was run and came out on every side as the situation did.
    """

    rulebook: str
    given: str
    fixture: str
    unsaid: tuple[str, ...]
    says_all: bool

    def test(self, title: str, rules: Iterable[str], expect: str) -> str:
        """Return a whole `test` to paste, its fixture before it where it needs one of its own."""
        ids = ", ".join(rules)
        body = f"test {quoted(title)}{f' of {ids}' if ids else ''} {{\n  {self.given} expect {expect}\n}}\n"
        return f"{self.fixture}\n{body}" if self.fixture else body


def expectation(judgement: Judgement, is_of_rules: bool) -> str:
    """Return the outcome a test expects of a judgement: its strongest findings, by the runner's own measure."""

    def effect_of(finding: object) -> str:
        return str(getattr(finding, "effect" if is_of_rules else "counts_as"))

    said = [f for f in judgement.findings if is_of_rules or f.counts_as == f.effect]
    most = max((EFFECT_STRENGTH[effect_of(f)] for f in said), default=0)
    strongest = [f for f in said if EFFECT_STRENGTH[effect_of(f)] == most]
    return ", ".join(dict.fromkeys(words for f in strongest if (words := _expected(f)))) or "allow"


def _expected(finding: Finding) -> str:
    """Return one finding as a test expects it, '' where it is no verdict and trips nothing at once."""
    if finding.effect == "fail":
        return f"fail from {finding.rule}"
    if not EFFECT_STRENGTH[finding.effect] and (finding.effect != "trip" or finding.is_unknown):
        return ""
    return f"{finding.effect} {finding.code} from {finding.rule}"


def pasted(moment: Moment, stretch: Stretch, situation: Situation, rules: tuple[str, ...]) -> Pasted:
    """Return a situation as a scenario over the fixture it differs from least."""
    told, fact_of = _facts(moment, situation, rules)
    best: _Draft | None = None
    for at, book, fixture in _fixtures(moment, rules):
        draft = _draft(moment, at, book, fixture, told, fact_of, stretch)
        if best is None or draft.changes < best.changes:
            best = draft
    if best is None:
        at, book = _own_book(moment, rules)
        best = _draft(moment, at, book, None, told, fact_of, stretch)
    return Pasted(best.book.name, best.given, best.fixture, best.unsaid, _comes_out(moment, best, situation, rules))


def told_of(moment: Moment, situation: Situation, rules: tuple[str, ...]) -> dict[str, Told]:
    """Return what is told of every fact the rules read that is no window, by path."""
    return {path: told for path, told in _facts(moment, situation, rules)[0].items() if not path.startswith("window:")}


# ------------------------------------------------------------------------------------------ what to say
def _facts(
    moment: Moment, situation: Situation, rules: tuple[str, ...]
) -> tuple[dict[str, Told], dict[str, tuple[int, Fact]]]:
    """Return what is told of every path the rules read on any side, and the contract behind each."""
    told: dict[str, Told] = {}
    facts: dict[str, tuple[int, Fact]] = {}
    for at in range(len(moment.sides) - 1, -1, -1):
        for path in _paths(moment, at, rules):
            key = moment.key(at, path)
            name = key if path.startswith("window:") else path
            if name not in told:
                told[name] = situation.facts.get(key, ABSENT)
                facts[name] = (at, moment.sides[at].fact(path))
    return told, facts


def _paths(moment: Moment, at: int, rules: tuple[str, ...]) -> list[str]:
    program = moment.sides[at].program
    if not rules:
        return list(program.index)
    r = program.bundle.ruleset
    judged = tuple(rule for rule in program.rules if rule.id in rules)
    read = all_facts(judged, program.lets)
    of_all = all_facts(program.rules, program.lets)
    beside = set(program.index) - set(of_all)
    windows = [r.windows[path.removeprefix("window:")] for path in read if path.startswith("window:")]
    facts = program.bundle.contracts.facts
    of_order = program.stage == "pre_trade"  # elsewhere windows are counted by the key of the scope
    keys = [f"intent.{name}" for window in windows for name in window.per if of_order and f"intent.{name}" in facts]
    return sorted({*read, *beside, *keys, *({REDUCES} if of_order else ())})


def _fixtures(moment: Moment, rules: tuple[str, ...]) -> list[tuple[int, Rulebook, s.Fixture]]:
    """Return fixtures to begin with: of the judged rules' own rulebooks, of all for all rules; B's before A's."""
    out = []
    for at in range(len(moment.sides) - 1, -1, -1):
        bundle = moment.inquiry.bundles[at]
        own = {rule.rulebook for rule_id in rules if (rule := moment.rules[at].get(rule_id)) is not None}
        for book in bundle.books:
            if not rules or book.name in own:
                out += [(at, book, fixture) for fixture in book.fixtures.values()]
        if out:
            break
    return out


def _own_book(moment: Moment, rules: tuple[str, ...]) -> tuple[int, Rulebook]:
    """Return the rulebook of a judged rule, B's before A's, and the side it is on; of all rules, the first."""
    for at in range(len(moment.sides) - 1, -1, -1):
        own = {rule.rulebook for rule_id in rules if (rule := moment.rules[at].get(rule_id)) is not None}
        for book in moment.inquiry.bundles[at].books:
            if book.name in own:
                return at, book
    at = len(moment.sides) - 1
    return at, moment.inquiry.bundles[at].books[0]


# ------------------------------------------------------------------------------------------ how it is said
@dataclass(frozen=True, slots=True)
class _Draft:
    at: int
    book: Rulebook
    given: str
    fixture: str
    unsaid: tuple[str, ...]
    changes: int


def _draft(
    moment: Moment, at: int, book: Rulebook, fixture: s.Fixture | None, told: Mapping[str, Told],
    facts: Mapping[str, tuple[int, Fact]], stretch: Stretch,
) -> _Draft:  # fmt: skip
    bundle = moment.inquiry.bundles[at]
    held = _settings(bundle, book, fixture) if fixture is not None else {}
    with_: list[str] = []
    without: list[str] = []
    unsaid: list[str] = []
    for path, one in told.items():
        if path in (NOW, LAW_DATE, INCREASES) or path.startswith("window:"):
            continue
        fact = facts[path][1]
        name = _name(path, book)
        if _is_default(path, one) and path not in held:
            continue
        if one.value is None:
            without += [name] if path in held else []
            continue
        ages = _ages(moment, path, fact)
        text = _assignment(path, name, fact, one, ages, held.get(path))
        if text is None or _is_too_short(moment, path, one):
            unsaid.append(name)
        elif text:
            with_.append(text)
    after = happenings(_counted(moment, told, facts), bundle.contracts)
    unsaid += ["windows"] if after is None else []
    when = _instant(moment, told, stretch)
    name = fixture.name if fixture is not None else OWN
    own = "" if fixture is not None else f"fixture {OWN} {{ {', '.join(with_)} }}\n"
    parts = [f"given {name}"]
    parts += [f"with {', '.join(with_)}"] if with_ and fixture is not None else []
    parts += [f"without {', '.join(without)}"] if without else []
    parts += [after] if after else []
    parts.append(f"at {when}")
    return _Draft(at, book, " ".join(parts), own, tuple(unsaid), len(with_) + len(without) + 100 * len(unsaid))


def _settings(bundle: Bundle, book: Rulebook, fixture: s.Fixture) -> Mapping[str, Setting]:
    scenario = s.Scenario(fixture.span, fixture.name, (), (), (), None, None, ())
    case = Collector(bundle, book, PLAIN, []).case("", (), fixture.assignments, scenario)
    return case.settings if case is not None else {}


def _is_default(path: str, told: Told) -> bool:
    return path == REDUCES and told.value is False


def _name(path: str, book: Rulebook) -> str:
    """Return a path as a scenario of this rulebook writes it."""
    if path.startswith("list:"):
        full = path.removeprefix("list:")
        own, _, short = full.rpartition(".")
        return short if own == book.name else full
    return path.replace(",", ", ") if path.startswith("fx.rate[") else path


def _is_too_short(moment: Moment, path: str, told: Told) -> bool:
    """Return whether a list has fewer rows than a side starts with: a scenario has no way to say that."""
    least = max(side.least_rows(path) for side in moment.sides)
    return isinstance(told.value, frozenset | tuple) and len(told.value) < least


def _ages(moment: Moment, path: str, fact: Fact) -> tuple[Age, ...]:
    stated = [fact.max_age] if fact.max_age is not None else []
    for side in moment.sides:
        stated += ages_of(side.program, path)
    return tuple(dict.fromkeys(stated))


def _assignment(
    path: str, name: str, fact: Fact, told: Told, ages: tuple[Age, ...], held: Setting | None
) -> str | None:
    """Return one assignment, '' where the fixture says the same, None where no scenario can say it."""
    value = told.value
    age = age_of(told, ages)
    if told.is_broken:
        if fact.max_age is not None and unfit(fact) is None:
            age = max(age or 0, age_of(Told(value, late=frozenset({fact.max_age})), ages) or 0)
        else:
            value = unfit(fact)
    if value is None or age is None:
        return None
    if held is not None and held.value == value and held.age == age:
        return ""
    text = rate(value, path) if path.startswith("fx.rate[") else literal(value, fact.type)
    if text is None:
        return None
    return f"{name} = {text}" + (f" aged {stretch(age)}" if age else "")


def _counted(moment: Moment, told: Mapping[str, Told], facts: Mapping[str, tuple[int, Fact]]) -> list[Counted]:
    out = []
    for key, one in told.items():
        if key.startswith("window:"):
            at, fact = facts[key]
            window = moment.inquiry.bundles[at].ruleset.windows[fact.path.removeprefix("window:")]
            keys = [told.get(f"intent.{name}", ABSENT) for name in window.per]
            missing = any(t.value is None and not _is_optional(facts, n) for t, n in zip(keys, window.per, strict=True))
            if not (one.value is None and missing):
                out.append(Counted(window, one.value))
    return out


def _is_optional(facts: Mapping[str, tuple[int, Fact]], name: str) -> bool:
    found = facts.get(f"intent.{name}")
    return found is None or found[1].optional


def _instant(moment: Moment, told: Mapping[str, Told], stretch: Stretch) -> str:
    now = told.get(NOW)
    if now is not None and isinstance(now.value, int) and now.value != WEEKDAYS.opening(moment.day):
        return instant(now.value) or str(stretch.day)
    stated = told.get(LAW_DATE)
    if stated is not None and isinstance(stated.value, int):
        return date.fromordinal(stated.value).isoformat()
    return stretch.day.isoformat()


# ------------------------------------------------------------------------------------------ does it come out
def _comes_out(moment: Moment, draft: _Draft, situation: Situation, rules: tuple[str, ...]) -> bool:
    """Return whether the scenario, read back and run, is judged on every side as the situation is."""
    if draft.unsaid:
        return False
    case = _read(moment.inquiry.bundles[draft.at], draft)
    if case is None:
        return False
    only = frozenset(rules) if rules else None
    for at, side in enumerate(moment.sides):
        said = judge(side.program, snapshot_of(side.program, case), only)
        meant = moment.replay(at, situation, rules or None)
        if said.verdict != meant.verdict or len(said.findings) != len(meant.findings):
            return False
    return True


def _read(bundle: Bundle, draft: _Draft) -> Case | None:
    text = f'{draft.fixture}\ntest "x" {{\n  {draft.given} expect allow\n}}\n'
    file, found = parse(Source("shown.rules", text))
    if found:
        return None
    fixtures = {**draft.book.fixtures}
    fixtures.update({d.name: d for d in file.declarations if isinstance(d, s.Fixture)})
    scenario = next(d for d in file.declarations if isinstance(d, s.Test)).scenarios[0]
    collector = Collector(bundle, draft.book, PLAIN, [])
    return collector.case("x", (), fixtures[scenario.fixture].assignments, scenario)
