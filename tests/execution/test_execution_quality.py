"""Laws of fill quality (BEHAVIOUR 22.21: side-adjusted, against arrival and limit)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.execution.quality import Arrival, measure_fill, measure_order
from engine.model.numbers import MICRO, Money, Price, Quantity
from engine.model.order import Fill, Side
from engine.model.time import SECOND, Timestamp

AT = Timestamp(1_767_625_200_000_000)


def fill(side: Side, price: float, count: int = 100, key: str = "f1", after: int = 2) -> Fill:
    at = Timestamp(AT + after * SECOND)
    return Fill(key, "o1", "SPY", side, Quantity(count * MICRO), Price(round(price * MICRO)), Money(0), at)


def arrival(mid: int | None = 100, limit: int | None = None) -> Arrival:
    prices = [None if each is None else Price(each * MICRO) for each in (mid, limit)]
    return Arrival(prices[0], prices[1], AT)


@pytest.mark.parametrize(
    ("side", "price", "cost"),
    [(Side.BUY, 100.05, 500), (Side.SELL, 99.95, 500), (Side.BUY, 99.95, -500), (Side.SELL, 100.05, -500)],
)
def test_paying_more_and_getting_less_both_cost(side: Side, price: float, cost: int) -> None:
    assert measure_fill(fill(side, price), arrival()).against_arrival == cost


def test_market_orders_are_measured_too_and_missing_references_stay_unknown() -> None:
    quality = measure_fill(fill(Side.BUY, 101), arrival(limit=None))
    assert (quality.against_arrival, quality.against_limit) == (10_000, None)
    assert measure_fill(fill(Side.BUY, 101), arrival(mid=None, limit=102)).against_arrival is None


def test_limit_held_is_no_cost_and_limit_broken_is() -> None:
    assert measure_fill(fill(Side.SELL, 101), arrival(limit=100)).against_limit == -10_000
    assert measure_fill(fill(Side.SELL, 99), arrival(limit=100)).against_limit == 10_000


def test_delay_runs_from_the_submission_to_the_first_trade() -> None:
    fills = [fill(Side.BUY, 100, key="f2", after=9), fill(Side.BUY, 100, after=3)]
    assert measure_order(fills, arrival()).delay == 3 * SECOND


def test_order_is_measured_at_its_average_price() -> None:
    fills = [fill(Side.BUY, 100, 300), fill(Side.BUY, 104, 100, "f2")]
    assert measure_order(fills, arrival()).against_arrival == 10_000


@given(st.integers(1, 10**9), st.integers(1, 10**9), st.integers(1, 10**9), st.sampled_from(Side))
def test_cost_is_rounded_up_and_never_by_a_whole_micro(price: int, mid: int, quantity: int, side: Side) -> None:
    one = Fill("f", "o", "SPY", side, Quantity(quantity), Price(price), Money(0), AT)
    cost = measure_fill(one, Arrival(Price(mid), None, AT)).against_arrival
    assert cost is not None
    exact = side.sign * (price - mid) * MICRO
    assert exact <= cost * mid < exact + mid


@pytest.mark.parametrize("fills", [[], [fill(Side.BUY, 1), fill(Side.SELL, 1)]])
def test_trades_of_no_or_two_sides_are_not_measured_together(fills: list[Fill]) -> None:
    with pytest.raises(ValueError, match="cannot be measured together"):
        measure_order(fills, arrival())
