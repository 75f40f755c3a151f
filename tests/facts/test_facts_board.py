"""What the board holds and what becomes of values that do not fit."""

from datetime import date
from random import Random
from typing import Any

import pytest

from dsl.snapshot import Reason
from engine.facts.entry import fits
from engine.model.numbers import MICRO, Price, Quantity
from engine.model.order import Side
from engine.model.time import DAY, MINUTE, SECOND, Timestamp
from tests.facts.facts_desk import BAR_DUE, GOOD, KEY, NOW, FactsDesk, program


class Tricky(str):
    """A text that is not exactly a text."""


ODD: tuple[Any, ...] = (
    None, True, 0, 1, -1, 1.5, float("nan"), "", "a", "OPEN", "open", Tricky("OPEN"), Side.BUY, frozenset(), {"a"}, (),
    [], ({"amount": 1},) * 3, 10**30, -(10**30), 1000 * MICRO, 1000 * MICRO + 1, -10 * MICRO, -10 * MICRO - 1,
    date.max.toordinal(), date.max.toordinal() + 1, b"OPEN", object,
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("price", 0), ("price", 1000 * MICRO + 1), ("price", 10.0), ("price", True), ("price", "10"),
        ("level", -10 * MICRO - 1), ("flag", 1), ("mode", "open"), ("mode", "OTHER"), ("mode", ["OPEN"]), ("tag", ""),
        ("tag", 5), ("names", {"AAPL"}), ("names", ("AAPL",)), ("rows", ({"amount": 1},) * 3), ("rows", []),
        ("day", 0), ("day", date.max.toordinal() + 1), ("cap", -1),
    ],
)  # fmt: skip
def test_a_value_outside_its_contract_is_invalid(name: str, value: Any) -> None:
    desk = FactsDesk()
    desk.put(name, value=value)
    assert desk.reasons() == {f"desk.{name}": Reason.INVALID}
    entry = desk.board.get(f"desk.{name}", KEY)
    assert entry is not None and entry.reason_at(NOW) is Reason.INVALID


@pytest.mark.parametrize(
    ("name", "value"),
    [("price", 1), ("price", 1000 * MICRO), ("level", -10 * MICRO), ("rows", ()), ("names", frozenset()), ("cap", 0)],
)
def test_the_bound_itself_is_inside(name: str, value: Any) -> None:
    desk = FactsDesk()
    desk.put(name, value=value)
    assert (desk.reasons(), desk.value(f"desk.{name}")) == ({}, value)


def test_a_subclass_of_the_right_type_fits() -> None:
    desk = FactsDesk()
    desk.put("mode", value=Tricky("OPEN"))
    assert desk.reasons() == {}


def test_a_source_without_a_value_leaves_the_fact_missing() -> None:
    desk = FactsDesk()
    desk.put("price", value=None)
    assert desk.reasons() == {"desk.price": Reason.MISSING}


def test_a_fact_nobody_spoke_of_is_missing_and_an_optional_one_absent() -> None:
    desk = FactsDesk()
    desk.board.forget("desk.tag", KEY)
    desk.board.forget("desk.cap", KEY)
    assert desk.reasons() == {"desk.tag": Reason.MISSING}
    assert desk.value("desk.cap") is None
    desk.put("cap", value=None)
    assert desk.reasons() == {"desk.tag": Reason.MISSING}
    assert desk.board.get("desk.tag", KEY) is None


def test_an_optional_fact_that_is_stale_or_invalid_is_not_absent() -> None:
    desk = FactsDesk()
    desk.put("cap", as_of=Timestamp(NOW - MINUTE))
    assert desk.reasons() == {"desk.cap": Reason.STALE}
    desk.put("cap", value="much")
    assert desk.reasons() == {"desk.cap": Reason.INVALID}


def test_two_providers_that_differ_at_one_instant_make_the_fact_invalid_until_a_later_word() -> None:
    desk = FactsDesk()
    desk.put("price", provider="other", value=11 * MICRO)
    assert desk.reasons() == {"desk.price": Reason.INVALID}
    desk.put("price", provider="other", value=11 * MICRO)
    assert desk.reasons() == {"desk.price": Reason.INVALID}
    entry = desk.board.get("desk.price", KEY)
    assert entry is not None and entry.reason_at(NOW) is Reason.INVALID
    desk.put("price", provider="other", value=11 * MICRO, as_of=Timestamp(NOW + 1))
    assert desk.reasons(NOW + 1) == {}


