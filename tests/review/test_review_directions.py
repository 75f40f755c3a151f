"""Which way a list is looser, read from the rules that use it; where it cannot be told, either way is."""

import pytest

from engine.review.directions import Direction, direction_of
from tests.review.review_world import bundle_of

LINE = "reject   when intent.symbol in restricted unless intent.reduces_only as RESTRICTED_SYMBOL"


def said(line: str, *more: tuple[str, str]) -> Direction:
    return direction_of(bundle_of((LINE, line + " as RESTRICTED_SYMBOL"), *more), "restricted")


@pytest.mark.parametrize(
    ("line", "direction"),
    [
        ("reject when intent.symbol in restricted", Direction.TIGHTER),
        ("flag when intent.symbol in restricted", Direction.TIGHTER),
        ("reject when intent.symbol in restricted and intent.quantity > 5 shares", Direction.TIGHTER),
        ("reject when intent.symbol in restricted or intent.quantity > 5 shares", Direction.TIGHTER),
        ("reject when (if intent.quantity > 5 shares then intent.symbol in restricted else false)", Direction.TIGHTER),
        ("reject when not not intent.symbol in restricted", Direction.TIGHTER),
        ("reject when not intent.symbol in restricted", Direction.LOOSER),
        ("reject when intent.quantity > 5 shares unless intent.symbol in restricted", Direction.LOOSER),
        ("reject when intent.quantity > 5 shares unless not intent.symbol in restricted", Direction.TIGHTER),
        ("reject when intent.symbol in restricted unless intent.symbol in restricted", Direction.UNKNOWN),
        ("reject when (if intent.symbol in restricted then intent.quantity > 5 shares else false)", Direction.UNKNOWN),
        ("reject when intent.quantity > 5 shares", Direction.UNKNOWN),
    ],
)
def test_a_list_is_tighter_or_looser_by_its_use(line: str, direction: Direction) -> None:
    assert said(line) is direction


def test_a_guard_that_lets_a_rule_apply_is_tighter_by_more_rows() -> None:
    guarded = ("  needs    restricted fresh 1 session\n", "  when intent.symbol in restricted\n")
    assert said("reject when intent.quantity > 5 shares", guarded) is Direction.TIGHTER


def test_a_named_expression_is_followed_to_where_it_is_used() -> None:
    let = ("let doubled", "let banned = intent.symbol in restricted\nlet doubled")
    assert said("reject when banned", let) is Direction.TIGHTER
    assert said("reject when not banned", let) is Direction.LOOSER
    assert said("reject when intent.quantity > 5 shares unless banned", let) is Direction.LOOSER


def test_two_uses_that_differ_leave_it_unknown() -> None:
    other = (
        "reject   when doubled > 900 shares",
        "reject   when doubled > 900 shares unless intent.symbol in restricted",
    )
    assert said("reject when intent.symbol in restricted", other) is Direction.UNKNOWN


def test_naming_a_list_in_needs_or_in_a_reason_is_no_use_of_it() -> None:
    assert direction_of(bundle_of(), "restricted") is Direction.TIGHTER


def test_a_list_no_rule_knows_and_no_rules_at_all_leave_it_unknown() -> None:
    assert direction_of(bundle_of(), "locates") is Direction.UNKNOWN
    assert direction_of(None, "restricted") is Direction.UNKNOWN


def test_a_use_the_analysis_does_not_follow_leaves_it_unknown() -> None:
    """A window that counts by a list is no effect line: whatever reads the list outside of rules is not guessed at."""
    from dataclasses import replace

    from dsl import ir

    bundle = bundle_of()
    member = next(part for rule in bundle.ruleset.rules for line in rule.lines for part in ir.walk(line.condition)
                  if isinstance(part, ir.Member))  # fmt: skip
    windows = {name: replace(window, where=member) for name, window in bundle.ruleset.windows.items()}
    strange = replace(bundle, ruleset=replace(bundle.ruleset, windows=windows))
    assert direction_of(strange, "restricted") is Direction.UNKNOWN
    rules = tuple(replace(rule, kind="gate") for rule in bundle.ruleset.rules)
    assert (
        direction_of(replace(bundle, ruleset=replace(bundle.ruleset, rules=rules)), "restricted") is Direction.UNKNOWN
    )


def test_the_shipped_restricted_list_is_tighter_by_more_rows() -> None:
    from engine.service.rule_files import load_bundle

    assert direction_of(load_bundle(), "restricted") is Direction.TIGHTER
