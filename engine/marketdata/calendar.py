"""The exchange calendar the desk ships: frozen sessions with a horizon, and zone arithmetic."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from itertools import pairwise
from zoneinfo import ZoneInfo

from dsl.calendars import Calendars, SessionTable
from engine.model.calendar import Session, SessionCalendar
from engine.model.time import DAY, MINUTE, Timestamp, from_datetime, parse_date

_EPOCH_DAY = date(1970, 1, 1).toordinal()
_HEADER = re.compile(
    r"#! sessions (?P<code>[A-Z0-9]{4}) v1\n"
    r"#! zone (?P<zone>[A-Za-z_/]+)\n"
    r"#! source (?P<source>[^\n]+)\n"
    r"#! covers (?P<first>\d{4}-\d\d-\d\d) (?P<last>\d{4}-\d\d-\d\d)\n"
    r"#! count (?P<count>\d+)\n",
    re.ASCII,
)
_MONTH = re.compile(r"(\d{4})-(\d\d) ([01]\d|2[0-3])([0-5]\d)-([01]\d|2[0-3])([0-5]\d)((?: \d\d)+)", re.ASCII)


class CalendarTableFault(ValueError):
    """A session table that is damaged; the desk does not start on it."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"session table line {line}: {reason}")
        self.line, self.reason = line, reason


@dataclass(frozen=True, slots=True)
class Horizon:
    """How far a calendar reaches; past `expires_at` every session question is unanswerable."""

    code: str
    version: str
    first_day: date
    last_day: date
    expires_at: Timestamp


@cache
def load_calendar(code: str = "XNYS") -> SessionCalendar:
    """Return the frozen calendar of an exchange code. Raises LookupError for a code without a table."""
    table = files("engine.marketdata") / "sessions" / f"{code}.txt"
    if not re.fullmatch(r"[A-Z0-9]{4}", code) or not table.is_file():
        raise LookupError(f"no session table for {code[:20]!r}")
    return parse_calendar(table.read_text(encoding="utf-8"))


def parse_calendar(text: str) -> SessionCalendar:
    """Return the calendar a session table describes.

    After the header each line is `YYYY-MM HHMM-HHMM DD DD ...`: the days of a month that open and
    close at these UTC times. Raises CalendarTableFault.
    """
    header = _HEADER.match(text)
    if not header:
        raise CalendarTableFault(1, "the header is not that of a session table")
    sessions: list[Session] = []
    for number, line in enumerate(text[header.end() :].splitlines(), start=6):
        sessions.extend(_parse_month(line, number))
    sessions.sort(key=lambda session: session.open)
    if len(sessions) != int(header["count"]):
        raise CalendarTableFault(5, f"{header['count']} sessions are declared and {len(sessions)} listed")
    for before, after in pairwise(sessions):
        if before.close >= after.open:
            raise CalendarTableFault(6, f"the session of {after.day} overlaps that of {before.day}")
    first, last = parse_date(header["first"]), parse_date(header["last"])
    if not sessions or sessions[0].day < first or sessions[-1].day > last:
        raise CalendarTableFault(4, "the sessions do not lie within the days the table covers")
    version = f"{header['source']} {header['first']}..{header['last']}"
    return SessionCalendar(header["code"], header["zone"], version, tuple(sessions))


def _parse_month(line: str, number: int) -> list[Session]:
    match = _MONTH.fullmatch(line)
    if not match:
        raise CalendarTableFault(number, "not of the form YYYY-MM HHMM-HHMM DD DD")
    year, month, open_hour, open_minute, close_hour, close_minute, days = match.groups()
    opens = (int(open_hour) * 60 + int(open_minute)) * MINUTE
    closes = (int(close_hour) * 60 + int(close_minute)) * MINUTE
    if opens >= closes:
        raise CalendarTableFault(number, "a session must open before it closes")
    sessions = []
    for day_text in days.split():
        try:
            day = date(int(year), int(month), int(day_text))
        except ValueError:
            raise CalendarTableFault(number, f"{year}-{month} has no day {day_text}") from None
        midnight = (day.toordinal() - _EPOCH_DAY) * DAY
        sessions.append(Session(day, Timestamp(midnight + opens), Timestamp(midnight + closes)))
    return sessions


def as_rule_calendars(calendar: SessionCalendar) -> Calendars:
    """Return the calendar as rules read it: dates moved by sessions, windows over sessions."""
    days, opens, closes = zip(*((s.day.toordinal(), s.open, s.close) for s in calendar.sessions), strict=True)
    return {calendar.code: SessionTable(days, opens, closes)}


def horizon(calendar: SessionCalendar) -> Horizon:
    """Return how far the table reaches; `expires_at` is the close of its last session."""
    return Horizon(
        calendar.code,
        calendar.version,
        calendar.first_day,
        calendar.last_day,
        calendar.sessions[-1].close,
    )


def sessions_left(calendar: SessionCalendar, at: int) -> int:
    """Return how many sessions of the table close strictly after `at`; 0 once it has expired."""
    if at >= calendar.sessions[-1].close:
        return 0
    return len(calendar.sessions) - calendar.index_closing_at_or_after(at + 1)


def midnight(day: date, zone: str) -> Timestamp:
    """Return the first instant of a date in a zone (the earlier one where clocks repeat it)."""
    return from_datetime(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC))


def local_date(at: int, zone: str) -> date:
    """Return the date a wall clock in `zone` shows at an instant."""
    return _local(at, zone).date()


def local_minutes(at: int, zone: str) -> int:
    """Return the minutes since midnight a wall clock in `zone` shows at an instant, rounded down."""
    moment = _local(at, zone)
    return moment.hour * 60 + moment.minute


def _local(at: int, zone: str) -> datetime:
    return datetime.fromtimestamp(at // 1_000_000, tz=UTC).astimezone(ZoneInfo(zone))
