"""One symbol's open lots with the running totals that make every read constant time."""

from collections import deque
from dataclasses import dataclass

from engine.model.numbers import Money, Quantity, divide_half_even
from engine.model.order import Fill
from engine.model.time import Timestamp
from engine.portfolio.amount import Amount
from engine.portfolio.lots import Lot, LotClosed, LotsSplit, take_oldest


@dataclass(frozen=True, slots=True)
class Position:
    """A holding as others may see it: signed quantity and signed cost of its open lots."""

    symbol: str
    quantity: Quantity
    cost: Amount


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """One symbol from flat to flat (a flip through zero ends one trip and begins the next).

    `realized` includes cash paid for split fractions; fees and dividends are those of the trip.
    """

    symbol: str
    is_long: bool
    opened_at: Timestamp
    closed_at: Timestamp
    realized: Amount
    fees: Money
    dividends: Money


@dataclass(frozen=True, slots=True)
class Applied:
    """What a fill did to a position."""

    closed: tuple[LotClosed, ...]
    trip: RoundTrip | None


class OpenPosition:
    """The mutable holding inside a ledger; all lots have one sign."""

    __slots__ = ("cost", "dividends", "fees", "lots", "opened_at", "quantity", "realized", "symbol")

    def __init__(self, symbol: str, opened_at: Timestamp) -> None:
        self.symbol = symbol
        self.lots: deque[Lot] = deque()
        self.quantity = 0
        self.cost = 0
        self._begin_trip(opened_at)

    def _begin_trip(self, at: Timestamp) -> None:
        self.opened_at = at
        self.realized = 0
        self.fees = 0
        self.dividends = 0

    def _end_trip(self, is_long: bool, at: Timestamp) -> RoundTrip:
        trip = RoundTrip(
            symbol=self.symbol,
            is_long=is_long,
            opened_at=self.opened_at,
            closed_at=at,
            realized=Amount(self.realized),
            fees=Money(self.fees),
            dividends=Money(self.dividends),
        )
        self._begin_trip(at)
        return trip

    def apply(self, fill: Fill) -> Applied:
        """Close opposite lots oldest first, open a lot with the rest; return what was closed.

        The fee of a fill that flips the position is shared between the two trips by quantity.
        """
        signed = fill.side.sign * fill.quantity
        closing = 0
        if self.quantity * signed < 0:
            closing = signed if abs(signed) <= abs(self.quantity) else -self.quantity
        closed: list[LotClosed] = []
        trip: RoundTrip | None = None
        fee_left = int(fill.fee)
        if closing:
            was_long = self.quantity > 0
            for part in take_oldest(self.lots, -closing):
                closed.append(_close(self.symbol, part, fill))
                self.cost -= part.cost
            self.quantity += closing
            self.realized += sum(each.realized for each in closed)
            share = divide_half_even(fee_left * abs(closing), fill.quantity)
            self.fees += share
            fee_left -= share
            if not self.quantity:
                trip = self._end_trip(was_long, fill.at)
        opening = signed - closing
        if opening:
            cost = Amount(opening * fill.price)
            self.lots.append(Lot(Quantity(opening), cost, fill.at, fill.fill_id))
            self.quantity += opening
            self.cost += cost
            self.fees += fee_left
        return Applied(tuple(closed), trip)

    def replace_lots(self, split: LotsSplit, realized: int, at: Timestamp) -> RoundTrip | None:
        """Take over the lots after a split; a position that falls below a micro-share ends its trip."""
        was_long = self.quantity > 0
        self.lots = deque(split.lots)
        self.quantity = sum(lot.quantity for lot in split.lots)
        self.cost -= split.fraction_cost
        self.realized += realized
        return None if self.quantity else self._end_trip(was_long, at)

    def view(self) -> Position:
        return Position(self.symbol, Quantity(self.quantity), Amount(self.cost))


def _close(symbol: str, part: Lot, fill: Fill) -> LotClosed:
    return LotClosed(
        symbol=symbol,
        quantity=part.quantity,
        cost=part.cost,
        proceeds=Amount(part.quantity * fill.price),
        opened_at=part.opened_at,
        closed_at=fill.at,
        opened_by=part.fill_id,
        closed_by=fill.fill_id,
    )
