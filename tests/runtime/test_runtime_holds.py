"""Holds: who may release them, what an approval covers, and what happens when nobody comes."""

from dataclasses import replace
from fractions import Fraction

import pytest

from engine.model.event import EventType
from engine.model.time import Timestamp
from engine.runtime.halt import RunRefused
from engine.runtime.run import drive
from engine.store.holds import HoldState
from engine.store.reservations import ReservationState
from engine.store.runs import RunStatus
from tests.runtime.conftest import Finished
from tests.runtime.proof_market import Desk, StillWall, renamed
from tests.runtime.record import record_of


def test_a_hold_reserves_and_waits_and_an_approval_judges_again(finished: Finished) -> None:
    held, again = (e for e in finished.decisions() if e.body["seq"] in (10, 11))
    assert (held.body["verdict"], again.body["verdict"]) == ("hold", "warn")
    assert again.body["supersedes"] == held.body["decision_id"]
    assert again.body["intent_id"] == held.body["intent_id"]
    assert "client_order_id" not in held.body


def test_judging_again_credits_the_intents_own_reservation(finished: Finished) -> None:
    (again,) = (e for e in finished.decisions() if e.body["seq"] == 21)
    (hold,) = again.body["holds"]
    before = [e.body for e in finished.of(EventType.MARKET_OPEN) if e.at < again.at and e.body["symbol"] == "AAA"]
    opened = before[-1]["price"]
    # 230 shares asked and 5 held at the open of that morning; with its own reservation it would be 465.
    assert Fraction(hold["value"]) == Fraction(235 * opened, 1_000_000)


def test_a_hold_that_appears_on_judging_again_needs_its_own_approvals(finished: Finished) -> None:
    first, second, third = (e for e in finished.decisions() if e.body["seq"] in (20, 21, 22))
    assert [h["rule"] for h in first.body["holds"]] == ["PRF-01"]
    assert [(h["rule"], h["count"]) for h in second.body["holds"]] == [("PRF-03", 2)]
    assert "holds" not in third.body and third.body["verdict"] == "warn"
    between = finished.record[second.place : third.place]
    approvers = [e.body["principal"] for e in between if e.kind is EventType.HOLD_APPROVED]
    assert approvers == ["rhea", "rory"]


def test_a_hold_nobody_answers_is_a_reject_and_frees_the_room(finished: Finished) -> None:
    (expired,) = finished.of(EventType.HOLD_EXPIRED)
    held = next(e for e in finished.decisions() if e.body["intent_id"] == expired.body["intent_id"])
    assert expired.at == held.at + 20 * 3_600 * 1_000_000
    with finished.database.read(finished.run_key) as unit:
        reservation = unit.reservations.get(expired.body["intent_id"])
        hold = next(h for h in unit.holds.list(finished.run_key) if h.hold_id == expired.body["hold_id"])
    assert reservation is not None
    assert (reservation.state, reservation.released_at) == (ReservationState.RELEASED, expired.at)
    assert hold.state is HoldState.EXPIRED


def test_a_denied_hold_is_a_reject_and_frees_the_room(finished: Finished) -> None:
    (denied,) = finished.of(EventType.HOLD_DENIED)
    assert denied.body["principal"] == "rory"
    with finished.database.read(finished.run_key) as unit:
        reservation = unit.reservations.get(denied.body["intent_id"])
    assert reservation is not None and reservation.reason == "HOLD_DENIED"


def test_a_waiting_hold_keeps_its_room_from_others(small: Desk) -> None:
    waiting = Desk(renamed(small.inputs, "nobody answers", script=()), small.database, small.folder)
    started = waiting.start()
    book = started.composed.state.parts.book
    seen: list[int] = []
    for _ in drive(started, waiting.inputs, waiting.database, StillWall()):
        seen.append(sum(order.leaves for order in book.orders("AAA")))
    started.composed.close()
    # The orders of the first days come and go; the 250 held on the third day wait until they expire.
    assert [leaves for leaves in seen if leaves == 250_000_000][:2] == [250_000_000] * 2
    assert seen[-1] == 0


def test_the_requester_cannot_approve(small: Desk) -> None:
    host = small.inputs.principals["strategy_host"]
    officer = replace(host, roles=small.inputs.principals["rhea"].roles | host.roles)
    line = replace(small.inputs.script[0], principal="strategy_host")
    principals = {**small.inputs.principals, "strategy_host": officer}
    refused = _refused(small, "own approval", script=(line,), principals=principals)
    assert refused.code == "APPROVAL_REFUSED"
    assert "cannot approve it" in refused.reason


@pytest.mark.parametrize(
    ("principal", "why"),
    [("nobody", "no principal"), ("olivia", "not a risk_officer"), ("cora", "not a risk_officer")],
)
def test_only_the_role_the_rule_names_approves(small: Desk, principal: str, why: str) -> None:
    line = replace(small.inputs.script[0], principal=principal)
    refused = _refused(small, f"approved by {principal}", script=(line,))
    assert refused.code == "APPROVAL_REFUSED" and why in refused.reason


def test_one_principal_is_one_approval(full: Desk) -> None:
    *rest, first, second = full.inputs.script
    refused = _refused(full, "twice", script=(*rest, first, replace(second, principal=first.principal)))
    assert "approved it already" in refused.reason


@pytest.mark.parametrize(
    "changed", [{"nth": 2}, {"symbol": "BBB"}, {"rule": "PRF-03"}, {"strategy": "hourly"}, {"at": Timestamp(0)}]
)
def test_an_approval_that_answers_nothing_halts_the_run(small: Desk, changed: dict[str, object]) -> None:
    line = replace(small.inputs.script[0], **changed)  # type: ignore[arg-type]
    refused = _refused(small, f"unmatched {sorted(changed)}", script=(line,))
    assert refused.code == "APPROVAL_UNMATCHED"
    with small.database.read() as unit:
        (run,) = unit.runs.list()
    assert run.status is RunStatus.HALTED and run.halt_reason is not None and "APPROVAL_UNMATCHED" in run.halt_reason
    last = record_of(small.database, run.run_key)[-1]
    assert (last.kind, last.body["code"]) == (EventType.RUN_HALTED, "APPROVAL_UNMATCHED")


def _refused(small: Desk, name: str, **changes: object) -> RunRefused:
    changed = Desk(renamed(small.inputs, name, **changes), small.database, small.folder)
    with pytest.raises(RunRefused) as caught:
        changed.run()
    return caught.value
