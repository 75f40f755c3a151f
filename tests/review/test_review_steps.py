"""The laws of a review: who may take which step, in which state, on what, and until when."""

from dataclasses import replace

import pytest

from dsl.bundle import Bundle
from engine.model.principal import Role
from engine.model.time import DAY, HOUR, MINUTE, Timestamp
from engine.review.change import Change, Relation
from engine.review.desk import APPROVAL_LIFE, PROPOSAL_LIFE, ReviewDesk
from engine.review.proof import RULES
from engine.store.reviews import ReviewState
from tests.review.review_world import LOOSER, REWORDED, TIGHTER, World, bundle_of, key_of, principal, refused, without


def test_a_bundle_goes_from_draft_over_proposed_and_approved_into_force(world: World) -> None:
    draft = world.draft(bundle_of(), 1)
    assert draft.state is ReviewState.DRAFT
    proposed = world.propose(bundle_of(), 1)
    assert (proposed.proposal_id, proposed.state, proposed.quorum) == (draft.proposal_id, ReviewState.PROPOSED, 2)
    assert world.approve(proposed, "rory").state is ReviewState.PROPOSED
    assert world.approve(proposed, "cora").state is ReviewState.APPROVED
    assert world.activate(proposed).state is ReviewState.ACTIVE
    with world.database.read() as unit:
        head = unit.reviews.head(RULES)
    assert head is not None
    assert (head.subject, head.version, head.proposal_id) == (bundle_of().hash, 1, draft.proposal_id)
    kinds = ["DRAFTED", "PROPOSED", "APPROVED", "APPROVED", "ACTIVATED"]
    assert [kind for kind, _ in world.told()] == [f"REVIEW_{kind}" for kind in kinds]
    world.agree()


def test_tighter_takes_one_approver_and_looser_two(world: World) -> None:
    world.put_in_force(bundle_of(), 1)
    tighter = world.propose(bundle_of(*TIGHTER), 2)
    assert (tighter.relation, tighter.quorum) == ("tighter", 1)
    world.activate(world.approve(tighter, "rory"))
    looser = world.propose(bundle_of(*LOOSER), 3)
    assert (looser.relation, looser.quorum) == ("looser", 2)
    world.approve(looser, "rory")
    assert refused(lambda: world.activate(looser)) == "REVIEW_STATE"
    world.activate(world.approve(looser, "cora"))
    world.agree()


def test_the_author_never_approves(world: World) -> None:
    proposal = world.propose(bundle_of(), 1)
    assert refused(lambda: world.approve(proposal, "rhea")) == "REVIEW_AUTHOR"
    assert refused(lambda: world.desk.deny(RULES, proposal.proposal_id, world.signer("rhea"), "no")) == "REVIEW_AUTHOR"
    assert world.get(proposal) == proposal


def test_the_author_cannot_approve_under_another_name_without_its_key(world: World) -> None:
    proposal = world.propose(bundle_of(), 1)
    borrowed = replace(world.signer("rory"), key=key_of("rhea"))
    assert refused(lambda: world.desk.approve(RULES, proposal.proposal_id, borrowed)) == "REVIEW_KEY"


def test_one_principal_is_one_approval(world: World) -> None:
    proposal = world.propose(bundle_of(), 1)
    world.approve(proposal, "rory")
    assert refused(lambda: world.approve(proposal, "rory")) == "REVIEW_TWICE"
    assert world.get(proposal).state is ReviewState.PROPOSED


@pytest.mark.parametrize(
    ("name", "code"),
    [("olivia", "REVIEW_ROLE"), ("vic", "REVIEW_ROLE"), ("ada", "REVIEW_ROLE"), ("tess", "REVIEW_TRADER")],
)
def test_who_trades_operates_administers_or_looks_approves_nothing(world: World, name: str, code: str) -> None:
    proposal = world.propose(bundle_of(), 1)
    assert refused(lambda: world.approve(proposal, name)) == code


@pytest.mark.parametrize("name", ["avery", "olivia", "vic", "ada"])
def test_only_those_who_answer_for_limits_build_and_propose(world: World, name: str) -> None:
    assert refused(lambda: world.propose(bundle_of(), 1, name)) == "REVIEW_ROLE"
    assert world.told() == []


@pytest.mark.parametrize("name", ["avery", "vic", "ada"])
def test_only_operators_and_officers_activate(world: World, name: str) -> None:
    approved = world.approve(world.propose(bundle_of(), 1), "rory", "cora")
    assert refused(lambda: world.activate(approved, name)) == "REVIEW_ROLE"


def test_a_role_counts_at_the_instant_of_the_step(world: World) -> None:
    end = world.clock.now() + HOUR
    world.principals = without(world.principals, "rory", valid_until=end)
    proposal = world.propose(bundle_of(), 1)
    world.wait(2 * HOUR)
    assert refused(lambda: world.approve(proposal, "rory")) == "REVIEW_ROLE"


