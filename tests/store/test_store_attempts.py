"""Attempts at one run: equal names in each, every one of them looked up within its own attempt."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from engine.model.order import OrderState, OrderType, Side
from engine.store import ConstraintViolated, Database, RunMismatch, RunUnbound, UnitOfWork
from engine.store.decisions import FindingRow
from engine.store.holds import Approval, HoldState
from engine.store.inbox import Message
from engine.store.orders import FillRow, OrderRow
from engine.store.outbox import OutboxStatus

FIRST, SECOND = "run.1", "run.2"
BOOK = "MAIN/ACC"
INTENT, DECISION, HOLD, ORDER = "int_1", "dec_1", "hold_1", "MAIN_1"


def fill_in(work: UnitOfWork, rows: Any, run_key: str, at: int) -> None:
    """Write one of everything under the same names; only `at` tells two attempts apart."""
    work.books.lock(BOOK)
    names = {"intent_id": INTENT, "decision_id": DECISION}
    work.intents.put(rows.intent(1, run_key, intent_id=INTENT, at=at))
    finding = FindingRow(DECISION, 0, "cap", 1, "warn", "CAP", "enforce")
    work.decisions.put(rows.decision(1, run_key, **names, at=at), (finding, replace(finding, ord=1)))
    work.reservations.open(rows.reservation(1, run_key, intent_id=INTENT, opened_at=at))
    work.holds.open(rows.hold(1, run_key, **names, hold_id=HOLD, opened_at=at))
    assert work.holds.record_approval(Approval(HOLD, "ana", at, "approve"))
    assert work.outbox.enqueue(rows.effect(1, run_key, **names, client_order_id=ORDER, order_id=ORDER))
    claim = work.outbox.claim(run_key, "worker", at)
    assert claim is not None
    assert work.outbox.sent(claim, "B1", at)
    buy = (Side.BUY, OrderType.MARKET, 2, 0, None, OrderState.OPEN, None, at)
    work.orders.upsert(OrderRow(ORDER, run_key, INTENT, "AAPL", *buy))
    assert work.fills.insert(FillRow(run_key, "f1", ORDER, "AAPL", Side.BUY, 1, at, 0, at, 1))
    assert work.inbox.insert(Message(run_key, "m1", "f1", ORDER, "FILL", at, b"{}", at))


@pytest.fixture
def twice(database: Database, rows: Any) -> Database:
    """A database with two attempts at a run that wrote the same names, at 10 and at 20."""
    for attempt, at in ((1, 10), (2, 20)):
        with database.write(f"run.{attempt}") as work:
            work.runs.create(rows.run(attempt=attempt))
            fill_in(work, rows, f"run.{attempt}", at)
    return database


def picture(work: UnitOfWork, run_key: str) -> dict[str, Any]:
    """Return everything the store says about one attempt."""
    return {
        "intent": work.intents.get(INTENT),
        "decision": work.decisions.get(DECISION),
        "by intent": work.decisions.by_intent(INTENT),
        "findings": work.decisions.findings(DECISION),
        "codes": work.decisions.count_by_code(run_key),
        "of rule": work.decisions.list(run_key, rule="cap"),
        "reservation": work.reservations.get(INTENT),
        "hold": work.holds.get(HOLD),
        "holds": work.holds.list(run_key),
        "approvals": work.holds.approvals(HOLD),
        "outbox": work.outbox.get(ORDER),
        "unresolved": work.outbox.unresolved(run_key),
        "broker": (work.broker_orders.broker_order_id(ORDER), work.broker_orders.client_order_id("B1")),
        "order": work.orders.get(ORDER),
        "fills": work.fills.list(run_key),
        "inbox": work.inbox.list(run_key),
    }


def test_each_attempt_reads_its_own_rows_under_the_same_names(twice: Database) -> None:
    for run_key, at in ((FIRST, 10), (SECOND, 20)):
        with twice.read(run_key) as work:
            seen = picture(work, run_key)
        instants = {
            "intent": "at", "decision": "at", "reservation": "opened_at", "hold": "opened_at", "order": "updated_at",
            "outbox": "sent_at",
        }  # fmt: skip
        for name, field in instants.items():
            assert (seen[name].run_key, getattr(seen[name], field)) == (run_key, at), name
        assert seen["by intent"] == seen["of rule"] == (seen["decision"],)
        assert seen["holds"] == (seen["hold"],)
        assert [(one.principal, one.at) for one in seen["approvals"]] == [("ana", at)]
        assert [finding.ord for finding in seen["findings"]] == [0, 1]
        assert seen["codes"] == {"CAP": 2}
        assert seen["broker"] == ("B1", ORDER)
        assert seen["unresolved"] == ()
        assert [(row.run_key, row.at) for row in (*seen["fills"], *seen["inbox"])] == [(run_key, at)] * 2


CHANGES: dict[str, Callable[[UnitOfWork], object]] = {
    "resize": lambda work: work.reservations.resize(INTENT, 1, 1, 1),
    "work": lambda work: work.reservations.work(INTENT),
    "release": lambda work: work.reservations.release(INTENT, 30, "over"),
    "resolve": lambda work: work.holds.resolve(HOLD, HoldState.DENIED, 30),
    "approve": lambda work: work.holds.record_approval(Approval(HOLD, "bob", 30, "deny")),
    "acked": lambda work: work.outbox.acked(ORDER),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_in_one_attempt_leaves_the_other_as_it_was(twice: Database, name: str) -> None:
    with twice.read(FIRST) as work:
        first = picture(work, FIRST)
    with twice.write(SECOND) as work:
        second = picture(work, SECOND)
        assert CHANGES[name](work) is True
        assert picture(work, SECOND) != second
    with twice.read(FIRST) as work:
        assert picture(work, FIRST) == first


def test_what_one_attempt_found_or_heard_is_not_taken_for_the_others(database: Database, rows: Any) -> None:
    """Only the first attempt has a finding and a broker's id; both have the decision and the sent row."""
    for attempt in (1, 2):
        run_key = f"run.{attempt}"
        with database.write(run_key) as work:
            work.runs.create(rows.run(attempt=attempt))
            work.intents.put(rows.intent(1, run_key, intent_id=INTENT))
            found = (FindingRow(DECISION, 0, "cap", 1, "warn", "CAP", "enforce"),) if attempt == 1 else ()
            work.decisions.put(rows.decision(1, run_key, intent_id=INTENT, decision_id=DECISION), found)
            work.outbox.enqueue(rows.effect(1, run_key, client_order_id=ORDER, order_id=ORDER, decision_id=DECISION))
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE outbox SET status = 'SENT', sent_at = 7"))
    with database.write(FIRST) as work:
        work.broker_orders.register(ORDER, "B1", 8)
    for run_key, decisions, unresolved in ((FIRST, 1, 0), (SECOND, 0, 1)):
        with database.read(run_key) as work:
            assert len(work.decisions.list(run_key, rule="cap")) == decisions
            assert work.decisions.count_by_code(run_key) == ({"CAP": 1} if decisions else {})
            assert len(work.outbox.unresolved(run_key)) == unresolved


