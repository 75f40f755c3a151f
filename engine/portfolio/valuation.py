"""A ledger at market: equity and exposures, or the names of the marks that are unknown."""

from collections.abc import Mapping
from dataclasses import dataclass

from engine.model.numbers import Money, Price
from engine.portfolio.amount import Amount
from engine.portfolio.position import Position


@dataclass(frozen=True, slots=True)
class UnknownMarks:
    """Held symbols without a positive mark; what depends on them is unknown, not zero."""

    symbols: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Valuation:
    """The book at its marks, exact. `short` is the absolute value of short positions."""

    cash: Amount
    equity: Amount
    long: Amount
    short: Amount
    unrealized: Amount
    realized: Amount
    fees: Money
    dividends: Money
    other_cash: Money

    @property
    def gross(self) -> Amount:
        """Sum of absolute position values."""
        return Amount(self.long + self.short)

    @property
    def net(self) -> Amount:
        """Sum of signed position values."""
        return Amount(self.long - self.short)


def value(
    *,
    positions: tuple[Position, ...],
    marks: Mapping[str, Price],
    cash: Amount,
    realized: Amount,
    fees: Money,
    dividends: Money,
    other_cash: Money,
) -> Valuation | UnknownMarks:
    """Return the positions and cash at `marks`, or every held symbol without a positive mark."""
    unknown = tuple(each.symbol for each in positions if marks.get(each.symbol, 0) <= 0)
    if unknown:
        return UnknownMarks(unknown)
    long = short = cost = 0
    for each in positions:
        worth = each.quantity * marks[each.symbol]
        if worth >= 0:
            long += worth
        else:
            short -= worth
        cost += each.cost
    return Valuation(
        cash=cash,
        equity=Amount(cash + long - short),
        long=Amount(long),
        short=Amount(short),
        unrealized=Amount(long - short - cost),
        realized=realized,
        fees=fees,
        dividends=dividends,
        other_cash=other_cash,
    )
