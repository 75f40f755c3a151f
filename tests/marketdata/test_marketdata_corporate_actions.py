"""Adjustment backwards from the last bar, exact; figures worked out by hand beside each case."""

from datetime import date
from fractions import Fraction

import pytest

from engine.marketdata.calendar import load_calendar
from engine.marketdata.corporate_actions import (
    CorporateAction,
    Dividend,
    Split,
    action_order,
    adjusted_closes,
    adjustment_factors,
    parse_exact,
)
from engine.model.bar import Bar, Timeframe
from engine.model.numbers import NumberFault, Price, Quantity
from engine.model.time import Timestamp

XNYS = load_calendar()
FIRST = next(at for at, session in enumerate(XNYS.sessions) if session.day == date(2026, 1, 5))


def bars(*closes: int | None) -> list[Bar]:
    """Daily bars from 2026-01-05 at whole currency; None leaves a session out."""
    made = []
    for at, close in enumerate(closes):
        if close is not None:
            price = Price(close * 1_000_000)
            end = Timestamp(XNYS.sessions[FIRST + at].close)
            made.append(Bar("X", Timeframe.DAY_1, end, price, price, price, price, Quantity(1)))
    return made


def split(day: int, factor: str) -> Split:
    return Split("X", date(2026, 1, day), Fraction(factor))


def dividend(day: int, cash: str) -> Dividend:
    return Dividend("X", date(2026, 1, day), Fraction(cash))


def test_without_actions_nothing_is_adjusted() -> None:
    assert adjusted_closes(bars(10, 11, 12), [], XNYS) == (10, 11, 12)


def test_a_split_divides_what_came_before_it() -> None:
    assert adjusted_closes(bars(100, 102, 51), [split(7, "2")], XNYS) == (50, 51, 51)


def test_a_factor_that_is_not_round_stays_exact() -> None:
    factors = adjustment_factors(bars(700, 100), [split(6, "7.000007")], XNYS)
    assert factors == (Fraction(1_000_000, 7_000_007), 1)


def test_a_dividend_scales_by_the_close_of_its_day() -> None:
    # c / (c + d) = 48 / 50.
    assert adjusted_closes(bars(50, 48), [dividend(6, "2")], XNYS) == (48, 48)


def test_split_and_dividend_of_one_day_both_count() -> None:
    # f = 1/2 * 40/(40+10) = 2/5.
    actions = [dividend(6, "10"), split(6, "2")]
    assert adjusted_closes(bars(100, 40), actions, XNYS) == (40, 40)


def test_factors_multiply_backwards() -> None:
    actions = [split(6, "2"), dividend(7, "1"), split(8, "3")]
    # before the 8th 1/3; before the 7th 1/3 * 9/10 = 3/10; before the 6th 3/20.
    assert adjustment_factors(bars(60, 30, 9, 4), actions, XNYS) == (
        Fraction(3, 20),
        Fraction(3, 10),
        Fraction(1, 3),
        1,
    )


def test_an_action_on_the_first_day_adjusts_nothing() -> None:
    assert adjustment_factors(bars(10, 10), [split(5, "2")], XNYS) == (1, 1)


def test_an_action_without_a_bar_counts_at_the_next_one() -> None:
    assert adjusted_closes(bars(100, None, 50), [split(6, "2")], XNYS) == (50, 50)
    assert adjusted_closes(bars(50, None, 48), [dividend(6, "2")], XNYS) == (48, 48)


def test_an_action_after_the_last_bar_is_still_to_come() -> None:
    assert adjusted_closes(bars(100, 101), [split(8, "2")], XNYS) == (100, 101)


def test_the_last_factor_scales_all() -> None:
    assert adjusted_closes(bars(10, 20), [], XNYS, Fraction(1, 4)) == (Fraction(5, 2), 5)


def test_no_bars_have_no_factors() -> None:
    assert adjustment_factors([], [split(6, "2")], XNYS) == ()


@pytest.mark.parametrize(
    ("text", "value"), [("7.000007", Fraction(7_000_007, 1_000_000)), ("0.000000000001", Fraction(1, 10**12))]
)
def test_exact_decimals_are_kept(text: str, value: Fraction) -> None:
    assert parse_exact(text) == value


def test_a_thirteenth_place_is_refused() -> None:
    with pytest.raises(NumberFault):
        parse_exact("0.0000000000001")


def test_actions_are_ordered_by_day_symbol_and_split_first() -> None:
    day, other = date(2026, 1, 6), date(2026, 1, 7)
    ordered: list[CorporateAction] = [
        Split("A", day, Fraction(2)),
        Dividend("A", day, Fraction(1)),
        Split("B", day, Fraction(2)),
        Dividend("A", other, Fraction(1)),
    ]
    assert sorted([ordered[at] for at in (3, 1, 2, 0)], key=action_order) == ordered
