"""Proof of a ledger: its journal booked again gives the same book, and equity is conserved."""

from collections.abc import Mapping
from dataclasses import dataclass

from engine.model.numbers import Price
from engine.portfolio.amount import amount_of, format_amount
from engine.portfolio.ledger import Ledger, replay
from engine.portfolio.valuation import UnknownMarks


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """One number that does not agree; `code` is JOURNAL, CONSERVATION or MARK_UNKNOWN."""

    code: str
    what: str
    kept: str
    recomputed: str


def verify(ledger: Ledger, marks: Mapping[str, Price]) -> tuple[Discrepancy, ...]:
    """Return every way in which the ledger disagrees with its journal or loses or makes equity.

    Costs one pass over the journal. A held symbol without a mark is a finding: a proof that could
    not run is not a proof.
    """
    found = _compare(ledger, replay(ledger.initial_cash, ledger.journal))
    at_market = ledger.valuation(marks)
    if isinstance(at_market, UnknownMarks):
        found += [Discrepancy("MARK_UNKNOWN", symbol, "a position", "no mark") for symbol in at_market.symbols]
        return tuple(found)
    worth = unrealized = 0
    for symbol in sorted({each.symbol for each in ledger.positions()}):
        for lot in ledger.lots(symbol):
            worth += lot.quantity * marks[symbol]
            unrealized += lot.quantity * marks[symbol] - lot.cost
    flows = ledger.initial_cash + ledger.other_cash + ledger.dividends - ledger.fees
    explained = amount_of(flows) + ledger.realized_pnl + unrealized
    for what, kept, recomputed in (
        ("equity", at_market.equity, explained),
        ("equity", at_market.equity, ledger.cash + worth),
        ("unrealized", at_market.unrealized, unrealized),
    ):
        if kept != recomputed:
            found.append(Discrepancy("CONSERVATION", what, format_amount(kept), format_amount(recomputed)))
    return tuple(found)


def _compare(kept: Ledger, again: Ledger) -> list[Discrepancy]:
    pairs: list[tuple[str, object, object]] = [
        ("cash", kept.cash, again.cash),
        ("realized", kept.realized_pnl, again.realized_pnl),
        ("fees", kept.fees, again.fees),
        ("dividends", kept.dividends, again.dividends),
        ("other cash", kept.other_cash, again.other_cash),
        ("cost", kept.cost, again.cost),
        ("positions", kept.positions(), again.positions()),
        ("closures", kept.closures, again.closures),
        ("round trips", kept.round_trips, again.round_trips),
    ]
    pairs += [(f"lots of {each.symbol}", kept.lots(each.symbol), again.lots(each.symbol)) for each in again.positions()]
    return [Discrepancy("JOURNAL", what, str(a), str(b)) for what, a, b in pairs if a != b]
