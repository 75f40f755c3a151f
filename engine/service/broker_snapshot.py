"""The paper broker's account of a run as a document in the contract's form (specs/broker-snapshot)."""

from pathlib import Path
from typing import Any

from engine.brokers.contract import BrokerFill, BrokerOrder, BrokerPosition, BrokerSnapshot
from engine.contracts import contract
from engine.model.time import Timestamp
from engine.reconcile.book import status_of
from engine.runtime.composition import read_paper_account
from engine.runtime.journal import entries_of
from engine.runtime.run import book_of
from engine.service.refusal import Refused
from engine.service.running import BOOKS
from engine.service.runs import find_run, open_existing


def snapshot_run(address: str, named: str, folder: Path) -> dict[str, Any]:
    """Return the document of a run's paper broker, captured at the last instant of the run's record.

    `folder` is the folder of run folders the run was started with. Raises Refused, PaperBookUnusable and
    the store's errors.
    """
    with open_existing(address) as database:
        run = find_run(database, named)
        with database.read(run.run_key) as unit:
            at = max((entry.at for entry in entries_of(unit, run.run_key)), default=Timestamp(0))
    book = book_of(folder / BOOKS, run.run_key)
    if not book.is_file():
        help_ = "name the folder the run was started with as --out; a decision stream has no broker"
        raise Refused("BROKER_BOOK_NONE", f"the paper broker of run {run.run_key} has no book {book}", help_)
    return document_of(read_paper_account(book, at))


def document_of(snapshot: BrokerSnapshot) -> dict[str, Any]:
    """Return a snapshot in the contract's text form."""
    return contract("broker-snapshot").render(
        {
            "captured_at_utc": int(snapshot.captured_at),
            "account": {
                "cash": int(snapshot.account.cash),
                "currency": snapshot.account.currency,
                "equity": _whole(snapshot.account.equity),
            },
            "orders": [_order(order) for order in snapshot.orders],
            "fills": [_fill(traded) for traded in snapshot.fills],
            "positions": [_position(held) for held in snapshot.positions],
        }
    )


def _order(order: BrokerOrder) -> dict[str, Any]:
    return {
        "broker_order_id": order.broker_order_id, "client_order_id": order.client_order_id, "symbol": order.symbol,
        "side": order.side.value, "type": order.type.value, "status": status_of(order.state, order.filled, True).value,
        "qty": int(order.quantity), "limit_price": _whole(order.limit_price), "stop_price": _whole(order.stop_price),
        "created_at_utc": int(order.created_at),
    }  # fmt: skip


def _fill(traded: BrokerFill) -> dict[str, Any]:
    fill = traded.fill
    return {
        "broker_fill_id": fill.fill_id, "broker_order_id": traded.broker_order_id, "client_order_id": fill.order_id,
        "symbol": fill.symbol, "side": fill.side.value, "qty": int(fill.quantity), "price": int(fill.price),
        "fee": int(fill.fee), "ts_utc": int(fill.at),
    }  # fmt: skip


def _position(held: BrokerPosition) -> dict[str, Any]:
    return {"symbol": held.symbol, "qty": int(held.quantity), "avg_price": int(held.average_price)}


def _whole(value: int | None) -> int | None:
    return None if value is None else int(value)
