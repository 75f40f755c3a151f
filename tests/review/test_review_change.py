"""The conservative comparison: equal is equal, a number that moves its declared way is tighter, the rest is looser."""

import pytest

from engine.review.change import Relation, compare_rules, quorum_of
from tests.review.review_world import bundle_of

CAP = "2026-09-01 = 80 shares  cite"
FLOOR = "always = 5 shares cite"


@pytest.mark.parametrize(
    ("edit", "relation"),
    [
        ((), Relation.EQUAL),
        ((("rulebook pre_trade.desk", "# a remark\nrulebook pre_trade.desk"),), Relation.EQUAL),
        ((("limit CAP-01", "## Documented.\nlimit CAP-01"),), Relation.EQUAL),
        (((CAP, "2026-09-01 = 79 shares  cite"),), Relation.TIGHTER),
        (((CAP, "2026-09-01 = 79.999999 shares  cite"),), Relation.TIGHTER),
        (((CAP, "2026-09-01 = 80.000001 shares  cite"),), Relation.LOOSER),
        (((FLOOR, "always = 6 shares cite"),), Relation.TIGHTER),
        (((FLOOR, "always = 4 shares cite"),), Relation.LOOSER),
        (((CAP, "2026-09-01 = 79 shares  cite"), (FLOOR, "always = 4 shares cite")), Relation.LOOSER),
        (((CAP, "2026-08-01 = 80 shares  cite"),), Relation.TIGHTER),
        (((CAP, "2026-10-01 = 80 shares  cite"),), Relation.LOOSER),
        (((CAP, '2026-09-01 = 70 shares cite "x"\n  2026-12-01 = 80 shares cite'),), Relation.TIGHTER),
        (((CAP, '2026-09-01 = 70 shares cite "x"\n  2026-12-01 = 81 shares cite'),), Relation.LOOSER),
        ((("always     = 100 shares", "always     = 90 shares"),), Relation.TIGHTER),
        ((("within 1 share .. 1_000 shares tighter when lower", "within 1 share .. 2_000 shares tighter when lower"),),
         Relation.LOOSER),
        ((("tighter when higher", "tighter when lower"),), Relation.LOOSER),
        ((("always = FORBIDDEN", "always = PERMITTED"),), Relation.LOOSER),
        ((("reject   above cap", "reject   at or above cap"),), Relation.LOOSER),
        ((("intent.quantity * 200%", "intent.quantity * 201%"),), Relation.LOOSER),
        ((("over 60 s", "over 61 s"),), Relation.LOOSER),
        ((("fresh 1 session\n  may", "fresh 2 sessions\n  may"),), Relation.LOOSER),
        ((("  may be empty", "  at least 1 row"),), Relation.LOOSER),
        ((('"Twice the order"', '"Two times the order"'),), Relation.LOOSER),
        ((("rule CAP-02", "rule CAP-09"),), Relation.LOOSER),
    ],
)  # fmt: skip
def test_how_a_change_compares(edit: tuple[tuple[str, str], ...], relation: Relation) -> None:
    change = compare_rules(bundle_of(), bundle_of(*edit))
    assert change.relation is relation, change.findings
    assert change.findings != ()


def test_a_param_of_other_keys_or_without_a_value_is_no_move_of_a_number() -> None:
    late = ("always     = 100 shares", "2026-01-01 = 100 shares")
    assert compare_rules(bundle_of(late), bundle_of()).relation is Relation.LOOSER
    assert compare_rules(bundle_of(), bundle_of(late)).relation is Relation.LOOSER


def test_a_finding_names_what_moved_and_from_when() -> None:
    change = compare_rules(bundle_of(), bundle_of((CAP, "2026-09-01 = 79 shares  cite")))
    assert change.findings == ("tighter: pre_trade.desk.cap 80 shares -> 79 shares from 2026-09-01",)


def test_nothing_in_force_counts_as_looser() -> None:
    assert compare_rules(None, bundle_of()).quorum == 2


def test_only_equal_and_tighter_take_one_approver() -> None:
    assert {relation: quorum_of(relation) for relation in Relation} == {
        Relation.EQUAL: 1, Relation.TIGHTER: 1, Relation.LOOSER: 2, Relation.INCOMPARABLE: 2,
    }  # fmt: skip
    assert quorum_of("anything else") == 2
