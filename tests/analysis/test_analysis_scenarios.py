"""What is found is said in words a rule file can hold and means the same there; shipped rules are compared in time."""

import re
import time
from dataclasses import replace
from random import Random

import pytest

from dsl.analysis.compare import compare
from dsl.analysis.literals import age_of
from dsl.analysis.relation import Relation
from dsl.bundle import Bundle
from dsl.calendars import PLAIN
from dsl.collect import Collector
from dsl.contracts import Age
from dsl.literals import literal, stretch
from dsl.parse import parse
from dsl.pipeline import compile_rules
from dsl.solver.situation import Told
from dsl.statistics import INFINITE
from dsl.syntax import Fixture, Scenario
from dsl.text import Source
from dsl.types import DATE, QUANTITY, SESSIONS, SYMBOL, TIME, TIMESTAMP, Kind, Type, enum
from tests.dsl.checkout import schemas, shipped, shipped_sources

_NUMBER = re.compile(r"(?<== )([\d_.]+)(?=( USD| shares| x|%)? cite)")
_TICK = {" USD": "0.01", " shares": "0.000001", " x": "0.000001", "%": "0.0001", None: "1"}
LISTED = Type(Kind.LIST, fields=(("x", SESSIONS),))
BUDGET = 60
"""Seconds two versions of the shipped rules may take (PERFORMANCE, start-up and size)."""


def ticked(only: int | None, sign: int, fixed: frozenset[tuple[str, int]] = frozenset()) -> Bundle:
    """Return the shipped rules with one number, or all, moved by a tick, at a range's end the other way."""
    from decimal import Decimal

    count, sources = 0, []
    for source in shipped_sources():

        def move(hit: re.Match[str], name: str = source.name) -> str:
            nonlocal count
            count += 1
            if only is not None and count - 1 != only:
                return hit[0]
            way = -sign if (name, hit.string[: hit.start(1)].count("\n") + 1) in fixed else sign
            return f"{Decimal(hit[1].replace('_', '')) + way * Decimal(_TICK[hit[2]]):f}"

        sources.append(Source(source.name, _NUMBER.sub(move, source.text)))
    bundle, found = compile_rules(sources, schemas())
    ended = frozenset((one.span.file, one.span.line) for one in found if one.code == "E216")
    if bundle is None and not fixed and ended:
        return ticked(only, sign, ended)
    assert bundle is not None, found
    return bundle


NUMBERS = sum(len(_NUMBER.findall(source.text)) for source in shipped_sources())


@pytest.mark.parametrize("number", range(NUMBERS))
def test_a_tick_of_any_shipped_number_is_found_and_said_whole(number: int) -> None:
    found = compare(shipped(), ticked(number, -1))
    moved = [rule for rule in found.rules if rule.relation is not Relation.EQUAL]
    (change,) = found.numbers
    assert moved and all(rule.relation in (change.relation, Relation.INCOMPARABLE) for rule in moved)
    witnesses = [w for rule in moved for part in rule.parts for w in (part.looser, part.tighter) if w is not None]
    witnesses += [w for s in found.stages for part in s.parts for w in (part.looser, part.tighter) if w is not None]
    assert witnesses and all(witness.scenario.says_all for witness in witnesses)


def test_a_share_of_an_equity_that_may_be_negative_moves_both_ways() -> None:
    """Two per cent of less than nothing: the tighter share is the looser line. A market order is taken to fill less
    far over the offer, and its caps are tighter: that moves both ways too, like gates where some numbers are
    tighter when higher. The rest moves one way."""
    found = compare(shipped(), ticked(None, -1))
    both = {rule.rule for rule in found.rules if rule.relation is Relation.INCOMPARABLE}
    assert both == {
        "KIL-01",
        "KIL-02",
        "LOSS-01",
        "LOSS-02",
        "MAR-04",
        "MAR-06",
        "PRO-01",
        "PRO-03",
        "PRO-04",
        "SIZE-01",
    }
    looser = {rule.rule for rule in found.rules if rule.relation is Relation.LOOSER}
    assert looser == {"ARM-01", "PRO-02"}  # what must be there at least
    assert Relation.UNKNOWN not in {rule.relation for rule in found.rules}


def test_the_whole_shipped_rule_set_is_compared_within_its_budget() -> None:
    other = ticked(None, 1)
    started = time.monotonic()
    found = compare(shipped(), other)
    assert time.monotonic() - started < BUDGET
    assert Relation.UNKNOWN not in {rule.relation for rule in found.rules}


