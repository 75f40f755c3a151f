"""What facts ordinarily say: the fixtures of the rule files, and for the rest something inside the contract."""

from fractions import Fraction

from dsl.bundle import Bundle
from dsl.calendars import PLAIN
from dsl.collect import Collector
from dsl.contracts import Fact
from dsl.solver.facts import FactVar
from dsl.solver.meaning import Meanings, Side
from dsl.solver.situation import ABSENT, Told
from dsl.solver.words import is_amount, is_real, is_word
from dsl.statistics import as_statistic
from dsl.syntax import Scenario
from dsl.types import Kind, scale_of

INCREASES = "intent.increases_risk"
"""True unless a scenario says otherwise."""


def ordinary_facts(meanings: Meanings, side: Side, first: tuple[str, ...] = ()) -> dict[str, Told]:
    """Return what the fixtures of a bundle say of each fact.

    Rulebooks in `first` are believed before others, and of those the ones that say more.
    """
    bundle = side.program.bundle
    said = {book.name: fixture_facts(bundle, book.name) for book in bundle.books}
    others = sorted((name for name in said if name not in first), key=lambda name: (-len(said[name]), name))
    out: dict[str, Told] = {}
    for name in (*first, *others):
        for path, value in said.get(name, {}).items():
            out.setdefault(meanings.key(side, path), Told(value))
    return out


def fixture_facts(bundle: Bundle, book_name: str) -> dict[str, object]:
    """Return what the fixtures of one rulebook set, the first fixture that sets a fact deciding."""
    book = next((book for book in bundle.books if book.name == book_name), None)
    out: dict[str, object] = {}
    if book is None:
        return out
    for fixture in book.fixtures.values():
        scenario = Scenario(fixture.span, fixture.name, (), (), (), None, None, ())
        case = Collector(bundle, book, PLAIN, []).case("", (), fixture.assignments, scenario)
        for path, setting in case.settings.items() if case is not None else ():
            out.setdefault(path, setting.value)
    return out


def usual(var: FactVar) -> Told:
    """Return something a fact nobody set may say: nothing happened, no list holds anybody, one of everything."""
    kind, fact = var.fact.type, var.fact
    if fact.optional:
        return ABSENT
    if kind.kind is Kind.BOOL:
        return Told(fact.path == INCREASES)
    if kind.kind is Kind.SET:
        return Told(frozenset())
    if kind.kind is Kind.LIST:
        return Told(())
    if is_word(kind):
        return Told(kind.values[0] if kind.values else "X")
    if is_real(kind):
        return Told(as_statistic(_inside(fact, Fraction(1))))
    assert is_amount(kind)
    scale = scale_of(kind)
    return Told(int(_inside(fact, Fraction(0 if var.is_counted else 1)) * scale))


def _inside(fact: Fact, value: Fraction) -> Fraction:
    """Return a value, or one near it that a contract accepts."""
    if fact.low is not None and (value < fact.low or (fact.low_open and value == fact.low)):
        value = fact.low + 1
    return fact.high if fact.high is not None and value > fact.high else value
