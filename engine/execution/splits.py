"""How a split changes an open order, once, for the desk's book and the paper broker's alike.

The factor is numerator / denominator new shares for one old share. Quantities lose what falls below
a micro-share. Limits round so that they never get worse (a buy down, a sell up), stops so that they
never trigger earlier (a buy up, a sell down).
"""

from engine.model.numbers import Price, Quantity, divide_up
from engine.model.order import Side


def split_quantity(quantity: int, numerator: int, denominator: int) -> Quantity:
    """Return an unsigned quantity after the split."""
    return Quantity(quantity * numerator // denominator)


def split_limit(price: int, side: Side, numerator: int, denominator: int) -> Price:
    """Return a limit price after the split, at least a micro."""
    return _at_least_a_micro(price, numerator, denominator, up=side is Side.SELL)


def split_stop(price: int, side: Side, numerator: int, denominator: int) -> Price:
    """Return a stop price after the split, at least a micro."""
    return _at_least_a_micro(price, numerator, denominator, up=side is Side.BUY)


def _at_least_a_micro(price: int, numerator: int, denominator: int, *, up: bool) -> Price:
    scaled = price * denominator
    return Price(max(1, divide_up(scaled, numerator) if up else scaled // numerator))
