"""Laws of reading a broker's snapshot, strictly and leniently (BEHAVIOUR 1, 13, 22 item 15)."""

import copy

import pytest

from engine.model.numbers import MICRO
from engine.model.order import OrderType, Side
from engine.model.time import parse_timestamp
from engine.reconcile.adapter import Strictness, read_snapshot
from engine.reconcile.book import LocalBook, OrderStatus
from engine.reconcile.compare import ReconcileState, compare
from engine.reconcile.difference import DifferenceCode, Severity
from engine.reconcile.fields import SnapshotFaultCode

STRICT, LENIENT = Strictness.STRICT, Strictness.LENIENT


def our_book(desk) -> LocalBook:
    """Return what our side holds after the one filled order of the clean fixture."""
    order = desk.order(
        "MAIN_20260105_0001",
        type=OrderType.MARKET,
        limit_price=None,
        filled=10 * MICRO,
        status=OrderStatus.FILLED,
    )
    fill = desk.fill("F123", order.client_order_id, price=470_900_000, fee=100_000)
    return LocalBook((order,), (fill,), (desk.holding("SPY", 10),), 5_000 * MICRO)


def run(desk, document, strictness=STRICT):
    reading = read_snapshot(document, strictness)
    assert reading.book is not None, reading.faults
    return compare(desk.config, our_book(desk), reading.book, reading.book.captured_at)


def test_clean_fixture_agrees_with_our_book(desk):
    report = run(desk, desk.document("clean"))
    assert (report.state, report.differences) == (ReconcileState.CLEAN, ())


def test_desync_fixture_shows_the_order_we_never_sent(desk):
    report = run(desk, desk.document("desync"))
    assert report.state is ReconcileState.DRIFT
    assert [(item.id, item.code, item.severity) for item in report.differences] == [
        ("MAIN_20260105_0099", DifferenceCode.ORDER_UNKNOWN, Severity.CRITICAL)
    ]


def test_snapshot_is_read_exactly(desk):
    book = read_snapshot(desk.document("clean"), STRICT).book
    assert book.captured_at == parse_timestamp("2026-01-05T16:00:00Z")
    assert book.cash == 5_000 * MICRO
    assert (book.orders[0].quantity, book.orders[0].broker_order_id) == (10 * MICRO, "B123")
    assert (book.fills[0].price, book.fills[0].fee) == (470_900_000, 100_000)
    assert book.unread == 0


def test_working_status_never_stays_behind_the_fills(desk):
    document = desk.document("clean")
    assert document["orders"][0]["status"] == "NEW"
    assert read_snapshot(document, STRICT).book.orders[0].status is OrderStatus.FILLED
    document["fills"][0]["qty"] = "4"
    line = read_snapshot(document, STRICT).book.orders[0]
    assert (line.status, line.filled) == (OrderStatus.PARTIALLY_FILLED, 4 * MICRO)


def test_fill_reported_twice_fills_the_order_once(desk):
    document = desk.document("clean")
    document["fills"][0]["qty"] = "5"
    document["fills"].append(copy.deepcopy(document["fills"][0]))
    assert read_snapshot(document, STRICT).book.orders[0].filled == 5 * MICRO


def test_stated_fills_count_when_executions_are_not_listed(desk):
    document = desk.document("clean")
    document["orders"][0]["filled_qty"] = "6"
    document["fills"] = []
    line = read_snapshot(document, STRICT).book.orders[0]
    assert (line.status, line.filled) == (OrderStatus.PARTIALLY_FILLED, 6 * MICRO)
    document["orders"][0].update(status="filled", filled_qty="0")
    assert read_snapshot(document, STRICT).book.orders[0].filled == 10 * MICRO


def test_fill_without_our_id_belongs_to_the_order_with_its_broker_id(desk):
    document = desk.document("clean")
    del document["fills"][0]["client_order_id"]
    assert read_snapshot(document, STRICT).book.fills[0].order_id == "MAIN_20260105_0001"
    document["fills"][0]["broker_order_id"] = "B777"
    assert read_snapshot(document, STRICT).book.fills[0].order_id == "broker:B777"


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("pending_new", OrderStatus.NEW),
        ("OPEN", OrderStatus.NEW),
        ("accepted_for_bidding", OrderStatus.ACCEPTED),
        ("partial", OrderStatus.PARTIALLY_FILLED),
        ("done_for_day", OrderStatus.CANCELED),
        ("cancelled", OrderStatus.CANCELED),
        ("Replaced", OrderStatus.CANCELED),
        ("suspended", OrderStatus.REJECTED),
    ],
)
def test_broker_words_for_a_status_are_understood(desk, text, status):
    document = {**desk.document("clean"), "fills": []}
    document["orders"][0]["status"] = text
    assert read_snapshot(document, STRICT).book.orders[0].status is status