def test_a_book_counts_what_every_attempt_still_holds(twice: Database) -> None:
    with twice.write(SECOND) as work:
        assert [row.run_key for row in work.reservations.active(BOOK)] == [FIRST, SECOND]
        work.reservations.release(INTENT, 30, "over")
        assert [row.run_key for row in work.reservations.active(BOOK)] == [FIRST]


def test_a_row_names_rows_of_its_own_attempt_only(twice: Database, rows: Any) -> None:
    """Every name below exists, but in the other attempt."""
    with twice.write(FIRST) as work:
        work.intents.put(rows.intent(2, FIRST, intent_id="int_2"))
        work.decisions.put(rows.decision(2, FIRST, intent_id="int_2", decision_id="dec_2"))
    strays: dict[str, Callable[[UnitOfWork], object]] = {
        "fk_decisions_run_key_intent_id": lambda work: work.decisions.put(
            rows.decision(3, SECOND, intent_id="int_2", decision_id="dec_3")
        ),
        "fk_decisions_run_key_supersedes": lambda work: work.decisions.put(
            rows.decision(3, SECOND, intent_id=INTENT, decision_id="dec_3", supersedes="dec_2")
        ),
        "fk_reservations_run_key_intent_id": lambda work: work.reservations.open(
            rows.reservation(3, SECOND, intent_id="int_2")
        ),
        "fk_holds_run_key_decision_id": lambda work: work.holds.open(
            rows.hold(3, SECOND, intent_id=INTENT, decision_id="dec_2")
        ),
        "fk_outbox_run_key_decision_id": lambda work: work.outbox.enqueue(
            rows.effect(3, SECOND, intent_id=INTENT, decision_id="dec_2")
        ),
    }
    for name, put in strays.items():
        with pytest.raises(ConstraintViolated) as caught, twice.write(SECOND) as work:
            put(work)
        assert caught.value.kind == "foreign_key"
        assert name in caught.value.name