def test_an_approval_given_in_time_stays_when_its_principal_expires(world: World) -> None:
    proposal = world.propose(bundle_of(), 1)
    world.approve(proposal, "rory", "cora")
    world.principals = without(world.principals, "rory", valid_until=world.clock.now() + MINUTE)
    world.wait(HOUR)
    assert world.activate(proposal).state is ReviewState.ACTIVE


def test_an_approval_runs_out_and_the_proposal_with_it(world: World) -> None:
    proposal = world.approve(world.propose(bundle_of(), 1), "rory", "cora")
    assert proposal.expires_at is not None
    world.clock.advance_to(proposal.expires_at)
    assert refused(lambda: world.desk.activate(world.matter, RULES, proposal.proposal_id, world.signer("olivia"))) == (
        "REVIEW_EXPIRED"
    )
    assert world.get(proposal).state is ReviewState.EXPIRED
    assert world.told()[-1][0] == "REVIEW_EXPIRED"
    world.agree()


def test_an_approval_counts_until_the_very_instant_it_runs_out(world: World) -> None:
    proposal = world.approve(world.propose(bundle_of(), 1), "rory", "cora")
    assert proposal.expires_at is not None
    world.clock.advance_to(proposal.expires_at - 1)
    done = world.desk.activate(world.matter, RULES, proposal.proposal_id, world.signer("olivia"))
    assert done.state is ReviewState.ACTIVE


class Ticking:
    """A clock that moves on whenever it is read: the time between two looks of one step."""

    def __init__(self, at: int) -> None:
        self.at = at

    def now(self) -> Timestamp:
        self.at += 1
        return Timestamp(self.at)


def test_what_runs_out_between_the_first_look_and_the_lock_has_run_out(world: World) -> None:
    proposal = world.propose(bundle_of(), 1)
    assert proposal.expires_at is not None
    desk = ReviewDesk(world.database, world.principals, Ticking(proposal.expires_at - 2))
    assert refused(lambda: desk.approve(RULES, proposal.proposal_id, world.signer("rory"))) == "REVIEW_EXPIRED"
    assert world.get(proposal).state is ReviewState.PROPOSED
    assert refused(lambda: desk.approve(RULES, proposal.proposal_id, world.signer("rory"))) == "REVIEW_EXPIRED"
    assert world.get(proposal).state is ReviewState.EXPIRED


def test_the_first_approval_decides_when_a_proposal_runs_out(world: World) -> None:
    proposal = world.propose(bundle_of(), 1)
    first = world.approve(proposal, "rory")
    assert first.expires_at == world.clock.now() + APPROVAL_LIFE
    world.wait(APPROVAL_LIFE - 2_000_000)
    assert world.approve(proposal, "cora").expires_at == first.expires_at


def test_an_approver_may_give_less_time_and_never_more(world: World) -> None:
    proposal = world.propose(bundle_of(), 1)
    short = world.approve(proposal, "rory", life=2 * HOUR)
    assert short.expires_at == world.clock.now() + 2 * HOUR
    other = world.propose(bundle_of(*REWORDED), 1)
    assert world.approve(other, "rory", life=30 * DAY).expires_at == world.clock.now() + APPROVAL_LIFE


def test_a_proposal_nobody_answers_runs_out(world: World) -> None:
    proposal = world.propose(bundle_of(), 1)
    world.wait(PROPOSAL_LIFE)
    assert refused(lambda: world.approve(proposal, "rory")) == "REVIEW_EXPIRED"
    assert world.get(proposal).state is ReviewState.EXPIRED
    again = world.propose(bundle_of(), 1)
    assert again.proposal_id != proposal.proposal_id


def test_a_clock_that_went_back_takes_no_step(world: World) -> None:
    proposal = world.approve(world.propose(bundle_of(), 1), "rory", "cora")
    earlier = World(world.database)
    assert earlier.clock.now() < world.clock.now()
    assert refused(lambda: earlier.activate(proposal)) == "REVIEW_CLOCK"
    assert world.get(proposal).state is ReviewState.APPROVED


def test_what_expired_stays_expired_however_the_clock_is_set(world: World) -> None:
    proposal = world.approve(world.propose(bundle_of(), 1), "rory", "cora")
    before = world.clock.now()
    world.wait(2 * APPROVAL_LIFE)
    assert world.desk.expire_due() != ()
    world.clock = type(world.clock)(before + 1)
    assert refused(lambda: world.activate(proposal)) == "REVIEW_CLOCK"


def test_a_proposal_is_bound_to_what_it_was_compared_with(world: World) -> None:
    world.put_in_force(bundle_of(), 1)
    one = world.approve(world.propose(bundle_of(*TIGHTER), 2), "rory")
    other = world.propose(bundle_of(*REWORDED), 3)
    world.activate(one)
    assert world.get(other).state is ReviewState.SUPERSEDED
    assert refused(lambda: world.approve(other, "rory")) == "REVIEW_STATE"


