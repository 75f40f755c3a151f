"""Reviews in the store: what the database holds to by itself, whoever writes."""

from dataclasses import replace
from hashlib import sha256
from itertools import product

import pytest

from engine.store import ConstraintViolated, Database, InvalidTransition
from engine.store.reviews import EDGES, Head, Proposal, ReviewState

RAW = b"bundle"
SUBJECT = sha256(RAW).hexdigest()
DRAFT = Proposal("prop_1", "rules", SUBJECT, 1, "rhea", b"{}", "why", "Policy 1", 1_000)
PROPOSED = replace(
    DRAFT, state=ReviewState.PROPOSED, relation="tighter", quorum=1, findings=b"[]", proposed_at=1, expires_at=9
)


@pytest.fixture
def filed(database: Database) -> Database:
    with database.write() as unit:
        unit.documents.put("bundle", SUBJECT, RAW)
    return database


def constraint(database: Database, proposal: Proposal) -> str:
    with pytest.raises(ConstraintViolated) as caught, database.write() as unit:
        unit.reviews.open(proposal)
    return caught.value.name


def test_a_proposal_is_kept_as_it_was_opened(filed: Database) -> None:
    with filed.write() as unit:
        unit.reviews.open(DRAFT)
    with filed.read() as unit:
        assert unit.reviews.get("prop_1") == DRAFT
        assert unit.reviews.list("rules", ReviewState.DRAFT) == (DRAFT,)
        assert unit.reviews.list("list:x") == unit.reviews.list("rules", ReviewState.ACTIVE) == ()


def test_what_is_no_document_is_not_proposed(database: Database) -> None:
    assert constraint(database, DRAFT) == "fk_proposals_subject"


@pytest.mark.parametrize(
    ("change", "name"),
    [({"version": 0}, "version"), ({"relation": None}, "compared"), ({"quorum": 0}, "quorum")],
)
def test_a_proposal_that_was_not_compared_is_not_proposed(
    filed: Database, change: dict[str, object], name: str
) -> None:
    assert constraint(filed, replace(PROPOSED, **change)).endswith(name)  # type: ignore[arg-type]


def test_only_the_edges_of_a_review_are_moves(filed: Database) -> None:
    with filed.write() as unit:
        unit.reviews.open(PROPOSED)
        for state, to in product(ReviewState, ReviewState):
            if (state, to) not in EDGES:
                with pytest.raises(InvalidTransition):
                    unit.reviews.move(replace(PROPOSED, state=state), to)
        assert not unit.reviews.move(replace(PROPOSED, state=ReviewState.DRAFT), ReviewState.WITHDRAWN)
        assert unit.reviews.move(PROPOSED, ReviewState.APPROVED)
        assert not unit.reviews.move(PROPOSED, ReviewState.APPROVED)


def test_no_end_of_a_review_has_a_way_out() -> None:
    ends = {to for _, to in EDGES} - {state for state, _ in EDGES}
    assert ends == {ReviewState.REJECTED, ReviewState.WITHDRAWN, ReviewState.EXPIRED, ReviewState.SUPERSEDED}


def test_one_principal_approves_a_proposal_once_and_a_signature_stands_once(filed: Database) -> None:
    with filed.write() as unit:
        unit.reviews.open(PROPOSED)
        unit.reviews.add_step("prop_1", "propose", "rhea", 1, b"{}", "aa")
        unit.reviews.add_step("prop_1", "approve", "rory", 2, b"{}", "bb")
    for step, principal, signature, name in (
        ("approve", "rory", "cc", "uq_review_steps_approver"),
        ("deny", "cora", "bb", "uq_review_steps_signature"),
    ):
        with pytest.raises(ConstraintViolated) as caught, filed.write() as unit:
            unit.reviews.add_step("prop_1", step, principal, 3, b"{}", signature)
        assert caught.value.name == name
    with filed.read() as unit:
        assert [(row.ord, row.step) for row in unit.reviews.steps("prop_1")] == [(1, "propose"), (2, "approve")]


def test_a_target_has_a_head_from_its_first_lock_on(filed: Database) -> None:
    with filed.write() as unit:
        assert unit.reviews.head("rules") is None
        head = unit.reviews.lock("rules")
        assert head == Head("rules", None, None, 0, 0)
        unit.reviews.move_head(replace(head, version=4, moved_at=7))
        assert unit.reviews.lock("rules").version == 4
    with filed.read() as unit:
        assert [head.target for head in unit.reviews.heads()] == ["rules"]


def test_a_proposal_is_only_ever_given_less_time(filed: Database) -> None:
    with filed.write() as unit:
        unit.reviews.open(PROPOSED)
        for at, left in ((12, 9), (5, 5), (7, 5)):
            unit.reviews.shorten("prop_1", at)
            found = unit.reviews.get("prop_1")
            assert found is not None and found.expires_at == left
