"""Laws of fill quality (BEHAVIOUR 22.21: side-adjusted, against arrival and limit)."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.execution.quality import Arrival, OrderQuality, Trade, bps, measure_order, summarise
from engine.model.numbers import MICRO, Money, Price, Quantity
from engine.model.order import Fill, Side
from engine.model.time import SECOND, Timestamp

AT = Timestamp(1_767_625_200_000_000)


def trade(
    side: Side, price: str, shares: int = 100, mid: str | None = "100", limit: str | None = None,
    order: str = "o1", after: int = 2,
) -> Trade:  # fmt: skip
    at = Timestamp(AT + after * SECOND)
    fill = Fill(f"f{after}", order, "SPY", side, Quantity(shares * MICRO), micros(price), Money(0), at)
    arrival = None if mid is None else Arrival.of(micros(mid), micros(mid))
    return Trade(fill, arrival, None if limit is None else micros(limit))


def micros(text: str) -> Price:
    return Price(int(Fraction(text) * MICRO))


def measured(*trades: Trade) -> OrderQuality:
    return measure_order(trades, AT)


@pytest.mark.parametrize(
    ("side", "price", "cost"),
    [
        (Side.BUY, "100.05", "5"),
        (Side.SELL, "99.95", "5"),
        (Side.BUY, "99.95", "-5"),
        (Side.SELL, "100.05", "-5"),
    ],
)
def test_paying_more_and_getting_less_both_cost(side: Side, price: str, cost: str) -> None:
    assert bps(measured(trade(side, price)).against_arrival) == cost


def test_market_orders_are_measured_too_and_missing_references_stay_unknown() -> None:
    quality = measured(trade(Side.BUY, "101"))
    assert (bps(quality.against_arrival), quality.against_limit) == ("100", None)
    assert measured(trade(Side.BUY, "101", mid=None, limit="102")).against_arrival is None


def test_one_trade_without_reference_leaves_the_whole_order_unknown() -> None:
    known, unknown = trade(Side.BUY, "101"), trade(Side.BUY, "101", mid=None, after=3)
    assert measured(known, unknown).against_arrival is None


def test_limit_held_is_no_cost_and_limit_broken_is() -> None:
    assert bps(measured(trade(Side.SELL, "101", limit="100")).against_limit) == "-100"
    assert bps(measured(trade(Side.SELL, "99", limit="100")).against_limit) == "100"


def test_delay_runs_from_the_submission_to_the_first_trade() -> None:
    late, early = trade(Side.BUY, "100", after=9), trade(Side.BUY, "100", after=3)
    assert measured(late, early).delay == 3 * SECOND
    assert measure_order([late], None).delay is None


def test_order_is_measured_at_its_average_price() -> None:
    quality = measured(trade(Side.BUY, "100", 300), trade(Side.BUY, "104", 100, after=3))
    assert (bps(quality.against_arrival), quality.trades) == ("100", 2)
    assert quality.value == (300 * 100 + 100 * 104) * MICRO * MICRO


@given(st.integers(1, 10**9), st.integers(1, 10**9), st.integers(1, 10**9), st.integers(0, 3), st.sampled_from(Side))
def test_cost_is_rounded_up_and_never_by_a_whole_micro(
    price: int, bid: int, quantity: int, spread: int, side: Side
) -> None:
    one = Fill("f", "o", "SPY", side, Quantity(quantity), Price(price), Money(0), AT)
    cost = measured(Trade(one, Arrival.of(bid, bid + spread), None)).against_arrival
    assert cost is not None
    mid = Fraction(2 * bid + spread, 2)
    exact = side.sign * (price - mid) * MICRO
    assert exact <= cost.rate * mid < exact + mid


@given(
    st.integers(1, 10**9), st.integers(1, 10**9), st.integers(1, 10**9), st.integers(1, 50), st.integers(1, 50),
    st.sampled_from(Side),
)  # fmt: skip
def test_a_split_between_decision_and_trade_changes_no_cost(
    price: int, mid: int, quantity: int, numerator: int, denominator: int, side: Side
) -> None:
    before = Fill("f", "o", "SPY", side, Quantity(quantity * denominator), Price(price * numerator), Money(0), AT)
    after = replace(before, quantity=Quantity(quantity * numerator), price=Price(price * denominator))
    arrival = Arrival.of(mid, mid + 1)
    plain = measured(Trade(before, arrival, None)).against_arrival
    split = measured(Trade(after, arrival.after_split(numerator, denominator), None)).against_arrival
    assert plain == split


def test_a_fall_by_the_dividend_is_neither_cost_nor_gain() -> None:
    arrival = Arrival.of(micros("100"), micros("100")).after_dividend(1, 4)
    bought = replace(trade(Side.BUY, "99.75"), arrival=arrival)
    assert bps(measured(bought).against_arrival) == "0"
    assert measured(bought).quoted == 100 * MICRO


def test_a_dividend_of_all_there_was_leaves_nothing_to_measure_by() -> None:
    spent = Arrival.of(micros("2"), micros("2")).after_dividend(2, 1)
    assert spent.mid is None
    assert spent.after_split(2, 1).mid is None and spent.after_dividend(1, 1).mid is None
    assert measured(replace(trade(Side.BUY, "1"), arrival=spent)).against_arrival is None


@pytest.mark.parametrize(
    "trades",
    [
        [],
        [trade(Side.BUY, "1"), trade(Side.SELL, "1", after=3)],
        [trade(Side.BUY, "1"), trade(Side.BUY, "1", order="o2", after=3)],
    ],
)
def test_trades_of_no_or_two_orders_are_not_measured_together(trades: list[Trade]) -> None:
    with pytest.raises(ValueError, match="cannot be measured together"):
        measure_order(trades, AT)


def test_the_average_is_weighted_by_what_each_order_was_worth() -> None:
    large, small = trade(Side.BUY, "100.1", 300), trade(Side.SELL, "99", 100, order="o2", limit="99")
    figures = summarise([measured(large), measured(small), measured(trade(Side.BUY, "7", mid=None, order="o3"))])
    assert (figures.orders, figures.trades, figures.arrival_orders, figures.limit_orders) == (3, 3, 2, 1)
    # 300 x 0.10 + 100 x 1 of 40,000
    assert (figures.arrival_cost, figures.arrival_bps, figures.limit_bps) == ("130", "32.5", "0")
    assert (figures.longest_delay_s, figures.undefined) == ("2", {})


def test_figures_that_do_not_exist_say_why() -> None:
    figures = summarise([])
    assert (figures.arrival_bps, figures.arrival_cost, figures.limit_bps, figures.longest_delay_s) == (None,) * 4
    assert set(figures.undefined) == {"arrival_bps", "arrival_cost", "limit_bps", "longest_delay_s"}
