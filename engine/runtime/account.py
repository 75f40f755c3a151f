"""The account at market: equity, high-water mark and the day's result, as facts with their true age."""

from dataclasses import dataclass
from datetime import date

from engine.facts.board import FactBoard
from engine.model.calendar import SessionCalendar
from engine.model.numbers import Price
from engine.model.time import Timestamp
from engine.portfolio.amount import money_down, money_up
from engine.portfolio.ledger import Ledger
from engine.portfolio.valuation import UnknownMarks, Valuation
from engine.runtime.market_facts import drawdown

PROVIDER = "ledger"


@dataclass(slots=True)
class Mark:
    """The price a holding is valued at, when it was true, and when the next one is due."""

    price: Price
    as_of: Timestamp
    due: Timestamp | None


class AccountFacts:
    """Marks the ledger and posts `account.*`, `portfolio.*` and `risk.drawdown`."""

    def __init__(self, board: FactBoard, account: str, ledger: Ledger, calendar: SessionCalendar) -> None:
        self._board, self._account, self._ledger, self._calendar = board, account, ledger, calendar
        self.marks: dict[str, Mark] = {}
        self.hwm: int = ledger.initial_cash
        self.session: date | None = None
        self.session_start: int | None = None
        self.session_start_at: Timestamp | None = None

    def value(self) -> Valuation | UnknownMarks:
        """Return the ledger at the marks known."""
        return self._ledger.valuation({symbol: mark.price for symbol, mark in self.marks.items()})

    def equity(self) -> int | None:
        """Return equity in micros, rounded down, or None while a held symbol has no mark."""
        valued = self.value()
        return None if isinstance(valued, UnknownMarks) else money_down(valued.equity)

    def begin_session(self, day: date, at: Timestamp) -> None:
        """Remember equity as the session begins, before its first price; once per session."""
        if self.session != day:
            self.session, self.session_start, self.session_start_at = day, self.equity(), at

    def post(self, at: Timestamp) -> int | None:
        """Post every account fact as of the oldest mark it rests on; return equity."""
        as_of, due = self._age(at)
        valued = self.value()
        equity = None if isinstance(valued, UnknownMarks) else money_down(valued.equity)
        if equity is not None:
            self.hwm = max(self.hwm, equity)
        facts: dict[str, int | None] = {
            "account.equity": equity,
            "account.cash": money_down(self._ledger.cash),
            "account.hwm": self.hwm,
            "account.pnl_today": None if equity is None or self.session_start is None else equity - self.session_start,
            "risk.drawdown": None if equity is None else drawdown(self.hwm, equity),
        }
        if isinstance(valued, UnknownMarks):
            facts |= dict.fromkeys(_PORTFOLIO)
        else:
            facts |= {
                "portfolio.gross_notional": money_up(valued.gross),
                "portfolio.net_notional": money_down(valued.net),
                "portfolio.realized_pnl": money_down(valued.realized),
                "portfolio.unrealized_pnl": money_down(valued.unrealized),
            }
        for path, value in sorted(facts.items()):
            self._board.put(path, (self._account,), value, as_of, PROVIDER, bar_due=due)
        if self.session_start_at is not None:
            self._board.put(
                "account.equity_at_session_start", (self._account,), self.session_start, self.session_start_at, PROVIDER
            )
        return equity

    def rebase(self, at: Timestamp) -> None:
        """Let the high-water mark begin anew at equity, as far as that is known."""
        equity = self.equity()
        if equity is not None:
            self.hwm = equity
        self.post(at)

    def _age(self, at: Timestamp) -> tuple[Timestamp, Timestamp | None]:
        """Return the as-of and due instant of what the account rests on: its oldest held mark."""
        held = [self.marks[each.symbol] for each in self._ledger.positions() if each.symbol in self.marks]
        if not held:
            dues = [mark.due for mark in self.marks.values() if mark.due is not None]
            return at, max(dues) if dues else self._calendar.next_close_after(at)
        oldest = min(held, key=lambda mark: mark.as_of)
        dues = [mark.due for mark in held if mark.due is not None]
        return oldest.as_of, min(dues) if len(dues) == len(held) else None


_PORTFOLIO = (
    "portfolio.gross_notional", "portfolio.net_notional", "portfolio.realized_pnl", "portfolio.unrealized_pnl",
)  # fmt: skip
