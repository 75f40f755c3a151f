"""Whether, and at what price, the paper market trades an order. Pure.

Two moments only: a bar's open, where the price is known and nothing else, and a whole bar, whose
inner path is unknown and is read against the order.
"""

from dataclasses import dataclass

from engine.execution.slippage import slip
from engine.model.bar import Bar
from engine.model.numbers import Price
from engine.model.order import OrderType, Side


@dataclass(frozen=True, slots=True)
class Terms:
    """What matching needs to know of an order; the prices its type requires are present."""

    side: Side
    type: OrderType
    limit_price: Price | None
    stop_price: Price | None
    is_triggered: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """The verdict on one order: a price when it trades, and whether its stop has gone off."""

    price: Price | None
    is_triggered: bool


def match_at_open(terms: Terms, price: int, rate: int) -> Match:
    """Return what the open at `price` does to an order, slipped by `rate`; never worse than its limit."""
    is_triggered = terms.is_triggered or _has_reached_stop(terms, price, price)
    if _is_stop(terms) and not is_triggered:
        return Match(None, False)
    return Match(_taken(terms, price, rate), is_triggered)


def match_in_bar(terms: Terms, bar: Bar, rate: int) -> Match:
    """Return what a whole bar does to an order that was working before the bar began.

    A resting limit trades at its own price when the bar traded *through* it; a touch is not enough,
    since others stood in the queue. A stop trades at the worse of its price and the open, slipped. A
    stop-limit that goes off inside the bar trades at once or rests: what came after is not known.
    Market orders trade at opens only.
    """
    if _is_stop(terms) and not terms.is_triggered:
        if not _has_reached_stop(terms, bar.low, bar.high):
            return Match(None, False)
        assert terms.stop_price is not None
        worse = max if terms.side is Side.BUY else min
        return Match(_taken(terms, worse(bar.open, terms.stop_price), rate), True)
    if terms.limit_price is None:
        return Match(None, terms.is_triggered)
    buys = terms.side is Side.BUY
    is_through = bar.low < terms.limit_price if buys else bar.high > terms.limit_price
    return Match(terms.limit_price if is_through else None, terms.is_triggered)


def _is_stop(terms: Terms) -> bool:
    return terms.type in (OrderType.STOP, OrderType.STOP_LIMIT)


def _has_reached_stop(terms: Terms, low: int, high: int) -> bool:
    if terms.stop_price is None:
        return False
    return high >= terms.stop_price if terms.side is Side.BUY else low <= terms.stop_price


def _taken(terms: Terms, price: int, rate: int) -> Price | None:
    """Return the price of taking what the market offers at `price`, or None when the limit forbids it."""
    slipped = slip(price, terms.side, rate)
    limit = terms.limit_price
    if limit is None:
        return slipped
    if terms.side is Side.BUY:
        return min(slipped, limit) if price <= limit else None
    return max(slipped, limit) if price >= limit else None
