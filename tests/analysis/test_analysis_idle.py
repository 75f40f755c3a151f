"""Rules and lines that judge nothing are found, and what judges something is left alone."""

import pytest

from dsl.analysis.idle import find_idle
from dsl.bundle import Bundle
from dsl.pipeline import compile_rules
from dsl.text import Source
from tests.dsl.checkout import schemas, shipped

HEAD = """rulebook pre_trade.example "Example"
uses intent, market, projected

param cap: quantity within 1 share .. 10_000 shares tighter when lower {{
  always     = {early} cite "C 1"
  2026-09-01 = {late} cite "C 2"
}}
param toggle: enum [ON, OFF] {{ always = OFF cite "C 3" }}
let hurry = market.ask > 0 USD/share
"""
TAIL = """  cite     "House"
  owner    risk
  because  "{intent.quantity} refused, {cap}, {toggle}, {hurry}, {market.bid}, {projected.cash}"
}
"""


def rule(rule_id: str, *lines: str, word: str = "rule") -> str:
    body = "".join(f"  {line}\n" for line in lines)
    return f'{word} {rule_id} "Example" {{\n  on       pre_trade\n{body}{TAIL}'


def found(*rules: str, early: str = "100 shares", late: str = "50 shares") -> list[tuple[str, str]]:
    text = HEAD.format(early=early, late=late) + "\n".join(rules)
    bundle, problems = compile_rules([Source("pre_trade/example.rules", text)], schemas())
    assert bundle is not None, problems
    report = find_idle(bundle)
    assert report.undecided == ()
    return [(d.code, d.message.replace("`", "")) for d in report.diagnostics]


def codes(*rules: str, **numbers: str) -> list[str]:
    return [code for code, _ in found(*rules, **numbers)]


def test_an_ordinary_rule_is_left_alone() -> None:
    assert codes(rule("EX-01", "reject   when intent.quantity > cap")) == []


def test_a_rule_outside_its_facts_bounds_never_fires() -> None:
    assert codes(rule("EX-01", "reject   when intent.quantity > 1_000_000_000 shares")) == ["A701"]
    assert codes(rule("EX-01", "reject   when intent.quantity >= 1_000_000_000 shares")) == []


def test_two_products_may_be_equal_and_one_of_greater_factors_is_never_less() -> None:
    worth = "intent.quantity * market.{}"
    assert codes(rule("EX-01", f"reject   when {worth.format('ask')} is {worth.format('bid')}")) == []
    less = f"{worth.format('ask')} < {worth.format('bid')} and market.ask > market.bid"
    assert codes(rule("EX-01", f"reject   when {less}")) == ["A701"]


def test_a_rule_silenced_by_its_own_exception_never_fires() -> None:
    assert codes(rule("EX-01", "reject   when intent.increases_risk unless not intent.reduces_only")) == ["A701"]


def test_a_line_that_the_numbers_in_force_alone_silence_is_no_mistake() -> None:
    lines = ("reject   when intent.quantity > 900 shares and toggle is ON", "warn     when intent.quantity > cap")
    assert codes(rule("EX-01", *lines)) == []


def test_a_line_that_no_number_lets_fire_is_named() -> None:
    lines = ("reject   when intent.quantity > cap", "warn     when intent.quantity > cap and cap < 1 share")
    ((code, message),) = found(rule("EX-01", *lines))
    assert code == "A701" and message.startswith("line 2 of EX-01 never fires, whatever its numbers")


def test_a_rule_that_fires_on_every_known_order_is_named_and_one_with_a_guard_is_not() -> None:
    assert codes(rule("EX-01", "reject   when hurry")) == ["A702"]
    assert codes(rule("EX-01", "when     intent.type is MARKET", "reject   when hurry")) == []


def test_a_softer_line_behind_a_harder_one_is_idle() -> None:
    swapped = ("measure  intent.quantity", "warn     above 110% of cap", "reject   above cap")
    assert codes(rule("EX-01", *swapped, word="limit")) == ["A703"]
    straight = ("measure  intent.quantity", "warn     above 90% of cap", "reject   above cap")
    assert codes(rule("EX-01", *straight, word="limit")) == []


def test_a_second_hold_that_asks_for_more_people_is_not_idle() -> None:
    lines = ["measure  intent.quantity", "hold     above 10 shares for 1 risk_officer within 10 min as FEW"]
    more = "hold     above 20 shares for 2 distinct risk_officer within 10 min as MANY"
    same = "hold     above 20 shares for 1 risk_officer within 10 min as SAME"
    assert codes(rule("EX-01", *lines, more, word="limit")) == []
    assert codes(rule("EX-01", *lines, same, word="limit")) == ["A703"]


def test_what_becomes_idle_on_a_date_is_dated_and_what_was_idle_once_is_past() -> None:
    lines = ("measure  intent.quantity", "warn     above 60 shares", "reject   above cap")
    ((code, message),) = found(rule("EX-01", *lines, word="limit"), early="100 shares", late="50 shares")
    assert code == "A703" and "from 2026-09-01" in message
    assert codes(rule("EX-01", *lines, word="limit"), early="50 shares", late="100 shares") == []


def test_two_rules_of_one_meaning_are_named_once() -> None:
    one = rule("EX-01", "reject   when intent.quantity > cap")
    other = rule("EX-02", "reject   when not intent.quantity <= cap")
    ((code, message),) = found(one, other)
    assert code == "A704" and "EX-02 and EX-01" in message


def test_a_rule_behind_a_harder_one_is_covered_and_one_of_another_measure_is_not() -> None:
    hard = rule("EX-01", "reject   when intent.quantity > 10 shares")
    assert codes(hard, rule("EX-02", "warn     when intent.quantity > 20 shares")) == ["A705"]
    assert codes(hard, rule("EX-02", "warn     when intent.quantity > 5 shares")) == []
    assert codes(hard, rule("EX-02", "warn     when market.ask > 20 USD/share")) == []


def test_a_rule_on_trial_covers_nothing_and_is_not_covered() -> None:
    hard = rule("EX-01", "mode     trial", "reject   when intent.quantity > 10 shares")
    assert codes(hard, rule("EX-02", "warn     when intent.quantity > 20 shares")) == []


@pytest.fixture(scope="module")
def desk() -> Bundle:
    return shipped()


def test_of_the_shipped_rules_the_leverage_limit_alone_is_covered(desk: Bundle) -> None:
    """Gross exposure may be 100 % of equity, so leverage of 2 is never reached first."""
    report = find_idle(desk)
    assert [(d.code, d.message.split("`")[1], d.message.split("`")[3]) for d in report.diagnostics] == [
        ("A705", "EXP-07", "EXP-04")
    ]
    assert report.undecided == ()
