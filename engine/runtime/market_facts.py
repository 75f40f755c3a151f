"""What a bar says about its market: quotes by the stated spread, volumes, closes (FORMATS, Quotes from bars)."""

from collections import deque
from dataclasses import dataclass, field
from datetime import date

from engine.facts.board import FactBoard
from engine.integrity.checks import next_bar_due
from engine.model.bar import Bar
from engine.model.calendar import SessionCalendar
from engine.model.numbers import MICRO, divide_half_even, divide_up
from engine.model.time import Timestamp

PROVIDER = "bar_quote"
VOLUME_BARS = 20


@dataclass(slots=True)
class SymbolMarket:
    """The closes and volumes remembered of one symbol, restated for splits."""

    last_close: int | None = None
    last_end: Timestamp | None = None
    last_session: date | None = None
    prior_close: int | None = None
    prior_end: Timestamp | None = None
    volumes: deque[int] = field(default_factory=lambda: deque(maxlen=VOLUME_BARS))


class MarketFacts:
    """Posts the facts of bars to the board and keeps the marks they give."""

    def __init__(self, board: FactBoard, calendar: SessionCalendar, base_spread_bps: int) -> None:
        self._board, self._calendar, self._spread = board, calendar, base_spread_bps
        self._symbols: dict[str, SymbolMarket] = {}

    def on_bar(self, bar: Bar) -> None:
        """Post bid, ask, last, volume and prior close as of the bar's close."""
        market = self._symbols.setdefault(bar.symbol, SymbolMarket())
        session = self._calendar.session_date(bar.end_ts)
        if market.last_session is not None and session != market.last_session:
            market.prior_close, market.prior_end = market.last_close, market.last_end
        market.last_close, market.last_end, market.last_session = bar.close, bar.end_ts, session
        due = next_bar_due(self._calendar, bar.end_ts, bar.timeframe)
        key = (bar.symbol,)
        for name, value in zip(("bid", "ask"), quote(bar.close, self._spread), strict=True):
            self._board.put(f"market.{name}", key, value, bar.end_ts, PROVIDER, bar_due=due)
        self._board.put("market.last", key, bar.close, bar.end_ts, PROVIDER, bar_due=due)
        self._board.put("market.volume", key, bar.volume, bar.end_ts, PROVIDER, bar_due=due)
        if market.prior_close is not None and market.prior_end is not None:
            self._board.put("market.prior_close", key, market.prior_close, market.prior_end, PROVIDER)
        if market.volumes:
            average = divide_half_even(sum(market.volumes), len(market.volumes))
            self._board.put("market.average_volume", key, average, bar.end_ts, PROVIDER)
        market.volumes.append(bar.volume)

    def on_split(self, symbol: str, numerator: int, denominator: int) -> None:
        """Restate what is remembered: prices fall by the factor, volumes rise by it."""
        market = self._symbols.setdefault(symbol, SymbolMarket())
        if market.last_close is not None:
            market.last_close = divide_half_even(market.last_close * denominator, numerator)
        if market.prior_close is not None:
            market.prior_close = divide_half_even(market.prior_close * denominator, numerator)
        restated = [divide_half_even(volume * numerator, denominator) for volume in market.volumes]
        market.volumes = deque(restated, maxlen=VOLUME_BARS)

    def last_close(self, symbol: str) -> int | None:
        """Return the last close in today's shares, or None before the first bar."""
        market = self._symbols.get(symbol)
        return market.last_close if market else None


def quote(close: int, spread_bps: int) -> tuple[int, int]:
    """Return bid and ask: the close less and plus half the spread, rounded against us."""
    half = 20_000  # basis points of half a spread in one whole
    bid = close * (half - spread_bps) // half
    ask = divide_up(close * (half + spread_bps), half)
    return max(bid, 1), ask


def drawdown(hwm: int, equity: int) -> int | None:
    """Return the fall from the high-water mark as a ratio in micros, rounded up; None without a mark."""
    return divide_up(max(0, hwm - equity) * MICRO, hwm) if hwm > 0 else None
