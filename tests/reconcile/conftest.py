"""Two books that agree, to be disturbed one thing at a time."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.model.numbers import MICRO, Money, Price, Quantity
from engine.model.order import Fill, OrderType, Side
from engine.model.time import SECOND, Duration, Timestamp, parse_timestamp
from engine.reconcile.book import BrokerBook, LocalBook, OrderLine, OrderStatus, PositionLine
from engine.reconcile.compare import Report, compare
from engine.reconcile.scope import ReconcileConfig

FIXTURES = Path(__file__).parents[1] / "fixtures" / "broker"
CAPTURED = parse_timestamp("2026-01-05T16:00:00Z")
CONFIG = ReconcileConfig("MAIN", Money(MICRO), Duration(5 * SECOND))


def order(name: str = "MAIN_1", **changes: object) -> OrderLine:
    """Return a working limit order for 10 SPY."""
    fields: dict[str, object] = {
        "symbol": "SPY",
        "side": Side.BUY,
        "type": OrderType.LIMIT,
        "quantity": Quantity(10 * MICRO),
        "filled": Quantity(0),
        "status": OrderStatus.ACCEPTED,
        "limit_price": Price(470 * MICRO),
        **changes,
    }
    return OrderLine(name, **fields)  # type: ignore[arg-type]


def fill(name: str = "F1", order_id: str = "MAIN_1", **changes: object) -> Fill:
    """Return a fill of 10 SPY."""
    fields: dict[str, object] = {
        "symbol": "SPY",
        "side": Side.BUY,
        "quantity": Quantity(10 * MICRO),
        "price": Price(470 * MICRO),
        "fee": Money(100_000),
        "at": Timestamp(CAPTURED - 60 * SECOND),
        **changes,
    }
    return Fill(name, order_id, **fields)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Books:
    """Both sides; `run` compares them."""

    local: LocalBook
    broker: BrokerBook

    def run(self) -> Report:
        return compare(CONFIG, self.local, self.broker, CAPTURED)


def books(local: dict[str, object] | None = None, broker: dict[str, object] | None = None) -> Books:
    """Return two empty books that agree, with the given parts replaced."""
    empty: dict[str, object] = {"orders": (), "fills": (), "positions": (), "cash": Money(5_000 * MICRO)}
    return Books(
        LocalBook(**{**empty, **(local or {})}),  # type: ignore[arg-type]
        BrokerBook(CAPTURED, **{**empty, **(broker or {})}),  # type: ignore[arg-type]
    )


def holding(symbol: str, shares: int) -> PositionLine:
    return PositionLine(symbol, Quantity(shares * MICRO))


def document(name: str) -> dict[str, object]:
    """Return a broker snapshot fixture as parsed JSON."""
    loaded: dict[str, object] = json.loads((FIXTURES / f"{name}.json").read_text())
    return loaded


@dataclass(frozen=True)
class Desk:
    """What the tests share, handed over as one fixture."""

    config = CONFIG
    captured = CAPTURED
    order = staticmethod(order)
    fill = staticmethod(fill)
    books = staticmethod(books)
    holding = staticmethod(holding)
    document = staticmethod(document)


@pytest.fixture
def desk() -> Desk:
    return Desk()
