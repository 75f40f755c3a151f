"""Laws of the streaming quality gate (BEHAVIOUR 12, 22 item 12)."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.integrity.evaluate import evaluate
from engine.integrity.monitor import Monitor
from engine.integrity.series import (
    BarArrived,
    ClockTicked,
    FeedRetired,
    IntegrityConfig,
    PriceRestated,
    SeriesState,
)
from engine.integrity.verdict import EVENT_TYPES, PRECEDENCE, FeedState, Finding
from engine.model.bar import Bar, Timeframe
from engine.model.event import EventType
from engine.model.numbers import MICRO, Price, Quantity, Ratio
from engine.model.time import Duration, Timestamp, parse_timestamp

SCHEMA = Path(__file__).parents[2] / "specs" / "integrity.schema.json"
TEN = "2024-01-08T15:00:00Z"
FIVE_PAST = "2024-01-08T15:05:00Z"
TEN_PAST = "2024-01-08T15:10:00Z"
LATER = parse_timestamp("2024-01-08T15:10:05Z")


def feed_bars(config, *arrivals, feed="main", delay=0):
    """Put bars through one series as they close, and return the state and all verdicts."""
    state = SeriesState(arrivals[0].symbol, arrivals[0].timeframe)
    verdicts = []
    for bar in arrivals:
        now = Timestamp(max([bar.end_ts, *(verdict.at for verdict in verdicts)]) + delay)
        state, verdict = evaluate(config, state, BarArrived(feed, bar), now)
        verdicts.append(verdict)
    return state, verdicts


def tick(config, state, at: str):
    return evaluate(config, state, ClockTicked(), parse_timestamp(at))


def test_states_are_those_of_the_contract():
    states = json.loads(SCHEMA.read_text())["properties"]["state"]["enum"]
    assert sorted(FeedState) == sorted(states)
    assert sorted(PRECEDENCE) == sorted(states)


def test_bars_in_step_are_clean_and_admitted(strict, make_bar):
    _, verdicts = feed_bars(strict, make_bar(TEN), make_bar(FIVE_PAST))
    assert [(verdict.state, verdict.is_admitted) for verdict in verdicts] == [(FeedState.CLEAN, True)] * 2


def test_lone_silent_feed_goes_stale_by_the_clock(strict, make_bar):
    state, _ = feed_bars(strict, make_bar(TEN))
    _, on_bound = tick(strict, state, "2024-01-08T15:06:00Z")
    _, past_bound = tick(strict, state, "2024-01-08T15:06:00.000001Z")
    assert on_bound.state is FeedState.CLEAN
    assert past_bound.state is FeedState.STALE
    assert past_bound.silent_feeds == ("main",)


def test_closed_market_makes_no_feed_stale(strict, make_bar):
    state, _ = feed_bars(strict, make_bar("2024-01-05T21:00:00Z"))
    assert tick(strict, state, "2024-01-08T14:35:00Z")[1].state is FeedState.CLEAN
    assert tick(strict, state, "2024-01-08T14:37:00Z")[1].state is FeedState.STALE


def test_one_silent_feed_of_two_makes_the_symbol_stale(strict, make_bar):
    state, _ = feed_bars(strict, make_bar(TEN))
    _, verdict = evaluate(strict, state, BarArrived("backup", make_bar(TEN)), parse_timestamp(TEN))
    state, _ = evaluate(strict, state, BarArrived("backup", make_bar(TEN)), parse_timestamp(TEN))
    for end in (FIVE_PAST, TEN_PAST):
        state, verdict = evaluate(strict, state, BarArrived("main", make_bar(end)), parse_timestamp(end))
    assert verdict.state is FeedState.STALE
    assert verdict.silent_feeds == ("backup",)


def test_retired_feed_is_no_longer_expected(strict, make_bar):
    state, _ = feed_bars(strict, make_bar(TEN))
    _, verdict = evaluate(strict, state, FeedRetired("main"), parse_timestamp("2024-01-08T18:00:00Z"))
    assert verdict.state is FeedState.CLEAN


def test_feed_that_speaks_again_is_not_stale_but_shows_its_gap(strict, make_bar):
    state, _ = feed_bars(strict, make_bar(TEN))
    state, _ = tick(strict, state, "2024-01-08T15:15:00Z")
    bar = make_bar("2024-01-08T15:20:00Z")
    _, verdict = evaluate(strict, state, BarArrived("main", bar), bar.end_ts)
    assert (verdict.state, verdict.missing_bars) == (FeedState.GAP, 3)


def test_staleness_can_be_switched_off(strict, make_bar):
    config = replace(strict, stale_after=Duration(0))
    state, _ = feed_bars(config, make_bar(TEN))
    assert tick(config, state, "2024-01-10T15:00:00Z")[1].state is FeedState.CLEAN


def test_missing_bar_is_a_gap_and_the_next_bar_is_clean(strict, make_bar):
    _, verdicts = feed_bars(strict, make_bar(TEN), make_bar(TEN_PAST), make_bar("2024-01-08T15:15:00Z"))
    assert [(verdict.state, verdict.missing_bars) for verdict in verdicts] == [
        (FeedState.CLEAN, 0),
        (FeedState.GAP, 1),
        (FeedState.CLEAN, 0),
    ]
    assert verdicts[1].is_admitted


def test_gap_within_tolerance_is_clean_but_counted(strict, make_bar):
    config = replace(strict, gap_tolerance_bars=1)
    _, verdicts = feed_bars(config, make_bar(TEN), make_bar(TEN_PAST))
    assert (verdicts[1].state, verdicts[1].missing_bars) == (FeedState.CLEAN, 1)


def test_weekend_is_a_gap_only_where_the_market_never_closes(strict, make_bar):
    friday, monday = make_bar("2024-01-05T21:00:00Z"), make_bar("2024-01-08T14:35:00Z")
    assert feed_bars(strict, friday, monday)[1][1].state is FeedState.CLEAN
    always = replace(strict, calendar=None)
    assert feed_bars(always, friday, monday)[1][1].state is FeedState.GAP


def test_daily_series_shows_a_missing_session(strict, make_bar):
    ends = ["2024-01-08T21:00:00Z", "2024-01-10T21:00:00Z"]
    _, verdicts = feed_bars(strict, *(make_bar(end, timeframe=Timeframe.DAY_1) for end in ends))
    assert (verdicts[1].state, verdicts[1].missing_bars) == (FeedState.GAP, 1)


def test_feeds_that_disagree_are_found_and_the_first_bar_stands(strict, make_bar):
    state, _ = feed_bars(strict, make_bar(TEN, "500"))
    after, verdict = evaluate(strict, state, BarArrived("backup", make_bar(TEN, "501")), parse_timestamp(TEN))
    assert verdict.state is FeedState.DISAGREEMENT
    assert not verdict.is_admitted
    assert (after.baseline, after.last_end) == (500 * MICRO, parse_timestamp(TEN))


@pytest.mark.parametrize("field", ["open", "high", "low", "close", "volume"])
def test_feeds_may_disagree_about_any_field(strict, make_bar, field):
    bar = make_bar(TEN)
    state, _ = feed_bars(strict, bar)
    other = replace(bar, **{field: getattr(bar, field) + 1})
    assert evaluate(strict, state, BarArrived("b", other), bar.end_ts)[1].state is FeedState.DISAGREEMENT


def test_feed_that_revises_its_own_bar_disagrees_with_itself(strict, make_bar):
    _, verdicts = feed_bars(strict, make_bar(TEN, "500"), make_bar(TEN, "501"))
    assert verdicts[1].state is FeedState.DISAGREEMENT


def test_disagreement_about_an_older_bar_is_found_while_it_is_remembered(strict, make_bar):
    bars = (make_bar(TEN), make_bar(FIVE_PAST))
    state, _ = feed_bars(strict, *bars)
    _, verdict = evaluate(strict, state, BarArrived("backup", make_bar(TEN, "501")), bars[1].end_ts)
    assert verdict.state is FeedState.DISAGREEMENT
    state, _ = feed_bars(replace(strict, remembered_bars=1), *bars)
    _, verdict = evaluate(strict, state, BarArrived("backup", make_bar(TEN, "501")), bars[1].end_ts)
    assert (verdict.state, verdict.findings) == (FeedState.CLEAN, (Finding.BAR_LATE,))


def test_disagreement_can_be_switched_off(strict, make_bar):
    config = replace(strict, compares_feeds=False)
    _, verdicts = feed_bars(config, make_bar(TEN, "500"), make_bar(TEN, "501"))
    assert verdicts[1].findings == (Finding.BAR_REPEATED,)


def test_incomplete_bar_is_not_admitted_and_leaves_no_trace_after_the_next(strict, make_bar):
    forming = make_bar(FIVE_PAST, "900", is_complete=False)
    _, verdicts = feed_bars(strict, make_bar(TEN), forming, make_bar(FIVE_PAST))
    assert [verdict.state for verdict in verdicts] == [
        FeedState.CLEAN,
        FeedState.INCOMPLETE,
        FeedState.CLEAN,
    ]
    assert [verdict.is_admitted for verdict in verdicts] == [True, False, True]


def test_bar_from_the_future_has_not_closed_and_never_moves_the_series(strict, make_bar):
    state, _ = feed_bars(strict, make_bar(TEN))
    early = parse_timestamp("2024-01-08T15:04:58Z")
    after, verdict = evaluate(strict, state, BarArrived("main", make_bar(FIVE_PAST)), early)
    assert (verdict.state, verdict.is_admitted) == (FeedState.INCOMPLETE, False)
    assert after.last_end == parse_timestamp(TEN)
    within_skew = parse_timestamp("2024-01-08T15:04:59Z")
    assert evaluate(strict, state, BarArrived("main", make_bar(FIVE_PAST)), within_skew)[1].is_admitted


def test_late_bar_never_rewinds_the_series(strict, make_bar):
    state, _ = feed_bars(strict, make_bar(FIVE_PAST), make_bar(TEN_PAST))
    after, verdict = evaluate(strict, state, BarArrived("main", make_bar(TEN, "1")), LATER)
    assert (verdict.findings, verdict.is_admitted) == ((Finding.BAR_LATE,), False)
    assert (after.last_end, after.baseline) == (state.last_end, state.baseline)
    assert verdict.missing_bars == 0


def test_outlier_is_flagged_and_a_reverting_bar_clears_it(strict, make_bar):
    _, verdicts = feed_bars(strict, make_bar(TEN, "471"), make_bar(FIVE_PAST, "600"), make_bar(TEN_PAST, "472"))
    assert [verdict.state for verdict in verdicts] == [FeedState.CLEAN, FeedState.OUTLIER, FeedState.CLEAN]


def test_second_bar_at_the_new_level_confirms_it(strict, make_bar):
    state, verdicts = feed_bars(strict, make_bar(TEN, "500"), make_bar(FIVE_PAST, "350"), make_bar(TEN_PAST, "352"))
    assert [verdict.state for verdict in verdicts] == [FeedState.CLEAN, FeedState.OUTLIER, FeedState.CLEAN]
    assert (state.baseline, state.suspect) == (352 * MICRO, None)


def test_second_spike_elsewhere_is_an_outlier_too(strict, make_bar):
    _, verdicts = feed_bars(strict, make_bar(TEN, "100"), make_bar(FIVE_PAST, "150"), make_bar(TEN_PAST, "225"))
    assert verdicts[2].state is FeedState.OUTLIER


def test_gap_outranks_outlier_and_both_are_found(strict, make_bar):
    _, verdicts = feed_bars(strict, make_bar(TEN, "100"), make_bar(TEN_PAST, "150"))
    assert verdicts[1].state is FeedState.GAP
    assert verdicts[1].findings == (Finding.BARS_MISSING, Finding.CLOSE_OUTLYING)


def test_split_is_no_outlier_once_the_baseline_is_restated(strict, make_bar):
    before, after_split = make_bar(TEN, "100"), make_bar(FIVE_PAST, "50")
    state, _ = feed_bars(strict, before)
    assert evaluate(strict, state, BarArrived("main", after_split), LATER)[1].state is FeedState.OUTLIER
    state, _ = evaluate(strict, state, PriceRestated("SPY", 2, 1), before.end_ts)
    assert evaluate(strict, state, BarArrived("main", after_split), LATER)[1].state is FeedState.CLEAN


def test_dividend_restates_the_baseline_by_its_cash(strict, make_bar):
    state, _ = feed_bars(strict, make_bar(TEN, "100"))
    state, _ = evaluate(strict, state, PriceRestated("SPY", 1, 1, cash=30 * MICRO), LATER)
    assert state.baseline == 70 * MICRO


def test_bar_outside_the_calendar_is_stale_and_not_admitted(strict, make_bar):
    bar = make_bar("2025-03-03T15:00:00Z")
    _, verdict = evaluate(strict, SeriesState("SPY", bar.timeframe), BarArrived("main", bar), bar.end_ts)
    assert (verdict.state, verdict.is_admitted) == (FeedState.STALE, False)
    assert verdict.findings == (Finding.CALENDAR_ENDED,)


def test_bar_of_another_series_is_refused(strict, make_bar):
    with pytest.raises(ValueError, match="is not of"):
        evaluate(strict, SeriesState("QQQ", Timeframe.DAY_1), BarArrived("main", make_bar(TEN)), LATER)


@pytest.mark.parametrize(
    "change",
    [{"gap_tolerance_bars": -1}, {"stale_after": -1}, {"outlier_threshold": -1}, {"remembered_bars": 0}],
)
def test_bounds_that_mean_nothing_are_refused(strict, change):
    with pytest.raises(ValueError, match="integrity bounds"):
        replace(strict, **change)


@given(ends=st.lists(st.integers(0, 40), max_size=60), remembered=st.integers(1, 5))
def test_admitted_bars_only_move_forward_and_memory_stays_bounded(ends, remembered):
    config = IntegrityConfig(None, 0, Duration(0), Ratio(0), remembered_bars=remembered)
    state, admitted = SeriesState("SPY", Timeframe.MINUTE_1), []
    for index, step in enumerate(ends):
        end = Timestamp(step * Timeframe.MINUTE_1.length)
        price = Price(100 + index % 2)
        bar = Bar("SPY", Timeframe.MINUTE_1, end, price, price, price, price, Quantity(1))
        state, verdict = evaluate(config, state, BarArrived("main", bar), Timestamp(10**12))
        assert len(state.remembered) <= remembered
        assert state.last_end == max(ends[: index + 1]) * Timeframe.MINUTE_1.length
        if verdict.is_admitted:
            admitted.append(end)
            expected = 0 if len(admitted) == 1 else (admitted[-1] - admitted[-2]) // Timeframe.MINUTE_1.length - 1
            assert verdict.missing_bars == expected
    assert admitted == sorted(set(admitted))


class TestMonitor:
    def test_symbol_never_seen_has_no_fact(self, strict):
        assert Monitor(strict).fact("SPY") is None

    def test_symbols_do_not_touch_each_other(self, strict, make_bar):
        monitor = Monitor(strict)
        for bar in (make_bar(TEN), make_bar(TEN, symbol="QQQ"), make_bar(TEN_PAST, symbol="QQQ")):
            monitor.observe(BarArrived("main", bar), bar.end_ts)
        assert monitor.symbols == ("QQQ", "SPY")
        assert monitor.fact("SPY").state is FeedState.CLEAN
        assert (monitor.fact("QQQ").state, monitor.fact("QQQ").missing_bars) == (FeedState.GAP, 1)

    def test_symbol_shows_the_worst_of_its_timeframes(self, strict, make_bar):
        monitor = Monitor(strict)
        for bar in (make_bar(TEN), make_bar(TEN_PAST), make_bar(TEN_PAST, timeframe=Timeframe.MINUTE_1)):
            monitor.observe(BarArrived("main", bar), bar.end_ts)
        assert monitor.fact("SPY").state is FeedState.GAP

    def test_tick_reports_only_what_changed(self, strict, make_bar):
        monitor = Monitor(strict)
        monitor.observe(BarArrived("main", make_bar(TEN)), parse_timestamp(TEN))
        assert monitor.observe(ClockTicked(), parse_timestamp(FIVE_PAST)) == ()
        (verdict,) = monitor.observe(ClockTicked(), LATER)
        assert EVENT_TYPES[verdict.state] is EventType.MARKET_DATA_STALE
        assert monitor.observe(ClockTicked(), LATER) == ()
        assert monitor.fact("SPY").state is FeedState.STALE

    def test_split_touches_its_own_symbol_only(self, strict, make_bar):
        monitor = Monitor(strict)
        for symbol in ("SPY", "QQQ"):
            monitor.observe(BarArrived("main", make_bar(TEN, "100", symbol=symbol)), parse_timestamp(TEN))
        monitor.observe(PriceRestated("SPY", 2, 1), parse_timestamp(TEN))
        states = {
            symbol: monitor.observe(
                BarArrived("main", make_bar(FIVE_PAST, "50", symbol=symbol)), parse_timestamp(FIVE_PAST)
            )[0].state
            for symbol in ("SPY", "QQQ")
        }
        assert states == {"SPY": FeedState.CLEAN, "QQQ": FeedState.OUTLIER}
