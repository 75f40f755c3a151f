"""What the desk does when the world contradicts it: it stops, keeps the evidence, and never guesses."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from dsl.scalar.judge import Judge
from dsl.windows import Happening
from engine.brokers import paper
from engine.brokers.contract import Rejected
from engine.brokers.messages import FinalFill
from engine.brokers.paper_book import Holding, PaperBook
from engine.facts.windows import WindowCounters
from engine.model.event import EventType
from engine.model.numbers import MICRO, Money, Price, Quantity
from engine.model.order import OrderState
from engine.runtime import composition
from engine.runtime.halt import HaltRequired, RunRefused
from engine.runtime.journal import RunJournal, SecondWriter
from engine.runtime.run import Started, drive, start_run
from engine.store.errors import StoreUnavailable
from engine.store.reservations import ReservationState
from engine.store.runs import RunStatus
from tests.runtime.proof_market import CASH, OPERATOR, Desk, StillWall, registry_of, renamed
from tests.runtime.record import record_of

Tamper = Callable[[PaperBook], None]


@pytest.mark.parametrize("mode", ["LIVE-SHADOW", "LIVE-CAPITAL"])
@pytest.mark.parametrize(("is_approved", "code"), [(False, "BUNDLE_UNAPPROVED"), (True, "RUN_LIVE_UNAVAILABLE")])
def test_live_modes_are_refused(small: Desk, mode: str, is_approved: bool, code: str) -> None:
    live = replace(small.inputs, mode=mode, is_bundle_approved=is_approved)
    with pytest.raises(RunRefused) as caught:
        start_run(live, small.database, small.folder, OPERATOR, StillWall())
    assert caught.value.code == code
    with small.database.read() as unit:
        assert unit.runs.list() == ()


def test_a_report_on_an_unknown_order_halts_with_the_evidence(small: Desk) -> None:
    def unknown(book: PaperBook) -> None:
        book.emit(_fill("FOREIGN_1", 10))

    started, halt = halted(small, after=3, tamper=unknown)
    assert halt.code == "UNKNOWN_ORDER"
    with small.database.read(started.run_key) as unit:
        kept = [message.client_order_id for message in unit.inbox.unapplied(started.run_key)]
    assert "FOREIGN_1" in kept


def test_more_than_was_ordered_halts_and_is_not_booked(small: Desk) -> None:
    def overfill(book: PaperBook) -> None:
        (order,) = book.connection.execute("SELECT client_order_id FROM orders WHERE symbol = 'AAA'").fetchall()[0]
        book.emit(_fill(order, 1))

    started, halt = halted(small, after=4, tamper=overfill)
    assert halt.code == "OVERFILL"
    assert all(fill.fill_id != "planted" for fill in started.composed.state.fills)


def test_a_halted_run_stays_halted(small: Desk) -> None:
    started, _ = halted(small, after=3, tamper=lambda book: book.emit(_fill("FOREIGN_1", 10)))
    again = small.start()
    again.composed.close()
    assert again.run_key != started.run_key
    with small.database.read() as unit:
        run = unit.runs.get(started.run_key)
    assert run is not None and run.status is RunStatus.HALTED and "UNKNOWN_ORDER" in (run.halt_reason or "")
    assert record_of(small.database, started.run_key)[-1].kind is EventType.RUN_HALTED


def test_a_run_halted_from_outside_sends_nothing_more(small: Desk) -> None:
    def stop(_: PaperBook) -> None:
        with small.database.write() as unit:
            unit.runs.move(run_key[0], RunStatus.RUNNING, RunStatus.HALTED, 1, reason="the operator said so")

    run_key: list[str] = []
    started, halt = halted(small, after=2, tamper=stop, on_start=lambda s: run_key.append(s.run_key))
    assert halt.code == "RUN_NOT_RUNNING" and "the operator said so" in halt.reason
    book = PaperBook(small.book_path(started), CASH)
    (sent,) = book.connection.execute("SELECT count(*) FROM orders").fetchone()
    book.close()
    assert sent == 2


def test_drift_refuses_opening_orders_and_lets_reducing_ones_pass(small: Desk) -> None:
    """Cash that differs proves nothing about positions: they can still be left (LANGUAGE, never lock the desk)."""
    started = drifting(small, lambda book: book.add_cash(-500 * MICRO * MICRO))
    after = [e for e in record_of(small.database, started.run_key) if e.kind is EventType.DECISION_RECORDED][2:]
    opening = [e.body for e in after if e.body["code"] == "RECONCILE_DRIFT"]
    assert {body["verdict"] for body in opening} == {"reject"}
    assert len(opening) == 2
    reducing = [e.body for e in after if e.body["verdict"] == "allow"]
    assert [body["quantity"] for body in reducing] == [50_000_000]
    assert all(e.body["code"] == "RECONCILE_DRIFT" for e in after if e.body["verdict"] == "reject")


def test_a_position_the_broker_does_not_confirm_proves_no_reduction(small: Desk) -> None:
    started = drifting(small, lambda book: book.put_holding(Holding("AAA", 40_000_000, 40_000_000 * 50_000_000)))
    record = record_of(small.database, started.run_key)
    drift = next(e for e in record if e.kind is EventType.RECON_DRIFT)
    assert drift.body["doubted"] == ["AAA"] and drift.body["compared"]
    after = [e.body for e in record if e.kind is EventType.DECISION_RECORDED][2:]
    assert {body["verdict"] for body in after} == {"reject"}


def test_a_desk_that_was_taken_over_writes_nothing_more(few: Desk) -> None:
    first = few.start()
    steps = drive(first, few.inputs, few.database, StillWall())
    for _ in range(5):
        next(steps)
    before = len(record_of(few.database, first.run_key))
    second = few.start()
    assert second.resumed and second.run_key == first.run_key
    with pytest.raises(SecondWriter):
        next(steps)
    assert len(record_of(few.database, first.run_key)) == before
    first.composed.close()
    few.drive(second)
    with few.database.read() as unit:
        run = unit.runs.get(first.run_key)
    assert run is not None and run.status is RunStatus.STOPPED


def test_every_transaction_of_a_run_holds_the_pen(few: Desk) -> None:
    started = few.start()
    taken = RunJournal(few.database, started.run_key, started.composed.setting.book_id, started.composed.state)
    taken.take_over()
    for door in (started.composed.journal.write, started.composed.journal.write_book):
        with pytest.raises(SecondWriter), door():
            raise AssertionError("the door opened")
    started.composed.close()


def test_an_order_the_broker_refuses_ends_rejected_and_is_counted_once(
    small: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        paper, "_refusal", lambda ticket: Rejected("NO", "not today") if ticket.symbol == "AAA" else None
    )
    heard: list[str] = []
    observe = WindowCounters.observe

    def hear(self: WindowCounters, happening: Happening) -> None:
        heard.append(happening.event)
        observe(self, happening)

    monkeypatch.setattr(WindowCounters, "observe", hear)
    started = small.run()
    with small.database.read(started.run_key) as unit:
        rows = [row for row in unit.orders.list(started.run_key) if row.symbol == "AAA"]
        found = [unit.reservations.get(row.intent_id) for row in rows]
    assert len(rows) >= 3
    assert {row.state for row in rows} == {OrderState.REJECTED}
    assert {(r.state, r.reason) for r in found if r} == {(ReservationState.RELEASED, "NO")}
    assert heard.count("order.rejected") == len(rows)
    ended = {t.order.state for t in started.composed.state.finished.values() if t.order and t.order.symbol == "AAA"}
    assert ended == {OrderState.REJECTED}


def test_a_cancel_the_broker_refuses_leaves_the_order_working(small: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paper.PaperBroker, "cancel", lambda _, request: Rejected("TOO_LATE", request.client_order_id))
    started = small.run()
    record = record_of(small.database, started.run_key)
    refused = next(e for e in record if e.kind is EventType.ORDER_REJECTED)
    assert refused.body["action"] == "CANCEL"
    partly = [e for e in record if e.kind is EventType.ORDER_FILLED][3:]
    assert partly
    with small.database.read(started.run_key) as unit:
        hourly = [row for row in unit.orders.list(started.run_key) if row.symbol == "HHH"]
    assert {(row.state, row.pending) for row in hourly} == {(OrderState.FILLED, None)}


@pytest.mark.parametrize("error", [MemoryError, RecursionError, RuntimeError])
def test_a_judge_that_breaks_allows_nothing(
    small: Desk, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr(Judge, "judge", broken)
    started = Desk(renamed(small.inputs, "broken judge", script=()), small.database, small.folder).run()
    decided = [e.body for e in record_of(small.database, started.run_key) if e.kind is EventType.DECISION_RECORDED]
    assert len(decided) >= 8
    assert {(body["verdict"], body["code"]) for body in decided} == {("reject", "ENGINE_FAULT")}
    book = PaperBook(small.book_path(started), CASH)
    assert book.last_cursor() == 0
    book.close()


@pytest.mark.parametrize("error", [StoreUnavailable("gone"), KeyboardInterrupt()])
def test_a_database_that_fails_stops_the_desk_and_costs_nothing(few: Desk, error: BaseException) -> None:
    """At the very statement that records a decision: nothing of it is kept, nothing is sent, and it goes on later."""
    seen = 0

    def fail(kind: str, statement: str) -> None:
        nonlocal seen
        seen += kind == "before" and statement.startswith("INSERT INTO decisions")
        if seen == 3:
            raise error

    stop = few.database.on_statement(fail)
    with pytest.raises(type(error)):
        few.run()
    stop()
    run_key = f"{few.inputs.run_id}.1"
    with few.database.read(run_key) as unit:
        assert len(unit.outbox.list(run_key)) == 2
    again = few.run()
    assert again.resumed
    with few.database.read() as unit:
        run = unit.runs.get(run_key)
    assert run is not None and run.status is RunStatus.STOPPED


def halted(
    desk: Desk, after: int, tamper: Tamper, on_start: Callable[[Started], None] = lambda _: None
) -> tuple[Started, HaltRequired]:
    """Drive a run, tamper with the world after some instants, and return why it halted."""
    started = desk.start()
    on_start(started)
    with pytest.raises(HaltRequired) as caught:
        _drive(desk, started, after, tamper)
    return started, caught.value


def drifting(desk: Desk, tamper: Tamper) -> Started:
    """Run a plan that opens on every day and reduces once, on books that differ from the second day on."""
    plans = {"alpha": {"AAA": {0: {"AAA": 50}, 1: {"AAA": 60}, 2: {"AAA": 70}, 3: {"AAA": 0}}}}
    plans["alpha"]["AAA"] |= {n: {"AAA": 10} for n in range(4, 8)}
    changed = Desk(renamed(desk.inputs, "drift", script=()), desk.database, desk.folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(composition, "builtin_registry", registry_of(plans))
        started = changed.start()
        _drive(changed, started, 3, tamper)
    return started


def _drive(desk: Desk, started: Started, after: int, tamper: Tamper) -> None:
    try:
        for step, _ in enumerate(drive(started, desk.inputs, desk.database, StillWall()), 1):
            if step == after:
                book = PaperBook(desk.book_path(started), CASH)
                with book.transaction():
                    tamper(book)
                book.close()
    finally:
        started.composed.close()


def _fill(order: str, shares: int) -> FinalFill:
    quantity = Quantity(shares * MICRO)
    at = 1_767_733_200_000_000
    return FinalFill("planted:fill", order, "b", at, "planted", quantity, Price(50 * MICRO), Money(0))  # type: ignore[arg-type]
