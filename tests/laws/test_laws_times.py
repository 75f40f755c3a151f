"""The time an explanation names is the first at which the order passes: a moment earlier it does not."""

from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest

from dsl.program import in_force
from dsl.windows import Happening
from engine.model.time import DAY, HOUR, SECOND, parse_timestamp
from tests.laws.drawn_desk import CALENDARS, DrawnEngine, Explained, draw_desk, goes
from tests.laws.fuzz_agreement import DAYS
from tests.laws.fuzz_times import timed_bundle

BUNDLES, ORDERS = 60, 10
UNMOVED = "does not change by time alone"


@pytest.fixture(scope="module")
def refused() -> list[Explained]:
    """Refused orders on desks whose rules time has a say in."""
    out = []
    for seed in range(BUNDLES):
        random = Random(seed)
        bundle = timed_bundle(random)
        programs = [in_force(bundle, "pre_trade", day, (), CALENDARS) for day in DAYS]
        engine = DrawnEngine(bundle, ())
        for _ in range(ORDERS):
            case = Explained.of(draw_desk(random.choice(programs), (), engine, random, programs))
            if case.decision.verdict == "reject":
                case.desk.observe(_own(case))
                out.append(case)
    return out


def _own(case: Explained) -> Iterator[Happening]:
    """What a rejected order leaves in the windows: the desk counts it as proposed, then as rejected."""
    intent = case.desk.intent
    fields = {
        "account": intent.account, "strategy": intent.strategy, "engine": intent.engine, "symbol": intent.symbol,
        "side": intent.side.value, "type": intent.type.value, "quantity": int(intent.quantity), "limit_price": None,
        "worst_notional": 0, "code": case.record["findings"][0]["code"],
    }  # fmt: skip
    for event in ("intent.proposed", "intent.rejected"):
        yield Happening(event, case.desk.start, fields)


def passes(case: Explained, at: int) -> bool:
    return goes(case.desk.judge(at), may_wait=True)


def test_enough_of_every_answer_is_drawn(refused: list[Explained]) -> None:
    said: Counter[str] = Counter()
    for case in refused:
        said["first"] += case.told.flips.is_first
        said["unmoved"] += UNMOVED in " ".join(case.told.changes)
        said["soon"] += bool(case.told.flips.at) and parse_timestamp(case.told.flips.at) - case.desk.start < 2 * HOUR
        said["far"] += bool(case.told.flips.at) and parse_timestamp(case.told.flips.at) - case.desk.start > 2 * DAY
    assert said["first"] > 100 and said["unmoved"] > 20 and said["soon"] > 50 and said["far"] > 10, said


def test_a_time_is_proven_the_first_where_every_rule_reads_the_clock_in_straight_lines(
    refused: list[Explained],
) -> None:
    assert [case.told.changes for case in refused if case.told.flips.at and not case.told.flips.is_first] == []


def test_the_order_passes_at_the_time_that_is_stated(refused: list[Explained]) -> None:
    for case in refused:
        if case.told.flips.at:
            assert passes(case, parse_timestamp(case.told.flips.at)), case.told.changes


def test_a_moment_earlier_it_does_not_and_at_no_instant_before(refused: list[Explained]) -> None:
    looked = 0
    for number, case in enumerate(refused):
        if not case.told.flips.is_first:
            continue
        at, start, random = parse_timestamp(case.told.flips.at), case.desk.start, Random(number)
        near = [at - 1, *(start + wait for wait in (1, SECOND, HOUR, DAY))]
        far = [random.randrange(start, at + 1) for _ in range(8)]
        edges = [start + (at - start) // step for step in (2, 3)]
        for earlier in (*near, *far, *edges):
            if start < earlier < at:
                assert not passes(case, earlier), (earlier, case.told.changes)
                looked += 1
    assert looked > 800


def test_where_time_alone_changes_nothing_the_order_passes_at_no_later_instant(refused: list[Explained]) -> None:
    looked = 0
    for number, case in enumerate(refused):
        if UNMOVED not in " ".join(case.told.changes):
            continue
        random = Random(number)
        for wait in (1, SECOND, 90 * SECOND, HOUR, DAY, *(random.randrange(1, 400 * DAY) for _ in range(6))):
            assert not passes(case, case.desk.start + wait), (wait, case.told.changes)
            looked += 1
    assert looked > 200
