"""The paper broker's own books: one SQLite file, committed apart from the desk's database.

What a committed call has written survives kill -9 of the process (write-ahead log, synchronous=FULL).
Cash and cost are kept in 10^-12 of the currency, the product of two micro amounts, so that nothing is
rounded until it is shown.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

from engine.brokers.messages import BrokerEvent, event_from_data, event_to_data, kind_of
from engine.model.numbers import Price, Quantity, Ratio
from engine.model.order import OrderState, OrderType, Side, TimeInForce
from engine.model.time import Timestamp

VERSION = 1

_SCHEMA = """
CREATE TABLE account (currency TEXT NOT NULL, cash TEXT NOT NULL);
CREATE TABLE orders (
  client_order_id TEXT PRIMARY KEY, broker_order_id TEXT NOT NULL UNIQUE, sequence INTEGER NOT NULL UNIQUE,
  symbol TEXT NOT NULL, side TEXT NOT NULL, type TEXT NOT NULL, time_in_force TEXT NOT NULL,
  quantity INTEGER NOT NULL, filled INTEGER NOT NULL, limit_price INTEGER, stop_price INTEGER,
  state TEXT NOT NULL, created_at INTEGER NOT NULL, eligible_from INTEGER NOT NULL, expires_at INTEGER,
  is_triggered INTEGER NOT NULL, executions INTEGER NOT NULL, asked TEXT NOT NULL, refusal TEXT);
