"""Scenarios of a base under other rules: what is judged more softly is named, what is judged harder is not."""

from dataclasses import replace

import pytest

from dsl import ir
from dsl.kept import changed, gone, softer
from dsl.rewrite import with_rule
from engine.service.proven_rules import read_proven_rules
from tests.proof.rulebook import PROVEN, compiled, without

SOFTER = {
    "reject   above 2 * cap": ("reject   above 3 * cap", "reject MAX_VALUE, warn VAL_01", "warn VAL_01"),
    "sent >= 3 unless": ("sent >= 4 unless", "reject TOO_OFTEN", "allow"),
    "always     = 50_000 USD": ("always     = 50_001 USD", "warn VAL_01", "allow"),
    '  measure  value\n': ('  mode     trial\n  measure  value\n', "warn VAL_01", "allow"),
    "2026-09-01 = 40_000": ("2026-09-02 = 40_000", "warn VAL_01", "allow"),
}  # fmt: skip


def rules_only(text: str) -> str:
    """Return a rulebook without its scenarios: what its author could take away with them."""
    return text[: text.index('test "')]


@pytest.mark.parametrize("words", SOFTER)
def test_a_weakened_rule_is_named_by_the_scenarios_of_its_base(words: str) -> None:
    weaker, before, after = SOFTER[words]
    assert PROVEN.count(words) == 1
    base, cases = compiled()
    now, _ = compiled(rules_only(PROVEN.replace(words, weaker)))
    found = softer(base, cases, now)
    assert (before, after) in [(one.before, one.after) for one in found]


@pytest.mark.parametrize("words", ["reject   above 2 * cap", "always     = 50_000 USD"])
def test_a_tightened_rule_is_not(words: str) -> None:
    tighter = {
        "reject   above 2 * cap": "reject   above 1.5 * cap",
        "always     = 50_000 USD": "always     = 49_000 USD",
    }
    base, cases = compiled()
    now, _ = compiled(rules_only(PROVEN.replace(words, tighter[words])))
    assert softer(base, cases, now) == ()


def test_the_same_rules_differ_in_nothing() -> None:
    base, cases = compiled()
    assert softer(base, cases, base) == () and gone(base, base) == () and changed(base, base) == frozenset()


def test_a_rule_that_is_gone_is_named_and_its_scenarios_are_left_out() -> None:
    base, cases = compiled()
    start, end = PROVEN.index("rule SENT-01"), PROVEN.index("fixture base")
    rest = without("window sent")
    rest = rest.replace(PROVEN[start:end], "")
    now, _ = compiled(rules_only(rest))
    assert gone(base, now) == ("SENT-01",) and softer(base, cases, now) == ()


def test_rules_of_a_file_that_differs_have_changed() -> None:
    base, _ = compiled()
    now, _ = compiled(without("without market.ask"))
    assert changed(base, now) == {"VAL-01", "SENT-01"}


SHIPPED = read_proven_rules()


@pytest.mark.parametrize(
    ("rule_id", "fields", "before", "after"),
    [
        ("KIL-07", {"posture": "cancel_only"}, "posture halted", "posture cancel_only"),
        ("KIL-07", {"actions": ()}, "does cancel_working", "trip MANUAL, posture halted"),
        (
            "KIL-07",
            {"manual": ("trader", "operator", "risk_officer", "compliance")},
            "refuse SWITCH_ROLE",
            "trip MANUAL",
        ),
        ("KIL-07", {"manual": ("trader", "operator")}, "trip MANUAL", "refuse SWITCH_ROLE"),
    ],
)
def test_a_weakened_switch_is_named_by_what_does_not_follow_any_more(
    rule_id: str, fields: dict[str, object], before: str, after: str
) -> None:
    rule = SHIPPED.bundle.rule(rule_id)
    assert rule is not None and isinstance(rule.own, ir.Switch)
    now = with_rule(SHIPPED.bundle, replace(rule, own=replace(rule.own, **fields)))  # type: ignore[arg-type]
    cases = [case for case in SHIPPED.cases if rule_id in case.rules]
    found = softer(SHIPPED.bundle, cases, now, SHIPPED.calendars)
    assert any(before in one.before and after in one.after for one in found), [(o.before, o.after) for o in found]