@pytest.mark.parametrize(("text", "side"), [("B", Side.BUY), ("s", Side.SELL), ("short", Side.SELL)])
def test_broker_words_for_a_side_are_understood(desk, text, side):
    document = {**desk.document("clean"), "fills": []}
    document["orders"][0]["side"] = text
    assert read_snapshot(document, STRICT).book.orders[0].side is side


Faulty = SnapshotFaultCode
FAULTS = [
    (("orders", 0, "side"), "hold", Faulty.UNKNOWN_SIDE),
    (("orders", 0, "status"), "odd", Faulty.UNKNOWN_STATUS),
    (("orders", 0, "type"), "TRAILING", Faulty.UNKNOWN_TYPE),
    (("orders", 0, "symbol"), " ", Faulty.MISSING_SYMBOL),
    (("orders", 0, "qty"), "-1", Faulty.QUANTITY_NOT_POSITIVE),
    (("orders", 0, "qty"), "0", Faulty.QUANTITY_NOT_POSITIVE),
    (("orders", 0, "qty"), 10.0, Faulty.BAD_NUMBER),
    (("orders", 0, "qty"), "1e3", Faulty.BAD_NUMBER),
    pytest.param(("orders", 0, "qty"), 10**5000, Faulty.BAD_NUMBER, id="an integer too long to print"),
    (("orders", 0, "qty"), None, Faulty.BAD_NUMBER),
    (("orders", 0, "filled_qty"), "-1", Faulty.NEGATIVE_FILLED),
    (("orders", 0, "filled_qty"), "11", Faulty.FILLED_EXCEEDS_QUANTITY),
    (("orders", 0, "limit_price"), "0", Faulty.BAD_NUMBER),
    (("orders", 0), "text", Faulty.WRONG_SHAPE),
    (("fills", 0, "broker_fill_id"), None, Faulty.MISSING_FILL_ID),
    (("fills", 0, "price"), None, Faulty.BAD_NUMBER),
    (("fills", 0, "price"), "NaN", Faulty.BAD_NUMBER),
    (("fills", 0, "ts_utc"), "2026-01-05", Faulty.BAD_TIME),
    (("positions", 0, "qty"), "ten", Faulty.BAD_NUMBER),
    (("positions", 0, "symbol"), 7, Faulty.WRONG_SHAPE),
    (("account", "cash"), True, Faulty.BAD_NUMBER),
    (("account",), [], Faulty.WRONG_SHAPE),
    (("captured_at_utc",), None, Faulty.BAD_TIME),
    (("orders",), None, Faulty.WRONG_SHAPE),
]


def with_fault(desk, path, value):
    document = desk.document("clean")
    target = document
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    return document


@pytest.mark.parametrize(("path", "value", "code"), FAULTS)
def test_strict_reading_refuses_a_snapshot_with_a_fault_and_says_where(desk, path, value, code):
    reading = read_snapshot(with_fault(desk, path, value), STRICT)
    assert reading.book is None
    (fault,) = reading.faults
    assert fault.code is code
    assert fault.where.startswith("/" + "/".join(str(step) for step in path))
    assert fault.why
    assert fault.help


@pytest.mark.parametrize(("path", "value", "code"), FAULTS)
def test_lenient_reading_goes_on_but_never_compares_clean(desk, path, value, code):
    reading = read_snapshot(with_fault(desk, path, value), LENIENT)
    assert [fault.code for fault in reading.faults] == [code]
    assert reading.book.unread == 1
    report = compare(desk.config, our_book(desk), reading.book, desk.captured)
    assert DifferenceCode.SNAPSHOT_INCOMPLETE in [item.code for item in report.differences]
    assert report.state is ReconcileState.DRIFT


@pytest.mark.parametrize("kind", ["orders", "fills"])
def test_record_without_any_order_id_is_refused(desk, kind):
    document = desk.document("clean")
    for name in ("client_order_id", "broker_order_id"):
        del document[kind][0][name]
    (fault,) = read_snapshot(document, STRICT).faults
    assert fault.code is Faulty.MISSING_ORDER_ID


def test_all_faults_are_collected(desk):
    document = desk.document("desync")
    document["orders"][0]["side"] = "?"
    document["orders"][1]["status"] = "?"
    document["captured_at_utc"] = ""
    assert len(read_snapshot(document, STRICT).faults) == 3


@pytest.mark.parametrize("document", [None, [], "text", 7])
@pytest.mark.parametrize("strictness", list(Strictness))
def test_document_that_is_no_object_is_refused(document, strictness):
    reading = read_snapshot(document, strictness)
    assert reading.book is None
    assert [fault.code for fault in reading.faults] == [Faulty.WRONG_SHAPE]
