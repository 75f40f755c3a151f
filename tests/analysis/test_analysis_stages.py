"""Rules of every stage are compared, proven and searched: ranked where one way is stronger, `unknown` elsewhere."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from dsl.analysis.compare import compare
from dsl.analysis.idle import find_idle
from dsl.analysis.proofs import prove
from dsl.analysis.relation import Relation
from dsl.bundle import Bundle
from dsl.pipeline import compile_rules
from dsl.solver import outcome, rows
from dsl.text import Source
from tests.dsl.checkout import schemas, shipped, shipped_sources

CASES = yaml.safe_load((Path(__file__).parent / "stages.yaml").read_text(encoding="utf-8"))


def changed(book: str, replaced: str, by: str, added: str = "") -> Bundle:
    """Return the shipped rules with something of one rulebook replaced and something added."""
    sources = []
    for source in shipped_sources():
        if source.name == book:
            assert source.text.count(replaced) == 1 or not replaced, replaced
            source = Source(source.name, (source.text.replace(replaced, by) if replaced else source.text) + added)
        sources.append(source)
    bundle, found = compile_rules(sources, schemas())
    assert bundle is not None, found
    return bundle


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in CASES])
def test_a_change_in_any_stage_is_ranked_or_unknown_with_its_name(case: dict[str, Any]) -> None:
    found = compare(shipped(), changed(case["book"], case["replaced"], case["by"]))
    moved = {rule.rule: rule for rule in found.rules if rule.relation is not Relation.EQUAL}
    assert {name: rule.relation.value for name, rule in moved.items()} == {case["rule"]: case["relation"]}
    if "why" in case:
        assert case["why"] in moved[case["rule"]].parts[0].why


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in CASES if "why" not in case])
def test_the_other_way_round_it_is_the_other_relation(case: dict[str, Any]) -> None:
    turned = {"looser": "tighter", "tighter": "looser"}
    found = compare(changed(case["book"], case["replaced"], case["by"]), shipped())
    (rule,) = (rule for rule in found.rules if rule.relation is not Relation.EQUAL)
    assert rule.relation.value == turned.get(case["relation"], case["relation"])


@pytest.mark.parametrize(
    ("book", "proof", "expected"),
    [
        ("kill/desk.rules", "prove KIL-05 tighter as rejects rises", "holds"),
        ("kill/desk.rules", "prove KIL-05 tighter as rejects falls", "fails"),
        ("kill/desk.rules", "prove KIL-05 never allow when rejects > 100", "unknown"),
        ("kill/desk.rules", "prove KIL-05 some order passes", "unknown"),
        ("kill/loss.rules", 'prove "the desk" never looser than baseline', "not judged"),
        ("in_flight/conduct.rules", "prove RTE-09 tighter as reversals rises", "holds"),
        ("arming/desk.rules", "prove ARM-01 never allow when account.equity < 2_000 USD", "holds"),
        ("arming/desk.rules", "prove ARM-01 never allow when account.equity < 2_001 USD", "fails"),
        ("arming/desk.rules", "prove ARM-01 some order passes", "holds"),
        ("promotion/gates.rules", "prove PRO-03 tighter as evaluation.max_drawdown rises", "holds"),
        ("promotion/gates.rules", "prove PRO-03 tighter as evaluation.trades rises", "fails"),
    ],
)
def test_proofs_of_every_stage_are_judged(book: str, proof: str, expected: str) -> None:
    (result,) = prove(changed(book, "", "", f"\n{proof}\n"))
    assert result.standing.value == expected, result.why


def test_the_shipped_rules_have_one_idle_rule_and_a_switch_pressed_by_hand_is_none() -> None:
    report = find_idle(shipped())
    assert [(found.code, found.message.split("`")[1]) for found in report.diagnostics] == [("A705", "EXP-07")]
    assert report.undecided == ()


# ------------------------------------------------------------------------------------------ planted slips
def _relations(cases: list[dict[str, Any]]) -> list[str]:
    out = []
    for case in cases:
        found = compare(shipped(), changed(case["book"], case["replaced"], case["by"]))
        out += [rule.relation.value for rule in found.rules if rule.rule == case["rule"]]
    return out


def test_without_what_follows_a_switch_would_be_equal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcome, "consequences", lambda rule, number, is_unknown: ())
    cases = [case for case in CASES if case["name"] in ("a state fewer is watched", "a stronger posture")]
    assert _relations(cases) == ["equal", "equal"]


def test_without_the_row_that_may_be_any_lists_are_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "_any_row", lambda *arguments: None)
    cases = [case for case in CASES if case["name"] == "every row in a list of any length"]
    assert _relations(cases) == ["unknown"]
