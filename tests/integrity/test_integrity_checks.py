"""Laws of gap, due-time and outlier arithmetic (BEHAVIOUR 12, 22 item 12)."""

from bisect import bisect_left
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from engine.integrity.checks import is_outlier, missing_always_open, missing_sessions, next_bar_due
from engine.model.bar import Timeframe
from engine.model.calendar import CalendarBounds
from engine.model.numbers import MICRO
from engine.model.time import format_timestamp, parse_timestamp

CASES = yaml.safe_load((Path(__file__).parent / "integrity_gap_cases.yaml").read_text())


@pytest.mark.parametrize("case", CASES["missing"], ids=lambda case: case["law"])
def test_bars_missing_between_two_bars_are_counted_by_sessions(case, calendar):
    previous, end = (parse_timestamp(case[name]) for name in ("previous", "end"))
    assert missing_sessions(calendar, previous, end, Timeframe(case["timeframe"])) == case["missing"]


@pytest.mark.parametrize("case", CASES["due"], ids=lambda case: case["law"])
def test_next_bar_is_due_by_sessions(case, calendar):
    due = next_bar_due(calendar, parse_timestamp(case["end"]), Timeframe(case["timeframe"]))
    assert format_timestamp(due) == case["due"]


def session_grid(calendar, timeframe: Timeframe) -> list[int]:
    """Every bar end of the table on a grid aligned to the open, the last one cut at the close."""
    return [
        end
        for session in calendar.sessions
        for end in (*range(session.open + timeframe.length, session.close, timeframe.length), session.close)
    ]


@pytest.mark.parametrize("timeframe", [Timeframe.MINUTE_5, Timeframe.HOUR_1])
@given(data=st.data())
def test_missing_bars_equal_those_left_out_of_a_full_year_of_bars(calendar, timeframe, data):
    grid = session_grid(calendar, timeframe)
    first = data.draw(st.integers(0, len(grid) - 2))
    second = data.draw(st.integers(first + 1, min(first + 400, len(grid) - 1)))
    assert missing_sessions(calendar, grid[first], grid[second], timeframe) == second - first - 1
    assert next_bar_due(calendar, grid[first], timeframe) == grid[first + 1]


@given(data=st.data())
def test_missing_clock_aligned_hours_equal_those_left_out(calendar, data):
    hour = Timeframe.HOUR_1.length
    grid = [
        end
        for session in calendar.sessions
        for end in range(-(-(session.open + 1) // hour) * hour, session.close + 1, hour)
    ]
    assert len(grid) > 1_700
    first = data.draw(st.integers(0, len(grid) - 2))
    second = data.draw(st.integers(first + 1, min(first + 40, len(grid) - 1)))
    assert missing_sessions(calendar, grid[first], grid[second], Timeframe.HOUR_1) == second - first - 1


@given(first=st.integers(0, 250), second=st.integers(0, 251))
def test_missing_daily_bars_equal_the_sessions_between(calendar, first, second):
    closes = [session.close for session in calendar.sessions]
    missing = missing_sessions(calendar, closes[first], closes[second], Timeframe.DAY_1)
    assert missing == max(0, second - first - 1)


def test_daily_bars_stamped_at_midnight_still_show_a_missing_session(calendar):
    days = [parse_timestamp(f"2024-01-{day:02}T00:00:00Z") for day in (8, 9, 10)]
    assert missing_sessions(calendar, days[0], days[1], Timeframe.DAY_1) == 0
    assert missing_sessions(calendar, days[0], days[2], Timeframe.DAY_1) == 1


def test_instants_outside_the_table_are_refused_and_not_guessed(calendar):
    inside, outside = parse_timestamp("2024-12-30T21:00:00Z"), parse_timestamp("2025-01-03T21:00:00Z")
    with pytest.raises(CalendarBounds):
        missing_sessions(calendar, inside, outside, Timeframe.DAY_1)
    with pytest.raises(CalendarBounds):
        next_bar_due(calendar, calendar.sessions[-1].close, Timeframe.MINUTE_5)


@pytest.mark.parametrize(("end", "missing"), [(60, 0), (119, 0), (120, 1), (600, 9), (0, 0), (-60, 0)])
def test_market_that_never_closes_misses_whole_intervals(end, missing):
    assert missing_always_open(0, end * MICRO, Timeframe.MINUTE_1) == missing


@pytest.mark.parametrize(
    ("previous", "close", "expected"),
    [
        (100, 120, False),
        (100, 121, True),
        (100, 80, False),
        (100, 79, True),
        (471_200_000, 589_000_000, True),
        (0, 1, True),
        (0, 0, False),
    ],
)
def test_outlier_is_a_move_beyond_the_threshold_and_not_at_it(previous, close, expected):
    assert is_outlier(previous, close, 200_000) is expected


@given(previous=st.integers(1, 10**9), close=st.integers(0, 10**9), threshold=st.integers(0, 10**6))
def test_outlier_test_is_monotone_in_the_threshold(previous, close, threshold):
    assert is_outlier(previous, close, threshold) or not is_outlier(previous, close, threshold + 1)


def test_session_table_is_the_published_one(calendar):
    assert len(calendar.sessions) == 252
    closes = [session.close for session in calendar.sessions]
    half_day = parse_timestamp("2024-11-29T18:00:00Z")
    assert closes[bisect_left(closes, half_day)] == half_day
