"""Splits and dividends at the paper broker, and that its book and the desk's ledger never part."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.brokers.contract import BrokerOrder
from engine.brokers.messages import Expired, FinalFill, PartialFill
from engine.execution.oms import Order, adjust_for_split, apply, fill_of
from engine.execution.slippage import CostModel
from engine.model.numbers import MICRO, Money, Price, Quantity, Ratio
from engine.model.order import OrderType, Side, TimeInForce
from engine.portfolio.ledger import Ledger
from tests.brokers.paper_world import PaperWorld, price, shares

GTC = TimeInForce.GTC


def held(world: PaperWorld, count: int = 100, at: float = 100) -> None:
    """Hold `count` shares bought at the first open, and have seen the first bar."""
    world.submit("HELD", Side.BUY if count > 0 else Side.SELL, abs(count))
    world.open(0, at)
    world.bar(0, (at, at, at, at))


def position(world: PaperWorld) -> int:
    return world.book.holding("SPY").quantity


def cash(world: PaperWorld) -> int:
    return world.book.account()[1]


def test_split_multiplies_the_holding_and_leaves_money_alone() -> None:
    world = PaperWorld(":memory:")
    held(world)
    before = world.broker.snapshot()
    assert world.broker.on_split("SPY", 2, 1, None, world.opens(1)) is True
    after = world.broker.snapshot()
    assert position(world) == shares(200)
    assert after.account == before.account
    assert after.positions[0].average_price == 50 * MICRO
    world.close()


@pytest.mark.parametrize("count", [7, -7])
def test_what_falls_below_a_micro_share_is_paid_out(count: int) -> None:
    world = PaperWorld(":memory:")
    held(world, count)
    before = cash(world)
    world.broker.on_split("SPY", 1, 3, price(300), world.opens(1))
    # 7 shares become 2.333333 and a third of a micro-share at 300, which is 100 micros.
    sign = 1 if count > 0 else -1
    assert position(world) == sign * 2_333_333
    assert cash(world) - before == sign * 100 * MICRO
    world.close()


def test_fraction_without_a_price_is_refused_and_changes_nothing() -> None:
    world = PaperWorld(":memory:")
    held(world, 7)
    with pytest.raises(ValueError, match="no price"):
        world.broker.on_split("SPY", 1, 3, None, world.opens(1))
    assert position(world) == shares(7)
    assert world.broker.on_split("SPY", 1, 3, price(300), world.opens(1)) is True
    world.close()


def test_open_orders_follow_the_split_and_the_desk_s_own_book_follows_alike() -> None:
    world = PaperWorld(":memory:")
    held(world)
    for key, side, limit, stop in (
        ("BUY", Side.BUY, 33.333333, None),
        ("SELL", Side.SELL, 333.333333, None),
        ("STOP-S", Side.SELL, None, 33.333333),
        ("BOTH", Side.BUY, 333.333334, 333.333333),
    ):
        world.submit(key, side, 101, limit, stop, GTC)
        found = world.broker.query(key)
        assert isinstance(found, BrokerOrder)
        order = Order(key, key, "SPY", side, found.type, found.quantity, found.limit_price, found.stop_price)
        world.broker.on_split("SPY", 7_000_007, 1_000_000, price(10), world.opens(len(world.events())))
        after = world.broker.query(key)
        assert isinstance(after, BrokerOrder)
        ours = adjust_for_split(order, 7_000_007, 1_000_000)
        assert (after.quantity, after.limit_price, after.stop_price) == (
            ours.quantity,
            ours.limit_price,
            ours.stop_price,
        )
        assert after.quantity == 101 * 7_000_007
    world.close()


def test_order_decided_before_a_split_fills_the_split_quantity_at_the_new_price() -> None:
    world = PaperWorld(":memory:")
    held(world)
    world.submit("EXIT", Side.SELL, 100)
    world.broker.on_split("SPY", 2, 1, None, world.opens(1))
    world.open(1, 50)
    assert position(world) == 0 and world.fills()[-1] == ("EXIT", 50, 200, 0)
    world.close()


def test_limits_never_get_worse_and_stops_never_earlier_by_a_split() -> None:
    world = PaperWorld(":memory:")
    held(world)
    for key, side, limit, stop in (
        ("A", Side.BUY, 100, None),
        ("B", Side.SELL, 100, None),
        ("C", Side.BUY, None, 100),
        ("D", Side.SELL, None, 100),
    ):
        world.submit(key, side, 3, limit, stop, GTC)
    world.broker.on_split("SPY", 3, 1, None, world.opens(1))
    seen = [world.broker.query(key) for key in "ABCD"]
    assert [order.limit_price or order.stop_price for order in seen] == [  # type: ignore[union-attr]
        33_333_333,
        33_333_334,
        33_333_334,
        33_333_333,
    ]
    world.close()


def test_order_a_split_leaves_nothing_of_ends() -> None:
    world = PaperWorld(":memory:")
    held(world)
    world.submit("TINY", count=1, limit=90, tif=GTC)
    world.broker.on_split("SPY", 1, 2_000_000, price(1), world.opens(1))
    assert isinstance(world.events()[-1], Expired)
    world.close()


@pytest.mark.parametrize(("count", "paid"), [(100, 25), (-100, -25), (0, 0)])
def test_dividend_pays_long_and_charges_short(count: int, paid: int) -> None:
    world = PaperWorld(":memory:")
    if count:
        held(world, count)
    before = cash(world)
    world.broker.on_dividend("SPY", 1, 4, world.opens(1))
    assert cash(world) - before == paid * 10**12
    world.close()


def test_dividend_of_many_decimals_is_rounded_once_half_to_even() -> None:
    world = PaperWorld(":memory:")
    held(world, 3)
    before = cash(world)
    # 3 x 0.62495446 = 1.87486338; 3 x 0.0000005 = 0.0000015 lies half way and goes to 2 micros.
    world.broker.on_dividend("SPY", 62_495_446, 10**8, world.opens(1))
    world.broker.on_dividend("SPY", 5, 10**7, world.opens(2))
    assert cash(world) - before == (1_874_863 + 2) * MICRO
    world.close()


@pytest.mark.parametrize("step", ["split", "dividend"])
def test_action_fed_again_is_done_once(step: str) -> None:
    world = PaperWorld(":memory:")
    held(world)
    for expected in (True, False, False):
        if step == "split":
            done = world.broker.on_split("SPY", 2, 1, None, world.opens(1))
        else:
            done = world.broker.on_dividend("SPY", 1, 4, world.opens(1))
        assert done is expected
    assert position(world) == shares(200 if step == "split" else 100)
    world.close()


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("order"), st.sampled_from(list(Side)), st.integers(1, 300)),
        st.tuples(st.just("split"), st.integers(1, 9), st.integers(1, 9)),
        st.tuples(st.just("odd split"), st.just(7_000_007), st.just(1_000_000)),
        st.tuples(st.just("dividend"), st.integers(1, 10**8), st.just(10**8)),
        st.tuples(st.just("day"), st.integers(1, 10**9), st.just(0)),
    ),
    max_size=14,
)


@settings(max_examples=80, deadline=None)
@given(STEPS)
def test_broker_s_book_and_the_desk_s_ledger_agree_to_the_last_digit(
    steps: list[tuple[str, int, int]],
) -> None:
    costs = CostModel(base_slippage=Ratio(700), commission_rate=Ratio(33), commission_per_share=Money(5_000))
    world = PaperWorld(":memory:", costs)
    ledger = Ledger(Money(100_000 * MICRO))
    orders: dict[str, Order] = {}
    taken = 0
    for count, (what, first, second) in enumerate(steps):
        day = count
        if what == "order":
            key, side = f"O{count}", Side(first)
            world.submit(key, side, second, tif=GTC)
            orders[key] = Order(key, key, "SPY", side, OrderType.MARKET, shares(second))
        elif what == "dividend":
            world.broker.on_dividend("SPY", first, second, world.opens(day))
            ledger.apply_dividend("SPY", (first, second), world.opens(day))
        elif what == "day":
            world.clock.advance_to(world.opens(day))
            world.broker.on_open("SPY", Price(first), world.opens(day))
        else:
            world.broker.on_split("SPY", first, second, price(10), world.opens(day))
            ledger.apply_split("SPY", first, second, price(10), world.opens(day))
            orders = {
                key: order if order.state.is_terminal else adjust_for_split(order, first, second)
                for key, order in orders.items()
            }
        events = world.events()
        for event in events[taken:]:
            order = orders[event.client_order_id]
            after = apply(order, event)
            assert isinstance(after, Order), after
            orders[event.client_order_id] = after
            if isinstance(event, (PartialFill, FinalFill)):
                ledger.apply_fill(fill_of(order, event))
        taken = len(events)
        assert cash(world) == ledger.cash
        assert position(world) == ledger.quantity("SPY")
        working = {order.client_order_id: order.quantity for order in world.broker.snapshot().orders}
        assert working == {key: order.quantity for key, order in orders.items() if not order.state.is_terminal}
    world.close()


def test_actions_survive_the_restart(tmp_path: Path) -> None:
    world = PaperWorld(tmp_path / "paper.db")
    held(world)
    world.broker.on_split("SPY", 2, 1, None, world.opens(1))
    again = world.reopen()
    assert again.on_split("SPY", 2, 1, None, world.opens(1)) is False
    assert world.book.holding("SPY").quantity == Quantity(200 * MICRO)
    world.close()
