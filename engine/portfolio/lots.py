"""Tax lots, consumed first in, first out, with a cost that is conserved to the last 10^-12."""

from collections import deque
from dataclasses import dataclass

from engine.model.numbers import Quantity, divide_half_even
from engine.model.time import Timestamp
from engine.portfolio.amount import Amount


@dataclass(frozen=True, slots=True)
class Lot:
    """Shares bought (or sold short) together and not yet closed.

    `quantity` is signed micros of a share; `cost` has the same sign: what was paid for a long lot,
    minus what was received for a short one. Value at mark minus cost is the unrealised result.
    """

    quantity: Quantity
    cost: Amount
    opened_at: Timestamp
    fill_id: str


@dataclass(frozen=True, slots=True)
class LotClosed:
    """A lot, or part of one, closed by a fill; `quantity` and `cost` are signed as in the lot."""

    symbol: str
    quantity: Quantity
    cost: Amount
    proceeds: Amount
    opened_at: Timestamp
    closed_at: Timestamp
    opened_by: str
    closed_by: str

    @property
    def realized(self) -> Amount:
        """Proceeds minus cost, before fees."""
        return Amount(self.proceeds - self.cost)


def take_oldest(lots: deque[Lot], quantity: int) -> list[Lot]:
    """Remove `quantity` (signed as the lots are, in their unit) from the oldest lots; return the parts.

    A part takes its share of the lot's cost, rounded half to even, and the lot keeps the rest, so
    the parts and what stays always sum to the cost before. The lots must hold at least `quantity`.
    """
    parts: list[Lot] = []
    left = quantity
    while left:
        lot = lots[0]
        if abs(lot.quantity) <= abs(left):
            lots.popleft()
            parts.append(lot)
            left -= lot.quantity
            continue
        cost = divide_half_even(lot.cost * abs(left), abs(lot.quantity))
        parts.append(Lot(Quantity(left), Amount(cost), lot.opened_at, lot.fill_id))
        lots[0] = Lot(Quantity(lot.quantity - left), Amount(lot.cost - cost), lot.opened_at, lot.fill_id)
        left = 0
    return parts


@dataclass(frozen=True, slots=True)
class LotsSplit:
    """Lots after a split, and the fraction below a micro-share that left them.

    `fraction` is signed, in units of 1 / denominator of a micro-share; `fraction_cost` is its cost.
    """

    lots: tuple[Lot, ...]
    fraction: int
    fraction_cost: Amount


def split_lots(lots: tuple[Lot, ...], numerator: int, denominator: int) -> LotsSplit:
    """Multiply the lots by numerator / denominator exactly.

    The position, not each lot, is cut toward zero to a whole micro-share (as a broker who knows no
    lots does); the fraction is taken first in, first out. Between lots a boundary that falls inside
    a micro-share moves toward the older lot; costs stay with their lots, and a lot left without
    shares hands its cost to the next one.
    """
    scaled = deque(Lot(Quantity(lot.quantity * numerator), lot.cost, lot.opened_at, lot.fill_id) for lot in lots)
    total = sum(lot.quantity for lot in scaled)
    sign = 1 if total >= 0 else -1
    fraction = sign * (abs(total) % denominator)
    parts = take_oldest(scaled, fraction)
    kept: list[Lot] = []
    from_newest, cut_before = 0, 0
    for lot in reversed(scaled):
        from_newest += abs(lot.quantity)
        cut = from_newest // denominator
        quantity = sign * (cut - cut_before)
        cut_before = cut
        kept.append(Lot(Quantity(quantity), lot.cost, lot.opened_at, lot.fill_id))
    kept.reverse()
    return LotsSplit(
        lots=_merge_empty(kept),
        fraction=fraction,
        fraction_cost=Amount(sum(part.cost for part in parts)),
    )


def _merge_empty(lots: list[Lot]) -> tuple[Lot, ...]:
    """Hand the cost of lots without shares to the next newer lot, of the last to the one before."""
    merged: list[Lot] = []
    orphaned = 0
    for lot in lots:
        if lot.quantity == 0:
            orphaned += lot.cost
            continue
        merged.append(Lot(lot.quantity, Amount(lot.cost + orphaned), lot.opened_at, lot.fill_id))
        orphaned = 0
    if orphaned and merged:
        last = merged[-1]
        merged[-1] = Lot(last.quantity, Amount(last.cost + orphaned), last.opened_at, last.fill_id)
    return tuple(merged)
