"""Bars and corporate actions of many symbols as one stream of market events in a fixed order."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from heapq import merge
from typing import TypeAlias

from engine.marketdata.corporate_actions import CorporateAction, Split, action_order
from engine.marketdata.session_grid import bar_start, trading_day
from engine.model.bar import Bar, Timeframe
from engine.model.calendar import CalendarBounds, Session, SessionCalendar
from engine.model.numbers import Price
from engine.model.time import Timestamp, format_timestamp


@dataclass(frozen=True, slots=True)
class BarClosed:
    """A bar ended; its high, low, close and volume are known from now on."""

    at: Timestamp
    symbol: str
    bar: Bar


@dataclass(frozen=True, slots=True)
class SplitApplied:
    """Each share is `factor` shares from now on."""

    at: Timestamp
    symbol: str
    factor: Fraction


@dataclass(frozen=True, slots=True)
class DividendApplied:
    """Each share held now has earned `cash`, in currency per share."""

    at: Timestamp
    symbol: str
    cash: Fraction


@dataclass(frozen=True, slots=True)
class OpenTick:
    """A bar began and its opening price is known; nothing else of the bar is."""

    at: Timestamp
    symbol: str
    timeframe: Timeframe
    price: Price


MarketEvent: TypeAlias = BarClosed | SplitApplied | DividendApplied | OpenTick

_RANK: dict[type, int] = {BarClosed: 0, SplitApplied: 1, DividendApplied: 2, OpenTick: 3}


class FeedOrderFault(ValueError):
    """A series handed to the feed that is not one symbol's bars in ascending time."""


def event_order(event: MarketEvent) -> tuple[int, int, str]:
    """Return the sort key of market events: instant, then kind, then symbol.

    Kind before symbol, so that at one instant every bar has closed before any next bar opens: what
    is decided on a close can trade at the open that follows it, whatever the symbol's name.
    """
    return event.at, _RANK[type(event)], event.symbol


def market_events(
    series: Mapping[str, Iterable[Bar]],
    actions: Iterable[CorporateAction],
    calendar: SessionCalendar,
) -> Iterator[MarketEvent]:
    """Yield the events of all symbols in the order of `event_order`.

    Each bar opens at its start (the session's open for a daily bar) and closes at its end; an action
    comes ahead of the first opening price of its day, at the session's open or earlier where the bar
    begins earlier. `series` maps a symbol to its ascending bars of one timeframe, read lazily: memory
    does not grow with the number of bars. Raises FeedOrderFault and CalendarBounds as it meets them.
    """
    by_symbol: dict[str, list[CorporateAction]] = {symbol: [] for symbol in series}
    for action in sorted(actions, key=action_order):
        by_symbol.setdefault(action.symbol, []).append(action)
    symbols = sorted(by_symbol)
    streams = [_events_of(symbol, series.get(symbol, ()), by_symbol[symbol], calendar) for symbol in symbols]
    return merge(*streams, key=event_order)


def _events_of(
    symbol: str, bars: Iterable[Bar], actions: Sequence[CorporateAction], calendar: SessionCalendar
) -> Iterator[MarketEvent]:
    next_action = 0
    previous: Bar | None = None
    phase: int | None = None
    for bar in bars:
        _check_order(symbol, previous, bar)
        session = calendar.open_session(bar.end_ts)
        if session is None or bar.end_ts != session.close:
            phase = bar.end_ts % bar.timeframe.length
        previous_end = previous.end_ts if previous else None
        start = bar_start(calendar, bar.timeframe, bar.end_ts, previous_end, phase)
        day = session.day if session else trading_day(calendar, bar.end_ts)
        while next_action < len(actions) and actions[next_action].day <= day:
            yield _applied(actions[next_action], start, calendar)
            next_action += 1
        yield OpenTick(start, symbol, bar.timeframe, bar.open)
        yield BarClosed(bar.end_ts, symbol, bar)
        previous = bar
    for action in actions[next_action:]:
        yield _applied(action, None, calendar)


def _applied(action: CorporateAction, latest: int | None, calendar: SessionCalendar) -> MarketEvent:
    at = _session_of(action, calendar).open
    if latest is not None:
        at = Timestamp(min(at, latest))
    if isinstance(action, Split):
        return SplitApplied(at, action.symbol, action.factor)
    return DividendApplied(at, action.symbol, action.cash)


def _session_of(action: CorporateAction, calendar: SessionCalendar) -> Session:
    session = calendar.session_on(action.day)
    if session is None:
        raise CalendarBounds(f"{action.symbol} has a corporate action on {action.day}, which is no session")
    return session


def _check_order(symbol: str, previous: Bar | None, bar: Bar) -> None:
    if bar.symbol != symbol or (previous is not None and previous.timeframe is not bar.timeframe):
        raise FeedOrderFault(f"a {bar.timeframe} bar of {bar.symbol} stands in another series of {symbol}")
    if previous is not None and bar.end_ts <= previous.end_ts:
        ends = f"{format_timestamp(bar.end_ts)} comes after {format_timestamp(previous.end_ts)}"
        raise FeedOrderFault(f"bars of {symbol} go back in time: {ends}")
