"""When and at what price the paper broker fills (BEHAVIOUR 14, 15; FORMATS, Quotes from bars)."""

from collections.abc import Iterator

import pytest

from engine.brokers.contract import Rejected, ReplaceRequest
from engine.brokers.messages import Expired
from engine.execution.slippage import CostModel
from engine.model.bar import Bar, Timeframe
from engine.model.numbers import MICRO, Money, Quantity, Ratio
from engine.model.order import Side, TimeInForce
from engine.model.time import DAY, MINUTE, Timestamp
from tests.brokers.paper_world import SESSIONS, PaperWorld, price, shares

BPS = 100
B, S = Side.BUY, Side.SELL
GTC, IOC, FOK = TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK


@pytest.fixture
def world() -> Iterator[PaperWorld]:
    """No costs at all; day 0 has been fed."""
    yield from fed(CostModel())


@pytest.fixture
def dear() -> Iterator[PaperWorld]:
    """10 bps slippage and a commission of 0.005 a share and 1 bps."""
    yield from fed(
        CostModel(base_slippage=Ratio(10 * BPS), commission_per_share=Money(5_000), commission_rate=Ratio(BPS))
    )


def fed(costs: CostModel, volume: int = 1_000_000) -> Iterator[PaperWorld]:
    made = PaperWorld(":memory:", costs)
    made.open(0, 100)
    made.bar(0, (100, 101, 99, 100), volume=volume)
    yield made
    made.close()


def test_order_decided_on_a_bar_never_fills_on_it(world: PaperWorld) -> None:
    world.submit("M")
    world.submit("L", limit=150)
    assert world.bar(0, (100, 101, 99, 100)) is False
    assert world.fills() == []
    world.open(1, 103)
    assert world.fills() == [("M", 103, 100, 0), ("L", 103, 100, 0)]


def test_order_sent_inside_a_bar_does_not_know_that_bar(world: PaperWorld) -> None:
    world.open(1, 100)
    world.clock.advance_to(world.opens(1) + MINUTE)
    world.submit("L", limit=99, tif=GTC)
    world.bar(1, (100, 101, 90, 100))
    assert world.fills() == []
    world.open(2, 100)
    world.bar(2, (100, 101, 98, 100))
    assert world.fills() == [("L", 99, 100, 0)]


def test_replaced_order_does_not_know_the_bar_it_was_replaced_in(world: PaperWorld) -> None:
    world.submit("L", limit=90, tif=GTC)
    world.open(1, 100)
    world.clock.advance_to(world.opens(1) + MINUTE)
    world.broker.replace(ReplaceRequest("R", "L", shares(100), price(99)))
    world.bar(1, (100, 101, 95, 100))
    assert world.fills() == []


def test_market_orders_fill_at_the_open_slipped_against_us_with_commission(dear: PaperWorld) -> None:
    dear.submit("BUY")
    dear.submit("SELL", S)
    dear.open(1, 200)
    # 200 x 1.001 = 200.20 and 200 x 0.999 = 199.80; 100 x 0.005 + 1 bps of the value.
    assert dear.fills() == [("BUY", 200.2, 100, 2.502), ("SELL", 199.8, 100, 2.498)]


