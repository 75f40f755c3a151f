"""Bar ends, missing bars and lateness by the exchange's sessions."""

from itertools import pairwise

import pytest

from engine.integrity.checks import missing_sessions, next_bar_due
from engine.marketdata.calendar import load_calendar
from engine.marketdata.session_grid import (
    Phase,
    bar_start,
    is_on_grid,
    is_stale,
    phase_of,
)
from engine.model.bar import Timeframe
from engine.model.time import DAY, HOUR, MINUTE, SECOND, Duration, format_timestamp, parse_timestamp

XNYS = load_calendar()
M1, M5, H1, D1 = Timeframe.MINUTE_1, Timeframe.MINUTE_5, Timeframe.HOUR_1, Timeframe.DAY_1


@pytest.mark.parametrize(
    ("timeframe", "before", "after", "missing"),
    [
        # Friday's last five minutes to Monday's first: nothing is owed over a weekend.
        (M5, "2024-01-05T21:00:00Z", "2024-01-08T14:35:00Z", 0),
        # Christmas 2024 (closed) after the half day of the 24th.
        (M5, "2024-12-24T18:00:00Z", "2024-12-26T14:35:00Z", 0),
        (M5, "2024-12-24T17:55:00Z", "2024-12-26T14:40:00Z", 2),
        # Thanksgiving 2024, then the half day after it.
        (M5, "2024-11-27T21:00:00Z", "2024-11-29T14:35:00Z", 0),
        (M5, "2024-11-27T21:00:00Z", "2024-12-02T14:35:00Z", 42),
        (M5, "2024-01-05T15:00:00Z", "2024-01-05T15:25:00Z", 4),
        (M5, "2024-01-05T15:00:00Z", "2024-01-05T15:05:00Z", 0),
        (M1, "2024-01-05T15:00:00Z", "2024-01-05T15:02:00Z", 1),
        (M1, "2024-01-05T21:00:00Z", "2024-01-09T14:31:00Z", 390),
        # Both hour grids fill a session with seven bars, a half day with four.
        (H1, "2024-01-05T21:00:00Z", "2024-01-08T15:00:00Z", 0),
        (H1, "2024-01-05T21:00:00Z", "2024-01-08T15:30:00Z", 0),
        (H1, "2024-01-08T20:30:00Z", "2024-01-08T21:00:00Z", 0),
        (H1, "2024-01-05T21:00:00Z", "2024-01-09T15:30:00Z", 7),
        (H1, "2024-11-27T21:00:00Z", "2024-12-02T15:00:00Z", 4),
        (H1, "2026-01-05T18:00:00Z", "2026-01-05T20:00:00Z", 1),
        # After hours nothing is owed, but a regular bar skipped on the way there is.
        (H1, "2026-01-05T21:00:00Z", "2026-01-05T23:00:00Z", 0),
        (H1, "2026-01-05T20:00:00Z", "2026-01-05T22:00:00Z", 1),
        (H1, "2026-01-06T00:00:00Z", "2026-01-06T15:00:00Z", 0),
        (H1, "2026-01-06T13:00:00Z", "2026-01-06T16:00:00Z", 1),
        (D1, "2024-02-16T21:00:00Z", "2024-02-20T21:00:00Z", 0),
        (D1, "2024-02-16T21:00:00Z", "2024-02-23T21:00:00Z", 3),
        (D1, "2024-11-27T21:00:00Z", "2024-11-29T18:00:00Z", 0),
        (D1, "2024-11-27T21:00:00Z", "2024-12-02T21:00:00Z", 1),
    ],
)
def test_missing_bars_are_counted_by_the_session_calendar(
    timeframe: Timeframe, before: str, after: str, missing: int
) -> None:
    found = missing_sessions(XNYS, parse_timestamp(before), parse_timestamp(after), timeframe)
    assert found == missing


@pytest.mark.parametrize(("day", "slots"), [("2024-11-27", (390, 78, 7, 1)), ("2024-11-29", (210, 42, 4, 1))])
def test_a_half_day_holds_fewer_bars(day: str, slots: tuple[int, ...]) -> None:
    session = XNYS.open_session(parse_timestamp(f"{day}T15:00:00Z"))
    assert session is not None
    before = XNYS.sessions[XNYS.sessions.index(session) - 1].close
    owed = tuple(missing_sessions(XNYS, before, session.close, timeframe) + 1 for timeframe in (M1, M5, H1, D1))
    assert owed == slots


