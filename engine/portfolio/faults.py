"""Why a ledger refuses an entry; each fault names its entry and leaves the ledger as it was."""

from typing import ClassVar


class LedgerFault(Exception):
    """A journal entry the ledger does not accept, raised before anything has changed.

    `what` names the entry, `found` the offending value; `code`, `why` and `help` belong to the kind.
    """

    code: ClassVar[str] = "LEDGER_FAULT"
    why: ClassVar[str] = ""
    help: ClassVar[str] = ""

    def __init__(self, what: str, found: str) -> None:
        super().__init__(what, found)
        self.what = what
        self.found = found

    def __str__(self) -> str:
        return f"{self.code}: {self.what}: {self.found}; {self.why}"


class NonPositiveQuantity(LedgerFault):
    code = "LEDGER_QUANTITY_NOT_POSITIVE"
    why = "a fill moves a positive number of shares and its side gives the direction"
    help = "correct the quantity or drop the report"


class NonPositivePrice(LedgerFault):
    code = "LEDGER_PRICE_NOT_POSITIVE"
    why = "shares at no price would make or destroy equity unseen"
    help = "ask the broker for the execution price"


class NegativeFee(LedgerFault):
    code = "LEDGER_FEE_NEGATIVE"
    why = "a fee is paid, never received; a rebate is a cash entry with its own reason"
    help = "enter the rebate with apply_cash"


class EmptySymbol(LedgerFault):
    code = "LEDGER_SYMBOL_EMPTY"
    why = "a position needs a name"
    help = "give the symbol of the instrument"


class BlankReason(LedgerFault):
    code = "LEDGER_REASON_BLANK"
    why = "cash that moves without a reason cannot be audited"
    help = "say why the cash moved"


class OutOfOrder(LedgerFault):
    code = "LEDGER_OUT_OF_ORDER"
    why = "the sequence is the order in which lots are consumed and must rise"
    help = "apply entries by rising sequence, each once"


class RepeatedFill(LedgerFault):
    code = "LEDGER_FILL_REPEATED"
    why = "an execution counted twice is a position nobody holds"
    help = "drop the repeated report"


class NonPositiveRatio(LedgerFault):
    code = "LEDGER_RATIO_NOT_POSITIVE"
    why = "a split factor and a dividend per share are ratios of positive integers"
    help = "correct the corporate action"


class UnknownMark(LedgerFault):
    code = "LEDGER_MARK_UNKNOWN"
    why = "a fraction below a micro-share is paid at the mark and an unknown mark is not zero"
    help = "give the first price after the split"


class LedgerBroken(Exception):
    """The conservation law failed: broken machinery, never a user's data."""
