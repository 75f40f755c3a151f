"""The FIFO ledger: cash, lots and results of one account, exact and conserved after every entry.

Law: initial cash + other cash + dividends - fees + realised = cash + cost of open lots, to the last
10^-12. With marks on both sides that is: equity = initial + other cash + dividends - fees +
realised + unrealised. The first form needs no marks and is asserted after every entry.
One share is one unit of the instrument (cash equities).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engine.model.numbers import MICRO, Money, Price, Quantity, divide_half_even
from engine.model.order import Fill
from engine.model.time import Timestamp
from engine.portfolio import faults
from engine.portfolio.amount import Amount, amount_of
from engine.portfolio.journal import CashEntry, DividendEntry, FillEntry, JournalEntry, SplitEntry
from engine.portfolio.lots import Lot, LotClosed, split_lots
from engine.portfolio.position import OpenPosition, Position, RoundTrip
from engine.portfolio.valuation import UnknownMarks, Valuation, value


@dataclass(frozen=True, slots=True)
class FillApplied:
    """What a fill did: lots closed, result before the fee, cash after the fee, position left."""

    closed: tuple[LotClosed, ...]
    realized: Amount
    cash_change: Amount
    position: Quantity


@dataclass(frozen=True, slots=True)
class SplitApplied:
    """What a split did: quantities before and after, cash for the fraction and its result."""

    before: Quantity
    after: Quantity
    cash_in_lieu: Money
    realized: Amount


class Ledger:
    """One account's book-keeping. Entries are refused with a LedgerFault before anything changes.

    `sequence` orders entries and must rise; left out, it is the last one plus one, from 0.
    """

    def __init__(self, initial_cash: Money) -> None:
        self.initial_cash = initial_cash
        self._cash = int(amount_of(initial_cash))
        self._realized = 0
        self._cost = 0
        self._fees = 0
        self._dividends = 0
        self._other_cash = 0
        self._positions: dict[str, OpenPosition] = {}
        self._journal: list[JournalEntry] = []
        self._fill_ids: set[str] = set()
        self._closures: list[LotClosed] = []
        self._trips: list[RoundTrip] = []
        self._last_sequence = -1

    # -- reading -----------------------------------------------------------------------------

    @property
    def cash(self) -> Amount:
        return Amount(self._cash)

    @property
    def realized_pnl(self) -> Amount:
        """Result of closed lots, first in first out, before fees."""
        return Amount(self._realized)

    @property
    def fees(self) -> Money:
        return Money(self._fees)

    @property
    def dividends(self) -> Money:
        """Dividends received minus dividends paid on short positions."""
        return Money(self._dividends)

    @property
    def other_cash(self) -> Money:
        """Deposits, withdrawals, interest, borrow: every cash entry's sum."""
        return Money(self._other_cash)

    @property
    def cost(self) -> Amount:
        """Signed cost of all open lots."""
        return Amount(self._cost)

    @property
    def journal(self) -> tuple[JournalEntry, ...]:
        return tuple(self._journal)

    @property
    def closures(self) -> tuple[LotClosed, ...]:
        """Every lot part a fill closed, in order."""
        return tuple(self._closures)

    @property
    def round_trips(self) -> tuple[RoundTrip, ...]:
        """Every trip from flat to flat, in order of its end."""
        return tuple(self._trips)

    @property
    def next_sequence(self) -> int:
        return self._last_sequence + 1

    def quantity(self, symbol: str) -> Quantity:
        """Return the signed position, 0 when flat."""
        held = self._positions.get(symbol)
        return Quantity(held.quantity if held else 0)

    def positions(self) -> tuple[Position, ...]:
        """Return the open positions by symbol."""
        return tuple(self._positions[symbol].view() for symbol in sorted(self._positions))

    def lots(self, symbol: str) -> tuple[Lot, ...]:
        """Return the open lots of a symbol, oldest first."""
        held = self._positions.get(symbol)
        return tuple(held.lots) if held else ()

    def valuation(self, marks: Mapping[str, Price]) -> Valuation | UnknownMarks:
        """Return equity and exposures at `marks`, or which symbols have no mark: never a zero."""
        return value(
            positions=self.positions(),
            marks=marks,
            cash=self.cash,
            realized=self.realized_pnl,
            fees=self.fees,
            dividends=self.dividends,
            other_cash=self.other_cash,
        )

    # -- writing -----------------------------------------------------------------------------

    def apply(self, entry: JournalEntry) -> None:
        """Apply a journal entry under its own sequence. Raises LedgerFault."""
        match entry:
            case FillEntry(sequence, fill):
                self.apply_fill(fill, sequence)
            case SplitEntry(sequence, symbol, numerator, denominator, mark, at):
                self.apply_split(symbol, numerator, denominator, mark, at, sequence)
            case DividendEntry(sequence, symbol, numerator, denominator, at):
                self.apply_dividend(symbol, (numerator, denominator), at, sequence)
            case CashEntry(sequence, amount, reason, at):
                self.apply_cash(amount, reason, at, sequence)

    def apply_fill(self, fill: Fill, sequence: int | None = None) -> FillApplied:
        """Book an execution: cash moves by quantity x price and the fee, opposite lots close first."""
        number = self._check_sequence(f"fill {fill.fill_id}", sequence)
        self._check_fill(fill)
        signed = fill.side.sign * fill.quantity
        cash_change = -signed * fill.price - amount_of(fill.fee)
        held = self._positions.get(fill.symbol)
        if held is None:
            held = self._positions[fill.symbol] = OpenPosition(fill.symbol, fill.at)
        cost_before = held.cost
        applied = held.apply(fill)
        realized = sum(each.realized for each in applied.closed)
        self._cost += held.cost - cost_before
        self._cash += cash_change
        self._fees += fill.fee
        self._realized += realized
        self._closures.extend(applied.closed)
        self._fill_ids.add(fill.fill_id)
        self._settle(held, applied.trip)
        self._record(FillEntry(number, fill))
        return FillApplied(applied.closed, Amount(realized), Amount(cash_change), self.quantity(fill.symbol))

    def apply_split(
        self,
        symbol: str,
        numerator: int,
        denominator: int,
        mark: Price | None,
        at: Timestamp,
        sequence: int | None = None,
    ) -> SplitApplied:
        """Turn every share into numerator / denominator shares, costs unchanged.

        What falls below a micro-share is sold at `mark` (the price of a share after the split) and
        its cash rounded half to even to a micro; `mark` may be None when nothing falls below.
        """
        number = self._check_sequence(f"split of {symbol or 'nothing'}", sequence)
        self._check_action(f"split of {symbol}", symbol, numerator, denominator)
        held = self._positions.get(symbol)
        before = self.quantity(symbol)
        cash, realized = 0, 0
        if held is not None:
            split = split_lots(tuple(held.lots), numerator, denominator)
            if split.fraction:
                if mark is None or mark <= 0:
                    raise faults.UnknownMark(f"split of {symbol}", str(mark))
                cash = divide_half_even(split.fraction * mark, denominator * MICRO)
                realized = amount_of(cash) - split.fraction_cost
            cost_before = held.cost
            trip = held.replace_lots(split, realized, at)
            self._cost += held.cost - cost_before
            self._cash += amount_of(cash)
            self._realized += realized
            self._settle(held, trip)
        self._record(SplitEntry(number, symbol, numerator, denominator, mark, at))
        return SplitApplied(before, self.quantity(symbol), Money(cash), Amount(realized))

    def apply_dividend(
        self,
        symbol: str,
        per_share: tuple[int, int],
        at: Timestamp,
        sequence: int | None = None,
    ) -> Money:
        """Pay per_share = (numerator, denominator) currency units a share; return the signed cash.

        A long position receives and a short one pays; only the cash is rounded, half to even.
        """
        number = self._check_sequence(f"dividend of {symbol or 'nothing'}", sequence)
        numerator, denominator = per_share
        self._check_action(f"dividend of {symbol}", symbol, numerator, denominator)
        held = self._positions.get(symbol)
        cash = divide_half_even(self.quantity(symbol) * numerator, denominator)
        if held is not None:
            held.dividends += cash
        self._dividends += cash
        self._cash += amount_of(cash)
        self._record(DividendEntry(number, symbol, numerator, denominator, at))
        return Money(cash)

    def apply_cash(self, amount: Money, reason: str, at: Timestamp, sequence: int | None = None) -> None:
        """Move cash for a stated reason; negative when the account pays."""
        number = self._check_sequence("cash entry", sequence)
        if not reason.strip():
            raise faults.BlankReason("cash entry", repr(reason))
        self._other_cash += amount
        self._cash += amount_of(amount)
        self._record(CashEntry(number, amount, reason, at))

    # -- inside ------------------------------------------------------------------------------

    def _check_sequence(self, what: str, sequence: int | None) -> int:
        number = self.next_sequence if sequence is None else sequence
        if number <= self._last_sequence:
            raise faults.OutOfOrder(what, f"sequence {number} after {self._last_sequence}")
        return number

    def _check_fill(self, fill: Fill) -> None:
        what = f"fill {fill.fill_id}"
        if not fill.symbol.strip():
            raise faults.EmptySymbol(what, repr(fill.symbol))
        if fill.quantity <= 0:
            raise faults.NonPositiveQuantity(what, str(fill.quantity))
        if fill.price <= 0:
            raise faults.NonPositivePrice(what, str(fill.price))
        if fill.fee < 0:
            raise faults.NegativeFee(what, str(fill.fee))
        if fill.fill_id in self._fill_ids:
            raise faults.RepeatedFill(what, fill.symbol)

    def _check_action(self, what: str, symbol: str, numerator: int, denominator: int) -> None:
        if not symbol.strip():
            raise faults.EmptySymbol(what, repr(symbol))
        if numerator <= 0 or denominator <= 0:
            raise faults.NonPositiveRatio(what, f"{numerator}/{denominator}")

    def _settle(self, held: OpenPosition, trip: RoundTrip | None) -> None:
        if trip is not None:
            self._trips.append(trip)
        if not held.quantity:
            del self._positions[held.symbol]

    def _record(self, entry: JournalEntry) -> None:
        self._journal.append(entry)
        self._last_sequence = entry.sequence
        flows = amount_of(self.initial_cash + self._other_cash + self._dividends - self._fees)
        if flows + self._realized != self._cash + self._cost:
            raise faults.LedgerBroken(f"cash is not conserved after entry {entry.sequence}")


def replay(initial_cash: Money, journal: Iterable[JournalEntry]) -> Ledger:
    """Return the ledger of a journal given in any order; `sequence` is the order. Raises LedgerFault."""
    ledger = Ledger(initial_cash)
    for entry in sorted(journal, key=lambda each: each.sequence):
        ledger.apply(entry)
    return ledger
