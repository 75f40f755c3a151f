"""A process that dies at any statement of a step leaves the whole of the step or nothing of it."""

from collections.abc import Callable

import pytest

from engine.review.history import differences, fold
from engine.review.proof import RULES
from engine.store.reviews import Proposal
from tests.review.review_world import TIGHTER, WITHOUT_SHORT, World, bundle_of


class Cut(Exception):
    """The process dies here."""


def picture(world: World) -> tuple[object, ...]:
    """Return everything a review has written."""
    with world.database.read() as unit:
        proposals = unit.reviews.list()
        steps = tuple(unit.reviews.steps(each.proposal_id) for each in proposals)
        records = tuple(entry.hash for entry in unit.audit.read_desk())
        assert differences(unit, fold(unit.audit.read_desk())) == ()
        return proposals, steps, unit.reviews.heads(), unit.reviews.retired(), records


def break_everywhere(world: World, step: Callable[[], Proposal]) -> int:
    """Break a step before and after each statement and COMMIT until it goes through; return how often it broke."""
    moment = broken = 0
    while True:
        left = moment

        def count(kind: str, what: str) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise Cut

        before = picture(world)
        stop = world.database.on_statement(count)
        try:
            step()
        except Cut:
            broken += 1
        finally:
            stop()
        after = picture(world)
        if after != before:
            return broken
        moment += 1


def propose(world: World) -> Callable[[], Proposal]:
    bundle = bundle_of(*TIGHTER)
    seal = world.seal(bundle, 2).as_text().encode()
    return lambda: world.desk.propose(
        world.matter, RULES, ("bundle", bundle.canonical), 2, world.signer("rhea"), "r", "c", seal
    )


def approve(world: World) -> Callable[[], Proposal]:
    proposal = world.propose(bundle_of(*TIGHTER), 2)
    return lambda: world.desk.approve(RULES, proposal.proposal_id, world.signer("rory"))


def activate(world: World) -> Callable[[], Proposal]:
    """The longest step: a rule id is retired, another proposal and what was in force are superseded."""
    world.propose(bundle_of(*TIGHTER), 2)
    proposal = world.approve(world.propose(bundle_of(*WITHOUT_SHORT), 3), "rory", "cora")
    return lambda: world.desk.activate(world.matter, RULES, proposal.proposal_id, world.signer("olivia"))


def deny(world: World) -> Callable[[], Proposal]:
    proposal = world.propose(bundle_of(*TIGHTER), 2)
    return lambda: world.desk.deny(RULES, proposal.proposal_id, world.signer("avery"), "no")


@pytest.mark.parametrize("prepare", [propose, approve, activate, deny])
def test_a_step_that_breaks_anywhere_leaves_nothing_and_can_be_taken_again(
    world: World, prepare: Callable[[World], Callable[[], Proposal]]
) -> None:
    world.put_in_force(bundle_of(), 1)
    step = prepare(world)
    world.wait()
    broken = break_everywhere(world, step)
    assert broken > 15
    world.agree()


def test_an_expiry_that_breaks_anywhere_is_noted_once(world: World) -> None:
    proposal = world.propose(bundle_of(), 1)
    assert proposal.expires_at is not None
    world.clock.advance_to(proposal.expires_at)

    def expire() -> Proposal:
        world.desk.expire_due()
        return proposal

    assert break_everywhere(world, expire) > 5
    assert [kind for kind, _ in world.told()].count("REVIEW_EXPIRED") == 1
    world.agree()
