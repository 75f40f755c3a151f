"""What the gate remembers of one series, bounded, and what can happen to it."""

from dataclasses import dataclass

from engine.integrity.verdict import FeedState
from engine.model.bar import Bar, Timeframe
from engine.model.calendar import SessionCalendar
from engine.model.numbers import Price, Ratio
from engine.model.time import SECOND, Duration, Timestamp


@dataclass(frozen=True, slots=True)
class IntegrityConfig:
    """How strict the gate is. Raises ValueError on a negative bound.

    `calendar` None means a market that never closes. `stale_after` is how long after a bar was due a
    feed counts as silent, `outlier_threshold` a ratio in micros; 0 switches either off.
    `remembered_bars` bounds how far back feeds are compared, `clock_skew` how far ahead of our clock a
    bar may close.
    """

    calendar: SessionCalendar | None
    gap_tolerance_bars: int
    stale_after: Duration
    outlier_threshold: Ratio
    compares_feeds: bool = True
    remembered_bars: int = 16
    clock_skew: Duration = SECOND

    def __post_init__(self) -> None:
        bounds = (self.gap_tolerance_bars, self.stale_after, self.outlier_threshold, self.clock_skew)
        if min(bounds) < 0 or self.remembered_bars < 1:
            raise ValueError("integrity bounds must not be negative and one bar must be remembered")


@dataclass(frozen=True, slots=True)
class BarArrived:
    """A feed delivered a bar."""

    feed: str
    bar: Bar


@dataclass(frozen=True, slots=True)
class ClockTicked:
    """Time passed; the only way a feed that says nothing is noticed."""


@dataclass(frozen=True, slots=True)
class FeedRetired:
    """A feed is no longer expected to deliver (DATA_SOURCE_SWITCH)."""

    feed: str


@dataclass(frozen=True, slots=True)
class PriceRestated:
    """A corporate action restates past closes: (close - cash) x denominator / numerator.

    A split of 2 for 1 has numerator 2 and denominator 1; `cash` is the dividend in micros per share.
    """

    symbol: str
    numerator: int
    denominator: int
    cash: int = 0

    def __post_init__(self) -> None:
        if self.numerator <= 0 or self.denominator <= 0:
            raise ValueError(f"a split of {self.numerator} for {self.denominator} is not a split")


IntegrityEvent = BarArrived | ClockTicked | FeedRetired | PriceRestated


@dataclass(frozen=True, slots=True)
class FeedDue:
    """When the next bar of a feed should have closed."""

    feed: str
    at: Timestamp


@dataclass(frozen=True, slots=True)
class SeriesState:
    """One symbol on one timeframe. `remembered` holds the last admitted bars, oldest first.

    `baseline` is the close the next one is measured against. After an outlier `suspect` holds the
    outlying close: a bar near either of the two clears it, as a reverted spike or as a new level.
    """

    symbol: str
    timeframe: Timeframe
    last_end: Timestamp | None = None
    baseline: Price | None = None
    suspect: Price | None = None
    quality: FeedState = FeedState.CLEAN
    missing_bars: int = 0
    remembered: tuple[Bar, ...] = ()
    due: tuple[FeedDue, ...] = ()
