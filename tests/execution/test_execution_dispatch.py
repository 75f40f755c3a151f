"""Laws of dispatch and recovery, on both databases (RELIABILITY P2; BEHAVIOUR 3 Outbox, 9, 17)."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.brokers.contract import (
    Accepted,
    Ambiguous,
    CancelRequest,
    NotDelivered,
    Outcome,
    Rejected,
    ReplaceRequest,
    SessionRefused,
    Ticket,
    requires_halt,
)
from engine.brokers.paper import PaperBroker
from engine.brokers.paper_book import PaperBook
from engine.execution.dispatch import (
    Failed,
    Quarantined,
    Returned,
    Sent,
    Settlement,
    Started,
    Unresolved,
    dispatch_all,
    dispatch_one,
    recover,
)
from engine.execution.slippage import CostModel
from engine.model.clock import FixedClock
from engine.store import Database, UnitOfWork
from engine.store.outbox import OutboxStatus
from tests.brokers.paper_world import CALENDAR
from tests.execution.desk_world import AT, BUY, RUN, DeskWorld, FakeBroker, cancel, change

S = OutboxStatus


@pytest.fixture
def desk(database: Database) -> DeskWorld:
    return DeskWorld(database)


def send(desk: DeskWorld) -> Settlement | None:
    return dispatch_one(desk.run, desk.gateway, RUN, "w1", desk.clock, note(desk))


def send_all(desk: DeskWorld) -> tuple[Settlement, ...]:
    return dispatch_all(desk.run, desk.gateway, RUN, "w1", desk.clock, note(desk))


def restart(desk: DeskWorld) -> tuple[Settlement, ...]:
    return recover(desk.run, desk.gateway, RUN, desk.clock, note(desk))


def note(desk: DeskWorld) -> Callable[[UnitOfWork, Settlement], None]:
    def journal(unit: UnitOfWork, settlement: Settlement) -> None:
        unit.audit.append(type(settlement).__name__, desk.clock.now(), RUN, {"order": settlement.client_order_id})
        desk.journalled.append(settlement)

    return journal


def fake(desk: DeskWorld, answer: Outcome | None = None, can_prove: bool = False) -> FakeBroker:
    assert isinstance(desk.broker, FakeBroker)
    desk.broker.can_prove = can_prove
    if answer is not None:
        desk.broker.answer = lambda _: answer
    return desk.broker


# -- outcomes --------------------------------------------------------------------------------


def test_nothing_waits_and_nothing_is_sent(desk: DeskWorld) -> None:
    assert send(desk) is None and send_all(desk) == ()
    assert fake(desk).reached == []


def test_accepted_request_is_sent_and_known_under_both_names(desk: DeskWorld) -> None:
    key = desk.decide()
    assert send(desk) == Sent(key, "SUBMIT", f"B-{key}")
    assert desk.status(key) is S.SENT
    with desk.database.read(RUN) as unit:
        assert unit.broker_orders.client_order_id(f"B-{key}") == key
    assert desk.journalled == [Started(key, "SUBMIT"), Sent(key, "SUBMIT", f"B-{key}")]


OUTCOMES: list[tuple[Outcome, type[Settlement], OutboxStatus, bool]] = [
    (Accepted("B-1"), Sent, S.SENT, False),
    (Rejected("NO", "no"), Failed, S.FAILED, False),
    (SessionRefused("401"), Failed, S.FAILED, True),
    (Ambiguous("timeout"), Quarantined, S.AMBIGUOUS, True),
    (NotDelivered("connection refused before any byte"), Returned, S.PENDING, False),
]


@pytest.mark.parametrize(("outcome", "kind", "status", "halts"), OUTCOMES)
def test_each_outcome_settles_the_row_its_own_way(
    desk: DeskWorld, outcome: Outcome, kind: type[Settlement], status: OutboxStatus, halts: bool
) -> None:
    fake(desk, outcome)
    key = desk.decide()
    settlement = send(desk)
    assert isinstance(settlement, kind) and settlement.client_order_id == key
    assert (desk.status(key), settlement.requires_halt) == (status, halts)
    assert requires_halt(outcome) is halts


def test_row_is_marked_and_committed_before_the_broker_hears_of_it(desk: DeskWorld) -> None:
    key = desk.decide()
    seen: list[OutboxStatus] = []

    def answer(_: str) -> Outcome:
        seen.append(desk.status(key))
        return Accepted("B-1")

    fake(desk).answer = answer
    send(desk)
    assert seen == [S.DISPATCHING]


def test_refused_last_look_fails_the_row_and_reaches_nobody(desk: DeskWorld) -> None:
    key = desk.decide(verdict="REJECT")
    settlement = send(desk)
    assert isinstance(settlement, Failed) and settlement.is_refusal
    assert settlement.code == "GATEWAY_NOT_ALLOWED"
    assert desk.status(key) is S.FAILED and fake(desk).reached == []
    assert "GATEWAY_NOT_ALLOWED" in str(desk.row(key).last_error)


def test_halt_between_decision_and_dispatch_stops_the_request(desk: DeskWorld) -> None:
    key = desk.decide()
    desk.authority.epoch += 1
    settlement = send(desk)
    assert isinstance(settlement, Failed) and settlement.code == "GATEWAY_POSTURE_CHANGED"
    assert desk.status(key) is S.FAILED and fake(desk).reached == []


def test_rejected_request_does_not_hold_up_the_next(desk: DeskWorld) -> None:
    first, second = desk.decide(), desk.decide()
    fake(desk).answer = lambda key: Rejected("NO", "no") if key == first else Accepted("B-2")
    assert [type(each) for each in send_all(desk)] == [Failed, Sent]
    assert desk.status(second) is S.SENT


def test_ambiguous_request_stops_dispatching_and_is_never_claimed_again(desk: DeskWorld) -> None:
    first, second = desk.decide(), desk.decide()
    fake(desk, Ambiguous("timeout"))
    assert [type(each) for each in send_all(desk)] == [Quarantined]
    assert (desk.status(first), desk.status(second)) == (S.AMBIGUOUS, S.PENDING)
    fake(desk, Accepted("B-2"))
    send_all(desk)
    restart(desk)
    send_all(desk)
    sent = [ticket.client_order_id for ticket in fake(desk).reached if isinstance(ticket, Ticket)]
    assert sent == [first, second] and desk.status(first) is S.AMBIGUOUS


def test_undelivered_request_waits_and_keeps_its_id(desk: DeskWorld) -> None:
    key = desk.decide()
    fake(desk, NotDelivered("refused"))
    assert [type(each) for each in send_all(desk)] == [Returned]
    fake(desk, Accepted("B-1"))
    assert [type(each) for each in send_all(desk)] == [Sent]
    assert {ticket.client_order_id for ticket in fake(desk).reached} == {key}


def test_order_cancel_and_replace_leave_in_their_order_under_their_own_ids(desk: DeskWorld) -> None:
    order = desk.decide()
    replaced, cancelled = desk.decide(change(order)), desk.decide(cancel(order))
    assert [type(each) for each in send_all(desk)] == [Sent] * 3
    submit, second, third = fake(desk).reached
    assert isinstance(submit, Ticket)
    assert isinstance(second, ReplaceRequest) and (second.request_id, second.client_order_id) == (replaced, order)
    assert isinstance(third, CancelRequest) and (third.request_id, third.client_order_id) == (cancelled, order)
    with desk.database.read(RUN) as unit:
        assert unit.broker_orders.client_order_id(f"B-{order}") == order


def test_journal_that_fails_undoes_the_step_it_would_have_recorded(desk: DeskWorld) -> None:
    key = desk.decide()

    def refuse(unit: UnitOfWork, settlement: Settlement) -> None:
        raise RuntimeError(type(settlement).__name__)

    with pytest.raises(RuntimeError, match="Started"):
        dispatch_one(desk.run, desk.gateway, RUN, "w1", desk.clock, refuse)
    assert desk.status(key) is S.PENDING and fake(desk).reached == []


def test_claim_lost_while_sending_is_reported_and_stops_the_run(desk: DeskWorld) -> None:
    key = desk.decide()

    def steal(_: str) -> Outcome:
        with desk.database.write(RUN) as unit:
            assert unit.outbox.quarantine(key, "another process took over")
        return Accepted("B-1")

    fake(desk).answer = steal
    settlement = send(desk)
    assert isinstance(settlement, Unresolved) and settlement.requires_halt
    assert desk.status(key) is S.AMBIGUOUS


# -- recovery --------------------------------------------------------------------------------


def left_dispatching(desk: DeskWorld, key: str) -> None:
    """Leave the row as a crash after the mark leaves it."""
    with desk.database.write(RUN) as unit:
        claim = unit.outbox.claim(RUN, "dead", AT)
        assert claim is not None and claim.client_order_id == key
        unit.outbox.dispatching(claim, AT)


def test_row_the_broker_has_is_sent_and_not_sent_again(desk: DeskWorld) -> None:
    key = desk.decide()
    left_dispatching(desk, key)
    fake(desk).hold(Ticket(key, BUY.symbol, BUY.side, BUY.type, BUY.quantity, BUY.time_in_force))
    assert restart(desk) == (Sent(key, "SUBMIT", f"B-{key}"),)
    assert desk.status(key) is S.SENT and send_all(desk) == () and fake(desk).reached == []


def test_row_the_broker_proves_absent_is_sent_once_more(desk: DeskWorld) -> None:
    key = desk.decide()
    left_dispatching(desk, key)
    fake(desk, can_prove=True)
    (settlement,) = restart(desk)
    assert isinstance(settlement, Returned) and settlement.proof == "its list is complete"
    assert [type(each) for each in send_all(desk)] == [Sent]
    assert len(fake(desk).reached) == 1


def test_row_the_broker_cannot_prove_absent_is_quarantined(desk: DeskWorld) -> None:
    key = desk.decide()
    left_dispatching(desk, key)
    (settlement,) = restart(desk)
    assert isinstance(settlement, Quarantined) and settlement.requires_halt
    assert desk.status(key) is S.AMBIGUOUS and send_all(desk) == () and fake(desk).reached == []


def test_broker_that_cannot_be_asked_leaves_the_row_and_forbids_the_start(desk: DeskWorld) -> None:
    key = desk.decide()
    left_dispatching(desk, key)
    fake(desk).is_down = True
    (settlement,) = restart(desk)
    assert isinstance(settlement, Unresolved) and settlement.requires_halt
    assert desk.status(key) is S.DISPATCHING
    fake(desk).is_down = False
    fake(desk, can_prove=True)
    assert [type(each) for each in restart(desk)] == [Returned]


def test_claimed_row_was_never_sent_and_waits_again(desk: DeskWorld) -> None:
    key = desk.decide()
    with desk.database.write(RUN) as unit:
        assert unit.outbox.claim(RUN, "dead", AT) is not None
    assert restart(desk) == () and desk.status(key) is S.PENDING
    assert [type(each) for each in send_all(desk)] == [Sent]


def test_quarantined_row_found_at_the_broker_is_sent_and_any_other_stays(desk: DeskWorld) -> None:
    found, lost = desk.decide(), desk.decide()
    fake(desk, Ambiguous("timeout"))
    send(desk)
    send(desk)
    fake(desk, can_prove=True).hold(Ticket(found, BUY.symbol, BUY.side, BUY.type, BUY.quantity, BUY.time_in_force))
    first, second = restart(desk)
    assert isinstance(first, Sent) and isinstance(second, Quarantined)
    assert (desk.status(found), desk.status(lost)) == (S.SENT, S.AMBIGUOUS)


@pytest.mark.parametrize("deduplicates", [True, False])
def test_cancel_may_be_asked_again_and_a_replace_only_of_a_broker_that_acts_once(
    desk: DeskWorld, deduplicates: bool
) -> None:
    fake(desk).deduplicates_requests = deduplicates
    stopped, changed = desk.decide(cancel("MAIN_A")), desk.decide(change("MAIN_B"))
    left_dispatching(desk, stopped)
    left_dispatching(desk, changed)
    restart(desk)
    assert desk.status(stopped) is S.PENDING
    assert desk.status(changed) is (S.PENDING if deduplicates else S.AMBIGUOUS)


def test_second_recovery_changes_nothing(desk: DeskWorld) -> None:
    for can_prove in (False, True):
        left_dispatching(desk, desk.decide())
        fake(desk, can_prove=can_prove)
        restart(desk)
        before = [desk.database_rows(), len(desk.journalled)]
        restart(desk)
        assert [desk.database_rows(), len(desk.journalled)] == before
        send_all(desk)


# -- a crash at every statement --------------------------------------------------------------


class Killed(BaseException):
    """The process ends here: nothing after it runs, as nothing runs after kill -9."""


class UnreliableLine:
    """A paper broker behind a line on which the process may die before or after the broker hears."""

    name = "paper"
    deduplicates_requests = True

    def __init__(self, broker: PaperBroker, dies: str) -> None:
        self._broker, self._dies = broker, dies
        self.submitted: list[str] = []

    def submit(self, ticket: Ticket) -> Outcome:
        if self._dies == "before":
            self._dies = ""
            raise Killed
        answer = self._broker.submit(ticket)
        assert isinstance(answer, Accepted)
        if not answer.is_repeat:
            self.submitted.append(ticket.client_order_id)
        if self._dies == "after":
            self._dies = ""
            raise Killed
        return answer

    def __getattr__(self, name: str) -> object:
        return getattr(self._broker, name)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[PaperBook]:
    made = PaperBook(tmp_path / "paper.db", 10**12)
    yield made
    made.close()


def lined(desk: DeskWorld, book: PaperBook, dies: str = "") -> UnreliableLine:
    line = UnreliableLine(PaperBroker(book, CostModel(), CALENDAR, FixedClock(AT)), dies)
    desk.connect(line)
    return line


def killed_at(desk: DeskWorld, nth: int, act: Callable[[DeskWorld], object]) -> bool:
    """Act until the n-th moment at which something may be lost; return whether it came to that."""
    moments = 0

    def die(kind: str, what: str) -> None:
        nonlocal moments
        # After a statement is before the next one; only a commit changes what is left behind.
        moments += kind == "before" or what == "COMMIT"
        if moments == nth:
            raise Killed

    forget = desk.database.on_statement(die)
    try:
        act(desk)
    except Killed:
        return True
    finally:
        forget()
    return False


def test_killed_at_any_statement_every_order_is_sent_once_and_none_is_lost(database: Database, book: PaperBook) -> None:
    desk = DeskWorld(database)
    for nth in range(1, 200):
        line = lined(desk, book)
        key = desk.decide()
        is_killed = killed_at(desk, nth, send_all)
        restart(desk)
        send_all(desk)
        assert desk.status(key) is S.SENT and line.submitted == [key]
        assert restart(desk) == () and send_all(desk) == ()
        if not is_killed:
            break
    assert nth > 12


@pytest.mark.parametrize("dies", ["before", "after"])
def test_killed_on_the_line_and_again_anywhere_in_recovery_the_order_is_sent_once(
    database: Database, book: PaperBook, dies: str
) -> None:
    desk = DeskWorld(database)
    for nth in range(1, 200):
        line = lined(desk, book, dies)
        key = desk.decide()
        with pytest.raises(Killed):
            send_all(desk)
        assert desk.status(key) is S.DISPATCHING
        is_killed = killed_at(desk, nth, restart)
        restart(desk)
        send_all(desk)
        assert desk.status(key) is S.SENT and line.submitted == [key]
        if not is_killed:
            break
    assert nth > 6
