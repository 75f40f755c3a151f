"""What the paper broker says survives the way through a document and its strict reading."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.brokers.contract import BrokerSnapshot
from engine.brokers.paper_book import PaperBook, PaperBookUnusable
from engine.contracts import Loaded, contract, load_json
from engine.execution.slippage import CostModel
from engine.model.numbers import MICRO, Money, Ratio
from engine.model.order import OrderType, Side, TimeInForce
from engine.reconcile.adapter import Strictness, read_snapshot
from engine.reconcile.book import BrokerBook, OrderStatus
from engine.runtime.composition import read_paper_account
from engine.service.broker_snapshot import document_of
from tests.brokers.paper_world import PaperWorld, shares

GTC = TimeInForce.GTC
TENTH = Ratio(MICRO // 10)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[PaperWorld]:
    opened = PaperWorld(tmp_path / "paper.db")
    yield opened
    opened.close()


@pytest.fixture
def thin(tmp_path: Path) -> Iterator[PaperWorld]:
    """A market that fills a tenth of a bar's volume, for a fee."""
    opened = PaperWorld(tmp_path / "thin.db", CostModel(commission_per_share=Money(3_333), participation=TENTH))
    yield opened
    opened.close()


def through_document(snapshot: BrokerSnapshot) -> BrokerBook:
    """Return the book that a strict reader has of a snapshot written as a document."""
    document = document_of(snapshot)
    assert isinstance(contract("broker-snapshot").parse(document), dict)
    loaded = load_json(json.dumps(document))
    assert isinstance(loaded, Loaded)
    reading = read_snapshot(loaded.value, Strictness.STRICT)
    assert reading.faults == () and reading.book is not None
    return reading.book


def test_orders_of_every_type_and_trades_are_read_as_they_stand(thin: PaperWorld) -> None:
    thin.bar(0, (100, 101, 99, 100), volume=1_000)
    thin.submit("SHORT", Side.SELL, count=30)
    thin.submit("PART", count=500, tif=GTC)
    thin.submit("LIMIT", limit=90.5, tif=GTC)
    thin.submit("STOP", Side.SELL, stop=80, tif=GTC)
    thin.submit("BOTH", Side.SELL, stop=80, limit=79.25, tif=GTC)
    thin.open(1, 100)
    snapshot = thin.broker.snapshot()
    book = through_document(snapshot)
    assert book.captured_at == snapshot.captured_at == thin.opens(1)
    assert (book.cash, book.unread) == (snapshot.account.cash, 0)
    assert [(line.symbol, line.quantity) for line in book.positions] == [("SPY", 40 * MICRO)]
    assert book.fills == tuple(traded.fill for traded in snapshot.fills) and len(book.fills) == 2
    read = {line.client_order_id: line for line in book.orders}
    assert {key: (line.type, line.status, line.filled) for key, line in read.items()} == {
        "PART": (OrderType.MARKET, OrderStatus.PARTIALLY_FILLED, shares(70)),
        "LIMIT": (OrderType.LIMIT, OrderStatus.ACCEPTED, 0),
        "STOP": (OrderType.STOP, OrderStatus.ACCEPTED, 0),
        "BOTH": (OrderType.STOP_LIMIT, OrderStatus.ACCEPTED, 0),
    }
    for order in snapshot.orders:
        line = read[order.client_order_id]
        assert (line.broker_order_id, line.quantity) == (order.broker_order_id, order.quantity)
        assert (line.limit_price, line.stop_price) == (order.limit_price, order.stop_price)


def test_a_short_position_keeps_its_sign(world: PaperWorld) -> None:
    world.submit("SHORT", Side.SELL, count=30)
    world.trade_all("SPY", 100)
    assert [line.quantity for line in through_document(world.broker.snapshot()).positions] == [-30 * MICRO]


def test_equity_nobody_knows_is_left_out_and_never_zero(world: PaperWorld) -> None:
    world.submit("M", count=10)
    world.open(0, 100)
    document = document_of(world.broker.snapshot())
    assert document["account"].keys() == {"cash", "currency"}
    assert through_document(world.broker.snapshot()).cash == world.broker.snapshot().account.cash


def test_a_book_read_from_its_file_says_what_its_broker_says(world: PaperWorld, tmp_path: Path) -> None:
    world.submit("M", count=10)
    world.trade_all("SPY", 100)
    now = world.closes(0)
    assert read_paper_account(tmp_path / "paper.db", now) == world.broker.snapshot()
    world.close()
    assert len(read_paper_account(tmp_path / "paper.db", now).fills) == 1


def test_a_book_that_is_only_read_is_never_made_nor_written(tmp_path: Path) -> None:
    with pytest.raises(PaperBookUnusable, match="no such file"):
        PaperBook.existing(tmp_path / "none.db")
    (tmp_path / "other.db").write_bytes(b"")
    with pytest.raises(PaperBookUnusable, match="version is 0"):
        PaperBook.existing(tmp_path / "other.db")
    assert [path.name for path in tmp_path.iterdir()] == ["other.db"]
    PaperBook(tmp_path / "paper.db", initial_cash=1).close()
    book = PaperBook.existing(tmp_path / "paper.db")
    with pytest.raises(Exception, match="readonly"):
        book.add_cash(1)
    book.close()
