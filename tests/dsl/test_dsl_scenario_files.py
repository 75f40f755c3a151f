"""Scenario files: the same cases as inline tests, and no field of one is passed over in silence."""

from typing import Any

import pytest
import yaml

from dsl.scenario_file import read_scenarios
from dsl.scenarios import run_case, skeleton
from engine.service.rule_tests import rule_calendars
from tests.dsl.checkout import ROOT, shipped

FILES = sorted((ROOT / "rules" / "scenarios").glob("*.yaml"))
SOUND: dict[str, Any] = {
    "v": 1,
    "rulebook": "pre_trade.desk",
    "law_date": "2026-08-31",
    "fixture": "ordinary",
    "expect": [{"effect": "allow"}],
}


def problems(change: dict[str, Any], places: dict[Any, tuple[int, int]] | None = None) -> list[str]:
    """Return what is said of the sound file with some fields changed."""
    cases, found = read_scenarios({**SOUND, **change}, "x.yaml", shipped(), places)
    assert (not cases) == bool(found)
    return [f"{d.code} {d.span.line}:{d.span.column} {d.message}" for d in found]


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_a_shipped_scenario_file_comes_out_as_written(path: Any) -> None:
    calendars = rule_calendars()
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    cases, found = read_scenarios(data, path.name, shipped(), None, calendars)
    assert cases and not found, found
    for case in cases:
        outcome = run_case(shipped(), case, calendars)
        assert outcome.passed, f"{outcome.problem}; {skeleton(outcome)}"


def test_there_are_scenarios_over_the_whole_bundle() -> None:
    assert len(FILES) >= 6


def test_a_failing_case_offers_what_did_come_out() -> None:
    data = {**SOUND, "with": {"intent.symbol": {"value": '"GME"'}}}
    cases, _ = read_scenarios(data, "x.yaml", shipped())
    outcome = run_case(shipped(), cases[0])
    assert outcome.problem == "expected allow, got reject (reject RESTRICTED_SYMBOL from REST-01)"
    assert skeleton(outcome) == "expect reject RESTRICTED_SYMBOL from REST-01"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"v": 2}, "E312 1:1 this reads scenarios of version 1, not 2"),
        ({"v": True}, "E312 1:1 this reads scenarios of version 1, not True"),
        ({"rulebook": "pre_trade.dsk"}, "E105 1:1 there is no rulebook `pre_trade.dsk`"),
        ({"fixture": "ordinry"}, "E105 1:1 there is no fixture `ordinry`"),
        ({"wiht": {}}, "E312 1:1 a scenario has no `wiht`"),
        ({"with": []}, "E312 1:1 `with` is a mapping"),
        ({"without": "market.ask"}, "E312 1:1 `without` is a list"),
        ({"with": {"market.ask": 5}}, "E312 1:1 `market.ask` needs `value`, and may have `age`"),
        (
            {"with": {"market.ask": {"value": "1 USD/share", "aged": "1 s"}}},
            "E312 1:1 a fact has no `aged`",
        ),
        ({"with": {"market.ask": {"value": 1.5}}}, "E312 1:1 a value is written as in a rule file, in quotes"),
        ({"with": {"market.ask": {"value": "1 USD/share", "age": "soon"}}}, "E312 1:1 `soon` is not an age"),
        ({"with": {"market.ask": {"value": "5 USD"}}}, "E201 1:1 a price[USD] is needed here, this is a money[USD]"),
        ({"with": {"market.ask": {"value": "5 USD /"}}}, "E007 1:1 the text is not finished"),
        ({"with": {"market.aks": {"value": "5 USD/share"}}}, "E301 1:1 there is no fact `market.aks`"),
        ({"without": ["market.halted"]}, "E310 1:1 `market.halted` is not set, so it cannot be left out"),
        ({"params": {"no_such": 5}}, "E305 1:1 there is no param `no_such`"),
        ({"expect": []}, "E312 1:1 a scenario expects at least one outcome"),
        ({"expect": [{"effect": "explode"}]}, "E312 1:1 an outcome has an `effect`"),
        ({"expect": [{"effect": "reject", "rule": "SIZE-99"}]}, "E105 1:1 there is no rule `SIZE-99`"),
        ({"law_date": "2026-02-30"}, "E213 1:1 `2026-02-30` does not exist"),
    ],
)
def test_a_mistake_in_a_scenario_file_is_said(change: dict[str, Any], said: str) -> None:
    assert problems(change) == [said]


def test_a_mistake_is_placed_where_the_loader_read_it() -> None:
    places = {("with",): (5, 1), ("with", "market.ask"): (6, 3), ("with", "market.ask", "value"): (6, 22)}
    assert problems({"with": {"market.ask": {"value": "5 USD"}}}, places)[0].startswith("E201 6:22 ")


@pytest.mark.parametrize("data", [None, [], "x", {}, {"v": 1}])
def test_what_is_no_scenario_is_refused_as_a_value(data: Any) -> None:
    cases, found = read_scenarios(data, "x.yaml", shipped())
    assert not cases and [d.code for d in found] == ["E312"]
