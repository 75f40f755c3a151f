"""Exchange sessions as plain arrays, so that dates are counted in sessions and never in days."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date

from engine.model.time import Timestamp


class CalendarBounds(LookupError):
    """An instant or date outside the frozen session table; the desk refuses to guess."""


@dataclass(frozen=True, slots=True)
class Session:
    """One trading session of an exchange: its date, open and close."""

    day: date
    open: Timestamp
    close: Timestamp


class SessionCalendar:
    """The sessions of one exchange, frozen from an independent source with explicit bounds.

    `sessions` ascend and do not overlap. Methods raise CalendarBounds outside the table.
    """

    def __init__(self, code: str, zone: str, version: str, sessions: tuple[Session, ...]) -> None:
        self.code, self.zone, self.version = code, zone, version
        self.sessions = sessions
        self._opens = [session.open for session in sessions]
        self._closes = [session.close for session in sessions]
        self._days = [session.day for session in sessions]

    @property
    def first_day(self) -> date:
        return self._days[0]

    @property
    def last_day(self) -> date:
        return self._days[-1]

    def session_on(self, day: date) -> Session | None:
        """Return the session of a date, or None on a holiday or weekend."""
        if not self.first_day <= day <= self.last_day:
            raise CalendarBounds(f"{day} is outside the {self.code} table {self.first_day}..{self.last_day}")
        at = bisect_left(self._days, day)
        return self.sessions[at] if self._days[at] == day else None

    def index_closing_at_or_after(self, at: int) -> int:
        """Return the index of the first session whose close is not before `at`."""
        index = bisect_left(self._closes, at)
        if index == len(self._closes) or at < self._opens[0] - 10 * 86_400_000_000:
            raise CalendarBounds(f"instant {at} is outside the {self.code} table")
        return index

    def fresh_until(self, as_of: int, sessions: int) -> Timestamp:
        """Return the close of the last of `sessions` sessions, the first being the one `as_of` falls in.

        A fact published after a close belongs to the next session; one published at the close
        itself belongs to the session that ends there. Where the table ends first, so does freshness.
        """
        index = self.index_closing_at_or_after(as_of) + sessions - 1
        return Timestamp(self._closes[min(index, len(self.sessions) - 1)])

    def next_close_after(self, at: int) -> Timestamp:
        """Return the first session close strictly after `at`."""
        index = bisect_right(self._closes, at)
        if index == len(self._closes):
            raise CalendarBounds(f"no {self.code} session closes after {at} in the table")
        return Timestamp(self._closes[index])

    def open_session(self, at: int) -> Session | None:
        """Return the session that is trading at `at` (open excluded, close included), if any.

        A bar belongs to the session in which it *ends*, hence the half-open side.
        """
        index = bisect_left(self._closes, at)
        if index < len(self.sessions) and self._opens[index] < at:
            return self.sessions[index]
        return None

    def session_date(self, at: int) -> date:
        """Return the date of the session `at` counts toward (the next one to close)."""
        return self._days[self.index_closing_at_or_after(at)]
