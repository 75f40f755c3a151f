"""The stream and the file gate judge one series alike: the same bars missing, the same moment of lateness."""

from hypothesis import given
from hypothesis import strategies as st

from engine.integrity.evaluate import evaluate
from engine.integrity.series import BarArrived, ClockTicked, IntegrityConfig, SeriesState
from engine.integrity.verdict import FeedState
from engine.marketdata import quality
from engine.marketdata.quality import QualityPolicy, assess_bar, state_at
from engine.model.bar import Bar, Timeframe
from engine.model.numbers import MICRO, Price, Quantity, Ratio
from engine.model.time import MINUTE, Timestamp, parse_date

PRICE = Price(100 * MICRO)
FRAMES = st.sampled_from([Timeframe.MINUTE_1, Timeframe.MINUTE_5, Timeframe.HOUR_1, Timeframe.DAY_1])


def bar_at(end: int, timeframe: Timeframe) -> Bar:
    return Bar("SPY", timeframe, Timestamp(end), PRICE, PRICE, PRICE, PRICE, Quantity(MICRO))


def stream_gate(calendar) -> IntegrityConfig:
    """Return the bounds of the file gate's policy, for the stream."""
    policy = QualityPolicy()
    return IntegrityConfig(calendar, policy.gap_tolerance, policy.stale_after, Ratio(policy.outlier_threshold))


def drawn_ends(draw, calendar, timeframe: Timeframe) -> list[int]:
    """Ends of two bars within a week, on the grid from the open; whatever lies between them is missing."""
    first = draw(st.integers(0, len(calendar.sessions) - 8))
    ends = set()
    for at in (first, draw(st.integers(first, first + 5))):
        session = calendar.sessions[at]
        slots = 1 if timeframe is Timeframe.DAY_1 else -(-(session.close - session.open) // timeframe.length)
        ends.add(min(session.open + draw(st.integers(1, slots)) * timeframe.length, session.close))
    return sorted(ends)


@given(data=st.data(), timeframe=FRAMES)
def test_stream_and_file_find_the_same_bars_missing(calendar, data, timeframe):
    gate = stream_gate(calendar)
    of_file, of_stream = quality.SeriesState(), SeriesState("SPY", timeframe)
    for end in drawn_ends(data.draw, calendar, timeframe):
        bar = bar_at(end, timeframe)
        of_file, judged = assess_bar(of_file, bar, calendar, QualityPolicy())
        of_stream, verdict = evaluate(gate, of_stream, BarArrived("main", bar), bar.end_ts)
        assert (judged.missing_bars, judged.state) == (verdict.missing_bars, verdict.state)


@given(data=st.data(), timeframe=FRAMES, late=st.sampled_from([0, 1]))
def test_stream_and_file_turn_stale_at_the_same_microsecond(calendar, data, timeframe, late):
    gate = stream_gate(calendar)
    bar = bar_at(drawn_ends(data.draw, calendar, timeframe)[0], timeframe)
    state, _ = evaluate(gate, SeriesState("SPY", timeframe), BarArrived("main", bar), bar.end_ts)
    (due,) = state.due
    now = Timestamp(due.at + gate.stale_after + late)
    _, verdict = evaluate(gate, state, ClockTicked(), now)
    _, judged = assess_bar(quality.SeriesState(), bar, calendar, QualityPolicy())
    expected = FeedState.STALE if late else FeedState.CLEAN
    assert verdict.state is state_at(judged, bar, calendar, QualityPolicy(), now) is expected


def test_hours_on_two_grids_within_one_session_leave_trading_time_uncovered(calendar):
    session = calendar.session_on(parse_date("2024-01-09"))
    by_clock, from_open = session.open + 30 * MINUTE, session.open + 120 * MINUTE
    series, _ = assess_bar(quality.SeriesState(), bar_at(by_clock, Timeframe.HOUR_1), calendar, QualityPolicy())
    _, judged = assess_bar(series, bar_at(from_open, Timeframe.HOUR_1), calendar, QualityPolicy())
    assert (judged.state, judged.missing_bars) == (FeedState.GAP, 1)
