"""What the quality gate says: states, findings, and the facts they become."""

from dataclasses import dataclass
from enum import StrEnum

from engine.model.bar import Timeframe
from engine.model.event import EventType
from engine.model.time import Timestamp


class FeedState(StrEnum):
    """The states of specs/integrity.schema.json."""

    CLEAN = "CLEAN"
    GAP = "GAP"
    OUTLIER = "OUTLIER"
    STALE = "STALE"
    INCOMPLETE = "INCOMPLETE"
    DISAGREEMENT = "DISAGREEMENT"


PRECEDENCE = (
    FeedState.STALE,
    FeedState.DISAGREEMENT,
    FeedState.GAP,
    FeedState.OUTLIER,
    FeedState.INCOMPLETE,
    FeedState.CLEAN,
)
"""Worst first: which state a symbol shows when several hold."""


class Finding(StrEnum):
    """Everything found about one arrival, whether or not it decides the state."""

    BAR_INCOMPLETE = "BAR_INCOMPLETE"
    BAR_IN_FUTURE = "BAR_IN_FUTURE"
    BAR_LATE = "BAR_LATE"
    BAR_REPEATED = "BAR_REPEATED"
    BARS_MISSING = "BARS_MISSING"
    CLOSE_OUTLYING = "CLOSE_OUTLYING"
    FEEDS_DISAGREE = "FEEDS_DISAGREE"
    FEED_SILENT = "FEED_SILENT"
    CALENDAR_ENDED = "CALENDAR_ENDED"


EVENT_TYPES = {
    FeedState.STALE: EventType.MARKET_DATA_STALE,
    FeedState.GAP: EventType.MARKET_DATA_GAP,
    FeedState.OUTLIER: EventType.MARKET_DATA_OUTLIER,
    FeedState.DISAGREEMENT: EventType.DATA_DISAGREEMENT,
}
"""The event that reports a state; CLEAN and INCOMPLETE are not events."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The gate's answer at the instant `at` for one series.

    `is_admitted` says that the bar is complete and new, so that books and strategies may see it; what
    a bad state forbids is said in the rules. `silent_feeds` are the feeds whose next bar is overdue.
    """

    symbol: str
    timeframe: Timeframe
    at: Timestamp
    state: FeedState
    missing_bars: int
    is_admitted: bool
    findings: tuple[Finding, ...] = ()
    silent_feeds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IntegrityFact:
    """`integrity.state` and `integrity.missing_bars` of one symbol, as of the last look at it."""

    symbol: str
    state: FeedState
    missing_bars: int
    as_of: Timestamp