# ------------------------------------------------------------------------------------------ words
def test_what_is_written_reads_back_as_what_was_stored() -> None:
    bundle, dice = shipped(), Random(7)
    (book,) = (book for book in bundle.books if book.name == "pre_trade.desk")
    tried = 0
    for fact in bundle.contracts.facts.values():
        if fact.type.kind in (Kind.LIST, Kind.SET) or fact.computed or fact.path == "fx.rate":
            continue
        for _ in range(20):
            value = _drawn(fact.type.kind, fact.type.values, dice)
            text = literal(value, fact.type)
            assert text is not None, fact.path
            file, found = parse(Source("x.rules", f"fixture shown {{ {fact.path} = {text} }}\n"))
            assert not found, (text, found)
            (fixture,) = file.declarations
            assert isinstance(fixture, Fixture)
            scenario = Scenario(fixture.span, "shown", (), (), (), None, None, ())
            case = Collector(bundle, book, PLAIN, []).case("x", (), fixture.assignments, scenario)
            assert case is not None and case.settings[fact.path].value == value, (fact.path, text, value)
            tried += 1
    assert tried > 500


def _drawn(kind: Kind, values: tuple[str, ...], dice: Random) -> object:
    match kind:
        case Kind.BOOL:
            return dice.random() < 0.5
        case Kind.ENUM:
            return dice.choice(values)
        case Kind.SYMBOL:
            return dice.choice(("AAPL", "BRK.B", "X"))
        case Kind.TEXT:
            return dice.choice(("a", 'say "so"', "back\\slash", "A-1:x"))
        case Kind.DATE:
            return dice.randrange(700_000, 740_000)
        case Kind.TIMESTAMP:
            return dice.randrange(1_600_000_000_000_000, 1_800_000_000_000_000)
        case Kind.TIME:
            return dice.randrange(86_400) * 1_000_000
        case Kind.SESSIONS:
            return dice.randrange(10_000)
        case Kind.REAL:
            return dice.choice((0.0, 1.5, -0.2, 1e-7, 3e20, dice.gauss(0, 3)))
    return dice.randrange(-(10 ** dice.randrange(1, 15)), 10 ** dice.randrange(1, 15))


@pytest.mark.parametrize(
    ("value", "kind"),
    [(0, DATE), (10**8, DATE), (-1, SESSIONS), (90_000 * 10**6, TIME), (1, TIME), (10**20, TIMESTAMP),
     (({"x": -1},), LISTED), ("live capital", enum(("live capital",)))],
)  # fmt: skip
def test_what_no_rule_file_can_hold_is_said_to_be_so(value: object, kind: Type) -> None:
    assert literal(value, kind) is None


def test_what_a_rule_file_has_a_word_for_is_written_with_it() -> None:
    assert literal(INFINITE, Type(Kind.REAL)) == "infinite"
    assert literal("LIVE-CAPITAL", enum(("LIVE-CAPITAL",))) == "LIVE-CAPITAL"


def test_rows_of_a_list_are_written_cell_by_cell() -> None:
    capped = Type(Kind.LIST, fields=(("symbol", SYMBOL), ("cap", QUANTITY)))
    rows = ({"symbol": "AAPL", "cap": 5_000_000}, {"symbol": "MSFT"})
    assert literal(rows, capped) == '[{symbol = "AAPL", cap = 5 shares}, {symbol = "MSFT"}]'
    assert literal((), capped) == "[]"


@pytest.mark.parametrize(
    ("micros", "text"),
    [(0, "0 s"), (1, "0.000001 s"), (1_000, "1 ms"), (90_000_000, "90 s"), (86_400_000_000, "1 day"),
     (172_800_000_000, "2 days"), (86_401_000_000, "86_401 s"), (3_600_000_000, "1 h"), (120_000_000, "2 min")],
)  # fmt: skip
def test_a_time_span_is_written_in_the_largest_unit_that_divides_it(micros: int, text: str) -> None:
    assert stretch(micros) == text


def test_an_age_passes_exactly_the_bounds_it_should() -> None:
    five, ten, day = Age("duration", 5_000_000), Age("duration", 10_000_000), Age("sessions", 1)
    ages = (five, ten, day)
    assert age_of(Told(1), ages) == 0
    assert age_of(Told(1, late=frozenset({five})), ages) == 6_000_000
    assert age_of(Told(1, late=frozenset({five, ten})), ages) == 11_000_000
    assert age_of(Told(1, late=frozenset(ages)), ages) == 86_401_000_000
    assert age_of(Told(1, late=frozenset({day})), (day, Age("bar"))) is None
    assert age_of(replace(Told(1), late=frozenset({ten})), ages) is None
