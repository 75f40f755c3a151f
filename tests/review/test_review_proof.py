"""What the database says is believed only as far as signatures carry it: forged, replayed and altered steps."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from engine.audit.canonical import canonical
from engine.model.time import HOUR, Timestamp
from engine.review.bundles import Bundles
from engine.review.desk import claim_of, log_of
from engine.review.history import fold
from engine.review.proof import RULES, Claim, prove_active, prove_approved
from engine.review.standing import bundle_in_force, is_in_force
from engine.review.statement import DOMAIN, SignedStep, Statement
from engine.store import open_database
from engine.store.reviews import Proposal, ReviewState
from tests.review.review_world import LOOSER, REWORDED, TIGHTER, World, bundle_of, key_of, refused
from tests.review.tampering import change


def forge(world: World, proposal: Proposal, signer: str, says: str) -> SignedStep:
    """Return an approval that names `says`, with a signature by `signer`."""
    with world.database.read() as unit:
        log = log_of(unit)
    statement = Statement(
        log, "approve", proposal.proposal_id, proposal.target, proposal.subject, proposal.version, proposal.base,
        proposal.relation, says, world.clock.now(), Timestamp(world.clock.now() + HOUR), "because", "Policy 1",
    )  # fmt: skip
    return SignedStep(statement, key_of(signer).sign(DOMAIN + canonical(statement.as_data())))


def claim_with(world: World, proposal: Proposal, *more: SignedStep) -> Claim:
    """Return what the tables say of a proposal, with further steps written past the desk."""
    with world.database.read() as unit:
        claim = claim_of(unit, world.get(proposal))
    return replace(claim, steps=(*claim.steps, *more))


def prove(world: World, claim: Claim) -> str:
    return refused(lambda: prove_approved(claim, world.principals, world.clock.now()))


def plant(world: World, proposal: Proposal, signed: SignedStep) -> None:
    """Put an approval into table and chain as a program that does not check would, and call it approved."""
    statement, raw = signed.statement, canonical(signed.statement.as_data())
    with world.database.write() as unit:
        unit.reviews.add_step(proposal.proposal_id, "approve", statement.principal, statement.at, raw, signed.signature)
        body = {"statement": statement.as_data(), "signature": signed.signature, "state": "APPROVED"}
        unit.audit.append("REVIEW_APPROVED", statement.at, None, body)
        unit.reviews.move(proposal, ReviewState.APPROVED)
        unit.reviews.shorten(proposal.proposal_id, statement.expires_at or 0)


def test_an_approval_forged_with_another_key_activates_nothing(world: World) -> None:
    """Table and chain agree on it, so only the signature can tell."""
    proposal = world.propose(bundle_of(), 1)
    world.approve(proposal, "rory")
    plant(world, world.get(proposal), forge(world, proposal, "rhea", "cora"))
    assert refused(lambda: world.activate(proposal)) == "REVIEW_SIGNATURE"
    assert world.get(proposal).state is ReviewState.APPROVED


def test_an_approval_signed_by_whom_it_names_counts(world: World) -> None:
    """What the refusals below differ from: the same words, all true."""
    proposal = world.propose(bundle_of(), 1)
    world.approve(proposal, "rory")
    claim = claim_with(world, proposal, forge(world, proposal, "cora", "cora"))
    assert prove_approved(claim, world.principals, world.clock.now()).approvers == ("rory", "cora")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"subject": "0" * 64}, "REVIEW_SIGNATURE"),
        ({"version": 9}, "REVIEW_SIGNATURE"),
        ({"base": "1" * 64}, "REVIEW_SIGNATURE"),
        ({"relation": "tighter"}, "REVIEW_SIGNATURE"),
        ({"proposal": "prop_other"}, "REVIEW_SIGNATURE"),
        ({"log": "0" * 32}, "REVIEW_SIGNATURE"),
        ({"target": "list:restricted"}, "REVIEW_SIGNATURE"),
        ({"expires_at": Timestamp(1)}, "REVIEW_EXPIRED"),
        ({"expires_at": None}, "REVIEW_EXPIRED"),
    ],
)
def test_an_approval_of_anything_else_does_not_count(world: World, fields: dict[str, Any], code: str) -> None:
    """Signed by cora herself, about another subject, version, base, change, proposal, target or desk, or run out."""
    proposal = world.propose(bundle_of(), 1)
    world.approve(proposal, "rory")
    signed = replace(forge(world, proposal, "cora", "cora").statement, **fields)
    step = SignedStep(signed, key_of("cora").sign(DOMAIN + canonical(signed.as_data())))
    assert prove(world, claim_with(world, proposal, step)) == code


@pytest.mark.parametrize(
    ("says", "code"),
    [("rhea", "REVIEW_AUTHOR"), ("rory", "REVIEW_TWICE"), ("tess", "REVIEW_TRADER"), ("vic", "REVIEW_ROLE")],
)
def test_an_own_second_or_traders_approval_does_not_count(world: World, says: str, code: str) -> None:
    proposal = world.propose(bundle_of(), 1)
    world.approve(proposal, "rory")
    assert prove(world, claim_with(world, proposal, forge(world, proposal, says, says))) == code


def test_one_approval_of_two_is_not_enough(world: World) -> None:
    proposal = world.propose(bundle_of(), 1)
    world.approve(proposal, "rory")
    assert prove(world, claim_with(world, proposal)) == "REVIEW_QUORUM"


def test_an_approval_is_not_replayed_onto_another_proposal(world: World) -> None:
    """The bytes and signature of a real approval, put under a looser proposal of the same version."""
    world.put_in_force(bundle_of(), 1)
    tighter = world.approve(world.propose(bundle_of(*TIGHTER), 2), "rory")
    looser = world.propose(bundle_of(*LOOSER), 2)
    with world.database.read() as unit:
        (approval,) = [row for row in unit.reviews.steps(tighter.proposal_id) if row.step == "approve"]
    change(
        world.database,
        "UPDATE review_steps SET proposal_id = :other, ord = 2 WHERE proposal_id = :own AND step = 'approve'",
        other=looser.proposal_id,
        own=tighter.proposal_id,
    )
    assert approval.signature
    change(
        world.database,
        "UPDATE proposals SET state = 'APPROVED', quorum = 1 WHERE proposal_id = :own",
        own=looser.proposal_id,
    )
    assert refused(lambda: world.activate(looser)) == "REVIEW_TABLES"
    assert prove(world, claim_with(world, looser)) == "REVIEW_SIGNATURE"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE proposals SET state = 'APPROVED'",
        "UPDATE proposals SET version = 7",
        "UPDATE proposals SET author = 'rory'",
        "UPDATE proposals SET relation = 'tighter'",
        "UPDATE proposals SET base = subject",
        "UPDATE proposals SET expires_at = expires_at + 1000000",
        "UPDATE review_steps SET signature = '00' WHERE step = 'propose'",
        "UPDATE review_steps SET statement = '{}' WHERE step = 'propose'",
        "UPDATE review_heads SET version = 3",
        "DELETE FROM review_steps WHERE step = 'approve'",
        "INSERT INTO retired_rules VALUES ('CAP-01', 1, (SELECT subject FROM proposals LIMIT 1), 1)",
    ],
)
def test_tables_that_say_something_else_than_the_chain_take_no_step(world: World, statement: str) -> None:
    proposal = world.propose(bundle_of(), 1)
    world.approve(proposal, "rory")
    if "statement =" in statement and world.database.engine.dialect.name == "postgresql":
        statement = "UPDATE review_steps SET statement = '\\x7b7d'::bytea WHERE step = 'propose'"
    change(world.database, statement)
    assert refused(lambda: world.approve(proposal, "cora")) in ("REVIEW_TABLES", "REVIEW_SIGNATURE")


@pytest.fixture
def two(world: World) -> tuple[Proposal, Proposal]:
    """Version 1 and version 2, which is in force."""
    return world.put_in_force(bundle_of(), 1), world.put_in_force(bundle_of(*TIGHTER), 2)


def in_force(world: World) -> tuple[int, list[str]]:
    standing = bundle_in_force(world.database, world.principals, Bundles(), world.clock.now())
    assert standing is not None
    return standing.version, [alert.code for alert in standing.alerts]


def test_what_is_in_force_is_the_newest_activation(world: World, two: tuple[Proposal, Proposal]) -> None:
    assert in_force(world) == (2, [])
    with world.database.read() as unit:
        assert is_in_force(unit, world.principals, bundle_of(*TIGHTER).hash)
        assert not is_in_force(unit, world.principals, bundle_of().hash)


def test_a_database_where_nothing_was_activated_has_nothing_in_force(world: World) -> None:
    world.propose(bundle_of(), 1)
    assert bundle_in_force(world.database, world.principals, Bundles(), world.clock.now()) is None
    with world.database.read() as unit:
        assert not is_in_force(unit, world.principals, bundle_of().hash)


def alter_content(world: World, proposal: Proposal) -> None:
    text = "REPLACE(CAST(content AS TEXT), '70 shares', '95 shares')"
    if world.database.engine.dialect.name == "postgresql":
        text = "convert_to(replace(convert_from(content, 'UTF8'), '70 shares', '95 shares'), 'UTF8')"
    else:
        text = f"CAST({text} AS BLOB)"
    change(world.database, f"UPDATE documents SET content = {text} WHERE sha256 = :own", own=proposal.subject)


def lose_content(world: World, proposal: Proposal) -> None:
    change(world.database, "DELETE FROM documents WHERE sha256 = :own", own=proposal.subject)


@pytest.mark.parametrize(("damage", "code"), [(alter_content, "BUNDLE_ALTERED"), (lose_content, "BUNDLE_MISSING")])
def test_a_damaged_bundle_leaves_the_last_good_one_in_force_loudly(
    world: World, two: tuple[Proposal, Proposal], damage: Callable[[World, Proposal], None], code: str
) -> None:
    damage(world, two[1])
    assert in_force(world) == (1, [code])
    kind, at = world.told()[-1]
    assert (kind, at) == ("BUNDLE_REFUSED", world.clock.now())
    with world.database.read() as unit:
        last = list(unit.audit.read_desk())[-1]
        assert last.body["in_force"] == bundle_of().hash and last.body["found"][0]["code"] == code
        assert is_in_force(unit, world.principals, bundle_of().hash)
        assert not is_in_force(unit, world.principals, bundle_of(*TIGHTER).hash)


def test_nothing_good_left_is_a_refusal_and_no_guess(world: World, two: tuple[Proposal, Proposal]) -> None:
    for proposal in two:
        lose_content(world, proposal)
    assert refused(lambda: in_force(world)) == "BUNDLE_NONE_GOOD"
    assert world.told()[-1][0] == "BUNDLE_REFUSED"


def test_a_principal_who_is_listed_no_more_carries_nothing(world: World, two: tuple[Proposal, Proposal]) -> None:
    del world.principals["rory"]
    assert refused(lambda: in_force(world)) == "BUNDLE_NONE_GOOD"


def test_a_principal_with_another_key_carries_nothing(world: World, two: tuple[Proposal, Proposal]) -> None:
    world.principals["olivia"] = replace(world.principals["olivia"], public_key=key_of("vic").public)
    assert refused(lambda: in_force(world)) == "BUNDLE_NONE_GOOD"


def test_a_head_turned_back_does_not_bring_back_an_older_version(world: World, two: tuple[Proposal, Proposal]) -> None:
    change(
        world.database,
        "UPDATE review_heads SET proposal_id = :id, subject = :subject, version = 1 WHERE target = 'rules'",
        id=two[0].proposal_id,
        subject=two[0].subject,
    )
    assert in_force(world) == (2, ["REVIEW_TABLES"])
    assert refused(lambda: world.propose(bundle_of(*REWORDED), 2)) == "REVIEW_TABLES"


def test_a_real_activation_appended_again_is_found_out(world: World, two: tuple[Proposal, Proposal]) -> None:
    with world.database.read() as unit:
        first = next(entry for entry in unit.audit.read_desk() if entry.kind == "REVIEW_ACTIVATED")
    with world.database.write() as unit:
        unit.audit.append(first.kind, first.at, None, first.body)
    assert refused(lambda: in_force(world)) == "REVIEW_HISTORY"


def test_what_was_approved_on_one_desk_means_nothing_on_another(
    world: World, two: tuple[Proposal, Proposal], empty_database_url: str
) -> None:
    """Every record, document and row of a desk that approved, carried over to one that did not."""
    with open_database(empty_database_url) as database:
        database.migrate()
        with world.database.read() as unit, database.write() as other:
            for proposal in two:
                document = unit.documents.get(proposal.subject)
                assert document is not None
                other.documents.put("bundle", document.sha256, document.content)
            for entry in list(unit.audit.read_desk())[1:]:
                other.audit.append(entry.kind, entry.at, None, entry.body)
        elsewhere = World(database, world.clock, world.principals)
        assert refused(lambda: in_force(elsewhere)) == "REVIEW_HISTORY"


@pytest.mark.parametrize(("damage", "code"), [(alter_content, "BUNDLE_ALTERED"), (lose_content, "BUNDLE_MISSING")])
def test_a_damaged_bundle_is_not_approved(world: World, damage: Callable[[World, Proposal], None], code: str) -> None:
    proposal = world.propose(bundle_of(*TIGHTER), 1)
    world.approve(proposal, "rory")
    damage(world, proposal)
    assert refused(lambda: world.approve(proposal, "cora")) == code


@pytest.mark.parametrize(("damage", "code"), [(alter_content, "BUNDLE_ALTERED"), (lose_content, "BUNDLE_MISSING")])
def test_a_bundle_damaged_after_its_approval_is_not_activated(
    world: World, damage: Callable[[World, Proposal], None], code: str
) -> None:
    proposal = world.approve(world.propose(bundle_of(*TIGHTER), 1), "rory", "cora")
    damage(world, proposal)
    assert refused(lambda: world.activate(proposal)) == code
    assert world.get(proposal).state is ReviewState.APPROVED


@pytest.mark.parametrize("body", [{}, {"statement": {}}, {"statement": 7, "signature": ""}, {"proposal": "prop_no"}])
@pytest.mark.parametrize("kind", ["REVIEW_ACTIVATED", "REVIEW_PROPOSED", "REVIEW_EXPIRED"])
def test_a_record_that_is_no_step_is_found_out(world: World, kind: str, body: dict[str, object]) -> None:
    with world.database.write() as unit:
        unit.audit.append(kind, 1, None, body)
    with world.database.read() as unit:
        assert refused(lambda: fold(unit.audit.read_desk())) in ("REVIEW_HISTORY", "REVIEW_SIGNATURE")


def test_the_chain_alone_proves_what_is_in_force(world: World, two: tuple[Proposal, Proposal]) -> None:
    """Every row of the tables gone: the records still say who carried which bundle into force."""
    with world.database.read() as unit:
        history = fold(unit.audit.read_desk())
    newest, oldest = history.activations(RULES)
    assert (newest.claim.subject, oldest.claim.subject) == (two[1].subject, two[0].subject)
    assert prove_active(newest.claim, world.principals).approvers == ("rory",)
    assert prove_active(oldest.claim, world.principals).approvers == ("rory", "cora")
