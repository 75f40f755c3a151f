"""Reservations, holds, orders, fills and messages: each counted once."""

from typing import Any

import pytest

from engine.model.order import OrderState, OrderType, Side
from engine.store import ConstraintViolated, Database, InvalidTransition
from engine.store.holds import Approval, HoldState
from engine.store.inbox import Message
from engine.store.orders import FillRow, OrderRow
from engine.store.reservations import ReservationState

BOOK = "MAIN/ACC"
RUN = "run.1"


def test_a_books_version_moves_one_by_one_and_only_from_what_was_seen(database: Database) -> None:
    with database.write("run.1") as work:
        assert work.books.lock(BOOK) == 0
        assert work.books.bump(BOOK, 0)
        assert not work.books.bump(BOOK, 0)
        assert work.books.lock(BOOK) == 1
        assert not work.books.bump("unknown", 0)


def test_a_reservation_is_opened_once_and_released_once(desk: Database, rows: Any) -> None:
    with desk.write(RUN) as work:
        work.books.lock(BOOK)
        for n in (2, 1):
            work.reservations.open(rows.reservation(n))
        assert [row.intent_id for row in work.reservations.active(BOOK)] == ["int_run.1_1", "int_run.1_2"]
        assert work.reservations.work("int_run.1_1")
        assert not work.reservations.work("int_run.1_1")
        assert work.reservations.resize("int_run.1_1", 400_000, 100_000_000, 40_000_000)
        assert work.reservations.release("int_run.1_1", 99, "filled")
        assert not work.reservations.release("int_run.1_1", 100, "cancelled")
        assert not work.reservations.resize("int_run.1_1", 1, 1, 1)
        assert not work.reservations.work("int_run.1_1")
        assert not work.reservations.release("int_none", 1, "none")
        gone = work.reservations.get("int_run.1_1")
        assert gone == rows.reservation(
            1,
            quantity=400_000,
            notional=40_000_000,
            state=ReservationState.RELEASED,
            released_at=99,
            reason="filled",
        )
        assert work.reservations.active(BOOK) == (rows.reservation(2),)
        assert work.reservations.active("other") == ()
    with pytest.raises(ConstraintViolated, match="pk_reservations"), desk.write(RUN) as work:
        work.reservations.open(rows.reservation(2))


def test_a_negative_reservation_is_refused(desk: Database, rows: Any) -> None:
    for field in ("quantity", "worst_price", "notional"):
        with pytest.raises(ConstraintViolated, match="ck_reservations_amounts"), desk.write(RUN) as work:
            work.books.lock(BOOK)
            work.reservations.open(rows.reservation(1, **{field: -1}))


def test_a_hold_resolves_once_and_is_found_by_its_place(desk: Database, rows: Any) -> None:
    with desk.write(RUN) as work:
        work.holds.open(rows.hold(1))
        work.holds.open(rows.hold(2))
        assert work.holds.open_holds(RUN) == (rows.hold(1), rows.hold(2))
        assert work.holds.find(RUN, "big.order", "sma", "AAPL", 2) == rows.hold(2)
        assert work.holds.find(RUN, "big.order", "sma", "AAPL", 3) is None
        assert work.holds.resolve("hold_run.1_1", HoldState.APPROVED, 50, "40_000 USD")
        for state in (HoldState.DENIED, HoldState.EXPIRED, HoldState.APPROVED):
            assert not work.holds.resolve("hold_run.1_1", state, 51)
        assert work.holds.get("hold_run.1_1") == rows.hold(
            1, state=HoldState.APPROVED, resolved_at=50, approved_value="40_000 USD"
        )
        assert work.holds.open_holds(RUN) == (rows.hold(2),)
        assert [hold.nth for hold in work.holds.list(RUN)] == [1, 2]


def test_a_hold_is_opened_open_and_never_reopened(desk: Database, rows: Any) -> None:
    with pytest.raises(InvalidTransition), desk.write(RUN) as work:
        work.holds.open(rows.hold(1, state=HoldState.APPROVED, resolved_at=1))
    with pytest.raises(InvalidTransition), desk.write(RUN) as work:
        work.holds.open(rows.hold(1))
        work.holds.resolve("hold_run.1_1", HoldState.OPEN, 2)
    with pytest.raises(ConstraintViolated, match="uq_holds_run_key_rule"), desk.write(RUN) as work:
        work.holds.open(rows.hold(1))
        work.holds.open(rows.hold(2, nth=1))


def test_a_principal_speaks_once_about_a_hold(desk: Database, rows: Any) -> None:
    with desk.write(RUN) as work:
        work.holds.open(rows.hold(1))
        assert work.holds.record_approval(Approval("hold_run.1_1", "ana", 20, "approve"))
        assert not work.holds.record_approval(Approval("hold_run.1_1", "ana", 30, "approve"))
        assert not work.holds.record_approval(Approval("hold_run.1_1", "ana", 30, "deny"))
        assert work.holds.record_approval(Approval("hold_run.1_1", "bob", 10, "deny"))
        said = [(one.principal, one.action) for one in work.holds.approvals("hold_run.1_1")]
        assert said == [("bob", "deny"), ("ana", "approve")]
    with pytest.raises(ConstraintViolated, match="ck_approvals_action"), desk.write(RUN) as work:
        work.holds.record_approval(Approval("hold_run.1_1", "eve", 10, "maybe"))
    with pytest.raises(ConstraintViolated, match="fk_approvals_run_key_hold_id"), desk.write(RUN) as work:
        work.holds.record_approval(Approval("hold_none", "eve", 10, "deny"))


