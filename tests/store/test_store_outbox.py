"""The outbox: enqueued with its decision, claimed once, sent at most once (BEHAVIOUR 3, RELIABILITY P1-P2)."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from engine.store import ConstraintViolated, ContentMismatch, Database, InvalidTransition, UnitOfWork
from engine.store.outbox import Action, Claim, OutboxStatus

S = OutboxStatus
RUN = "run.1"


def status(work: UnitOfWork, client_order_id: str) -> OutboxStatus:
    row = work.outbox.get(client_order_id)
    assert row is not None
    return row.status


def claimed(work: UnitOfWork, at: int = 100) -> Claim:
    claim = work.outbox.claim(RUN, "worker", at)
    assert claim is not None
    return claim


def bring(work: UnitOfWork, rows: Any, to: OutboxStatus) -> tuple[str, Claim | None]:
    """Enqueue row 1 and lead it to a status the lawful way."""
    row = rows.effect(1)
    assert work.outbox.enqueue(row)
    if to is S.PENDING:
        return row.client_order_id, None
    claim = claimed(work)
    if to in (S.DISPATCHING, S.AMBIGUOUS, S.SENT, S.ACKED):
        assert work.outbox.dispatching(claim, 110)
    if to is S.AMBIGUOUS:
        assert work.outbox.ambiguous(claim, "no reply")
    if to in (S.SENT, S.ACKED):
        assert work.outbox.sent(claim, "B1", 120)
    if to is S.FAILED:
        assert work.outbox.failed(claim, "refused")
    if to is S.ACKED:
        assert work.outbox.acked(row.client_order_id)
    return row.client_order_id, claim


def test_a_row_is_pending_before_anything_leaves_and_is_enqueued_once(desk: Database, rows: Any) -> None:
    with desk.write(RUN) as work:
        assert work.outbox.enqueue(rows.effect(1))
        assert not work.outbox.enqueue(rows.effect(1))
    with desk.read(RUN) as work:
        assert work.outbox.list(RUN) == (rows.effect(1),)
        assert work.outbox.unsettled(RUN) == (rows.effect(1),)


def test_an_id_that_stands_for_another_order_is_an_error_and_never_swallowed(desk: Database, rows: Any) -> None:
    with desk.write(RUN) as work:
        work.outbox.enqueue(rows.effect(1))
    other_payload = rows.effect(1, payload=b"{}")
    other_decision = rows.effect(1, decision_id="dec_run.1_2")
    for row in (other_payload, other_decision):
        with pytest.raises(ConstraintViolated, match="pk_outbox"), desk.write(RUN) as work:
            work.outbox.enqueue(row)
    taken = rows.effect(1, client_order_id="X", order_id="X")
    with pytest.raises(ConstraintViolated, match="uq_outbox_run_key_seq"), desk.write(RUN) as work:
        work.outbox.enqueue(taken)


def test_a_payload_with_another_hash_or_without_a_decision_never_enters(desk: Database, rows: Any) -> None:
    with pytest.raises(ContentMismatch), desk.write(RUN) as work:
        work.outbox.enqueue(rows.effect(1, payload_hash="0" * 64))
    with pytest.raises(ConstraintViolated, match="fk_outbox_run_key_decision_id"), desk.write(RUN) as work:
        work.outbox.enqueue(rows.effect(1, decision_id="dec_none"))
    with pytest.raises(InvalidTransition), desk.write(RUN) as work:
        work.outbox.enqueue(rows.effect(1, status=S.SENT, sent_at=1))


def test_a_claimed_row_is_not_claimed_again_until_it_is_given_back(desk: Database, rows: Any) -> None:
    with desk.write(RUN) as work:
        work.outbox.enqueue(rows.effect(1))
    with desk.write(RUN) as work:
        first = claimed(work)
    with desk.write(RUN) as work:
        assert work.outbox.claim(RUN, "other", 101) is None
        assert work.outbox.release(first)
        assert not work.outbox.release(first)
        second = work.outbox.claim(RUN, "other", 102)
        assert second is not None
        assert second.row.claimed_by == "other"
        assert second.token != first.token
        assert not work.outbox.dispatching(first, 103)
        assert not work.outbox.sent(first, "B1", 103)
        assert not work.outbox.failed(first, "late")
        assert work.outbox.dispatching(second, 104)


def test_a_claim_cannot_be_made(desk: Database, rows: Any) -> None:
    with pytest.raises(TypeError, match="cannot be made"):
        Claim(rows.effect(1), "token", object())


def test_rows_are_claimed_in_order_and_only_of_their_run(desk: Database, rows: Any) -> None:
    with desk.write() as work:
        work.runs.create(rows.run("other"))
        rows.decide(work, 1, run_key="other.1")
        for row in (rows.effect(3), rows.effect(1, "other.1"), rows.effect(2), rows.effect(1)):
            work.outbox.enqueue(row)
    with desk.write(RUN) as work:
        assert [claimed(work).row.seq for _ in range(3)] == [1, 2, 3]
        assert work.outbox.claim(RUN, "worker", 1) is None


def test_a_row_waits_for_what_is_under_way_for_its_order(desk: Database, rows: Any) -> None:
    with desk.write(RUN) as work:
        order = rows.effect(1)
        replace = rows.effect(2, action=Action.REPLACE, order_id=order.client_order_id)
        other = rows.effect(3)
        for row in (order, replace, other):
            work.outbox.enqueue(row)
        submit = claimed(work)
        assert claimed(work).row.seq == 3
        assert work.outbox.claim(RUN, "worker", 1) is None
        work.outbox.dispatching(submit, 110)
        assert work.outbox.claim(RUN, "worker", 1) is None
        work.outbox.sent(submit, "B1", 120)
        assert claimed(work).row.seq == 2


def test_quarantine_holds_back_a_replace_but_never_a_cancel(desk: Database, rows: Any) -> None:
    with desk.write(RUN) as work:
        order_id, _ = bring(work, rows, S.AMBIGUOUS)
        work.outbox.enqueue(rows.effect(2, action=Action.REPLACE, order_id=order_id))
        assert work.outbox.claim(RUN, "worker", 1) is None
        work.outbox.enqueue(rows.effect(3, action=Action.CANCEL, order_id=order_id, decision_id="dec_run.1_2"))
        assert work.outbox.claim(RUN, "worker", 1) is None, "the replace before it is still under way"
    with desk.write(RUN) as work:
        alone = rows.effect(4, decision_id="dec_run.1_3", client_order_id="C", order_id="C")
        work.outbox.enqueue(alone)
        ambiguous = claimed(work)
        work.outbox.dispatching(ambiguous, 1)
        work.outbox.ambiguous(ambiguous, "no reply")
        work.outbox.enqueue(rows.effect(5, action=Action.CANCEL, order_id="C", decision_id="dec_run.1_3"))
        assert claimed(work).row.action is Action.CANCEL


def test_sending_notes_the_brokers_id_in_the_same_transaction(desk: Database, rows: Any) -> None:
    with desk.write(RUN) as work:
        order_id, claim = bring(work, rows, S.DISPATCHING)
    assert claim is not None
    with pytest.raises(RuntimeError), desk.write(RUN) as work:
        assert work.outbox.sent(claim, "B1", 120)
        raise RuntimeError("the process dies before the commit")
    with desk.write(RUN) as work:
        assert status(work, order_id) is S.DISPATCHING
        assert work.broker_orders.broker_order_id(order_id) is None
        assert work.outbox.sent(claim, "B1", 121)
    with desk.read(RUN) as work:
        row = work.outbox.get(order_id)
        assert row is not None
        assert (row.status, row.sent_at, row.attempts) == (S.SENT, 121, 1)
        assert work.broker_orders.broker_order_id(order_id) == "B1"
        assert work.broker_orders.client_order_id("B1") == order_id
        assert work.broker_orders.client_order_id("B2") is None


def test_a_brokers_id_never_stands_for_two_orders(desk: Database, rows: Any) -> None:
    with desk.write(RUN) as work:
        bring(work, rows, S.SENT)
        work.outbox.enqueue(rows.effect(2))
    with (
        pytest.raises(ConstraintViolated, match="uq_broker_order_map_run_key_broker_order_id"),
        desk.write(RUN) as work,
    ):
        work.outbox.sent(claimed(work), "B1", 130)
    with desk.read(RUN) as work:
        assert status(work, rows.effect(2).client_order_id) is S.PENDING
    with (
        pytest.raises(ConstraintViolated, match="fk_broker_order_map_run_key_client_order_id"),
        desk.write(RUN) as work,
    ):
        work.broker_orders.register("orphan", "B9", 1)


def test_the_first_time_of_sending_is_kept(desk: Database, rows: Any) -> None:
    with desk.write(RUN) as work:
        order_id, claim = bring(work, rows, S.SENT)
        assert claim is not None
        assert not work.outbox.sent(claim, "B1", 999)
        assert not work.outbox.found_at_broker(order_id, "B1", 999)
        row = work.outbox.get(order_id)
        assert row is not None
        assert row.sent_at == 120


def test_a_row_sent_without_a_brokers_id_is_completed_and_keeps_its_time(desk: Database, rows: Any) -> None:
    """Only a database restored from elsewhere can hold such a row; a restart must still settle it."""
    with desk.write(RUN) as work:
        order_id, _ = bring(work, rows, S.DISPATCHING)
    with desk.engine.begin() as connection:
        connection.execute(text("UPDATE outbox SET status = 'SENT', sent_at = 77"))
    with desk.write(RUN) as work:
        assert [row.client_order_id for row in work.outbox.unresolved(RUN)] == [order_id]
        assert work.outbox.found_at_broker(order_id, "B1", 150)
        row = work.outbox.get(order_id)
        assert row is not None
        assert (row.status, row.sent_at) == (S.SENT, 77)
        assert work.outbox.unresolved(RUN) == ()


MOVES: dict[str, tuple[Callable[[UnitOfWork, str, Claim | None], bool], set[OutboxStatus], OutboxStatus]] = {
    "return_to_pending": (
        lambda work, key, _: work.outbox.return_to_pending(key, "not at broker"),
        {S.DISPATCHING},
        S.PENDING,
    ),
    "reset_ambiguous": (
        lambda work, key, _: work.outbox.reset_ambiguous(key, "two signatures"),
        {S.AMBIGUOUS},
        S.PENDING,
    ),
    "quarantine": (
        lambda work, key, _: work.outbox.quarantine(key, "restart"),
        {S.DISPATCHING},
        S.AMBIGUOUS,
    ),
    "found_at_broker": (
        lambda work, key, _: work.outbox.found_at_broker(key, "B7", 150),
        {S.DISPATCHING, S.AMBIGUOUS},
        S.SENT,
    ),
    "dispatching": (
        lambda work, _, claim: claim is not None and work.outbox.dispatching(claim, 150),
        {S.CLAIMED},
        S.DISPATCHING,
    ),
    "sent": (
        lambda work, _, claim: claim is not None and work.outbox.sent(claim, "B7", 150),
        {S.CLAIMED, S.DISPATCHING},
        S.SENT,
    ),
    "failed": (
        lambda work, _, claim: claim is not None and work.outbox.failed(claim, "no"),
        {S.CLAIMED, S.DISPATCHING},
        S.FAILED,
    ),
    "ambiguous": (
        lambda work, _, claim: claim is not None and work.outbox.ambiguous(claim, "no reply"),
        {S.DISPATCHING},
        S.AMBIGUOUS,
    ),
    "release": (
        lambda work, _, claim: claim is not None and work.outbox.release(claim),
        {S.CLAIMED},
        S.PENDING,
    ),
}


@pytest.mark.parametrize("name", MOVES)
def test_each_move_succeeds_from_its_states_and_from_no_other(desk: Database, rows: Any, name: str) -> None:
    move, sources, to = MOVES[name]
    for start in OutboxStatus:
        with pytest.raises(InterruptedError), desk.write(RUN) as work:
            order_id, claim = bring(work, rows, start)
            assert status(work, order_id) is start
            assert move(work, order_id, claim) is (start in sources)
            assert status(work, order_id) is (to if start in sources else start)
            raise InterruptedError("undo, so that every start is a fresh one")


def test_an_acknowledgement_is_legal_once_something_may_have_been_sent(desk: Database, rows: Any) -> None:
    for start in OutboxStatus:
        with pytest.raises(InterruptedError), desk.write(RUN) as work:
            order_id, _ = bring(work, rows, start)
            if start in (S.SENT, S.DISPATCHING):
                assert work.outbox.acked(order_id)
                assert work.outbox.unsettled(RUN) == ()
            elif start is S.ACKED:
                assert not work.outbox.acked(order_id)
            else:
                with pytest.raises(InvalidTransition, match="invalid transition") as caught:
                    work.outbox.acked(order_id)
                assert caught.value.current == start
                assert status(work, order_id) is start
            assert not work.outbox.acked("unknown")
            raise InterruptedError


def test_a_return_without_proof_is_refused(desk: Database, rows: Any) -> None:
    with desk.write(RUN) as work:
        order_id, _ = bring(work, rows, S.DISPATCHING)
    for proof in ("", "  "):
        with pytest.raises(InvalidTransition, match="without proof"), desk.write(RUN) as work:
            work.outbox.return_to_pending(order_id, proof)
        with pytest.raises(InvalidTransition, match="without proof"), desk.write(RUN) as work:
            work.outbox.reset_ambiguous(order_id, proof)
    with desk.write(RUN) as work:
        assert work.outbox.return_to_pending(order_id, "broker answered not found")
        row = work.outbox.get(order_id)
        assert row is not None
        assert (row.last_error, row.attempts, row.claim_token) == ("broker answered not found", 1, None)


def test_claims_of_another_run_are_not_given_back(desk: Database, rows: Any) -> None:
    with desk.write(RUN) as work:
        bring(work, rows, S.CLAIMED)
    with desk.write("other.1") as work:
        assert work.outbox.release_stale("other.1", 10**9) == 0
    with desk.read(RUN) as work:
        assert [row.status for row in work.outbox.list(RUN)] == [S.CLAIMED]


def test_only_claims_older_than_the_bound_are_given_back(desk: Database, rows: Any) -> None:
    with desk.write(RUN) as work:
        for n in (1, 2, 3):
            work.outbox.enqueue(rows.effect(n))
        old, bound, gone = (claimed(work, at) for at in (100, 200, 50))
        assert work.outbox.sent(gone, "B3", 60)
    with desk.write(RUN) as work:
        assert work.outbox.release_stale(RUN, 200) == 1
        assert status(work, old.client_order_id) is S.PENDING
        assert status(work, bound.client_order_id) is S.CLAIMED
        assert status(work, gone.client_order_id) is S.SENT


def test_a_restart_finds_every_row_of_unknown_fate(desk: Database, rows: Any) -> None:
    expected = {S.DISPATCHING, S.AMBIGUOUS}
    for start in OutboxStatus:
        with pytest.raises(InterruptedError), desk.write(RUN) as work:
            order_id, _ = bring(work, rows, start)
            found = [row.client_order_id for row in work.outbox.unresolved(RUN)]
            assert found == ([order_id] if start in expected else [])
            assert [row.status for row in work.outbox.unsettled(RUN)] == ([] if start is S.ACKED else [start])
            assert work.outbox.list(RUN, start) == work.outbox.list(RUN)
            raise InterruptedError


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ("status = 'LOST'", "ck_outbox_status"),
        ("status = 'CLAIMED'", "ck_outbox_claimed_has_claim"),
        ("claimed_by = 'x'", "ck_outbox_pending_has_no_claim"),
        ("dispatching_at = 1", "ck_outbox_pending_has_no_claim"),
        ("status = 'DISPATCHING'", "ck_outbox_dispatching_has_time"),
        ("status = 'SENT'", "ck_outbox_sent_has_time"),
        ("attempts = -1", "ck_outbox_attempts"),
    ],
)
def test_the_schema_itself_refuses_a_senseless_row(desk: Database, rows: Any, change: str, name: str) -> None:
    with desk.write(RUN) as work:
        work.outbox.enqueue(rows.effect(1))
    with pytest.raises(ConstraintViolated) as caught, desk.engine.begin() as connection:
        connection.execute(text(f"UPDATE outbox SET {change}"))
    assert (caught.value.kind, caught.value.name) == ("check", name)
