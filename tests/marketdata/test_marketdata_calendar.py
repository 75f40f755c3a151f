"""The frozen session table: what the exchange published, its bounds, and damage that is refused."""

import time
from datetime import date

import pytest

from engine.marketdata.calendar import (
    CalendarTableFault,
    horizon,
    load_calendar,
    local_date,
    midnight,
    parse_calendar,
    sessions_left,
)
from engine.model.calendar import CalendarBounds
from engine.model.time import format_timestamp, parse_timestamp

XNYS = load_calendar()

TABLE = """\
#! sessions XNYS v1
#! zone America/New_York
#! source exchange-calendars 4.13.2
#! covers 2026-01-01 2026-01-06
#! count 3
2026-01 1430-2100 02 05 06
"""


@pytest.mark.parametrize(
    ("year", "sessions"), [(2001, 248), (2012, 250), (2024, 252), (2025, 250), (2026, 251), (2027, 251)]
)
def test_a_year_has_the_sessions_the_exchange_held(year: int, sessions: int) -> None:
    # NYSE: 11-14 Sep 2001 and 29-30 Oct 2012 closed, 9 Jan 2025 day of mourning.
    assert sum(session.day.year == year for session in XNYS.sessions) == sessions


@pytest.mark.parametrize(
    "closed",
    [
        "2001-09-11",
        "2012-10-29",
        "2018-12-05",
        "2024-12-25",
        "2025-01-09",
        "2026-02-16",
        "2026-04-03",
        "2026-06-19",
        "2026-11-26",
        "2027-01-01",
        "2026-01-10",
    ],
)
def test_holidays_and_weekends_are_no_sessions(closed: str) -> None:
    assert XNYS.session_on(date.fromisoformat(closed)) is None


@pytest.mark.parametrize(
    ("day", "opens", "closes"),
    [
        ("2026-01-05", "2026-01-05T14:30:00Z", "2026-01-05T21:00:00Z"),
        ("2026-03-09", "2026-03-09T13:30:00Z", "2026-03-09T20:00:00Z"),
        ("2024-11-29", "2024-11-29T14:30:00Z", "2024-11-29T18:00:00Z"),
        ("2024-07-03", "2024-07-03T13:30:00Z", "2024-07-03T17:00:00Z"),
        ("2026-12-24", "2026-12-24T14:30:00Z", "2026-12-24T18:00:00Z"),
    ],
)
def test_sessions_open_and_close_at_the_published_times(day: str, opens: str, closes: str) -> None:
    session = XNYS.session_on(date.fromisoformat(day))
    assert session is not None
    assert (format_timestamp(session.open), format_timestamp(session.close)) == (opens, closes)


def test_the_horizon_is_explicit() -> None:
    reach = horizon(XNYS)
    assert (reach.first_day, reach.last_day) == (date(1990, 1, 2), date(2027, 12, 31))
    assert format_timestamp(reach.expires_at) == "2027-12-31T21:00:00Z"
    assert reach.version == "exchange-calendars 4.13.2 1990-01-01..2027-12-31"


def test_beyond_the_table_the_calendar_refuses_to_guess() -> None:
    with pytest.raises(CalendarBounds):
        XNYS.session_on(date(2028, 1, 3))
    with pytest.raises(CalendarBounds):
        XNYS.next_close_after(horizon(XNYS).expires_at)


def test_sessions_left_counts_down_to_the_expiry() -> None:
    last = XNYS.sessions[-1]
    assert sessions_left(XNYS, last.close) == 0
    assert sessions_left(XNYS, last.close + 10**12) == 0
    assert sessions_left(XNYS, last.close - 1) == 1
    assert sessions_left(XNYS, XNYS.sessions[-3].close) == 2


def test_an_exchange_without_a_table_is_unknown() -> None:
    for code in ("XLON", "../x", "xnys"):
        with pytest.raises(LookupError, match="no session table"):
            load_calendar(code)


def test_loading_the_table_is_cheap() -> None:
    spent = []
    for _ in range(3):
        load_calendar.cache_clear()
        began = time.process_time()
        load_calendar()
        spent.append(time.process_time() - began)
    assert min(spent) < 0.25  # 0.04 s on an idle core; the bound only catches a change of kind


@pytest.mark.parametrize(
    ("day", "zone", "instant"),
    [
        ("2026-01-05", "America/New_York", "2026-01-05T05:00:00Z"),
        ("2026-03-08", "America/New_York", "2026-03-08T05:00:00Z"),
        ("2026-03-09", "America/New_York", "2026-03-09T04:00:00Z"),
        ("2026-11-01", "America/New_York", "2026-11-01T04:00:00Z"),
        ("2026-11-02", "America/New_York", "2026-11-02T05:00:00Z"),
        ("2026-07-01", "Asia/Tokyo", "2026-06-30T15:00:00Z"),
    ],
)
def test_midnight_follows_the_clocks_of_the_zone(day: str, zone: str, instant: str) -> None:
    at = midnight(date.fromisoformat(day), zone)
    assert format_timestamp(at) == instant
    assert local_date(at, zone) == date.fromisoformat(day)
    assert local_date(at - 1, zone) < date.fromisoformat(day)


def test_a_table_is_read_back_as_written() -> None:
    table = parse_calendar(TABLE)
    assert [session.day.day for session in table.sessions] == [2, 5, 6]
    assert table.sessions[0].open == parse_timestamp("2026-01-02T14:30:00Z")


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("#! sessions XNYS v1", "#! sessions XNYS v2", 1),
        ("#! count 3", "#! count 4", 5),
        ("02 05 06", "02 05 32", 6),
        ("02 05 06", "02 05 5", 6),
        ("02 05 06", "02 05 05", 6),
        ("02 05 06", "02 05 07", 4),
        ("1430-2100", "2100-1430", 6),
        ("1430-2100", "1430-2460", 6),
    ],
)
def test_a_damaged_table_is_refused(old: str, new: str, line: int) -> None:
    with pytest.raises(CalendarTableFault) as refused:
        parse_calendar(TABLE.replace(old, new))
    assert refused.value.line == line