def test_providers_that_agree_or_speak_of_different_instants_do_not_disagree() -> None:
    desk = FactsDesk()
    desk.put("price", provider="other")
    assert desk.reasons() == {}
    desk.put("price", provider="third", value=12 * MICRO, as_of=Timestamp(NOW - 1))
    assert (desk.reasons(), desk.value("desk.price")) == ({}, 12 * MICRO)


def test_a_provider_may_correct_itself() -> None:
    desk = FactsDesk()
    desk.put("price", value=12 * MICRO)
    assert (desk.reasons(), desk.value("desk.price")) == ({}, 12 * MICRO)


def test_facts_of_another_key_are_not_read() -> None:
    desk = FactsDesk()
    desk.board.put("desk.price", ("MSFT",), 99 * MICRO, NOW, "feed")
    assert desk.value("desk.price") == GOOD["price"]


def test_a_fact_without_a_contract_is_refused() -> None:
    with pytest.raises(KeyError):
        FactsDesk().board.put("desk.unheard_of", KEY, 1, NOW, "feed")


def test_an_intent_outside_its_contract_is_unknown_and_its_optional_price_absent() -> None:
    desk = FactsDesk()
    desk.quantity = Quantity(1001 * MICRO)
    assert desk.reasons() == {"intent.quantity": Reason.INVALID}
    assert desk.value("intent.limit_price") is None
    desk.limit_price = Price(0)
    assert desk.reasons() == {"intent.quantity": Reason.INVALID, "intent.limit_price": Reason.INVALID}


def test_provenance_names_key_instant_and_provider_of_every_slot() -> None:
    desk = FactsDesk()
    desk.put("price", provider="tape", as_of=Timestamp(NOW - 1))
    desk.board.forget("desk.tag", KEY)
    _, taken = desk.take()
    by_path = {each.path: each for each in taken}
    assert [each.path for each in taken] == [slot.path for slot in program().slots]
    assert by_path["desk.price"] == ("desk.price", KEY, NOW - 1, "tape")
    assert by_path["desk.tag"] == ("desk.tag", KEY, None, "")
    assert by_path["intent.quantity"] == ("intent.quantity", (), NOW, "intent")
    assert by_path["window:pre_trade.facts.orders"] == ("window:pre_trade.facts.orders", ("account",), NOW, "windows")


def test_the_prepared_plan_says_of_every_fact_what_its_contract_says() -> None:
    """The generated look and the shared ages against the entry, which knows one fact and its bounds."""
    random = Random(3)
    ages = (0, 1, 5 * SECOND, 5 * SECOND + 1, MINUTE, DAY, 2 * DAY, 20 * DAY, -50_000, -50_001, -DAY)
    names = list(GOOD)
    seen: set[Reason | None] = set()
    for _ in range(150):
        desk = FactsDesk()
        for name in random.sample(names, random.randrange(4)):
            value = random.choice(ODD) if random.random() < 0.5 else GOOD[name]
            due = random.choice((None, BAR_DUE, NOW, Timestamp(NOW - 1)))
            desk.put(name, value=value, as_of=Timestamp(NOW - random.choice(ages)), bar_due=due)
        for name in random.sample(names, random.randrange(2)):
            desk.board.forget(f"desk.{name}", KEY)
        now = NOW + random.choice((0, 0, 1, 5 * SECOND, MINUTE + 1, DAY, 30 * DAY))
        expected = {}
        for slot in program().slots:
            if slot.path.startswith("desk."):
                entry = desk.board.get(slot.path, KEY)
                absent = Reason.MISSING if not slot.fact.optional else None
                reason = entry.reason_at(now) if entry and entry.value is not None else absent
                if entry and entry.value is None and entry.fault is Reason.INVALID:
                    reason = Reason.INVALID
                seen.add(reason)
                if reason is not None:
                    expected[slot.path] = reason
        assert desk.reasons(now) == expected
    assert seen == {None, Reason.MISSING, Reason.STALE, Reason.INVALID}


def test_what_the_generated_look_passes_fits_its_contract() -> None:
    from dsl.scalar.prepare import compile_fit

    facts = [slot.fact for slot in program().slots if slot.path.startswith("desk.")]
    look = compile_fit(facts)
    passed = 0
    for value in (*ODD, *GOOD.values()):
        doubts: list[int] = []
        look((value,) * len(facts), doubts.append)
        for at, fact in enumerate(facts):
            if at not in doubts:
                passed += 1
                assert fits(value, fact) or (value is None and fact.optional)
        plainly = [at for at, fact in enumerate(facts) if type(value) in (int, bool) and fits(value, fact)]
        assert not set(plainly) & set(doubts)
    assert passed > 20
