"""Bars: what the market did over an interval that ended at `end_ts`."""

from dataclasses import dataclass
from enum import StrEnum

from engine.model.numbers import Price, Quantity
from engine.model.time import DAY, HOUR, MINUTE, Duration, Timestamp


class Timeframe(StrEnum):
    """Bar intervals; a daily bar spans one exchange session."""

    MINUTE_1 = "1m"
    MINUTE_5 = "5m"
    HOUR_1 = "1H"
    DAY_1 = "1D"

    @property
    def length(self) -> Duration:
        return _LENGTH[self]


_LENGTH = {
    Timeframe.MINUTE_1: MINUTE,
    Timeframe.MINUTE_5: Duration(5 * MINUTE),
    Timeframe.HOUR_1: HOUR,
    Timeframe.DAY_1: DAY,
}


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of one symbol. Prices are micros per share, volume micros of a share.

    `end_ts` is the instant the bar closed; an incomplete bar is still forming.
    """

    symbol: str
    timeframe: Timeframe
    end_ts: Timestamp
    open: Price
    high: Price
    low: Price
    close: Price
    volume: Quantity
    is_complete: bool = True