def message(n: int, run_key: str = RUN, fill_id: str | None = None) -> Message:
    return Message(run_key, f"m{n}", fill_id, "MAIN_1", "ACK", 10 * n, b"{}", 10 * n + 1)


def test_a_message_is_kept_once_per_run_by_message_and_by_fill(desk: Database, rows: Any) -> None:
    with desk.write() as work:
        work.runs.create(rows.run("other"))
        assert work.inbox.insert(message(1))
        assert not work.inbox.insert(message(1))
        assert work.inbox.insert(message(2, fill_id="f1"))
        assert not work.inbox.insert(message(3, fill_id="f1"))
        assert work.inbox.insert(message(4))
        assert work.inbox.insert(message(1, "other.1"))
        assert work.inbox.insert(message(2, "other.1", fill_id="f1"))
        assert [each.message_id for each in work.inbox.list(RUN)] == ["m1", "m2", "m4"]
        assert work.inbox.get(RUN, "m2") == message(2, fill_id="f1")
        assert work.inbox.get(RUN, "m3") is None


def test_messages_wait_in_order_of_arrival_and_are_applied_once(desk: Database) -> None:
    with desk.write(RUN) as work:
        for n in (9, 1, 5):
            work.inbox.insert(message(n))
    with desk.write(RUN) as work:
        assert [each.message_id for each in work.inbox.unapplied(RUN)] == ["m9", "m1", "m5"]
        assert work.inbox.mark_applied(RUN, "m1", 77)
        assert not work.inbox.mark_applied(RUN, "m1", 78)
    with desk.write("other.1") as work:
        assert not work.inbox.mark_applied("other.1", "m9", 78)
    with desk.write(RUN) as work:
        assert [each.message_id for each in work.inbox.unapplied(RUN)] == ["m9", "m5"]
        assert not work.inbox.insert(message(1)), "a duplicate must not reopen what was applied"
        applied = work.inbox.get(RUN, "m1")
        assert applied is not None
        assert applied.applied_at == 77


def order(n: int = 1, **fields: Any) -> OrderRow:
    values: dict[str, Any] = {
        "client_order_id": f"MAIN_{n}",
        "run_key": RUN,
        "intent_id": f"int_run.1_{n}",
        "symbol": "AAPL",
        "side": Side.BUY,
        "type": OrderType.LIMIT,
        "quantity": 2_000_000,
        "filled": 0,
        "limit_price": 99_500_000,
        "state": OrderState.OPEN,
        "pending": None,
        "updated_at": 5,
    }
    return OrderRow(**values | fields)


def test_an_order_stands_where_it_was_last_put(desk: Database) -> None:
    partly = order(state=OrderState.PARTIALLY_FILLED, filled=500_000, pending="cancel", updated_at=6)
    with desk.write(RUN) as work:
        work.orders.upsert(order())
        work.orders.upsert(partly)
        work.orders.upsert(order(2, limit_price=None, type=OrderType.MARKET))
        assert work.orders.get("MAIN_1") == partly
        assert work.orders.get("MAIN_9") is None
    for state in OrderState:
        with desk.write(RUN) as work:
            work.orders.upsert(order(2, state=state))
            still_open = [each.client_order_id for each in work.orders.open(RUN)]
            assert still_open == (["MAIN_1"] if state.is_terminal else ["MAIN_1", "MAIN_2"])
            assert len(work.orders.list(RUN)) == 2


def test_a_reverse_split_may_leave_an_order_with_nothing(desk: Database) -> None:
    with desk.write(RUN) as work:
        work.orders.upsert(order(quantity=0))
        kept = work.orders.get("MAIN_1")
        assert kept is not None
        assert kept.quantity == 0
    for fields in ({"quantity": -1, "filled": -1}, {"quantity": 0, "filled": 1}):
        with pytest.raises(ConstraintViolated, match="ck_orders_never_overfilled"), desk.write(RUN) as work:
            work.orders.upsert(order(**fields))


def test_an_overfilled_order_cannot_be_stored(desk: Database) -> None:
    with pytest.raises(ConstraintViolated, match="ck_orders_never_overfilled"), desk.write(RUN) as work:
        work.orders.upsert(order(filled=2_000_001))


def fill(n: int = 1, **fields: Any) -> FillRow:
    values: dict[str, Any] = {
        "run_key": RUN,
        "fill_id": f"f{n}",
        "client_order_id": "MAIN_1",
        "symbol": "AAPL",
        "side": Side.SELL,
        "quantity": 1,
        "price": 99_000_000,
        "fee": 5_000,
        "at": 9,
        "seq": 10 - n,
    }
    return FillRow(**values | fields)


def test_a_fill_is_kept_once_and_belongs_to_an_order(desk: Database) -> None:
    with desk.write(RUN) as work:
        work.orders.upsert(order())
        assert work.fills.insert(fill(1))
        assert not work.fills.insert(fill(1, quantity=2))
        assert work.fills.insert(fill(2))
        assert work.fills.list(RUN) == (fill(2), fill(1))
    with pytest.raises(ConstraintViolated, match="fk_fills_run_key_client_order_id"), desk.write(RUN) as work:
        work.fills.insert(fill(3, client_order_id="MAIN_9"))
    with pytest.raises(ConstraintViolated, match="ck_fills_amounts"), desk.write(RUN) as work:
        work.fills.insert(fill(3, quantity=0))
