"""Bugs planted on purpose: each is caught by the very checks of the kill matrix, so that those can fail."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from engine.brokers.contract import NotFound
from engine.execution import dispatch
from engine.execution.dispatch import Returned, Settlement, Started
from engine.execution.gateway import Gateway
from engine.model.clock import Clock
from engine.model.time import Timestamp
from engine.runtime.entry import Entry
from engine.runtime.journal import RunJournal
from engine.runtime.reports import Inbox
from engine.store.inbox import Message
from engine.store.reservations import Reservations
from engine.store.unit import UnitOfWork
from tests.faults.conftest import Ground
from tests.faults.kill_case import Condition, at, judge, once_committed
from tests.faults.test_faults_ambiguous import TAKES_ORDER, never_proven


def sent_before_send(patch: pytest.MonkeyPatch) -> None:
    """The row says SENT before the broker has been called."""

    def dispatch_one(
        desk: RunJournal, gateway: Gateway, run_key: str, worker: str, clock: Clock,
        journal: Callable[[UnitOfWork, Settlement], None],
    ) -> Settlement | None:  # fmt: skip
        with desk.write() as unit:
            claim = unit.outbox.claim(run_key, worker, clock.now())
            if claim is None:
                return None
            unit.outbox.dispatching(claim, clock.now())
            journal(unit, Started(claim.client_order_id, str(claim.row.action)))
            unit.outbox.sent(claim, f"id of {claim.client_order_id}", clock.now())
        outcome = gateway.submit(claim.row, clock.now())
        settled = dispatch.Sent(claim.client_order_id, str(claim.row.action), getattr(outcome, "broker_order_id", ""))
        with desk.write() as unit:
            journal(unit, settled)
        return settled

    patch.setattr(dispatch, "dispatch_one", dispatch_one)


def audit_apart(patch: pytest.MonkeyPatch) -> None:
    """The audit entry of a decision is written in a transaction of its own, after the decision's."""
    write_book = RunJournal.write_book
    waiting: list[Entry] = []

    @contextmanager
    def apart(self: RunJournal) -> Iterator[UnitOfWork]:
        record = RunJournal.record
        patch.setattr(RunJournal, "record", lambda _, __, entry: waiting.append(entry))
        try:
            with write_book(self) as unit:
                yield unit
        finally:
            patch.setattr(RunJournal, "record", record)
        with self.write() as unit:
            while waiting:
                self.record(unit, waiting.pop(0))

    patch.setattr(RunJournal, "write_book", apart)


def applied_before_the_fold(patch: pytest.MonkeyPatch) -> None:
    """A report is marked applied in a transaction before the one that applies it."""
    apply = Inbox._apply

    def marked_first(self: Inbox, message: Message) -> None:
        with self._journal.write() as unit:
            unit.inbox.mark_applied(self._journal.run_key, message.message_id, 1)
        apply(self, message)

    patch.setattr(Inbox, "_apply", marked_first)


def never_released(patch: pytest.MonkeyPatch) -> None:
    """A reservation outlives its order."""
    patch.setattr(Reservations, "release", lambda *_: True)


def resent_on_doubt(patch: pytest.MonkeyPatch) -> None:
    """A request of unknown fate is simply sent again."""
    resolve = dispatch._resolve

    def again(unit: UnitOfWork, row: Any, answer: Any, now: Timestamp) -> Settlement:
        if isinstance(answer, NotFound) and answer.proof is None:
            unit.outbox.return_to_pending(row.client_order_id, "it will be all right")
            return Returned(row.client_order_id, str(row.action), "it will be all right")
        return resolve(unit, row, answer, now)

    patch.setattr(dispatch, "_resolve", again)


def test_a_row_marked_sent_before_the_send_loses_an_order(brief: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    sent_before_send(monkeypatch)
    found = judge(brief.case(kill_when=[at("before", TAKES_ORDER)]), brief.reference)
    assert "an allowed order never reached the broker" in found


def test_an_audit_entry_in_a_transaction_of_its_own_loses_a_decision(
    brief: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit_apart(monkeypatch)
    found = judge(brief.case(kill_when=[once_committed("INSERT INTO decisions")]), brief.reference)
    assert any("broke" in told or "differs" in told for told in found)


def test_a_report_marked_applied_before_the_fold_loses_a_fill(brief: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    applied_before_the_fold(monkeypatch)
    truths = [brief.case(kill_when=[once_committed("UPDATE inbox", n)]) for n in (5, 7)]
    found = [told for truth in truths for told in judge(truth, brief.reference)]
    assert "a stored fill twice or none" in found
    assert "the ledger differs from the broker's positions" in found


def test_a_reservation_that_is_never_released_is_noticed(brief: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    never_released(monkeypatch)
    assert "room is reserved for nothing" in judge(brief.case(), brief.reference)


def test_an_order_sent_again_on_doubt_is_noticed(brief: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    assert never_proven(brief) == []
    resent_on_doubt(monkeypatch)
    found = never_proven(brief)
    assert "it was sent again" in found and "the run is not halted" in found


@pytest.mark.parametrize(
    "moment",
    [
        at("before", TAKES_ORDER),
        once_committed("INSERT INTO decisions"),
        once_committed("UPDATE inbox", 5),
        once_committed("UPDATE inbox", 7),
    ],
)
def test_nothing_is_noticed_where_nothing_was_planted(brief: Ground, moment: Condition) -> None:
    assert judge(brief.case(kill_when=[moment]), brief.reference) == []