LOOKUPS: dict[str, Callable[[UnitOfWork], object]] = {
    "intents.get": lambda work: work.intents.get(INTENT),
    "decisions.get": lambda work: work.decisions.get(DECISION),
    "decisions.by_intent": lambda work: work.decisions.by_intent(INTENT),
    "decisions.findings": lambda work: work.decisions.findings(DECISION),
    "reservations.get": lambda work: work.reservations.get(INTENT),
    "holds.get": lambda work: work.holds.get(HOLD),
    "holds.approvals": lambda work: work.holds.approvals(HOLD),
    "outbox.get": lambda work: work.outbox.get(ORDER),
    "outbox.quarantine": lambda work: work.outbox.quarantine(ORDER, "restart"),
    "outbox.return_to_pending": lambda work: work.outbox.return_to_pending(ORDER, "proof"),
    "outbox.found_at_broker": lambda work: work.outbox.found_at_broker(ORDER, "B1", 1),
    "broker_orders.register": lambda work: work.broker_orders.register(ORDER, "B2", 1),
    "broker_orders.broker_order_id": lambda work: work.broker_orders.broker_order_id(ORDER),
    "broker_orders.client_order_id": lambda work: work.broker_orders.client_order_id("B1"),
    "orders.get": lambda work: work.orders.get(ORDER),
    **CHANGES,
}


@pytest.mark.parametrize("name", LOOKUPS)
def test_a_name_means_nothing_in_a_unit_bound_to_no_run(twice: Database, name: str) -> None:
    with pytest.raises(RunUnbound, match="bound to no run"), twice.write() as work:
        LOOKUPS[name](work)


def test_a_bound_unit_answers_about_no_other_run(twice: Database, rows: Any) -> None:
    asked: list[Callable[[UnitOfWork], object]] = [
        lambda work: work.intents.put(rows.intent(9, FIRST)),
        lambda work: work.intents.list(FIRST),
        lambda work: work.decisions.put(rows.decision(9, FIRST)),
        lambda work: work.decisions.list(FIRST),
        lambda work: work.decisions.count_by_verdict(FIRST),
        lambda work: work.decisions.count_by_code(FIRST),
        lambda work: work.reservations.open(rows.reservation(9, FIRST)),
        lambda work: work.holds.open(rows.hold(9, FIRST)),
        lambda work: work.holds.find(FIRST, "big.order", "sma", "AAPL", 1),
        lambda work: work.holds.open_holds(FIRST),
        lambda work: work.holds.list(FIRST),
        lambda work: work.outbox.enqueue(rows.effect(9, FIRST)),
        lambda work: work.outbox.claim(FIRST, "worker", 1),
        lambda work: work.outbox.release_stale(FIRST, 99),
        lambda work: work.outbox.list(FIRST),
        lambda work: work.outbox.unsettled(FIRST),
        lambda work: work.outbox.unresolved(FIRST),
        lambda work: work.orders.open(FIRST),
        lambda work: work.orders.list(FIRST),
        lambda work: work.fills.list(FIRST),
        lambda work: work.inbox.get(FIRST, "m1"),
        lambda work: work.inbox.unapplied(FIRST),
        lambda work: work.inbox.list(FIRST),
        lambda work: work.inbox.mark_applied(FIRST, "m1", 1),
    ]
    for ask in asked:
        refused = pytest.raises(RunMismatch, match=r"bound to run run\.2 and was asked about run run\.1")
        with refused, twice.write(SECOND) as work:
            ask(work)
    assert issubclass(RunMismatch, ValueError)


def test_a_claim_moves_no_row_of_another_attempt(database: Database, rows: Any) -> None:
    for attempt in (1, 2):
        run_key = f"run.{attempt}"
        with database.write(run_key) as work:
            work.runs.create(rows.run(attempt=attempt))
            work.intents.put(rows.intent(1, run_key, intent_id=INTENT))
            work.decisions.put(rows.decision(1, run_key, intent_id=INTENT, decision_id=DECISION))
            work.outbox.enqueue(rows.effect(1, run_key, client_order_id=ORDER, order_id=ORDER, decision_id=DECISION))
    with database.write(FIRST) as work:
        claim = work.outbox.claim(FIRST, "worker", 1)
        assert claim is not None
    with pytest.raises(RunMismatch), database.write(SECOND) as work:
        work.outbox.sent(claim, "B1", 2)
    with database.read(SECOND) as work:
        row = work.outbox.get(ORDER)
        assert row is not None
        assert row.status is OutboxStatus.PENDING


def test_runs_books_documents_and_the_audit_log_are_of_no_run(twice: Database) -> None:
    with twice.write(SECOND) as work:
        first = work.runs.get(FIRST)
        assert first is not None
        assert first.attempt == 1
        work.audit.append("ARMED", 1, FIRST, {})
        assert [entry.run_key for entry in work.audit.read(FIRST)] == [FIRST]
        assert work.books.lock(BOOK) == 0
