"""Worst-case exposure of one symbol: its position and every order that may still fill (CONTROLS 6.3)."""

from collections.abc import Iterable
from dataclasses import dataclass

from engine.model.numbers import MICRO, Price, Quantity, divide_up
from engine.model.order import Side
from engine.portfolio.amount import ZERO, Amount
from engine.portfolio.working import Tranche, WorkingOrder


@dataclass(frozen=True, slots=True)
class Pending:
    """What one side of a symbol may still fill; without a mark it has leaves but no worth."""

    leaves: int
    worth: int
    tranches: tuple[Tranche, ...]

    def plus(self, order: WorkingOrder, mark: Price | None) -> "Pending":
        """Return this side with one more order."""
        if mark is None:
            return Pending(self.leaves + order.leaves, 0, ())
        added = order.tranches(mark)
        leaves, worth = self.leaves, self.worth
        for each in added:
            leaves += each.leaves
            worth += each.leaves * each.price
        return Pending(leaves, worth, self.tranches + added)


NONE_PENDING = Pending(0, 0, ())


@dataclass(frozen=True, slots=True)
class Exposure:
    """One symbol at its worst; buys and sells that have not filled are never netted.

    `long_quantity` is the position if every buy filled and no sell did, `short_quantity` the
    reverse, neither below zero. Values are None while the mark (or the instrument) is unknown and
    the quantity is not zero; `worst` is the larger side's. `buys` is the cash all working buys may
    take, `at_mark` the larger side's quantity at the mark.
    """

    long_quantity: Quantity
    short_quantity: Quantity
    long: Amount | None
    short: Amount | None
    worst: Amount | None
    buys: Amount | None
    at_mark: Amount | None

    @property
    def worst_quantity(self) -> Quantity:
        return max(self.long_quantity, self.short_quantity)


NO_EXPOSURE = Exposure(Quantity(0), Quantity(0), ZERO, ZERO, ZERO, ZERO, ZERO)


def collect(orders: Iterable[WorkingOrder], mark: Price | None) -> tuple[Pending, Pending]:
    """Return what buys and what sells may still fill."""
    working = tuple(orders)
    return _collect_side(working, Side.BUY, mark), _collect_side(working, Side.SELL, mark)


def _collect_side(orders: tuple[WorkingOrder, ...], side: Side, mark: Price | None) -> Pending:
    own = [order for order in orders if order.side is side]
    if not own:
        return NONE_PENDING
    leaves = sum(order.leaves for order in own)
    if mark is None:
        return Pending(leaves, 0, ())
    tranches = tuple(each for order in own for each in order.tranches(mark))
    return Pending(leaves, sum(each.leaves * each.price for each in tranches), tranches)


def measure(position: int, buys: Pending, sells: Pending, mark: Price | None, multiplier: int | None) -> Exposure:
    """Return the exposure of a position (signed micro-shares) and what may still fill.

    `multiplier` is micros of a pure number, None when the instrument is unknown.
    """
    long_quantity = Quantity(max(0, position + buys.leaves))
    short_quantity = Quantity(max(0, sells.leaves - position))
    if mark is None or multiplier is None:
        return Exposure(
            long_quantity,
            short_quantity,
            long=None if long_quantity else ZERO,
            short=None if short_quantity else ZERO,
            worst=None if long_quantity or short_quantity else ZERO,
            buys=None if buys.leaves else ZERO,
            at_mark=None if long_quantity or short_quantity else ZERO,
        )
    long = _side_value(position, buys, mark)
    short = _side_value(-position, sells, mark)
    at_mark = max(long_quantity, short_quantity) * mark
    taken = buys.worth
    if multiplier != MICRO:
        long, short = _scaled(long, multiplier), _scaled(short, multiplier)
        at_mark, taken = _scaled(at_mark, multiplier), _scaled(taken, multiplier)
    return Exposure(
        long_quantity,
        short_quantity,
        Amount(long),
        Amount(short),
        Amount(max(long, short)),
        Amount(taken),
        Amount(at_mark),
    )


def _side_value(held: int, pending: Pending, mark: Price) -> int:
    """Return what one side is worth when all its orders fill; `held` is positive on that side.

    Shares held count at the mark and orders at their worst price. Where the position lies on the
    other side, the cheapest orders close it and the dearest remain.
    """
    if held >= 0:
        return held * mark + pending.worth
    left = held + pending.leaves
    worth = 0
    for each in sorted(pending.tranches, key=lambda one: one.price, reverse=True):
        if left <= 0:
            break
        taken = min(left, each.leaves)
        worth += taken * each.price
        left -= taken
    return worth


def _scaled(value: int, multiplier: int) -> int:
    return divide_up(value * multiplier, MICRO)
