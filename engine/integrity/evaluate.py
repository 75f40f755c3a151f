"""The quality gate of one series: a pure function from state, event and time to state and verdict."""

from dataclasses import replace

from engine.integrity.checks import is_outlier, missing_always_open, missing_sessions, next_bar_due
from engine.integrity.series import (
    BarArrived,
    ClockTicked,
    FeedDue,
    FeedRetired,
    IntegrityConfig,
    IntegrityEvent,
    PriceRestated,
    SeriesState,
)
from engine.integrity.verdict import FeedState, Finding, Verdict
from engine.model.bar import Bar
from engine.model.calendar import CalendarBounds
from engine.model.numbers import Price, divide_half_even
from engine.model.time import Timestamp

Findings = tuple[Finding, ...]


def evaluate(
    config: IntegrityConfig, state: SeriesState, event: IntegrityEvent, now: Timestamp
) -> tuple[SeriesState, Verdict]:
    """Return the series after `event` and what the gate says of it at `now`.

    Only a complete bar that ends after the last admitted one advances the series; late, repeated,
    forming and future bars never rewind it. Silence of any known feed outranks everything else.
    The caller routes events: a bar of another symbol or timeframe raises ValueError.
    """
    match event:
        case BarArrived(feed, bar):
            if (bar.symbol, bar.timeframe) != (state.symbol, state.timeframe):
                raise ValueError(f"{bar.symbol} {bar.timeframe} is not of {state.symbol} {state.timeframe}")
            try:
                state, admitted, findings = _judge_arrival(config, state, feed, bar, now)
            except CalendarBounds:
                state = replace(state, quality=FeedState.STALE)
                admitted, findings = False, (Finding.CALENDAR_ENDED,)
            return state, _verdict(config, state, now, admitted, findings)
        case ClockTicked():
            pass
        case FeedRetired(feed):
            state = replace(state, due=tuple(due for due in state.due if due.feed != feed))
        case PriceRestated():
            state = _restate(state, event)
    return state, _verdict(config, state, now, False, ())


def _judge_arrival(
    config: IntegrityConfig, state: SeriesState, feed: str, bar: Bar, now: Timestamp
) -> tuple[SeriesState, bool, Findings]:
    if not bar.is_complete:
        return replace(state, quality=FeedState.INCOMPLETE), False, (Finding.BAR_INCOMPLETE,)
    if bar.end_ts > now + config.clock_skew:
        # A bar cannot have closed before its close, and one far ahead would make all later ones late.
        return replace(state, quality=FeedState.INCOMPLETE), False, (Finding.BAR_IN_FUTURE,)
    due = _with_due(config, state, feed, bar)
    if state.last_end is not None and bar.end_ts <= state.last_end:
        state, findings = _compare(config, replace(state, due=due), bar)
        return state, False, findings
    missing = _missing(config, state, bar)
    outlying = _is_outlying(config, state, bar.close)
    findings = ()
    quality = FeedState.CLEAN
    if outlying:
        findings += (Finding.CLOSE_OUTLYING,)
        quality = FeedState.OUTLIER
    if missing > config.gap_tolerance_bars:
        findings = (Finding.BARS_MISSING, *findings)
        quality = FeedState.GAP
    advanced = replace(
        state,
        last_end=bar.end_ts,
        baseline=state.baseline if outlying else bar.close,
        suspect=bar.close if outlying else None,
        quality=quality,
        missing_bars=missing,
        remembered=(*state.remembered, bar)[-config.remembered_bars :],
        due=due,
    )
    return advanced, True, findings


def _compare(config: IntegrityConfig, state: SeriesState, bar: Bar) -> tuple[SeriesState, Findings]:
    known = next((item for item in state.remembered if item.end_ts == bar.end_ts), None)
    if known is None:
        return state, (Finding.BAR_LATE,)
    if known == bar or not config.compares_feeds:
        return state, (Finding.BAR_REPEATED,)
    return replace(state, quality=FeedState.DISAGREEMENT), (Finding.FEEDS_DISAGREE,)


def _missing(config: IntegrityConfig, state: SeriesState, bar: Bar) -> int:
    if state.last_end is None:
        return 0
    if config.calendar is None:
        return missing_always_open(state.last_end, bar.end_ts, bar.timeframe)
    return missing_sessions(config.calendar, state.last_end, bar.end_ts, bar.timeframe)


def _is_outlying(config: IntegrityConfig, state: SeriesState, close: Price) -> bool:
    if config.outlier_threshold == 0 or state.baseline is None:
        return False
    references = (state.baseline,) if state.suspect is None else (state.baseline, state.suspect)
    return all(is_outlier(reference, close, config.outlier_threshold) for reference in references)


def _with_due(config: IntegrityConfig, state: SeriesState, feed: str, bar: Bar) -> tuple[FeedDue, ...]:
    if config.calendar is None:
        at = Timestamp(bar.end_ts + bar.timeframe.length)
    else:
        at = next_bar_due(config.calendar, bar.end_ts, bar.timeframe)
    others = tuple(due for due in state.due if due.feed != feed)
    at = max([at, *(due.at for due in state.due if due.feed == feed)])
    return tuple(sorted((*others, FeedDue(feed, at)), key=lambda due: due.feed))


def _restate(state: SeriesState, action: PriceRestated) -> SeriesState:
    def price(close: int) -> Price:
        return Price(divide_half_even((close - action.cash) * action.denominator, action.numerator))

    return replace(
        state,
        baseline=None if state.baseline is None else price(state.baseline),
        suspect=None if state.suspect is None else price(state.suspect),
    )


def _verdict(
    config: IntegrityConfig, state: SeriesState, now: Timestamp, admitted: bool, findings: Findings
) -> Verdict:
    silent: tuple[str, ...] = ()
    if config.stale_after:
        silent = tuple(due.feed for due in state.due if now > due.at + config.stale_after)
    if silent:
        findings = (*findings, Finding.FEED_SILENT)
    return Verdict(
        state.symbol,
        state.timeframe,
        now,
        FeedState.STALE if silent else state.quality,
        state.missing_bars,
        admitted,
        findings,
        silent,
    )
