"""The ledger's journal: everything that ever changed it, in the order of `sequence`."""

from dataclasses import dataclass

from engine.model.numbers import Money, Price
from engine.model.order import Fill
from engine.model.time import Timestamp


@dataclass(frozen=True, slots=True)
class FillEntry:
    """An execution."""

    sequence: int
    fill: Fill


@dataclass(frozen=True, slots=True)
class SplitEntry:
    """Every share became numerator / denominator shares; `mark` prices a share after the split."""

    sequence: int
    symbol: str
    numerator: int
    denominator: int
    mark: Price | None
    at: Timestamp


@dataclass(frozen=True, slots=True)
class DividendEntry:
    """Every share earned numerator / denominator units of currency."""

    sequence: int
    symbol: str
    numerator: int
    denominator: int
    at: Timestamp


@dataclass(frozen=True, slots=True)
class CashEntry:
    """Cash that moved for a reason other than a trade or a dividend; negative when paid."""

    sequence: int
    amount: Money
    reason: str
    at: Timestamp


JournalEntry = FillEntry | SplitEntry | DividendEntry | CashEntry
