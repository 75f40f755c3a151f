"""Steps that race: of two, one sees what the other did; nothing is counted twice and nothing is lost."""

import threading
from collections.abc import Callable

import pytest

from engine.model.clock import FixedClock
from engine.review.proof import RULES
from engine.review.refusal import ReviewRefused
from engine.store import ConstraintViolated, Contention, open_database
from engine.store.reviews import Proposal, ReviewState
from tests.review.review_world import LOOSER, TIGHTER, World, bundle_of

ROUNDS = 6


def race(started: World, url: str, *steps: Callable[[World], Proposal]) -> list[str]:
    """Take steps at once, each with its own connections as processes have; return how each ended."""
    started.wait()
    barrier = threading.Barrier(len(steps))
    ended: list[str] = [""] * len(steps)

    def work(place: int) -> None:
        with open_database(url, wait_ms=60_000) as mine:
            world = World(mine, FixedClock(started.clock.now()))
            with mine.read():
                pass
            barrier.wait()
            try:
                ended[place] = steps[place](world).state.value
            except ReviewRefused as refused:
                ended[place] = refused.code

    threads = [threading.Thread(target=work, args=(place,)) for place in range(len(steps))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(ended)


def approving(proposal: Proposal, name: str) -> Callable[[World], Proposal]:
    return lambda world: world.desk.approve(RULES, proposal.proposal_id, world.signer(name))


def activating(proposal: Proposal, name: str) -> Callable[[World], Proposal]:
    return lambda world: world.desk.activate(world.matter, RULES, proposal.proposal_id, world.signer(name))


def test_two_approvers_who_race_both_count_where_two_are_needed(world: World, database_url: str) -> None:
    proposal = world.propose(bundle_of(), 1)
    assert race(world, database_url, approving(proposal, "rory"), approving(proposal, "cora")) == [
        "APPROVED",
        "PROPOSED",
    ]
    assert world.get(proposal).state is ReviewState.APPROVED
    world.agree()


def test_of_two_approvers_who_race_for_one_place_one_is_told_it_is_taken(world: World, database_url: str) -> None:
    world.put_in_force(bundle_of(), 1)
    proposal = world.propose(bundle_of(*TIGHTER), 2)
    assert race(world, database_url, approving(proposal, "rory"), approving(proposal, "cora")) == [
        "APPROVED",
        "REVIEW_STATE",
    ]
    world.agree()


def test_one_approver_in_many_windows_is_one_approval(world: World, database_url: str) -> None:
    proposal = world.propose(bundle_of(), 1)
    ended = race(world, database_url, *[approving(proposal, "rory")] * 3)
    assert ended == ["PROPOSED", "REVIEW_TWICE", "REVIEW_TWICE"]
    with world.database.read() as unit:
        assert [row.step for row in unit.reviews.steps(proposal.proposal_id)] == ["propose", "approve"]
    world.agree()


def test_of_two_activations_that_race_one_comes_into_force(world: World, database_url: str) -> None:
    world.put_in_force(bundle_of(), 1)
    one = world.approve(world.propose(bundle_of(*TIGHTER), 2), "rory")
    two = world.approve(world.propose(bundle_of(*LOOSER), 2), "rory", "cora")
    ended = race(world, database_url, activating(one, "olivia"), activating(two, "rhea"))
    assert ended == ["ACTIVE", "REVIEW_STATE"]
    states = sorted(world.get(each).state.value for each in (one, two))
    assert states == ["ACTIVE", "SUPERSEDED"]
    world.agree()


def test_an_approval_and_a_denial_that_race_end_denied(world: World, database_url: str) -> None:
    for number in range(ROUNDS):
        proposal = world.propose(bundle_of(), number + 1)

        def deny(other: World, proposal: Proposal = proposal) -> Proposal:
            return other.desk.deny(RULES, proposal.proposal_id, other.signer("avery"), "no")

        ended = race(world, database_url, approving(proposal, "rory"), deny)
        assert ended in (["PROPOSED", "REJECTED"], ["REJECTED", "REVIEW_STATE"])
        assert world.get(proposal).state is ReviewState.REJECTED
    world.agree()


def test_whoever_comes_second_waits_for_the_first_and_sees_what_it_did(world: World, database_url: str) -> None:
    """The race made certain: the second comes while the first has locked the target and not yet committed."""
    proposal = world.propose(bundle_of(), 1)
    with open_database(database_url, wait_ms=50) as mine:
        other = World(mine, FixedClock(world.clock.now()))
        with world.database.write() as unit:
            unit.reviews.lock(RULES)
            with pytest.raises(Contention):
                approving(proposal, "rory")(other)
        assert approving(proposal, "rory")(other).state is ReviewState.PROPOSED


def test_the_database_itself_refuses_a_second_version_in_force(world: World) -> None:
    world.put_in_force(bundle_of(), 1)
    other = world.approve(world.propose(bundle_of(*TIGHTER), 2), "rory")
    with pytest.raises(ConstraintViolated) as caught, world.database.write() as unit:
        unit.reviews.move(other, ReviewState.ACTIVE, activated_at=1)
    assert caught.value.name == "uq_proposals_active"