def test_range_of_the_last_bar_widens_the_slippage_at_an_open_and_the_cap_holds() -> None:
    # Day 0 ranges 2 of 100: 200 bps x 0.5 = 100 bps, capped at 30.
    for expected, costs in (
        (101.0, CostModel(volatility_multiplier=Ratio(MICRO // 2), slippage_cap=Ratio(MICRO - 1))),
        (100.3, CostModel(volatility_multiplier=Ratio(MICRO // 2), slippage_cap=Ratio(30 * BPS))),
    ):
        world = next(fed(costs))
        world.submit("M")
        world.open(1, 100)
        assert world.fills() == [("M", expected, 100, 0)]
        world.close()


def test_marketable_limit_fills_at_the_open_and_never_worse_than_its_limit(dear: PaperWorld) -> None:
    dear.submit("TIGHT", limit=200.1)
    dear.submit("WIDE", limit=210)
    dear.submit("OUT", limit=199.99)
    dear.submit("TIGHT-S", S, limit=199.9)
    dear.submit("OUT-S", S, limit=200.01)
    dear.open(1, 200)
    assert [fill[:2] for fill in dear.fills()] == [("TIGHT", 200.1), ("WIDE", 200.2), ("TIGHT-S", 199.9)]


@pytest.mark.parametrize(("low", "fills"), [(95.01, []), (95, []), (94.99, [("L", 95, 100, 0)])])
def test_resting_limit_fills_at_its_price_only_when_traded_through(
    world: PaperWorld, low: float, fills: list[object]
) -> None:
    world.submit("L", limit=95)
    world.open(1, 100)
    world.bar(1, (100, 101, low, 100))
    assert world.fills() == fills


def test_resting_sell_limit_mirrors_the_buy(world: PaperWorld) -> None:
    world.submit("TOUCHED", S, limit=105)
    world.submit("THROUGH", S, limit=104.99)
    world.open(1, 100)
    world.bar(1, (100, 105, 99, 100))
    assert world.fills() == [("THROUGH", 104.99, 100, 0)]


def test_stop_fills_at_the_worse_of_stop_and_open_with_slippage(dear: PaperWorld) -> None:
    dear.submit("INSIDE", stop=104)
    dear.submit("GAP", stop=99)
    dear.submit("NOT", stop=110)
    dear.submit("INSIDE-S", S, stop=96)
    dear.submit("GAP-S", S, stop=101)
    dear.open(1, 100)
    assert [fill[:2] for fill in dear.fills()] == [("GAP", 100.1), ("GAP-S", 99.9)]
    dear.bar(1, (100, 105, 95, 100))
    assert [fill[:2] for fill in dear.fills()[2:]] == [("INSIDE", 104.104), ("INSIDE-S", 95.904)]


def test_bar_without_an_open_step_reads_the_gap_itself(dear: PaperWorld) -> None:
    dear.submit("GAP", stop=104)
    dear.bar(1, (108, 109, 107, 108))
    assert [fill[:2] for fill in dear.fills()] == [("GAP", 108.108)]


def test_stop_limit_becomes_a_limit_and_never_fills_worse(dear: PaperWorld) -> None:
    dear.submit("AT-ONCE", stop=104, limit=104.05, tif=GTC)
    dear.submit("RESTS", stop=104, limit=103, tif=GTC)
    dear.open(1, 100)
    dear.bar(1, (100, 105, 95, 100))
    assert [fill[:2] for fill in dear.fills()] == [("AT-ONCE", 104.05)]
    dear.open(2, 103.5)
    dear.bar(2, (103.5, 104, 102.9, 104))
    assert [fill[:2] for fill in dear.fills()[1:]] == [("RESTS", 103)]


def test_stop_limit_that_has_not_gone_off_is_no_limit_order(world: PaperWorld) -> None:
    world.submit("SL", stop=110, limit=112, tif=GTC)
    world.open(1, 100)
    world.bar(1, (100, 105, 95, 100))
    assert world.fills() == []


def test_day_order_expires_at_the_close_of_its_session(world: PaperWorld) -> None:
    world.submit("DAY", limit=90)
    world.submit("GTC", limit=90, tif=GTC)
    world.open(1, 100)
    world.bar(1, (100, 101, 95, 100))
    assert world.kinds("DAY") == ["Ack", "Expired"] and world.kinds("GTC") == ["Ack"]
    world.open(2, 80)
    assert [fill[0] for fill in world.fills()] == ["GTC"]


def test_day_order_of_a_symbol_that_no_longer_trades_ends_with_the_next_step_of_another(
    world: PaperWorld,
) -> None:
    world.submit("DEAD", limit=90, symbol="GONE")
    world.open(1, 100)
    world.bar(1, (100, 101, 95, 100))
    assert world.kinds("DEAD") == ["Ack"]
    world.open(2, 100)
    (ended,) = [event for event in world.events() if isinstance(event, Expired)]
    assert (ended.client_order_id, ended.at) == ("DEAD", world.closes(1))


def test_immediate_orders_fill_at_the_next_open_or_end(world: PaperWorld) -> None:
    world.submit("HIT", limit=101, tif=IOC)
    world.submit("MISS", limit=99, tif=IOC)
    world.open(1, 100)
    assert [fill[0] for fill in world.fills()] == ["HIT"]
    assert world.kinds("MISS") == ["Ack", "Expired"]


@pytest.mark.parametrize("tif", [TimeInForce.OPG, TimeInForce.CLS])
def test_auction_orders_are_refused_because_bars_show_no_auction(world: PaperWorld, tif: TimeInForce) -> None:
    answer = world.submit("A", tif=tif)
    assert isinstance(answer, Rejected) and answer.code == "UNSUPPORTED_TIME_IN_FORCE"
    assert world.kinds("A") == ["Reject"]


def test_day_order_beyond_the_calendar_is_refused_and_not_guessed(world: PaperWorld) -> None:
    world.clock.advance_to(world.closes(-1))
    answer = world.submit("A")
    assert isinstance(answer, Rejected) and answer.code == "OUTSIDE_CALENDAR"


def test_participation_fills_in_parts_in_the_order_accepted() -> None:
    # A tenth of a volume of 1,000 is 100 shares a step.
    world = next(fed(CostModel(participation=Ratio(100_000)), volume=1_000))
    world.submit("FIRST", count=70)
    world.submit("SECOND", count=70)
    world.submit("ALL", count=70, tif=FOK)
    world.open(1, 100)
    assert world.fills() == [("FIRST", 100, 70, 0), ("SECOND", 100, 30, 0)]
    assert world.kinds("SECOND") == ["Ack", "PartialFill"] and world.kinds("ALL") == ["Ack", "Expired"]
    world.bar(1, (100, 101, 99, 100), volume=200)
    assert world.kinds("SECOND") == ["Ack", "PartialFill", "Expired"]
    world.close()


def test_resting_orders_of_a_bar_share_its_volume() -> None:
    world = next(fed(CostModel(participation=Ratio(100_000)), volume=1_000))
    for key in ("A", "B"):
        world.submit(key, count=30, limit=95, tif=GTC)
    world.open(1, 100)
    world.bar(1, (100, 101, 90, 100), volume=459)
    assert world.fills() == [("A", 95, 30, 0), ("B", 95, 15, 0)]
    world.open(2, 94)
    assert world.fills()[2:] == [("B", 94, 15, 0)]
    world.close()


def test_fills_of_one_symbol_never_use_the_price_of_another(world: PaperWorld) -> None:
    world.submit("SPY")
    world.submit("QQQ", symbol="QQQ")
    world.open(1, 100, "SPY")
    assert world.fills() == [("SPY", 100, 100, 0)]
    world.open(1, 300, "QQQ")
    assert world.fills()[1:] == [("QQQ", 300, 100, 0)]


def test_order_decided_at_the_close_of_a_bar_fills_at_the_open_of_the_one_that_begins_then() -> None:
    world = PaperWorld(":memory:")
    start = world.opens(0)

    def feed(count: int) -> None:
        begin = Timestamp(start + count * 5 * MINUTE)
        world.clock.advance_to(begin)
        world.broker.on_open("SPY", price(100 + count), begin)
        end = Timestamp(begin + 5 * MINUTE)
        world.clock.advance_to(end)
        prices = [price(100 + count)] * 4
        world.broker.on_bar(Bar("SPY", Timeframe.MINUTE_5, end, *prices, shares(1_000)))

    feed(0)
    world.submit("M")
    feed(1)
    feed(2)
    assert world.fills() == [("M", 101, 100, 0)]
    world.close()


def test_incomplete_bar_moves_nothing(world: PaperWorld) -> None:
    world.submit("L", limit=95)
    world.open(1, 100)
    bar = world.daily(1, (100, 101, 90, 100))
    forming = Bar(bar.symbol, bar.timeframe, bar.end_ts, bar.open, bar.high, bar.low, bar.close, bar.volume, False)
    assert world.broker.on_bar(forming) is False and world.fills() == []
    assert world.broker.on_bar(bar) is True and len(world.fills()) == 1


@pytest.mark.parametrize("prices", [(100, 99, 98, 98), (100, 101, 0, 100), (100, 101, 100.5, 100.7)])
def test_what_is_no_bar_is_never_traded(world: PaperWorld, prices: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="is not a bar"):
        world.bar(1, prices)


def test_snapshot_shows_orders_positions_money_and_its_time(world: PaperWorld) -> None:
    world.submit("M", count=10)
    world.open(1, 100)
    world.submit("L", limit=90, tif=GTC)
    snapshot = world.broker.snapshot()
    assert snapshot.captured_at == world.opens(1)
    (held,) = snapshot.positions
    assert (held.symbol, held.quantity, held.average_price) == ("SPY", 10 * MICRO, 100 * MICRO)
    assert snapshot.account.cash == 99_000 * MICRO and snapshot.account.equity == 100_000 * MICRO
    assert [order.client_order_id for order in snapshot.orders] == ["L"]
    (traded,) = snapshot.fills
    assert traded.fill.order_id == "M" and traded.fill.fill_id == f"{traded.broker_order_id}-1"
    assert world.broker.snapshot(Timestamp(world.opens(1) + 1)).fills == ()


def test_equity_is_unknown_while_a_held_symbol_has_no_price() -> None:
    world = PaperWorld(":memory:")
    world.submit("M", count=10)
    world.open(0, 100)
    assert world.broker.snapshot().account.equity is None
    world.close()


def test_fraction_of_a_share_trades_exactly(world: PaperWorld) -> None:
    world.submit("M", count=1)
    world.broker.replace(ReplaceRequest("R", "M", Quantity(123_457)))
    world.open(1, 33.333333)
    _, cash = world.book.account()
    assert cash == 100_000 * 10**12 - 123_457 * 33_333_333


def test_first_bar_fed_without_its_open_began_its_length_before_its_end() -> None:
    world = PaperWorld(":memory:", at=SESSIONS[0].close - DAY)
    world.submit("BEFORE", limit=95, tif=GTC)
    world.clock.advance_to(SESSIONS[0].close - DAY + 1)
    world.submit("INSIDE", limit=95, tif=GTC)
    world.bar(0, (100, 101, 90, 100))
    assert [fill[0] for fill in world.fills()] == ["BEFORE"]
    world.close()


def test_bar_fed_without_its_open_began_where_the_last_one_ended(world: PaperWorld) -> None:
    world.submit("BEFORE", limit=95, tif=GTC)
    world.clock.advance_to(world.closes(0) + 1)
    world.submit("INSIDE", limit=95, tif=GTC)
    world.bar(1, (100, 101, 90, 100))
    assert [fill[0] for fill in world.fills()] == ["BEFORE"]
