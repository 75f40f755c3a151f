"""The tables are what the audit chain folds to, after any steps whatever."""

import random
from contextlib import suppress

import pytest

from engine.audit.chain import AuditEntry
from engine.model.time import HOUR
from engine.review.history import History, fold
from engine.review.proof import RULES
from engine.review.refusal import ReviewRefused
from engine.store.reviews import AWAITED, ReviewState
from tests.review.review_world import LOOSER, REWORDED, TIGHTER, WITHOUT_SHORT, World, bundle_of

VARIANTS = ((), TIGHTER, LOOSER, REWORDED, WITHOUT_SHORT)
SEEDS = range(4)
STEPS = 45
ACTIONS = ("propose", "draft", *["approve"] * 5, *["activate"] * 3, "deny", "withdraw")
WALKERS = ("rory", "cora", "avery", "olivia", "rhea", "tess")


def wander(world: World, seed: int) -> set[str]:
    """Take random steps by random people, most of them refused; return the states that were seen."""
    draw = random.Random(seed)
    seen: set[str] = set()
    for _ in range(STEPS):
        world.wait(draw.choice((*[1_000_000] * 19, 30 * HOUR)))
        with world.database.read() as unit:
            drafts, waiting = unit.reviews.list(None, ReviewState.DRAFT), unit.reviews.list(None, *AWAITED)
        signer = world.signer(draw.choice(WALKERS))
        step = draw.choice(ACTIONS)
        known = (*drafts, *waiting) if step == "withdraw" else waiting
        proposal = draw.choice(known) if known else None
        with suppress(ReviewRefused):
            if step in ("propose", "draft"):
                getattr(world, step)(
                    bundle_of(*draw.choice(VARIANTS)), draw.randint(1, 6), draw.choice(("rhea", "cora"))
                )
            elif proposal is None:
                continue
            elif step == "approve":
                world.desk.approve(RULES, proposal.proposal_id, signer)
            elif step == "activate":
                world.desk.activate(world.matter, RULES, proposal.proposal_id, signer)
            else:
                getattr(world.desk, step)(RULES, proposal.proposal_id, signer, "no")
        with world.database.read() as unit:
            seen |= {each.state.value for each in unit.reviews.list()}
    return seen


def test_whatever_is_done_the_tables_are_the_fold_of_the_chain(world: World) -> None:
    """One long walk by the seeds; the states it reaches are asserted, or nothing was proven."""
    seen: set[str] = set()
    for seed in SEEDS:
        seen |= wander(world, seed)
        world.agree()
    assert seen >= {"DRAFT", "PROPOSED", "APPROVED", "ACTIVE", "SUPERSEDED", "EXPIRED", "WITHDRAWN"}, seen


def entries_of(world: World) -> list[AuditEntry]:
    with world.database.read() as unit:
        return list(unit.audit.read_desk())


def test_every_record_of_a_review_is_needed_to_fold_it(world: World) -> None:
    """Each record left out in turn gives another history, or none."""
    world.put_in_force(bundle_of(), 1)
    world.put_in_force(bundle_of(*WITHOUT_SHORT), 2)
    whole = entries_of(world)
    told = fold(whole)
    for place in range(1, len(whole)):
        shorter = [*whole[:place], *whole[place + 1 :]]
        try:
            other = fold(shorter)
        except ReviewRefused as refused:
            assert refused.code == "REVIEW_HISTORY"
            continue
        assert (other.proposals, other.heads, other.retired) != (told.proposals, told.heads, told.retired), place


def test_an_approval_appended_again_brings_nothing_denied_back(world: World) -> None:
    """A real record with a real signature, at a place where no review could take the step."""
    proposal = world.propose(bundle_of(), 1)
    world.approve(proposal, "rory")
    approval = entries_of(world)[-1]
    world.desk.deny(RULES, proposal.proposal_id, world.signer("avery"), "no")
    with pytest.raises(ReviewRefused) as caught:
        fold([*entries_of(world), approval])
    assert caught.value.code == "REVIEW_HISTORY"


def test_no_version_comes_into_force_again(world: World) -> None:
    world.put_in_force(bundle_of(), 3)
    entries = entries_of(world)
    history = fold(entries)
    assert [told.claim.version for told in history.activations(RULES)] == [3]
    with pytest.raises(ReviewRefused):
        fold([*entries, entries[-1]])
    assert fold([]) == History()
