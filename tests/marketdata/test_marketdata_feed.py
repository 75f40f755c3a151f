"""One stream from many series: fixed order, no look-ahead, flat memory."""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from itertools import islice

import pytest

from engine.marketdata.calendar import load_calendar
from engine.marketdata.corporate_actions import Dividend, Split
from engine.marketdata.feed import (
    BarClosed,
    DividendApplied,
    FeedOrderFault,
    MarketEvent,
    OpenTick,
    SplitApplied,
    event_order,
    market_events,
)
from engine.model.bar import Bar, Timeframe
from engine.model.calendar import CalendarBounds
from engine.model.numbers import Price, Quantity
from engine.model.time import Timestamp, format_timestamp, parse_timestamp

XNYS = load_calendar()
H1, D1 = Timeframe.HOUR_1, Timeframe.DAY_1


def bar(symbol: str, end: str, opened: int, close: int, timeframe: Timeframe = D1) -> Bar:
    low, high = sorted((opened, close))
    prices = (Price(price * 1_000_000) for price in (opened, high, low, close))
    return Bar(symbol, timeframe, parse_timestamp(end), *prices, Quantity(1))


def told(events: Iterator[MarketEvent]) -> list[str]:
    lines = []
    for event in events:
        detail = ""
        match event:
            case OpenTick(price=price):
                detail = str(price // 1_000_000)
            case BarClosed(bar=closed):
                detail = str(closed.close // 1_000_000)
            case SplitApplied(factor=factor):
                detail = str(factor)
            case DividendApplied(cash=cash):
                detail = str(cash)
        lines.append(f"{format_timestamp(event.at)[5:16]} {type(event).__name__} {event.symbol} {detail}")
    return lines


def test_daily_bars_open_with_the_session_and_close_with_it() -> None:
    series = {
        "B": [bar("B", "2026-01-05T21:00:00Z", 10, 11), bar("B", "2026-01-06T21:00:00Z", 12, 13)],
        "A": [bar("A", "2026-01-05T21:00:00Z", 20, 21)],
    }
    assert told(market_events(series, (), XNYS)) == [
        "01-05T14:30 OpenTick A 20",
        "01-05T14:30 OpenTick B 10",
        "01-05T21:00 BarClosed A 21",
        "01-05T21:00 BarClosed B 11",
        "01-06T14:30 OpenTick B 12",
        "01-06T21:00 BarClosed B 13",
    ]


def test_at_one_instant_every_bar_closes_before_any_opens() -> None:
    ends = ("2026-01-05T16:00:00Z", "2026-01-05T17:00:00Z")
    series = {name: [bar(name, end, 10, 11, H1) for end in ends] for name in ("A", "B")}
    assert told(market_events(series, (), XNYS))[2:6] == [
        "01-05T16:00 BarClosed A 11",
        "01-05T16:00 BarClosed B 11",
        "01-05T16:00 OpenTick A 10",
        "01-05T16:00 OpenTick B 10",
    ]


def test_actions_come_before_the_open_of_their_session() -> None:
    day = date(2026, 1, 6)
    series = {
        "A": [bar("A", "2026-01-05T21:00:00Z", 10, 11), bar("A", "2026-01-06T21:00:00Z", 5, 6)],
        "B": [bar("B", "2026-01-06T21:00:00Z", 7, 8)],
    }
    actions = [
        Dividend("B", day, Fraction(1, 4)),
        Dividend("A", day, Fraction(1)),
        Split("A", day, Fraction(2)),
    ]
    assert told(market_events(series, actions, XNYS))[1:] == [
        "01-05T21:00 BarClosed A 11",
        "01-06T14:30 SplitApplied A 2",
        "01-06T14:30 DividendApplied A 1",
        "01-06T14:30 DividendApplied B 1/4",
        "01-06T14:30 OpenTick A 5",
        "01-06T14:30 OpenTick B 7",
        "01-06T21:00 BarClosed A 6",
        "01-06T21:00 BarClosed B 8",
    ]


def test_an_action_needs_no_bar_and_no_series() -> None:
    actions = [Split("A", date(2026, 1, 6), Fraction(2)), Split("Z", date(2026, 1, 7), Fraction(3))]
    series = {"A": [bar("A", "2026-01-05T21:00:00Z", 10, 11), bar("A", "2026-01-08T21:00:00Z", 5, 6)]}
    assert told(market_events(series, actions, XNYS))[2:4] == [
        "01-06T14:30 SplitApplied A 2",
        "01-07T14:30 SplitApplied Z 3",
    ]


def test_an_action_after_the_last_bar_still_happens() -> None:
    series = {"A": [bar("A", "2026-01-05T21:00:00Z", 10, 11)]}
    actions = [Split("A", date(2026, 1, 9), Fraction(2))]
    assert told(market_events(series, actions, XNYS))[-1] == "01-09T14:30 SplitApplied A 2"


def test_a_premarket_bar_already_trades_on_the_split() -> None:
    series = {"A": [bar("A", "2026-01-05T21:00:00Z", 10, 11, H1), bar("A", "2026-01-06T12:00:00Z", 5, 6, H1)]}
    actions = [Split("A", date(2026, 1, 6), Fraction(2))]
    assert told(market_events(series, actions, XNYS))[2:] == [
        "01-06T11:00 SplitApplied A 2",
        "01-06T11:00 OpenTick A 5",
        "01-06T12:00 BarClosed A 6",
    ]


def test_an_evening_bar_belongs_to_the_day_before_the_split() -> None:
    series = {"A": [bar("A", "2026-01-06T00:00:00Z", 10, 11, H1), bar("A", "2026-01-06T15:00:00Z", 5, 6, H1)]}
    actions = [Split("A", date(2026, 1, 6), Fraction(2))]
    kinds = [type(event) for event in market_events(series, actions, XNYS)]
    assert kinds == [OpenTick, BarClosed, SplitApplied, OpenTick, BarClosed]


def test_the_short_last_hour_opens_where_the_bar_before_it_ended() -> None:
    ends = ("2026-01-05T19:30:00Z", "2026-01-05T21:00:00Z")
    series = {"A": [bar("A", end, 10, 11, H1) for end in ends]}
    assert told(market_events(series, (), XNYS)) == [
        "01-05T18:30 OpenTick A 10",
        "01-05T19:30 BarClosed A 11",
        "01-05T20:30 OpenTick A 10",
        "01-05T21:00 BarClosed A 11",
    ]


def test_the_order_does_not_depend_on_how_series_are_given() -> None:
    ends = [f"2026-01-{day:02d}T21:00:00Z" for day in (5, 6, 7, 8, 9)]
    series = {name: [bar(name, end, 10, 11) for end in ends] for name in ("C", "A", "B")}
    actions = [Split(name, date(2026, 1, 7), Fraction(2)) for name in ("B", "C", "A")]
    events = list(market_events(series, actions, XNYS))
    again = list(market_events(dict(sorted(series.items())), reversed(actions), XNYS))
    assert events == again
    assert events == sorted(events, key=event_order)
    assert len(events) == 33


def test_a_price_is_never_shown_before_its_instant() -> None:
    ends = [f"2026-01-{day:02d}T21:00:00Z" for day in (5, 6, 7)]
    series = {name: [bar(name, end, 10, 11) for end in ends] for name in ("A", "B")}
    for event in market_events(series, (), XNYS):
        if isinstance(event, BarClosed):
            assert event.at == event.bar.end_ts
        else:
            session = XNYS.open_session(event.at + 1)
            assert session is not None and event.at == session.open


def test_bars_are_read_only_as_they_are_needed() -> None:
    taken = 0

    def endless() -> Iterator[Bar]:
        nonlocal taken
        for session in XNYS.sessions:
            taken += 1
            price = Price(1_000_000)
            yield Bar("A", D1, Timestamp(session.close), price, price, price, price, Quantity(1))

    assert len(list(islice(market_events({"A": endless()}, (), XNYS), 10))) == 10
    assert taken <= 6


@pytest.mark.parametrize(
    "bars",
    [
        [bar("A", "2026-01-06T21:00:00Z", 1, 1), bar("A", "2026-01-05T21:00:00Z", 1, 1)],
        [bar("A", "2026-01-05T21:00:00Z", 1, 1), bar("A", "2026-01-05T21:00:00Z", 1, 1)],
        [bar("B", "2026-01-05T21:00:00Z", 1, 1)],
        [bar("A", "2026-01-05T21:00:00Z", 1, 1), bar("A", "2026-01-06T15:00:00Z", 1, 1, H1)],
    ],
)
def test_a_series_out_of_order_is_refused(bars: list[Bar]) -> None:
    with pytest.raises(FeedOrderFault):
        list(market_events({"A": bars}, (), XNYS))


def test_an_action_on_a_holiday_is_refused() -> None:
    with pytest.raises(CalendarBounds, match="no session"):
        list(market_events({}, [Split("A", date(2026, 1, 10), Fraction(2))], XNYS))
