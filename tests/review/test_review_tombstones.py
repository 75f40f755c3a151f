"""A retired rule id never comes back with another meaning; with the same one it may."""

from dataclasses import replace

import pytest

from engine.review.tombstones import means_the_same
from engine.store.reviews import ReviewState
from tests.review.review_world import WITHOUT_SHORT, World, bundle_of, refused
from tests.review.tampering import change

OTHER_SHORT = (("short_sales is FORBIDDEN and", "short_sales is PERMITTED and"),)


@pytest.fixture
def retired(world: World) -> World:
    """A desk whose SHORT-01 was in force and left with version 2."""
    world.put_in_force(bundle_of(), 1)
    world.put_in_force(bundle_of(*WITHOUT_SHORT), 2)
    return world


def test_a_rule_that_leaves_is_retired_with_the_bundle_that_had_it(retired: World) -> None:
    with retired.database.read() as unit:
        (rule,) = unit.reviews.retired()
        last = [entry for entry in unit.audit.read_desk() if entry.kind == "REVIEW_ACTIVATED"][-1]
    assert (rule.rule_id, rule.version, rule.bundle) == ("SHORT-01", 2, bundle_of().hash)
    assert last.body["retired"] == {"SHORT-01": bundle_of().hash}
    retired.agree()


def test_a_retired_id_with_another_meaning_is_refused(retired: World) -> None:
    assert refused(lambda: retired.propose(bundle_of(*OTHER_SHORT), 3)) == "RULE_RETIRED"


def test_a_retired_id_with_its_old_meaning_may_return_and_retire_again(retired: World) -> None:
    retired.put_in_force(bundle_of(), 3)
    retired.put_in_force(bundle_of(*WITHOUT_SHORT), 4)
    with retired.database.read() as unit:
        assert [(rule.rule_id, rule.version) for rule in unit.reviews.retired()] == [("SHORT-01", 2), ("SHORT-01", 4)]
    assert refused(lambda: retired.propose(bundle_of(*OTHER_SHORT), 5)) == "RULE_RETIRED"
    retired.agree()


def test_a_change_of_a_rule_that_never_left_is_no_return(world: World) -> None:
    world.put_in_force(bundle_of(), 1)
    assert world.propose(bundle_of(*OTHER_SHORT), 2).state is ReviewState.PROPOSED


def test_an_id_that_returned_and_is_in_force_again_may_change_like_any_other(retired: World) -> None:
    retired.put_in_force(bundle_of(), 3)
    assert retired.propose(bundle_of(*OTHER_SHORT), 4).relation == "looser"


def test_an_id_retired_while_a_proposal_waits_is_seen_when_it_is_activated(world: World) -> None:
    """Compared with the old rules it was fine; the rules that came into force since supersede it."""
    world.put_in_force(bundle_of(), 1)
    waiting = world.approve(world.propose(bundle_of(*OTHER_SHORT), 3), "rory", "cora")
    world.put_in_force(bundle_of(*WITHOUT_SHORT), 2)
    assert refused(lambda: world.activate(waiting)) == "REVIEW_STATE"
    assert refused(lambda: world.propose(bundle_of(*OTHER_SHORT), 3)) == "RULE_RETIRED"


def test_an_old_meaning_nobody_can_read_any_more_lets_nothing_return(retired: World) -> None:
    retired.bundles = type(retired.bundles)()
    change(retired.database, "DELETE FROM documents WHERE sha256 = :hash", hash=bundle_of().hash)
    # The same bytes come with the proposal, so the meaning is read from bytes that are gone for nobody.
    assert retired.propose(bundle_of(), 3).state is ReviewState.PROPOSED
    other = (("limit CAP-01", "## Said differently.\nlimit CAP-01"),)
    change(retired.database, "DELETE FROM documents WHERE sha256 = :hash", hash=bundle_of().hash)
    assert refused(lambda: retired.propose(bundle_of(*other), 3)) == "RULE_RETIRED"


@pytest.mark.parametrize(
    ("rule", "edit", "is_same"),
    [
        ("CAP-01", ("= 80 shares ", "= 81 shares "), True),
        ("CAP-01", ("limit CAP-01", "## Documented.\nlimit CAP-01"), True),
        ("CAP-01", ("intent.quantity * 200%", "intent.quantity * 201%"), True),
        ("CAP-02", ("intent.quantity * 200%", "intent.quantity * 201%"), False),
        ("CAP-03", ("over 60 s", "over 61 s"), False),
        ("CAP-01", ("over 60 s", "over 61 s"), True),
        ("CAP-03", ("tighter when higher", "tighter when lower"), False),
        ("REST-01", ("  may be empty", "  at least 1 row"), False),
        ("CAP-01", ("reject   above cap", "reject   at or above cap"), False),
        ("CAP-01", ("  reject   above cap", "  mode advisory\n  reject   above cap"), False),
    ],
)
def test_a_meaning_is_the_rule_with_everything_it_reads_and_no_number(
    rule: str, edit: tuple[str, str], is_same: bool
) -> None:
    assert means_the_same(rule, bundle_of(), bundle_of(edit)) is is_same


def test_what_the_language_may_come_to_hold_beside_rules_is_part_of_every_meaning() -> None:
    bundle = bundle_of()
    other = replace(bundle, ruleset=replace(bundle.ruleset, zone="Europe/London"))
    assert not means_the_same("CAP-01", bundle, other)
