"""The stream and the file gate count missing bars alike: same calendar, same answer."""

from hypothesis import assume, given
from hypothesis import strategies as st

from engine.integrity.checks import missing_sessions, next_bar_due
from engine.integrity.verdict import FeedState
from engine.marketdata import quality
from engine.marketdata.session_grid import missing_between, next_due
from engine.model.bar import Timeframe
from engine.model.time import MINUTE


@given(data=st.data(), timeframe=st.sampled_from([Timeframe.MINUTE_1, Timeframe.MINUTE_5, Timeframe.HOUR_1]))
def test_stream_and_file_count_the_same_missing_bars(calendar, data, timeframe):
    step = Timeframe.HOUR_1.length // 2 if timeframe is Timeframe.HOUR_1 else timeframe.length
    first = data.draw(st.integers(0, len(calendar.sessions) - 6))
    last = data.draw(st.integers(first, first + 5))
    ends = []
    for at in (first, last):
        session = calendar.sessions[at]
        slots = (session.close - session.open) // step
        ends.append(session.open + step * data.draw(st.integers(1, slots)))
    previous, end = ends
    assume(previous < end)
    assume(timeframe is not Timeframe.HOUR_1 or (end - previous) % (60 * MINUTE) == 0)
    assert missing_sessions(calendar, previous, end, timeframe) == missing_between(calendar, timeframe, previous, end)
    assert next_bar_due(calendar, previous, timeframe) == next_due(calendar, timeframe, previous)


@given(first=st.integers(0, 250), second=st.integers(0, 250))
def test_stream_and_file_count_the_same_missing_days(calendar, first, second):
    assume(first < second)
    ends = [calendar.sessions[at].close for at in (first, second)]
    assert missing_sessions(calendar, *ends, Timeframe.DAY_1) == missing_between(calendar, Timeframe.DAY_1, *ends)
    assert next_bar_due(calendar, ends[0], Timeframe.DAY_1) == next_due(calendar, Timeframe.DAY_1, ends[0])


def test_stream_and_file_use_the_same_states():
    assert sorted(FeedState) == sorted(quality.FeedState)
