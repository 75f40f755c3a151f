"""How well orders were filled: the cost of each trade against what could be had. Pure.

A positive cost is bad for us on either side of the market, and is rounded up: never flattered.
Costs are rates in micros: 1 bps is 100.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.model.numbers import MICRO, Price, Ratio, divide_up
from engine.model.order import Fill, Side
from engine.model.time import Duration, Timestamp


@dataclass(frozen=True, slots=True)
class Arrival:
    """The market when the order was decided: `mid` is None when no quote was known then."""

    mid: Price | None
    limit_price: Price | None
    submitted_at: Timestamp


@dataclass(frozen=True, slots=True)
class FillQuality:
    """A trade, or all trades of an order, against its references; None where there is no reference.

    `against_limit` is never positive unless the broker filled worse than the limit allowed.
    `delay` runs from the submission to the (first) trade.
    """

    against_arrival: Ratio | None
    against_limit: Ratio | None
    delay: Duration


def measure_fill(fill: Fill, arrival: Arrival) -> FillQuality:
    """Return the quality of one trade."""
    return measure_order([fill], arrival)


def measure_order(fills: Sequence[Fill], arrival: Arrival) -> FillQuality:
    """Return the quality of an order's trades at their average price.

    The trades are of one side and at least one; anything else raises ValueError.
    """
    sides = {fill.side for fill in fills}
    if len(sides) != 1:
        raise ValueError(f"{len(fills)} trades of {len(sides)} sides cannot be measured together")
    (side,) = sides
    value = sum(fill.quantity * fill.price for fill in fills)
    quantity = sum(fill.quantity for fill in fills)
    return FillQuality(
        against_arrival=_cost(side, value, quantity, arrival.mid),
        against_limit=_cost(side, value, quantity, arrival.limit_price),
        delay=Duration(min(fill.at for fill in fills) - arrival.submitted_at),
    )


def _cost(side: Side, value: int, quantity: int, reference: Price | None) -> Ratio | None:
    """Return side x (average price - reference) / reference, the average kept as value / quantity."""
    if reference is None:
        return None
    due = quantity * reference
    return Ratio(divide_up(side.sign * (value - due) * MICRO, due))