CREATE INDEX orders_live ON orders (symbol, sequence) WHERE state IN ('OPEN', 'PARTIALLY_FILLED');
CREATE TABLE requests (request_id TEXT PRIMARY KEY, asked TEXT NOT NULL);
CREATE TABLE events (
  cursor INTEGER PRIMARY KEY AUTOINCREMENT, message_id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
  client_order_id TEXT NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE positions (symbol TEXT PRIMARY KEY, quantity INTEGER NOT NULL, cost TEXT NOT NULL);
CREATE TABLE steps (
  symbol TEXT NOT NULL, kind TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (symbol, kind));
CREATE TABLE marks (
  symbol TEXT PRIMARY KEY, close INTEGER NOT NULL, bar_range INTEGER NOT NULL, volume INTEGER NOT NULL,
  end_ts INTEGER NOT NULL);
"""


class PaperBookUnusable(Exception):
    """A file that cannot serve as a paper broker's book. Carries the path and the reason."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path, self.reason = path, reason

    def __str__(self) -> str:
        return f"{self.path} cannot be used as a paper broker's book: {self.reason}"


@dataclass(frozen=True, slots=True)
class PaperOrder:
    """An order as the paper broker keeps it.

    Only market steps that begin at or after `eligible_from` may fill it; `asked` is the ticket as
    first received, `executions` how often it has traded, `refusal` a code and text when refused.
    """

    client_order_id: str
    broker_order_id: str
    sequence: int
    symbol: str
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    quantity: Quantity
    filled: Quantity
    limit_price: Price | None
    stop_price: Price | None
    state: OrderState
    created_at: Timestamp
    eligible_from: Timestamp
    expires_at: Timestamp | None
    is_triggered: bool
    executions: int
    asked: str
    refusal: str | None

    @property
    def leaves(self) -> Quantity:
        return Quantity(self.quantity - self.filled)


@dataclass(frozen=True, slots=True)
class Holding:
    """A position and its cost in 10^-12 of the currency, both negative when short."""

    symbol: str
    quantity: int
    cost: int


@dataclass(frozen=True, slots=True)
class Mark:
    """What the last complete bar of a symbol left behind."""

    close: Price
    bar_range: Ratio
    volume: Quantity
    end_ts: Timestamp


_COLUMNS = ", ".join(field.name for field in fields(PaperOrder))
_SLOTS = ", ".join("?" for _ in fields(PaperOrder))
_ENUMS = {
    "side": Side,
    "type": OrderType,
    "time_in_force": TimeInForce,
    "state": OrderState,
    "is_triggered": bool,
}
_CHANGING = (
    "quantity",
    "filled",
    "limit_price",
    "stop_price",
    "state",
    "eligible_from",
    "is_triggered",
    "executions",
)
_LIVE = "state IN ('OPEN', 'PARTIALLY_FILLED')"


class PaperBook:
    """The tables of one paper account. Every write happens inside `transaction()`.

    `path` may be ":memory:". Raises PaperBookUnusable for a file that is something else.
    """

    def __init__(self, path: str | Path, initial_cash: int, currency: str = "USD") -> None:
        self.path = str(path)
        try:
            self.connection = sqlite3.connect(self.path, isolation_level=None, timeout=10)
            self._open(initial_cash, currency)
        except sqlite3.Error as error:
            raise PaperBookUnusable(self.path, str(error)) from None

    @classmethod
    def existing(cls, path: Path) -> "PaperBook":
        """Return the book in a file that is there already, to be read and never written."""
        if not path.is_file():
            raise PaperBookUnusable(str(path), "there is no such file")
        book = cls.__new__(cls)
        book.path = str(path)
        try:
            book.connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", isolation_level=None, uri=True)
            (version,) = book.connection.execute("PRAGMA user_version").fetchone()
        except sqlite3.Error as error:
            raise PaperBookUnusable(book.path, str(error)) from None
        book._require(version)
        return book

    def _open(self, initial_cash: int, currency: str) -> None:
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = FULL")
        with self.transaction():
            (version,) = self.connection.execute("PRAGMA user_version").fetchone()
            (tables,) = self.connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if version == 0 and tables == 0:
                for statement in _SCHEMA.split(";\n"):
                    self.connection.execute(statement)
                self.connection.execute("INSERT INTO account VALUES (?, ?)", (currency, str(initial_cash * 10**6)))
                self.connection.execute(f"PRAGMA user_version = {VERSION}")
            else:
                self._require(version)

    def _require(self, version: int) -> None:
        if version != VERSION:
            raise PaperBookUnusable(self.path, f"its version is {version}, this desk reads {VERSION}")

    def close(self) -> None:
        """Close the file; what was committed stays."""
        self.connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit everything inside as one, or nothing."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    def add_order(self, order: PaperOrder) -> None:
        """Write a new order; its ids must be new."""
        self.connection.execute(f"INSERT INTO orders ({_COLUMNS}) VALUES ({_SLOTS})", astuple(order))

    def put_order(self, order: PaperOrder) -> None:
        """Write what can change about an order."""
        values = [getattr(order, name) for name in _CHANGING]
        sets = ", ".join(f"{name} = ?" for name in _CHANGING)
        sql = f"UPDATE orders SET {sets} WHERE client_order_id = ?"
        self.connection.execute(sql, (*values, order.client_order_id))

    def order(self, client_order_id: str) -> PaperOrder | None:
        """Return an order, refused ones included."""
        found = self._orders("client_order_id = ?", client_order_id)
        return found[0] if found else None

    def live_orders(self, symbol: str | None = None) -> list[PaperOrder]:
        """Return working orders in the order they were accepted."""
        return self._orders(_LIVE) if symbol is None else self._orders(f"{_LIVE} AND symbol = ?", symbol)

    def expired_orders(self, before: int) -> list[PaperOrder]:
        """Return working orders whose time ran out before an instant, in the order accepted."""
        return self._orders(f"{_LIVE} AND expires_at < ?", before)

    def _orders(self, where: str, *values: str | int) -> list[PaperOrder]:
        sql = f"SELECT {_COLUMNS} FROM orders WHERE {where} ORDER BY sequence"
        return [_paper_order(row) for row in self.connection.execute(sql, values)]

    def next_sequence(self) -> int:
        """Return the place of the next order in the queue, from 1."""
        (last,) = self.connection.execute("SELECT coalesce(max(sequence), 0) FROM orders").fetchone()
        return int(last) + 1

    def has_request(self, request_id: str) -> bool:
        """Return whether a cancel or replace has been taken before."""
        sql = "SELECT 1 FROM requests WHERE request_id = ?"
        return self.connection.execute(sql, (request_id,)).fetchone() is not None

    def put_request(self, request_id: str, asked: str) -> None:
        """Remember a cancel or replace for ever."""
        self.connection.execute("INSERT INTO requests VALUES (?, ?)", (request_id, asked))

    def emit(self, event: BrokerEvent) -> None:
        """Append a report to the stream; it is never removed."""
        body = json.dumps(event_to_data(event), sort_keys=True, separators=(",", ":"))
        self.connection.execute(
            "INSERT INTO events (message_id, kind, client_order_id, at, body) VALUES (?, ?, ?, ?, ?)",
            (event.message_id, kind_of(event), event.client_order_id, event.at, body),
        )

    def events_after(self, cursor: int) -> list[tuple[int, BrokerEvent]]:
        """Return the stream after a cursor, oldest first."""
        sql = "SELECT cursor, body FROM events WHERE cursor > ? ORDER BY cursor"
        return [(at, event_from_data(json.loads(body))) for at, body in self.connection.execute(sql, (cursor,))]

    def last_cursor(self) -> int:
        """Return the cursor of the newest report, 0 before the first."""
        (last,) = self.connection.execute("SELECT coalesce(max(cursor), 0) FROM events").fetchone()
        return int(last)

    def executions(self, since: int) -> list[tuple[str, str, BrokerEvent]]:
        """Return symbol, side and report of the trades from an instant on, oldest first."""
        sql = (
            "SELECT o.symbol, o.side, e.body FROM events e JOIN orders o USING (client_order_id) "
            "WHERE e.kind IN ('PARTIAL_FILL', 'FILL') AND e.at >= ? ORDER BY e.cursor"
        )
        rows = self.connection.execute(sql, (since,))
        return [(symbol, side, event_from_data(json.loads(body))) for symbol, side, body in rows]

    def account(self) -> tuple[str, int]:
        """Return the currency and the cash in 10^-12 of it."""
        currency, cash = self.connection.execute("SELECT currency, cash FROM account").fetchone()
        return currency, int(cash)

    def add_cash(self, amount: int) -> None:
        """Add 10^-12 of the currency, negative to take."""
        self.connection.execute("UPDATE account SET cash = ?", (str(self.account()[1] + amount),))

    def holding(self, symbol: str) -> Holding:
        """Return a position, zero when there is none."""
        sql = "SELECT quantity, cost FROM positions WHERE symbol = ?"
        row = self.connection.execute(sql, (symbol,)).fetchone()
        return Holding(symbol, row[0], int(row[1])) if row else Holding(symbol, 0, 0)

    def put_holding(self, held: Holding) -> None:
        """Write a position; a flat one is removed."""
        if held.quantity == 0:
            self.connection.execute("DELETE FROM positions WHERE symbol = ?", (held.symbol,))
        else:
            row = (held.symbol, held.quantity, str(held.cost))
            self.connection.execute("INSERT OR REPLACE INTO positions VALUES (?, ?, ?)", row)

    def holdings(self) -> list[Holding]:
        """Return every position that is not flat, by symbol."""
        rows = self.connection.execute("SELECT symbol, quantity, cost FROM positions ORDER BY symbol")
        return [Holding(symbol, quantity, int(cost)) for symbol, quantity, cost in rows]

    def last_step(self, symbol: str, kind: str) -> int | None:
        """Return the instant of the last market step of a kind, or None before the first."""
        sql = "SELECT at FROM steps WHERE symbol = ? AND kind = ?"
        row = self.connection.execute(sql, (symbol, kind)).fetchone()
        return None if row is None else int(row[0])

    def put_step(self, symbol: str, kind: str, at: int) -> None:
        """Remember that the market has moved on to `at`."""
        self.connection.execute("INSERT OR REPLACE INTO steps VALUES (?, ?, ?)", (symbol, kind, at))

    def mark(self, symbol: str) -> Mark | None:
        """Return what the last complete bar left, or None before the first."""
        sql = "SELECT close, bar_range, volume, end_ts FROM marks WHERE symbol = ?"
        row = self.connection.execute(sql, (symbol,)).fetchone()
        return Mark(*row) if row else None

    def put_mark(self, symbol: str, mark: Mark) -> None:
        """Write what the last complete bar left."""
        self.connection.execute("INSERT OR REPLACE INTO marks VALUES (?, ?, ?, ?, ?)", (symbol, *astuple(mark)))


def _paper_order(row: tuple[Any, ...]) -> PaperOrder:
    values = dict(zip((field.name for field in fields(PaperOrder)), row, strict=True))
    for name, made in _ENUMS.items():
        values[name] = made(values[name])
    return PaperOrder(**values)
