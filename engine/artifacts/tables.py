"""The CSV files of a run: columns in fixed order, exact decimals, RFC 3339 times, safe text.

Units are in `docs/specs/artifacts.md`. Text that a spreadsheet would run as a formula gets an
apostrophe in front (OWASP, CSV Injection); so does text that begins with one, which keeps the
mapping reversible. Numbers are never touched: -5 stays -5.
"""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from engine.model.numbers import Money, Price, Quantity, format_decimal
from engine.model.order import Fill, OrderType, Side
from engine.model.time import Timestamp, format_timestamp

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'")

ORDER_COLUMNS = (
    "ts_utc",
    "order_id",
    "symbol",
    "side",
    "quantity",
    "type",
    "limit_price",
    "stop_price",
    "status",
)
FILL_COLUMNS = ("ts_utc", "fill_id", "order_id", "symbol", "side", "quantity", "price", "fee")
EQUITY_COLUMNS = ("ts_utc", "equity")
EXECUTION_COLUMNS = (
    "ts_utc",
    "order_id",
    "symbol",
    "side",
    "trades",
    "value",
    "arrival_mid",
    "arrival_bps",
    "limit_bps",
    "delay_s",
)

WATCH_COLUMNS = ("ts_utc", "what", "rule", "key", "code", "text")


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order as it ended (or stands): `at` is its creation, `status` its state or why it has none."""

    at: Timestamp
    order_id: str
    symbol: str
    side: Side
    quantity: Quantity
    type: OrderType
    limit_price: Price | None
    stop_price: Price | None
    status: str


@dataclass(frozen=True, slots=True)
class ExecutionRow:
    """How an order was filled; the other cells are decimal text, None where there is nothing to measure."""

    at: Timestamp
    order_id: str
    symbol: str
    side: Side
    trades: int
    value: str
    arrival_mid: str | None
    arrival_bps: str | None
    limit_bps: str | None
    delay_s: str | None


@dataclass(frozen=True, slots=True)
class WatchRow:
    """One thing watched rules did: what, by which rule, under which key, with which code, and in words."""

    at: Timestamp
    what: str
    rule: str
    key: str
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class EquityRow:
    """Equity in micros of the account currency at an instant."""

    at: Timestamp
    equity: Money


def neutralise(text: str) -> str:
    """Return text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_DANGEROUS) else text


def restore(cell: str) -> str:
    """Return the text a neutralised cell stands for."""
    return cell[1:] if cell.startswith("'") else cell


def order_lines(rows: Iterable[OrderRow]) -> Iterator[bytes]:
    """Yield `orders.csv` line by line, header first."""
    yield _line(ORDER_COLUMNS)
    for row in rows:
        yield _line(
            (
                format_timestamp(row.at),
                neutralise(row.order_id),
                neutralise(row.symbol),
                row.side.value,
                format_decimal(row.quantity),
                row.type.value,
                "" if row.limit_price is None else format_decimal(row.limit_price),
                "" if row.stop_price is None else format_decimal(row.stop_price),
                neutralise(row.status),
            )
        )


def fill_lines(fills: Iterable[Fill]) -> Iterator[bytes]:
    """Yield `fills.csv` line by line, header first."""
    yield _line(FILL_COLUMNS)
    for fill in fills:
        yield _line(
            (
                format_timestamp(fill.at),
                neutralise(fill.fill_id),
                neutralise(fill.order_id),
                neutralise(fill.symbol),
                fill.side.value,
                format_decimal(fill.quantity),
                format_decimal(fill.price),
                format_decimal(fill.fee),
            )
        )


def execution_lines(rows: Iterable[ExecutionRow]) -> Iterator[bytes]:
    """Yield `execution.csv` line by line, header first."""
    yield _line(EXECUTION_COLUMNS)
    for row in rows:
        yield _line(
            (
                format_timestamp(row.at),
                neutralise(row.order_id),
                neutralise(row.symbol),
                row.side.value,
                str(row.trades),
                row.value,
                row.arrival_mid or "",
                row.arrival_bps or "",
                row.limit_bps or "",
                row.delay_s or "",
            )
        )


def equity_lines(rows: Iterable[EquityRow]) -> Iterator[bytes]:
    """Yield `equity_curve.csv` line by line, header first."""
    yield _line(EQUITY_COLUMNS)
    for row in rows:
        yield _line((format_timestamp(row.at), format_decimal(row.equity)))


def watch_lines(rows: Iterable[WatchRow]) -> Iterator[bytes]:
    """Yield `watch.csv` line by line, header first."""
    yield _line(WATCH_COLUMNS)
    for row in rows:
        texts = (row.what, row.rule, row.key, row.code, row.text)
        yield _line((format_timestamp(row.at), *(neutralise(text) for text in texts)))


class _Echo:
    """Gives a written line back to the caller of the CSV writer."""

    def write(self, text: str) -> str:
        return text


_WRITER = csv.writer(_Echo(), lineterminator="\n")


def _line(cells: tuple[str, ...]) -> bytes:
    text: str = _WRITER.writerow(cells)
    return text.encode()
