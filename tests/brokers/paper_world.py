"""A paper broker with a calendar, a clock and short words to move its market."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from engine.brokers.contract import Outcome, Ticket
from engine.brokers.messages import BrokerEvent, Execution
from engine.brokers.paper import PaperBroker
from engine.brokers.paper_book import PaperBook
from engine.execution.slippage import CostModel
from engine.model.bar import Bar, Timeframe
from engine.model.calendar import Session, SessionCalendar
from engine.model.clock import FixedClock
from engine.model.numbers import MICRO, Price, Quantity
from engine.model.order import OrderType, Side, TimeInForce
from engine.model.time import Timestamp, from_datetime

FIRST = date(2026, 1, 5)


def _session(day: date) -> Session:
    def at(hour: int, minute: int) -> Timestamp:
        return from_datetime(datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC))

    return Session(day, at(14, 30), at(21, 0))


DAYS = [FIRST + timedelta(days=count) for count in range(40)]
SESSIONS = tuple(_session(day) for day in DAYS if day.weekday() < 5)
CALENDAR = SessionCalendar("TEST", "America/New_York", "1", SESSIONS)


def price(units: float) -> Price:
    return Price(round(units * MICRO))


def shares(count: int) -> Quantity:
    return Quantity(count * MICRO)


class PaperWorld:
    """Days are counted from 0; day n opens at `opens(n)` and its bar ends at `closes(n)`."""

    def __init__(self, path: Path | str, costs: CostModel | None = None, at: int | None = None) -> None:
        self.path, self.costs = path, costs or CostModel()
        self.clock = FixedClock(SESSIONS[0].open - 1 if at is None else at)
        self._day = 0
        self._books: list[PaperBook] = []
        self.broker = self.reopen()

    def reopen(self) -> PaperBroker:
        self._books.append(PaperBook(self.path, initial_cash=100_000 * MICRO))
        self.broker = PaperBroker(self._books[-1], self.costs, CALENDAR, self.clock)
        return self.broker

    def close(self) -> None:
        for book in self._books:
            book.close()

    @property
    def book(self) -> PaperBook:
        return self._books[-1]

    def opens(self, day: int) -> Timestamp:
        return SESSIONS[day].open

    def closes(self, day: int) -> Timestamp:
        return SESSIONS[day].close

    def open(self, day: int, at: float, symbol: str = "SPY") -> bool:
        """Feed the open of a day and move the clock there."""
        self.clock.advance_to(self.opens(day))
        return self.broker.on_open(symbol, price(at), self.opens(day))

    def bar(
        self,
        day: int,
        prices: tuple[float, float, float, float],
        symbol: str = "SPY",
        volume: int = 1_000_000,
    ) -> bool:
        """Feed the day's bar (open, high, low, close) and move the clock to its close."""
        self.clock.advance_to(self.closes(day))
        return self.broker.on_bar(self.daily(day, prices, symbol, volume))

    def daily(
        self,
        day: int,
        prices: tuple[float, float, float, float],
        symbol: str = "SPY",
        volume: int = 1_000_000,
    ) -> Bar:
        return Bar(symbol, Timeframe.DAY_1, self.closes(day), *map(price, prices), shares(volume))

    def trade_all(self, symbol: str, at: int) -> None:
        """One whole day at one price."""
        self.open(self._day, at, symbol)
        self.bar(self._day, (at, at, at, at), symbol)
        self._day += 1

    def submit(
        self,
        key: str,
        side: Side = Side.BUY,
        count: int = 100,
        limit: float | None = None,
        stop: float | None = None,
        tif: TimeInForce = TimeInForce.DAY,
        symbol: str = "SPY",
    ) -> Outcome:
        kinds = {
            (False, False): OrderType.MARKET,
            (True, False): OrderType.LIMIT,
            (False, True): OrderType.STOP,
            (True, True): OrderType.STOP_LIMIT,
        }
        kind = kinds[limit is not None, stop is not None]
        prices = [None if each is None else price(each) for each in (limit, stop)]
        return self.broker.submit(Ticket(key, symbol, side, kind, shares(count), tif, *prices))

    def events(self) -> tuple[BrokerEvent, ...]:
        page = self.broker.events(None)
        return page.events  # type: ignore[union-attr]

    def kinds(self, key: str) -> list[str]:
        return [type(event).__name__ for event in self.events() if event.client_order_id == key]

    def fills(self) -> list[tuple[str, float, int, float]]:
        """Order, price, whole shares and fee of every trade so far."""
        return [
            (event.client_order_id, event.price / MICRO, event.quantity // MICRO, event.fee / MICRO)
            for event in self.events()
            if isinstance(event, Execution)
        ]
