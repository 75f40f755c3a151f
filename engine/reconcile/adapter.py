"""From a broker's snapshot as plain JSON data to the book that is compared, strictly or leniently."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from typing import TypeVar

from engine.model.numbers import Money, Quantity
from engine.model.order import Fill, OrderType, Side
from engine.model.time import Timestamp
from engine.reconcile.book import BrokerBook, OrderLine, OrderStatus, PositionLine
from engine.reconcile.fields import FieldFault, Record, SnapshotFault, SnapshotFaultCode

Line = TypeVar("Line")

_BY_BROKER_ID = "broker:"
_SIDES = {"buy": Side.BUY, "b": Side.BUY, "sell": Side.SELL, "s": Side.SELL, "short": Side.SELL}
_TYPES = {str(kind).lower(): kind for kind in OrderType}
_STATUSES = {
    name: status
    for status, names in {
        OrderStatus.NEW: "new open pending_new",
        OrderStatus.ACCEPTED: "accepted pending accepted_for_bidding",
        OrderStatus.PARTIALLY_FILLED: "partially_filled partial",
        OrderStatus.FILLED: "filled complete completed",
        OrderStatus.CANCELED: "canceled cancelled done_for_day expired replaced",
        OrderStatus.REJECTED: "rejected stopped suspended",
    }.items()
    for name in names.split()
}


class Strictness(StrEnum):
    """STRICT refuses a snapshot with any fault; LENIENT leaves faulty records out and counts them."""

    STRICT = "STRICT"
    LENIENT = "LENIENT"


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of a snapshot. `book` is None when it was refused; `faults` are in document order."""

    book: BrokerBook | None
    faults: tuple[SnapshotFault, ...]


def read_snapshot(document: object, strictness: Strictness, fills_since: Timestamp | None = None) -> Reading:
    """Return the book in a snapshot document (specs/broker-snapshot), and everything wrong with it.

    An order's filled quantity is the larger of what the broker states and what its fills add up to,
    and a working status never stays behind that evidence: brokers report orders and executions
    from different moments. A fill without a client order id belongs to the order with its broker id,
    otherwise to nobody. A lenient book remembers how many records it lacks and never compares clean.
    """
    if not isinstance(document, Mapping):
        shape = SnapshotFault(SnapshotFaultCode.WRONG_SHAPE, "", "is not an object", type(document).__name__)
        return Reading(None, (shape,))
    reader = _Reader(document)
    captured_at = reader.captured_at()
    cash = reader.cash()
    fills = reader.lines("fills", _read_fill)
    positions = reader.lines("positions", _read_position)
    orders = reader.lines("orders", _read_order)
    ids = {line.broker_order_id: line.client_order_id for line in orders if line.client_order_id}
    owned = tuple(_named(fill, ids) for fill in fills)
    filled: dict[str, int] = {}
    for fill in {fill.fill_id: fill for fill in owned}.values():
        filled[fill.order_id] = filled.get(fill.order_id, 0) + fill.quantity
    faults = tuple(reader.faults)
    if faults and strictness is Strictness.STRICT:
        return Reading(None, faults)
    book = BrokerBook(
        captured_at,
        tuple(_with_evidence(line, filled) for line in orders),
        owned,
        positions,
        cash,
        fills_since,
        len(faults),
    )
    return Reading(book, faults)


class _Reader:
    def __init__(self, document: Mapping[object, object]) -> None:
        self.document = document
        self.faults: list[SnapshotFault] = []

    def captured_at(self) -> Timestamp | None:
        return self._try(lambda: Record("", self.document).time("captured_at_utc"))

    def cash(self) -> Money | None:
        def read() -> Money:
            account = Record("", self.document).record("account")
            return Money(account.decimal("cash"))

        return self._try(read)

    def lines(self, name: str, read: Callable[[Record], Line]) -> tuple[Line, ...]:
        items = self.document.get(name)
        if not isinstance(items, list | tuple):
            self.faults.append(SnapshotFault(SnapshotFaultCode.WRONG_SHAPE, f"/{name}", "is not a list", ""))
            return ()
        found = []
        for at, item in enumerate(items):
            line = self._try(partial(_read_at, read, f"/{name}/{at}", item))
            if line is not None:
                found.append(line)
        return tuple(found)

    def _try(self, read: Callable[[], Line]) -> Line | None:
        try:
            return read()
        except FieldFault as fault:
            self.faults.append(fault.fault)
            return None


