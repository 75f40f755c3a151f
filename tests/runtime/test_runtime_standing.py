"""A run and the bundle in force: approved only where review carried that very bundle, and steadfast over a crash."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from engine.artifacts.manifest import Envelope, parse_manifest
from engine.audit.canonical import parse_canonical
from engine.model.event import EventType
from engine.model.time import Timestamp
from engine.runtime.export import export_run
from engine.runtime.inputs import RunInputs, as_approved
from engine.runtime.run import drive, start_run
from engine.service.running import with_standing
from engine.store.runs import RunStatus
from tests.review.review_world import LOOSER, World, bundle_of
from tests.review.tampering import change
from tests.runtime.proof_market import OPERATOR, Desk, StillWall

Alerts = list[tuple[str, str]]


@pytest.fixture
def alerts() -> Alerts:
    return []


@pytest.fixture
def review(few: Desk) -> Iterator[World]:
    """The review over the database of a run of few sessions, not started."""
    yield World(few.database)


@pytest.fixture
def inputs(few: Desk, review: World) -> RunInputs:
    return replace(few.inputs, principals={**few.inputs.principals, **review.principals})


def judged(few: Desk, inputs: RunInputs, alerts: Alerts) -> RunInputs:
    return with_standing(inputs, few.database, None, lambda code, what: alerts.append((code, what)))


def test_a_bundle_nobody_approved_runs_and_is_called_unapproved(few: Desk, inputs: RunInputs, alerts: Alerts) -> None:
    assert judged(few, inputs, alerts) == inputs
    assert not inputs.is_bundle_approved and alerts == []


def test_the_approved_bundle_in_force_makes_another_run_that_says_so(
    few: Desk, review: World, inputs: RunInputs, alerts: Alerts
) -> None:
    review.put_in_force(inputs.bundle, 1)
    found = judged(few, inputs, alerts)
    assert found.is_bundle_approved and found.run_id != inputs.run_id
    assert parse_canonical(found.identity) == {**parse_canonical(inputs.identity), "bundle_approved": True}
    started = start_run(found, few.database, few.folder, OPERATOR, StillWall())
    for _ in drive(started, found, few.database, StillWall()):
        pass
    moment = Timestamp(0)
    written = export_run(started, found, few.database, few.folder, Envelope("h", "b", 1, moment, moment))
    started.composed.close()
    content = parse_manifest((written.path / "manifest.json").read_bytes()).content
    assert content["bundle_approved"] is True and content["bundle_hash"] == inputs.bundle.hash
    with few.database.read() as unit:
        first = next(e for e in unit.audit.read(started.run_key) if e.kind == EventType.RUN_STARTED.value)
    assert first.body["record"]["bundle_approved"] is True


def test_an_approved_bundle_that_is_in_force_no_more_is_unapproved(
    few: Desk, review: World, inputs: RunInputs, alerts: Alerts
) -> None:
    review.put_in_force(inputs.bundle, 1)
    review.put_in_force(bundle_of(*LOOSER), 2)
    assert not judged(few, inputs, alerts).is_bundle_approved


def test_an_approval_forged_in_the_database_makes_nothing_approved(
    few: Desk, review: World, inputs: RunInputs, alerts: Alerts
) -> None:
    proposal = review.propose(inputs.bundle, 1)
    change(few.database, "UPDATE proposals SET state = 'ACTIVE', activated_at = 1")
    change(
        few.database,
        "UPDATE review_heads SET proposal_id = :id, subject = :subject, version = 1",
        id=proposal.proposal_id,
        subject=proposal.subject,
    )
    assert not judged(few, inputs, alerts).is_bundle_approved


@pytest.mark.parametrize("began_approved", [True, False])
def test_an_attempt_that_was_broken_off_goes_on_as_what_it_began(
    few: Desk, review: World, inputs: RunInputs, alerts: Alerts, began_approved: bool
) -> None:
    """Approval came, or went, between the crash and the restart: the attempt is taken up, and is no new run."""
    began = as_approved(inputs) if began_approved else inputs
    start_run(began, few.database, few.folder, OPERATOR, StillWall()).composed.close()
    if not began_approved:
        review.put_in_force(inputs.bundle, 1)
    found = judged(few, inputs, alerts)
    assert found == began
    again = start_run(found, few.database, few.folder, OPERATOR, StillWall())
    again.composed.close()
    assert again.resumed
    with few.database.read() as unit:
        assert [run.status for run in unit.runs.list()] == [RunStatus.RUNNING]


def test_a_live_run_never_goes_on_as_approved_once_its_bundle_is_not(
    few: Desk, review: World, inputs: RunInputs, alerts: Alerts
) -> None:
    start_run(as_approved(inputs), few.database, few.folder, OPERATOR, StillWall()).composed.close()
    assert not judged(few, replace(inputs, mode="LIVE-SHADOW"), alerts).is_bundle_approved


def test_a_history_nobody_can_read_is_told_and_approves_nothing(
    few: Desk, review: World, inputs: RunInputs, alerts: Alerts
) -> None:
    review.put_in_force(inputs.bundle, 1)
    with few.database.write() as unit:
        unit.audit.append("REVIEW_ACTIVATED", 1, None, {"nothing": 1})
    assert not judged(few, inputs, alerts).is_bundle_approved
    assert [code for code, _ in alerts] == ["REVIEW_HISTORY"]
