"""Coverage: what a scenario shows is open without it, and the scenario that is offered shows it."""

import pytest
import yaml

from dsl.cover.cover import Coverage, cover
from dsl.scenario_file import read_scenarios
from dsl.skeleton.find import Finder
from engine.service.rule_cover import cover_rules
from tests.proof.rulebook import PROVEN, compiled, without

ONLY = {
    "market.ask = 1_000 USD/share expect warn": ["`value > 2 * cap` false within a tick"],
    "market.ask = 1_000.0001 USD/share expect reject": ["`value > 2 * cap` true within a tick"],
    "market.ask = 1_000.0001 USD/share, intent.reduces_only": ["`intent.increases_risk` decides while false"],
    "market.ask = 400.0001 USD/share at 2026-08-31": ["on 2026-08-31, the day before"],
    "market.ask = 400.0001 USD/share at 2026-09-01": ["on 2026-09-01, the first day"],
    "without intent.quantity": ["`intent.quantity` missing"],
    "without market.ask": ["`market.ask` missing"],
    "market.ask = 500 USD/share aged 25 h": ["`market.ask` stale"],
    "intent.reduces_only = true after": ["`intent.reduces_only` decides while true"],
    "then intent.proposed at 59.5 s": ["`sent` just inside its edge"],
    "then intent.proposed at 60 s": ["`sent` just outside its edge"],
    "without intent.strategy": ["`sent` without `intent.strategy`"],
}
"""What is open once the one scenario is gone that shows it."""


def covered(text: str) -> Coverage:
    """Return what the scenarios of a rulebook show of it."""
    return cover(*compiled(text))


def test_a_rulebook_whose_scenarios_show_all_of_it_leaves_nothing_open() -> None:
    assert covered(PROVEN).open == () and covered(PROVEN).total == (19, 19)


@pytest.mark.parametrize("words", ONLY)
def test_without_its_scenario_an_obligation_is_open_and_no_other(words: str) -> None:
    found = covered(without(words))
    assert [one.label for one in found.open] == ONLY[words]


@pytest.mark.parametrize("words", ONLY)
def test_the_scenario_that_is_offered_shows_what_is_open(words: str) -> None:
    bundle, cases = compiled(without(words))
    for one in cover(bundle, cases).open:
        found = Finder(bundle, cases).show(one)
        assert found is not None and found.data is not None
        added, wrong = read_scenarios(yaml.safe_load(found.shown), "added.yaml", bundle)
        assert not wrong
        left = cover(bundle, (*cases, *added)).open
        assert one.label not in [other.label for other in left]


def test_what_two_scenarios_show_is_open_without_both() -> None:
    found = covered(without("at 0 s .. 1 s every 1 s", "then intent.proposed at 60 s"))
    assert [one.label for one in found.open] == ["`sent` just outside its edge", "`sent >= 3` false within a tick"]
    found = covered(without('strategy = "other"', "without intent.strategy"))
    assert [one.label for one in found.open] == ["`sent` counts by strategy", "`sent` without `intent.strategy`"]


def test_a_scenario_about_nothing_new_shows_nothing_new() -> None:
    text = without("without market.ask").replace(
        "given base expect allow", "given base expect allow\n  given base expect allow", 1
    )
    assert [one.label for one in covered(text).open] == ["`market.ask` missing"]


def test_what_a_comment_says_cannot_be_shown_is_left_out_with_its_reason() -> None:
    said = "# cover: unreachable `market.ask` missing because the feed never lacks one\nlet value"
    text = without("without market.ask").replace("let value", said)
    found = covered(text)
    assert found.open == () and found.wrong == () and found.total == (18, 18)
    assert [(one.label, remark.reason) for one, remark in found.waived] == [
        ("`market.ask` missing", "the feed never lacks one")
    ]


def test_a_comment_on_another_declaration_leaves_nothing_out() -> None:
    said = '# cover: unreachable `market.ask` missing because the feed never lacks one\nrule SENT-01 "'
    found = covered(without("without market.ask").replace('rule SENT-01 "', said))
    assert [one.label for one in found.open] == ["`market.ask` missing"] and [d.code for d in found.wrong] == ["A724"]


def test_the_shipped_rules_are_shown_whole() -> None:
    report = cover_rules()
    assert [found.message for found in report.diagnostics] == []
    assert report.percent == 100 and report.total[1] > 450 and report.waived == ()
    assert all(why for _, _, why in report.beyond)
