"""The book an intent is judged against: positions, cash, marks and every order that may still fill.

Sums over the book are kept per symbol, sector and issuer and changed by what changed, when somebody
next looks: a projection costs the orders of its own symbol and of those touched since the last one.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from engine.model.instrument import Instrument
from engine.model.numbers import MICRO, Money, Price, Quantity
from engine.model.order import Fill, Intent, IntentKind, Side
from engine.portfolio.amount import Amount, amount_of, money_down, money_up
from engine.portfolio.exposure import NO_EXPOSURE, NONE_PENDING, Exposure, Pending, collect, measure
from engine.portfolio.ledger import Ledger
from engine.portfolio.totals import Total
from engine.portfolio.working import WorkingOrder


@dataclass(frozen=True, slots=True)
class WorstPosition:
    """One row of `projected.positions`."""

    symbol: str
    sector: str
    issuer: str
    worst_quantity: Quantity
    worst_notional: Money


@dataclass(frozen=True, slots=True)
class Projection:
    """The facts `projected.*` (specs/projected): None is unknown. Values round up, cash down."""

    long_quantity: Quantity
    short_quantity: Quantity
    position_notional: Money | None
    sector_notional: Money | None
    issuer_notional: Money | None
    gross_notional: Money | None
    long_notional: Money | None
    short_notional: Money | None
    cash: Money | None
    positions: tuple[WorstPosition, ...] | None


_NO_ORDERS = (NONE_PENDING, NONE_PENDING)
_NO_TOTAL = Total()


class Book:
    """One account's positions and reservations. An order counts from `put_order` to `remove_order`."""

    def __init__(self, instruments: Mapping[str, Instrument], cash: Amount) -> None:
        self._instruments = dict(instruments)
        self._cash = int(cash)
        self._is_reconciled = True
        self._doubted: frozenset[str] = frozenset()
        self._quantities: dict[str, int] = {}
        self._marks: dict[str, Price] = {}
        self._orders: dict[str, WorkingOrder] = {}
        self._working: dict[str, dict[str, WorkingOrder]] = {}
        self._pending: dict[str, tuple[Pending, Pending]] = {}
        self._exposures: dict[str, Exposure] = {}
        self._stale: dict[str, None] = {}
        self._gross, self._long, self._short, self._buys = Total(), Total(), Total(), Total()
        self._sectors: dict[str, Total] = {}
        self._issuers: dict[str, Total] = {}
        self._unclassified = 0
        self._symbols: list[str] = []
        self._rows: list[WorstPosition | None] = []
        self._unknown_rows = 0

    # -- state -------------------------------------------------------------------------------

    @property
    def cash(self) -> Amount:
        return Amount(self._cash)

    def quantity(self, symbol: str) -> Quantity:
        """Return the signed position, 0 when flat."""
        return Quantity(self._quantities.get(symbol, 0))

    def order(self, order_id: str) -> WorkingOrder | None:
        """Return a working order by its intent's id."""
        return self._orders.get(order_id)

    def orders(self, symbol: str) -> tuple[WorkingOrder, ...]:
        """Return the working orders of a symbol by id."""
        found = self._working.get(symbol, {})
        return tuple(found[order_id] for order_id in sorted(found))

    def exposure(self, symbol: str) -> Exposure:
        """Return the worst case of one symbol as it stands."""
        self._settle()
        return self._exposures.get(symbol, NO_EXPOSURE)

    def set_cash(self, cash: Amount) -> None:
        self._cash = int(cash)

    def set_reconciled(self, is_reconciled: bool, doubted: Iterable[str] = ()) -> None:
        """Say whether the broker confirms the positions, all but the doubted symbols'.

        Without that nothing is proven to reduce.
        """
        self._is_reconciled, self._doubted = is_reconciled, frozenset(doubted)

    def set_mark(self, symbol: str, mark: Price | None) -> None:
        """Take a new mark; None, zero and negative are unknown."""
        if mark is not None and mark > 0:
            if self._marks.get(symbol) == mark:
                return
            self._marks[symbol] = mark
        else:
            self._marks.pop(symbol, None)
        if symbol in self._quantities or symbol in self._working:
            self._stale[symbol] = None

    def set_position(self, symbol: str, quantity: int) -> None:
        """Take over a position (signed micro-shares), from the ledger or after a corporate action."""
        if quantity:
            self._quantities[symbol] = quantity
        else:
            self._quantities.pop(symbol, None)
        self._stale[symbol] = None

    def take_over(self, ledger: Ledger) -> None:
        """Take cash and every position from the ledger, as after recovery or a corporate action."""
        self._cash = int(ledger.cash)
        held = {each.symbol: each.quantity for each in ledger.positions()}
        for symbol in sorted(self._quantities.keys() | held.keys()):
            self.set_position(symbol, held.get(symbol, 0))

    def put_order(self, order: WorkingOrder) -> None:
        """Reserve a new order or take over the new state of a known one."""
        known = self._orders.get(order.order_id)
        if known is not None and known.symbol != order.symbol:
            self.remove_order(order.order_id)
        self._orders[order.order_id] = order
        self._working.setdefault(order.symbol, {})[order.order_id] = order
        self._stale[order.symbol] = None

    def remove_order(self, order_id: str) -> bool:
        """Release an order whose end is confirmed; False when it is not here."""
        order = self._orders.pop(order_id, None)
        if order is None:
            return False
        working = self._working[order.symbol]
        del working[order_id]
        if not working:
            del self._working[order.symbol]
        self._stale[order.symbol] = None
        return True

    def record_fill(self, order_id: str | None, fill: Fill) -> None:
        """Move a fill from its reservation to the position and cash in one step."""
        signed = fill.side.sign * fill.quantity
        instrument = self._instruments.get(fill.symbol)
        paid = signed * fill.price if instrument is None else _times(signed * fill.price, instrument)
        self._cash -= paid + amount_of(fill.fee)
        order = self._orders.get(order_id) if order_id is not None else None
        if order is not None:
            filled = order.filled_by(fill.quantity)
            self._orders[order.order_id] = filled
            self._working[order.symbol][order.order_id] = filled
        self.set_position(fill.symbol, self._quantities.get(fill.symbol, 0) + signed)

    # -- judgement ---------------------------------------------------------------------------

    def project(self, intent: Intent, *, with_positions: bool = True) -> Projection:
        """Return the book if this intent and every working order filled, on the worse side.

        A replace counts both its versions. A replace of an order that is not here, or of another
        symbol or side, counts as a new order. A cancel adds nothing and releases nothing.
        """
        self._settle()
        symbol = intent.symbol
        old = self._exposures.get(symbol, NO_EXPOSURE)
        new = old if intent.kind is IntentKind.CANCEL else self._with(intent)
        instrument = self._instruments.get(symbol)
        sector = issuer = None
        if instrument is not None and not self._unclassified:
            sector = self._sectors.get(instrument.sector, _NO_TOTAL).exchanged(old.worst, new.worst)
            issuer = self._issuers.get(instrument.issuer, _NO_TOTAL).exchanged(old.worst, new.worst)
        buys = self._buys.exchanged(old.buys, new.buys)
        return Projection(
            long_quantity=new.long_quantity,
            short_quantity=new.short_quantity,
            position_notional=_up(new.worst),
            sector_notional=_up(sector),
            issuer_notional=_up(issuer),
            gross_notional=_up(self._gross.exchanged(old.worst, new.worst)),
            long_notional=_up(self._long.exchanged(old.long, new.long)),
            short_notional=_up(self._short.exchanged(old.short, new.short)),
            cash=None if buys is None else money_down(self._cash - buys),
            positions=self._rows_with(symbol, new) if with_positions else None,
        )

    def reducible(self, symbol: str, side: Side, without: str | None = None) -> Quantity:
        """Return how much of the position an order on `side` could still close (CONTROLS 6.2).

        What other orders on that side may already close is taken off; `without` names one order
        that is being replaced. 0 when flat, on the position's own side, or not reconciled.
        """
        held = -side.sign * self._quantities.get(symbol, 0)
        if not self._is_reconciled or symbol in self._doubted or held <= 0:
            return Quantity(0)
        claimed = sum(
            order.leaves
            for order in self._working.get(symbol, {}).values()
            if order.side is side and order.order_id != without
        )
        return Quantity(max(0, held - claimed))

    def reduces_only(self, intent: Intent) -> bool:
        """Return whether the intent is proven to reduce; False when there is any doubt.

        True for a cancel: it can make no position larger.
        """
        if intent.kind is IntentKind.CANCEL:
            return True
        leaves, without = int(intent.quantity), None
        if intent.kind is IntentKind.REPLACE:
            target = self._target(intent)
            if target is None:
                return False
            leaves, without = intent.quantity - target.filled, target.order_id
        return 0 < leaves <= self.reducible(intent.symbol, intent.side, without)

    # -- inside ------------------------------------------------------------------------------

    def _target(self, intent: Intent) -> WorkingOrder | None:
        target = self._orders.get(intent.target) if intent.target is not None else None
        if target is None or target.symbol != intent.symbol or target.side is not intent.side:
            return None
        return target

    def _with(self, intent: Intent) -> Exposure:
        """Return the exposure of the intent's symbol with the intent working too."""
        symbol = intent.symbol
        mark = self._marks.get(symbol)
        target = self._target(intent) if intent.kind is IntentKind.REPLACE else None
        order = WorkingOrder.of(intent) if target is None else target.replacing(intent)
        if order.order_id in self._orders:
            orders = {**self._working.get(symbol, {}), order.order_id: order}
            buys, sells = collect(orders.values(), mark)
        else:
            buys, sells = self._pending.get(symbol, _NO_ORDERS)
            if order.side is Side.BUY:
                buys = buys.plus(order, mark)
            else:
                sells = sells.plus(order, mark)
        return self._measure(symbol, buys, sells)

    def _measure(self, symbol: str, buys: Pending, sells: Pending) -> Exposure:
        instrument = self._instruments.get(symbol)
        return measure(
            self._quantities.get(symbol, 0),
            buys,
            sells,
            self._marks.get(symbol),
            instrument.multiplier if instrument else None,
        )

    def _settle(self) -> None:
        """Bring every sum up to date with the symbols touched since the last look."""
        if not self._stale:
            return
        for symbol in self._stale:
            self._refresh(symbol)
        self._stale.clear()

    def _refresh(self, symbol: str) -> None:
        """Exchange a symbol's part in every sum for what it is now."""
        was = self._exposures.pop(symbol, None)
        self._pending.pop(symbol, None)
        orders = self._working.get(symbol)
        is_open = orders is not None or symbol in self._quantities
        new = NO_EXPOSURE
        if is_open:
            pending = collect(orders.values(), self._marks.get(symbol)) if orders else _NO_ORDERS
            new = self._measure(symbol, *pending)
            self._pending[symbol] = pending
            self._exposures[symbol] = new
        old = was or NO_EXPOSURE
        self._gross.exchange(old.worst, new.worst)
        self._long.exchange(old.long, new.long)
        self._short.exchange(old.short, new.short)
        self._buys.exchange(old.buys, new.buys)
        instrument = self._instruments.get(symbol)
        if instrument is None:
            self._unclassified += is_open - (was is not None)
        else:
            self._sectors.setdefault(instrument.sector, Total()).exchange(old.worst, new.worst)
            self._issuers.setdefault(instrument.issuer, Total()).exchange(old.worst, new.worst)
        self._place_row(symbol)

    def _row(self, symbol: str, part: Exposure) -> WorstPosition | None:
        instrument = self._instruments.get(symbol)
        if instrument is None or part.at_mark is None:
            return None
        return WorstPosition(symbol, instrument.sector, instrument.issuer, part.worst_quantity, money_up(part.at_mark))

    def _place_row(self, symbol: str) -> None:
        at = bisect_left(self._symbols, symbol)
        is_listed = at < len(self._symbols) and self._symbols[at] == symbol
        if is_listed:
            self._unknown_rows -= self._rows[at] is None
        part = self._exposures.get(symbol)
        if part is None:
            if is_listed:
                del self._symbols[at], self._rows[at]
            return
        row = self._row(symbol, part)
        self._unknown_rows += row is None
        if is_listed:
            self._rows[at] = row
        else:
            insort(self._symbols, symbol)
            self._rows.insert(at, row)

    def _rows_with(self, symbol: str, new: Exposure) -> tuple[WorstPosition, ...] | None:
        """Return every row with one exchanged, None when any row is unknown."""
        at = bisect_left(self._symbols, symbol)
        is_listed = at < len(self._symbols) and self._symbols[at] == symbol
        unknown = self._unknown_rows - (is_listed and self._rows[at] is None)
        row = self._row(symbol, new) if is_listed or new.worst_quantity else None
        if unknown or (row is None and (is_listed or new.worst_quantity)):
            return None
        rows = self._rows.copy()
        rows[at : at + is_listed] = [] if row is None else [row]
        return tuple(cast("list[WorstPosition]", rows))


def _up(amount: Amount | None) -> Money | None:
    return None if amount is None else money_up(amount)


def _times(value: int, instrument: Instrument) -> int:
    return value * instrument.multiplier // MICRO
