"""How well orders were filled: the cost of each order's trades against what could be had. Pure.

A positive cost is bad for us on either side of the market, and is rounded up: never flattered.
Costs are rates in micros: 1 bps is 100. Perold, "The Implementation Shortfall", Journal of Portfolio
Management 14(3), 1988: paper against real trades, here from the quote an order was decided on.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from engine.model.numbers import MICRO, Money, Price, Ratio, divide_up, format_decimal
from engine.model.order import Fill
from engine.model.time import Duration, Timestamp

_BPS_PLACES = 2
"""A rate in micros is this many places of a basis point."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """The mid of the quote an order was decided on, in micros per share.

    `quoted` is as it was then, `mid` per share of today: a split or dividend since would else look like
    a cost or a gain. `mid` is None once a dividend has taken all of it.
    """

    quoted: Fraction
    mid: Fraction | None

    @classmethod
    def of(cls, bid: int, ask: int) -> "Arrival":
        """Return the arrival at a quote."""
        mid = Fraction(bid + ask, 2)
        return cls(mid, mid)

    def after_split(self, numerator: int, denominator: int) -> "Arrival":
        """Return it restated for numerator / denominator new shares for one old share."""
        return self if self.mid is None else replace(self, mid=self.mid * denominator / numerator)

    def after_dividend(self, numerator: int, denominator: int) -> "Arrival":
        """Return it restated for numerator / denominator currency units paid a share."""
        if self.mid is None:
            return self
        left = self.mid - Fraction(numerator, denominator) * MICRO
        return replace(self, mid=left if left > 0 else None)


@dataclass(frozen=True, slots=True)
class Trade:
    """A fill and what it is measured against, all in the shares of its own instant."""

    fill: Fill
    arrival: Arrival | None
    limit_price: Price | None


@dataclass(frozen=True, slots=True)
class Shortfall:
    """What trades cost beyond a reference and what they would have cost at it, in 10^-12 of currency."""

    excess: Fraction
    due: Fraction

    @property
    def rate(self) -> Ratio:
        """The cost as a share of what was due, rounded up."""
        exact = self.excess * MICRO / self.due
        return Ratio(divide_up(exact.numerator, exact.denominator))


@dataclass(frozen=True, slots=True)
class OrderQuality:
    """All trades of an order against its references; None where there is no reference.

    `value` is quantity x price in 10^-12 of currency. `against_limit` is never above zero unless the
    broker filled worse than the limit allowed. `delay` runs from the submission to the first trade.
    """

    order_id: str
    trades: int
    value: int
    quoted: Fraction | None
    against_arrival: Shortfall | None
    against_limit: Shortfall | None
    delay: Duration | None


@dataclass(frozen=True, slots=True)
class ExecutionFigures:
    """How the orders of a run were filled, as decimal text; None where `undefined` gives a reason.

    The rates are averages weighted by what each order was worth at its reference.
    """

    orders: int
    trades: int
    arrival_orders: int
    arrival_cost: str | None
    arrival_bps: str | None
    limit_orders: int
    limit_bps: str | None
    longest_delay_s: str | None
    undefined: dict[str, str]


def measure_order(trades: Sequence[Trade], submitted_at: Timestamp | None) -> OrderQuality:
    """Return the quality of an order's trades at their average price.

    The trades are of one order and at least one; anything else raises ValueError.
    """
    named = {(trade.fill.order_id, trade.fill.side) for trade in trades}
    if len(named) != 1:
        raise ValueError(f"{len(trades)} trades of {len(named)} orders cannot be measured together")
    first = trades[0]
    return OrderQuality(
        order_id=first.fill.order_id,
        trades=len(trades),
        value=sum(trade.fill.quantity * trade.fill.price for trade in trades),
        quoted=first.arrival.quoted if first.arrival else None,
        against_arrival=_shortfall((trade.fill, trade.arrival.mid if trade.arrival else None) for trade in trades),
        against_limit=_shortfall((trade.fill, trade.limit_price) for trade in trades),
        delay=None if submitted_at is None else Duration(min(trade.fill.at for trade in trades) - submitted_at),
    )


def summarise(orders: Sequence[OrderQuality]) -> ExecutionFigures:
    """Return the figures of a run's filled orders."""
    by_arrival = [each.against_arrival for each in orders if each.against_arrival is not None]
    by_limit = [each.against_limit for each in orders if each.against_limit is not None]
    delays = [each.delay for each in orders if each.delay is not None]
    undefined: dict[str, str] = {}
    if not by_arrival:
        undefined["arrival_cost"] = undefined["arrival_bps"] = "no order with a known arrival was filled"
    if not by_limit:
        undefined["limit_bps"] = "no limit order was filled"
    if not delays:
        undefined["longest_delay_s"] = "no order was filled"
    arrival, limit = _total(by_arrival), _total(by_limit)
    return ExecutionFigures(
        orders=len(orders),
        trades=sum(each.trades for each in orders),
        arrival_orders=len(by_arrival),
        arrival_cost=None if arrival is None else format_decimal(_money_up(arrival.excess)),
        arrival_bps=bps(arrival),
        limit_orders=len(by_limit),
        limit_bps=bps(limit),
        longest_delay_s=format_decimal(max(delays)) if delays else None,
        undefined=undefined,
    )


def bps(shortfall: Shortfall | None) -> str | None:
    """Return a cost in basis points as decimal text, rounded up at two places."""
    return None if shortfall is None else format_decimal(shortfall.rate, _BPS_PLACES)


def _shortfall(trades: Iterable[tuple[Fill, Fraction | Price | None]]) -> Shortfall | None:
    """Return side x (value - due), where due is each trade's quantity at its reference; None if one has none."""
    excess, due = Fraction(0), Fraction(0)
    for fill, reference in trades:
        if reference is None:
            return None
        at_reference = fill.quantity * Fraction(reference)
        excess += fill.side.sign * (fill.quantity * fill.price - at_reference)
        due += at_reference
    return Shortfall(excess, due)


def _total(shortfalls: Sequence[Shortfall]) -> Shortfall | None:
    if not shortfalls:
        return None
    return Shortfall(
        sum((each.excess for each in shortfalls), Fraction(0)), sum((each.due for each in shortfalls), Fraction(0))
    )


def _money_up(amount: Fraction) -> Money:
    exact = amount / MICRO
    return Money(divide_up(exact.numerator, exact.denominator))
