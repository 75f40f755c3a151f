"""The quality gate: what the desk may believe of each bar, and the counts of a whole batch.

The state of a bar feeds `integrity.state` and `integrity.missing_bars`. Judging is a pure step from
one bar to the next, the same for a file and for a live stream.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from engine.integrity.checks import missing_sessions
from engine.integrity.verdict import FeedState
from engine.marketdata.corporate_actions import CorporateAction, Split
from engine.marketdata.faults import Fault
from engine.marketdata.session_grid import is_stale
from engine.model.bar import Bar, Timeframe
from engine.model.calendar import SessionCalendar
from engine.model.numbers import MICRO, Ratio
from engine.model.time import SECOND, Duration, Timestamp

_OUTLIER_THRESHOLD = Ratio(200_000)
_STALE_AFTER = Duration(120 * SECOND)


@dataclass(frozen=True, slots=True)
class QualityPolicy:
    """Bounds of the gate.

    `outlier_threshold` is micros of a pure number (20 % is 200_000), `gap_tolerance` counts bars,
    `stale_after` is how late a due bar may be.
    """

    outlier_threshold: Ratio = _OUTLIER_THRESHOLD
    gap_tolerance: int = 0
    stale_after: Duration = _STALE_AFTER


@dataclass(frozen=True, slots=True)
class Anchor:
    """A past close and what one share of it has become since: shares and cash in micros of currency."""

    close: int
    shares: Fraction | int = 1
    cash: Fraction | int = 0

    def carried(self, actions: Iterable[CorporateAction]) -> "Anchor":
        """Return the anchor after these actions, in order: a split, then the dividend on what it made."""
        shares, cash = self.shares, self.cash
        for action in actions:
            if isinstance(action, Split):
                shares *= action.factor
            else:
                cash += shares * action.cash * MICRO
        return replace(self, shares=shares, cash=cash)

    def is_far_from(self, close: int, threshold: int) -> bool:
        """Return whether holding from this close to `close` earned or lost more than the threshold."""
        earned = (close * self.shares + self.cash - self.close) * MICRO
        bound = threshold * self.close
        return not -bound <= earned <= bound


@dataclass(frozen=True, slots=True)
class SeriesState:
    """What the gate remembers of one series.

    `trusted` is the last close that was believed, `suspect` the outlying one after it, if any.
    """

    last_end: Timestamp | None = None
    trusted: Anchor | None = None
    suspect: Anchor | None = None


@dataclass(frozen=True, slots=True)
class BarQuality:
    """The verdict on one bar. `missing_bars` counts those owed between it and the bar before it."""

    state: FeedState
    missing_bars: int
    is_outlier: bool = False


def assess_bar(
    series: SeriesState,
    bar: Bar,
    calendar: SessionCalendar,
    policy: QualityPolicy,
    actions: Sequence[CorporateAction] = (),
    witness: Bar | None = None,
) -> tuple[SeriesState, BarQuality]:
    """Judge one bar after those before it and return what to remember with the verdict.

    `actions` took effect after the bar before and up to this bar's day, in order; `witness` is the
    same bar from a second source. A move is measured as what a holder earned, so neither a split nor
    a dividend is one. A spike is an outlier and its reversal is not; a new level is believed from the
    second bar that confirms it. An incomplete bar is judged and not remembered. Raises CalendarBounds.
    """
    missing = 0
    if series.last_end is not None:
        missing = missing_sessions(calendar, series.last_end, bar.end_ts, bar.timeframe)
    trusted, suspect = series.trusted, series.suspect
    if actions:
        trusted = trusted and trusted.carried(actions)
        suspect = suspect and suspect.carried(actions)
    threshold = policy.outlier_threshold
    is_far = trusted is not None and trusted.is_far_from(bar.close, threshold)
    is_confirmed = suspect is not None and not suspect.is_far_from(bar.close, threshold)
    is_outlier = is_far and not is_confirmed
    if is_disagreement(bar, witness):
        state = FeedState.DISAGREEMENT
    elif not bar.is_complete:
        state = FeedState.INCOMPLETE
    elif missing > policy.gap_tolerance:
        state = FeedState.GAP
    else:
        state = FeedState.OUTLIER if is_outlier else FeedState.CLEAN
    quality = BarQuality(state, missing, is_outlier)
    if not bar.is_complete:
        return series, quality
    here = Anchor(bar.close)
    if is_outlier:
        return SeriesState(bar.end_ts, trusted, here), quality
    return SeriesState(bar.end_ts, here, None), quality


def is_disagreement(bar: Bar, witness: Bar | None) -> bool:
    """Return whether a second source tells another close or volume for the same bar."""
    if witness is None:
        return False
    if (bar.symbol, bar.timeframe, bar.end_ts) != (witness.symbol, witness.timeframe, witness.end_ts):
        raise ValueError("a witness must be of the same symbol, timeframe and closing time")
    return (bar.close, bar.volume) != (witness.close, witness.volume)


def state_at(
    quality: BarQuality,
    bar: Bar,
    calendar: SessionCalendar,
    policy: QualityPolicy,
    now: int,
) -> FeedState:
    """Return what is to be believed of a series at `now`, when `bar` is its last complete one."""
    if quality.state is not FeedState.DISAGREEMENT and is_stale(
        calendar, bar.timeframe, bar.end_ts, now, policy.stale_after
    ):
        return FeedState.STALE
    return quality.state


@dataclass(frozen=True, slots=True)
class Finding:
    """A bar that was accepted and is not clean."""

    symbol: str
    timeframe: Timeframe
    end_ts: Timestamp
    state: FeedState
    missing_bars: int
    is_outlier: bool


@dataclass(frozen=True, slots=True)
class SeriesReport:
    """Counts of one symbol and timeframe; `rejected` lists (fault code, rows) of those refused."""

    symbol: str
    timeframe: str
    rows_ok: int
    rows_rejected: int
    rejected: tuple[tuple[str, int], ...]
    gaps: int
    missing_bars: int
    incomplete: int
    outliers: int
    disagreements: int
    is_stale: bool
    first_end: Timestamp | None
    last_end: Timestamp | None


@dataclass(frozen=True, slots=True)
class QualityReport:
    """What a batch was worth: counts per series, every fault and every bar that is not clean."""

    rows_read: int
    rows_ok: int
    rows_rejected: int
    series: tuple[SeriesReport, ...]
    faults: tuple[Fault, ...]
    findings: tuple[Finding, ...]

    @property
    def is_clean(self) -> bool:
        """Return whether nothing was refused, found or late."""
        return not self.faults and not self.findings and not any(series.is_stale for series in self.series)
