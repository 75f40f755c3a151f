"""Sessions as the language counts them: dates moved by sessions, windows that reach over them."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

from dsl.moments import micros

DAY = 86_400_000_000
_EPOCH = date(1970, 1, 1).toordinal()


class Sessions(Protocol):
    """One exchange's sessions. Whoever has a calendar hands it in; outside its table the answer is None."""

    def shift(self, day: int, count: int) -> int | None:
        """Return the count-th session after a day (an ordinal), or before it where count is negative."""

    def edge(self, at: int, count: int) -> int | None:
        """Return the last instant before the `count` sessions the last of which `at` falls in."""

    def last(self, at: int, count: int) -> int | None:
        """Return the last instant of the `count` sessions the first of which `at` falls in."""

    def opening(self, day: date) -> int:
        """Return when a day's session opens, in microseconds; some instant of the day where there is none."""


Calendars = Mapping[str, Sessions]
"""Sessions by the code rulebooks name them by."""


class Weekdays:
    """Every Monday to Friday a session of a whole day in UTC: what scenarios use where no calendar is handed in."""

    def shift(self, day: int, count: int) -> int | None:
        """Return the count-th weekday after or before a day."""
        step = 1 if count > 0 else -1
        for _ in range(abs(count)):
            day += step
            while date.fromordinal(day).weekday() > 4:
                day += step
        return day

    def edge(self, at: int, count: int) -> int | None:
        """Return the last instant of the session before the last `count`."""
        day = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)).toordinal()
        while date.fromordinal(day).weekday() > 4:
            day += 1
        first = self.shift(day, 1 - count) if count > 1 else day
        assert first is not None
        start = date.fromordinal(first)
        return micros(datetime(start.year, start.month, start.day, tzinfo=UTC)) - 1

    def last(self, at: int, count: int) -> int | None:
        """Return the last instant of the current weekday and the `count` - 1 after it."""
        ended = self.edge(at, 1)
        assert ended is not None
        first = _EPOCH + (ended + 1) // DAY
        following = self.shift(first, count)
        assert following is not None
        return (following - _EPOCH) * DAY - 1

    def opening(self, day: date) -> int:
        """Return 09:30 New York standard time."""
        return micros(datetime(day.year, day.month, day.day, 14, 30, tzinfo=UTC))


class SessionTable:
    """Sessions from a sorted list of days with their closes, in microseconds: those of a fixed table."""

    def __init__(self, days: tuple[int, ...], opens: tuple[int, ...], closes: tuple[int, ...]) -> None:
        self._days, self._opens, self._closes = days, opens, closes

    def shift(self, day: int, count: int) -> int | None:
        """Return the count-th session after or before a day, None outside the table."""
        if not self._days or not self._days[0] <= day <= self._days[-1]:
            return None
        if count == 0:
            return day
        at = bisect_right(self._days, day) + count - 1 if count > 0 else bisect_left(self._days, day) + count
        return self._days[at] if 0 <= at < len(self._days) else None

    def edge(self, at: int, count: int) -> int | None:
        """Return the close before the last `count` sessions, None outside the table."""
        current = bisect_left(self._closes, at)
        before = current - count
        if current == len(self._closes) or before < 0:
            return None
        return self._closes[before]

    def last(self, at: int, count: int) -> int | None:
        """Return the close of the last of `count` sessions, None outside the table."""
        index = bisect_left(self._closes, at) + count - 1
        return self._closes[index] if 0 <= index < len(self._closes) else None

    def opening(self, day: date) -> int:
        """Return when a day's session opens, or the usual hour of a day without one."""
        at = bisect_left(self._days, day.toordinal())
        if at < len(self._days) and self._days[at] == day.toordinal():
            return self._opens[at]
        return WEEKDAYS.opening(day)


class _EveryWeekday(dict[str, Sessions]):
    """Weekdays under every name."""

    def __missing__(self, code: str) -> Sessions:
        return WEEKDAYS


WEEKDAYS = Weekdays()
PLAIN: Calendars = _EveryWeekday()
"""For tools without a calendar at hand: scenarios checked by the language alone."""


def sessions_of(calendars: Calendars, code: str) -> Sessions | None:
    """Return the sessions of an exchange, None where nobody handed them in."""
    try:
        return calendars[code]
    except KeyError:
        return None
