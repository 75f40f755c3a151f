"""The arithmetic of gaps, due times and outliers, shared by the stream and by whole files."""

from engine.model.bar import Timeframe
from engine.model.calendar import SessionCalendar
from engine.model.numbers import MICRO, divide_up
from engine.model.time import Timestamp


def missing_sessions(calendar: SessionCalendar, previous_end: int, end: int, timeframe: Timeframe) -> int:
    """Return how many bars the calendar expects strictly between two bars that ended in this order.

    Daily bars are one per session. Intraday bars are counted session by session, the trading time
    between the two ends rounded up to whole bars, so that neither hours aligned to the open nor hours
    aligned to the clock nor a half day look like a gap. A bar that ends outside all sessions is not
    one of the expected bars. Raises CalendarBounds outside the table.
    """
    if end <= previous_end:
        return 0
    first = calendar.index_closing_at_or_after(previous_end)
    last = calendar.index_closing_at_or_after(end)
    if timeframe is Timeframe.DAY_1:
        closes = last - first
        closes += calendar.sessions[last].close == end
        closes -= calendar.sessions[first].close == previous_end
        return max(0, closes - 1)
    expected = 0
    for session in calendar.sessions[first : last + 1]:
        traded = min(end, session.close) - max(previous_end, session.open)
        if traded > 0:
            expected += divide_up(traded, timeframe.length)
    if calendar.open_session(end) is not None:
        expected -= 1
    return max(0, expected)


def missing_always_open(previous_end: int, end: int, timeframe: Timeframe) -> int:
    """Return how many bars fit strictly between two bars of a market that never closes."""
    return max(0, (end - previous_end) // timeframe.length - 1)


def next_bar_due(calendar: SessionCalendar, end: int, timeframe: Timeframe) -> Timestamp:
    """Return the latest instant at which the bar after the one that ended at `end` should close.

    Within a session that is one bar later, at most the close; after the last bar it is the first bar
    of the next session, counted from its open. Raises CalendarBounds outside the table.
    """
    if timeframe is Timeframe.DAY_1:
        return calendar.next_close_after(end)
    close = calendar.next_close_after(end)
    session = calendar.sessions[calendar.index_closing_at_or_after(close)]
    return Timestamp(min(max(end, session.open) + timeframe.length, close))


def is_outlier(previous_close: int, close: int, threshold_micros: int) -> bool:
    """Return whether the move from one close to the next exceeds the threshold, exactly.

    `threshold_micros` is a ratio (200_000 is 20 %); a move of exactly the threshold is no outlier.
    After a close that is not positive any change is one, since no ratio bounds it.
    """
    if previous_close <= 0:
        return close != previous_close
    return abs(close - previous_close) * MICRO > threshold_micros * previous_close