def _read_at(read: Callable[[Record], Line], where: str, item: object) -> Line:
    return read(Record.at(where, item))


def _read_order(record: Record) -> OrderLine:
    client_id, broker_id = record.text("client_order_id", ""), record.text("broker_order_id", "")
    if not client_id and not broker_id:
        raise record.fault(SnapshotFaultCode.MISSING_ORDER_ID, "client_order_id", "the order has no id")
    quantity = record.positive("qty")
    filled = record.decimal("filled_qty", 0)
    if filled < 0:
        raise record.fault(SnapshotFaultCode.NEGATIVE_FILLED, "filled_qty", "is negative")
    if filled > quantity:
        raise record.fault(SnapshotFaultCode.FILLED_EXCEEDS_QUANTITY, "filled_qty", "exceeds the quantity")
    return OrderLine(
        client_order_id=client_id,
        symbol=record.symbol(),
        side=record.choice("side", _SIDES, SnapshotFaultCode.UNKNOWN_SIDE),
        type=record.choice("type", _TYPES, SnapshotFaultCode.UNKNOWN_TYPE),
        quantity=quantity,
        filled=Quantity(filled),
        status=record.choice("status", _STATUSES, SnapshotFaultCode.UNKNOWN_STATUS),
        limit_price=record.price("limit_price"),
        stop_price=record.price("stop_price"),
        broker_order_id=broker_id,
    )


def _read_fill(record: Record) -> Fill:
    client_id, broker_id = record.text("client_order_id", ""), record.text("broker_order_id", "")
    if not client_id and not broker_id:
        raise record.fault(SnapshotFaultCode.MISSING_ORDER_ID, "client_order_id", "the fill has no order id")
    fill_id = record.text("broker_fill_id", "")
    if not fill_id:
        raise record.fault(SnapshotFaultCode.MISSING_FILL_ID, "broker_fill_id", "the fill has no id")
    price = record.price("price")
    if price is None:
        raise record.fault(SnapshotFaultCode.BAD_NUMBER, "price", "is missing")
    return Fill(
        fill_id=fill_id,
        order_id=client_id or f"{_BY_BROKER_ID}{broker_id}",
        symbol=record.symbol(),
        side=record.choice("side", _SIDES, SnapshotFaultCode.UNKNOWN_SIDE),
        quantity=record.positive("qty"),
        price=price,
        fee=Money(record.decimal("fee", 0)),
        at=record.time("ts_utc"),
    )


def _read_position(record: Record) -> PositionLine:
    return PositionLine(record.symbol(), Quantity(record.decimal("qty")))


def _named(fill: Fill, ids: Mapping[str, str]) -> Fill:
    if not fill.order_id.startswith(_BY_BROKER_ID):
        return fill
    client_id = ids.get(fill.order_id.removeprefix(_BY_BROKER_ID))
    return fill if client_id is None else replace(fill, order_id=client_id)


def _with_evidence(line: OrderLine, filled: Mapping[str, int]) -> OrderLine:
    name = line.client_order_id or f"{_BY_BROKER_ID}{line.broker_order_id}"
    total = Quantity(max(line.filled, filled.get(name, 0)))
    status = line.status
    if status is OrderStatus.FILLED:
        total = Quantity(max(total, line.quantity))
    elif not status.is_terminal and total >= line.quantity:
        status = OrderStatus.FILLED
    elif not status.is_terminal and total > 0:
        status = OrderStatus.PARTIALLY_FILLED
    return replace(line, filled=total, status=status)