def test_what_was_in_force_is_superseded_by_what_follows(world: World) -> None:
    first = world.put_in_force(bundle_of(), 1)
    second = world.put_in_force(bundle_of(*TIGHTER), 2)
    assert (world.get(first).state, world.get(second).state) == (ReviewState.SUPERSEDED, ReviewState.ACTIVE)


@pytest.mark.parametrize("version", [1, 2])
def test_a_version_not_above_the_last_is_refused(world: World, version: int) -> None:
    world.put_in_force(bundle_of(), 2)
    assert refused(lambda: world.propose(bundle_of(*TIGHTER), version)) == "REVIEW_VERSION"
    assert world.propose(bundle_of(*TIGHTER), 3).version == 3


def test_the_same_rules_may_come_back_as_a_higher_version(world: World) -> None:
    world.put_in_force(bundle_of(), 1)
    world.put_in_force(bundle_of(*TIGHTER), 2)
    back = world.propose(bundle_of(), 3)
    assert (back.relation, back.quorum) == ("looser", 2)
    world.activate(world.approve(back, "rory", "cora"))
    world.agree()


def test_the_same_bundle_is_not_proposed_twice_at_once(world: World) -> None:
    proposal = world.propose(bundle_of(), 1)
    assert refused(lambda: world.propose(bundle_of(), 1)) == "REVIEW_OPEN"
    world.desk.withdraw(RULES, proposal.proposal_id, world.signer("rhea"), "a typing error")
    assert world.propose(bundle_of(), 1).state is ReviewState.PROPOSED


def test_a_denied_proposal_stays_denied(world: World) -> None:
    proposal = world.propose(bundle_of(), 1)
    denied = world.desk.deny(RULES, proposal.proposal_id, world.signer("avery"), "too loose")
    assert denied.state is ReviewState.REJECTED
    assert refused(lambda: world.approve(proposal, "rory")) == "REVIEW_STATE"
    world.agree()


def test_only_its_author_withdraws_a_proposal(world: World) -> None:
    draft = world.draft(bundle_of(), 1)
    assert refused(lambda: world.desk.withdraw(RULES, draft.proposal_id, world.signer("rory"), "x")) == (
        "REVIEW_NOT_AUTHOR"
    )
    assert world.desk.withdraw(RULES, draft.proposal_id, world.signer("rhea"), "x").state is ReviewState.WITHDRAWN
    world.agree()


def test_a_draft_asks_nobody_for_anything(world: World) -> None:
    draft = world.draft(bundle_of(), 1)
    assert (draft.relation, draft.quorum, draft.expires_at) == (None, None, None)
    assert refused(lambda: world.approve(draft, "rory")) == "REVIEW_STATE"
    world.wait(10 * PROPOSAL_LIFE)
    assert world.desk.expire_due() == ()


def test_an_unknown_or_shared_beginning_of_a_name_is_refused(world: World) -> None:
    proposal = world.propose(bundle_of(), 1)
    world.propose(bundle_of(*REWORDED), 1)
    assert refused(lambda: world.desk.approve(RULES, "prop_none", world.signer("rory"))) == "REVIEW_UNKNOWN"
    assert refused(lambda: world.desk.approve(RULES, "prop_", world.signer("rory"))) == "REVIEW_UNKNOWN"
    assert (
        world.desk.approve(RULES, proposal.proposal_id[:14], world.signer("rory")).proposal_id == proposal.proposal_id
    )


def test_a_proposal_of_rules_is_no_proposal_of_a_list(world: World) -> None:
    proposal = world.propose(bundle_of(), 1)
    assert refused(lambda: world.desk.approve("list:", proposal.proposal_id, world.signer("rory"))) == "REVIEW_TARGET"


def test_the_comparison_is_a_seam_and_counts_again_when_it_proves_more(world: World) -> None:
    world.put_in_force(bundle_of(), 1)

    def lenient(base: Bundle | None, proposed: Bundle) -> Change:
        return Change(Relation.TIGHTER, ("the solver says so",))

    world.compare = lenient
    proposal = world.approve(world.propose(bundle_of(*LOOSER), 2), "rory")
    assert (proposal.relation, proposal.state) == ("tighter", ReviewState.APPROVED)
    world.compare = lambda base, proposed: Change(Relation.INCOMPARABLE, ("not so",))
    assert refused(lambda: world.activate(proposal)) == "REVIEW_QUORUM"
    world.compare = lenient
    assert world.activate(proposal).state is ReviewState.ACTIVE


def test_a_refused_step_writes_nothing(world: World) -> None:
    world.principals["stranger"] = principal("stranger", Role.RISK_OFFICER)
    proposal = world.approve(world.propose(bundle_of(), 1), "rory")
    before = world.told()
    for name in ("rhea", "rory", "tess", "vic"):
        refused(lambda name=name: world.approve(proposal, name))
    assert world.told() == before
    world.agree()