def test_a_series_without_a_hole_owes_nothing() -> None:
    sessions = [session for session in XNYS.sessions if "2024-11-25" <= str(session.day) <= "2024-12-27"]
    for timeframe in (M5, H1):
        ends = [
            min(session.open + step * timeframe.length, session.close)
            for session in sessions
            for step in range(1, -(-(session.close - session.open) // timeframe.length) + 1)
        ]
        for before, after in pairwise(ends):
            assert missing_sessions(XNYS, before, after, timeframe) == 0
        assert missing_sessions(XNYS, ends[0], ends[-1], timeframe) == len(ends) - 2


@pytest.mark.parametrize(
    ("instant", "phase"),
    [
        ("2026-01-05T09:00:00Z", Phase.CLOSED),
        ("2026-01-05T09:01:00Z", Phase.PREMARKET),
        ("2026-01-05T14:30:00Z", Phase.PREMARKET),
        ("2026-01-05T14:31:00Z", Phase.REGULAR),
        ("2026-01-05T21:00:00Z", Phase.REGULAR),
        ("2026-01-05T21:01:00Z", Phase.AFTER_HOURS),
        ("2026-01-06T01:00:00Z", Phase.AFTER_HOURS),
        ("2026-01-06T01:01:00Z", Phase.CLOSED),
        ("2026-01-06T05:00:00Z", Phase.CLOSED),
        ("2026-01-10T15:00:00Z", Phase.CLOSED),
        ("2024-11-29T18:01:00Z", Phase.AFTER_HOURS),
        ("2024-11-29T22:00:00Z", Phase.AFTER_HOURS),
        ("2024-11-29T22:01:00Z", Phase.CLOSED),
    ],
)
def test_the_day_has_phases(instant: str, phase: Phase) -> None:
    assert phase_of(XNYS, parse_timestamp(instant)) is phase


@pytest.mark.parametrize(
    ("timeframe", "end", "fits"),
    [
        (D1, "2024-11-29T18:00:00Z", True),
        (D1, "2024-11-29T21:00:00Z", False),
        (D1, "2026-01-05T00:00:00Z", False),
        (H1, "2026-01-05T15:00:00Z", True),
        (H1, "2026-01-05T15:30:00Z", True),
        (H1, "2026-01-05T15:15:00Z", False),
        (M5, "2026-01-05T15:05:00Z", True),
        (M5, "2026-01-05T15:06:00Z", False),
        (M1, "2026-01-05T15:06:00Z", True),
        (M1, "2026-01-05T15:06:30Z", False),
        (H1, "2026-01-05T22:00:00Z", True),
        (H1, "2026-01-05T22:30:00Z", False),
    ],
)
def test_bars_end_on_the_grid(timeframe: Timeframe, end: str, fits: bool) -> None:
    at = parse_timestamp(end)
    assert is_on_grid(timeframe, at, XNYS.open_session(at)) is fits


@pytest.mark.parametrize(
    ("timeframe", "last", "due"),
    [
        (D1, "2026-01-02T21:00:00Z", "2026-01-05T21:00:00Z"),
        (D1, "2024-11-27T21:00:00Z", "2024-11-29T18:00:00Z"),
        (M5, "2026-01-05T15:00:00Z", "2026-01-05T15:05:00Z"),
        (M5, "2026-01-05T21:00:00Z", "2026-01-06T14:35:00Z"),
        (H1, "2026-01-05T20:30:00Z", "2026-01-05T21:00:00Z"),
        (H1, "2026-01-05T20:00:00Z", "2026-01-05T21:00:00Z"),
    ],
)
def test_a_single_feed_goes_stale_only_when_a_bar_is_due(timeframe: Timeframe, last: str, due: str) -> None:
    late = Duration(120 * SECOND)
    end, when = parse_timestamp(last), parse_timestamp(due)
    assert format_timestamp(next_bar_due(XNYS, end, timeframe)) == due
    assert not is_stale(XNYS, timeframe, end, when + late, late)
    assert is_stale(XNYS, timeframe, end, when + late + 1, late)


def test_past_the_calendar_every_feed_is_stale() -> None:
    last = XNYS.sessions[-1].close
    assert is_stale(XNYS, D1, last, last, Duration(DAY))


def test_a_daily_bar_starts_at_the_open_of_its_session() -> None:
    end = parse_timestamp("2024-11-29T18:00:00Z")
    assert format_timestamp(bar_start(XNYS, D1, end, None, None)) == "2024-11-29T14:30:00Z"


@pytest.mark.parametrize(
    ("end", "previous", "phase", "start"),
    [
        ("15:00", None, 0, "14:30"),
        ("16:00", None, 0, "15:00"),
        ("21:00", "20:00", 0, "20:00"),
        ("21:00", "20:30", 30, "20:30"),
        ("21:00", "19:30", 30, "20:30"),
        ("21:00", None, None, "20:30"),
        ("15:30", None, 30, "14:30"),
        ("22:00", "21:00", 0, "21:00"),
    ],
)
def test_an_hour_bar_never_opens_before_it_began(
    end: str,
    previous: str | None,
    phase: int | None,
    start: str,
) -> None:
    before = parse_timestamp(f"2026-01-05T{previous}:00Z") if previous else None
    remainder = None if phase is None else phase * MINUTE
    at = parse_timestamp(f"2026-01-05T{end}:00Z")
    assert format_timestamp(bar_start(XNYS, H1, at, before, remainder)) == f"2026-01-05T{start}:00Z"
    assert at - bar_start(XNYS, H1, at, before, remainder) <= HOUR
