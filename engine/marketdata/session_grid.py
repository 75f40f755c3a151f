"""Where bars may end within a session, when they began, and when the next one is late.

Hour bars come on two grids: by the clock (10:00, 11:00, ... 16:00) or from the open (10:30, ...
15:30, 16:00). How many are missing and when the next is due is counted in `engine.integrity.checks`,
for files and streams alike.
"""

from datetime import date
from enum import StrEnum

from engine.integrity.checks import next_bar_due
from engine.marketdata.calendar import local_date, local_minutes, midnight
from engine.model.bar import Timeframe
from engine.model.calendar import CalendarBounds, Session, SessionCalendar
from engine.model.time import HOUR, MINUTE, Duration, Timestamp

_REGULAR_CLOSE = 6 * HOUR  # a session shorter than this closes early
_EXTENDED_OPEN_MINUTE = 4 * 60
_EXTENDED_CLOSE_MINUTE = 20 * 60
_EXTENDED_EARLY_CLOSE_MINUTE = 17 * 60


class Phase(StrEnum):
    """Part of the trading day an instant ends in. NYSE Group, Hours & Calendars."""

    PREMARKET = "PREMARKET"
    REGULAR = "REGULAR"
    AFTER_HOURS = "AFTER_HOURS"
    CLOSED = "CLOSED"


class Hours(StrEnum):
    """Which bars a series may hold: those of the regular session, or of the extended day too."""

    REGULAR = "regular"
    EXTENDED = "extended"


def phase_of(calendar: SessionCalendar, at: int) -> Phase:
    """Return the part of the day `at` ends: open excluded, close included. Raises CalendarBounds.

    The extended day runs from 04:00 to 20:00 local time, to 17:00 where the session closes early.
    """
    calendar.index_closing_at_or_after(at)
    if calendar.open_session(at) is not None:
        return Phase.REGULAR
    day = local_date(at, calendar.zone)
    session = calendar.session_on(day)
    if session is None:
        return Phase.CLOSED
    minute = local_minutes(at, calendar.zone)
    if at <= session.open:
        return Phase.PREMARKET if minute > _EXTENDED_OPEN_MINUTE else Phase.CLOSED
    early = session.close - session.open < _REGULAR_CLOSE
    last = _EXTENDED_EARLY_CLOSE_MINUTE if early else _EXTENDED_CLOSE_MINUTE
    return Phase.AFTER_HOURS if at <= midnight(day, calendar.zone) + last * MINUTE else Phase.CLOSED


def is_on_grid(timeframe: Timeframe, end: int, session: Session | None) -> bool:
    """Return whether a bar may end at `end`, which lies in `session` (None: in extended hours)."""
    if timeframe is Timeframe.DAY_1:
        return session is not None and end == session.close
    length = timeframe.length
    if session is None:
        return end % length == 0
    return end == session.close or end % length == 0 or (end - session.open) % length == 0


def is_stale(
    calendar: SessionCalendar,
    timeframe: Timeframe,
    last_end: int,
    now: int,
    stale_after: Duration,
) -> bool:
    """Return whether a bar that was due is more than `stale_after` late at `now`.

    Lateness runs from the moment the next bar was due, so a closed market makes nothing stale and a
    single feed cannot refresh itself. Beyond the calendar everything is stale: nobody can tell.
    """
    try:
        return now > next_bar_due(calendar, last_end, timeframe) + stale_after
    except CalendarBounds:
        return True


def bar_start(
    calendar: SessionCalendar, timeframe: Timeframe, end: int, previous_end: int | None, phase: int | None
) -> Timestamp:
    """Return when a bar began, never before the bar ahead of it ended.

    `phase` is the remainder of the series' bar ends by its length, where it is known; without it the
    last bar of a session that is cut short takes the later possible start, so that its opening price
    is never shown early.
    """
    session = calendar.open_session(end)
    length = timeframe.length
    if session is None:
        start = end - length
    elif timeframe is Timeframe.DAY_1:
        return session.open
    else:
        start = end - length
        if end == session.close:
            aligned = phase if phase is not None else session.open % length
            start = end - ((end - aligned) % length or length)
        start = max(start, session.open)
    if previous_end is not None:
        start = max(start, previous_end)
    return Timestamp(start)


def trading_day(calendar: SessionCalendar, at: int) -> date:
    """Return the day a bar that ended at `at` belongs to; a close that ends a local day belongs to it."""
    session = calendar.open_session(at)
    return session.day if session is not None else local_date(at - 1, calendar.zone)
