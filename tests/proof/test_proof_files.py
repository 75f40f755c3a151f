"""Inline tests as scenario files: the same cases, whatever they say."""

from dataclasses import replace
from typing import Any

import yaml

from dsl.cases import Case
from dsl.collect import Collector
from dsl.scenario_file import read_scenarios
from dsl.scenario_text import Titled, as_data, as_yaml
from dsl.text import NOWHERE
from engine.service.proven_rules import read_proven_rules
from tests.dsl.checkout import schemas

RULES = read_proven_rules()


def alike(case: Case) -> str:
    """Return all a case says but its title and its place; text, since no number that is none equals itself."""
    steps = tuple(replace(step, span=NOWHERE) for step in case.steps)
    return repr(replace(case, title="", span=NOWHERE, steps=steps))


def test_every_shipped_inline_test_is_the_same_case_as_a_file() -> None:
    count = 0
    for book in RULES.bundle.books:
        collector = Collector(RULES.bundle, book, RULES.calendars, [])
        for test in book.tests:
            rules = tuple(rule for rule, _ in test.rules)
            titled = []
            expected = []
            for scenario in test.scenarios:
                data = as_data(scenario, RULES.bundle.sources[scenario.span.file])
                case = collector.case(test.title, rules, book.fixtures[scenario.fixture].assignments, scenario)
                assert data is not None and case is not None
                titled.append(Titled(test.title, data))
                expected.append(alike(case))
            written = yaml.safe_load(as_yaml(book.name, rules, titled))
            read, wrong = read_scenarios(written, "x.yaml", RULES.bundle, None, RULES.calendars)
            assert not wrong and [alike(case) for case in read] == expected, (test.title, wrong)
            count += len(read)
    assert count > 350


def said(change: dict[str, Any]) -> list[str]:
    """Return what is said of a sound file of a switch with some fields changed."""
    sound: dict[str, Any] = {
        "v": 1, "rulebook": "kill.desk", "of": ["KIL-07"], "law_date": "2026-01-05", "fixture": "base",
        "after": [{"event": "switch.trip", "at": "0 s", "having": {"principal": '"ann"', "role": '"trader"'}}],
        "expect": [{"effect": "trip", "code": "MANUAL"}],
        "then": [{"at": "1 h", "expect": [{"effect": "posture", "code": "halted"}]}],
    }  # fmt: skip
    cases, found = read_scenarios({**sound, **change}, "x.yaml", RULES.bundle, None, RULES.calendars)
    assert bool(cases) != bool(found)
    return [f"{d.code} {d.message}" for d in found]


def test_what_a_file_cannot_mean_is_said() -> None:
    assert said({}) == []
    assert said({"of": ["KIL-77"]}) == ["E105 there is no rule `KIL-77`"]
    assert said({"after": [{"event": "switch.trip"}]}) == ["E312 what happened has `event` and `at`"]
    assert said({"after": [{"event": "switch.trip", "at": "0 s", "until": "3 s"}]}) == [
        "E312 `until` and `every` belong together"
    ]
    assert said({"after": [{"event": "switch.trip", "at": "0 s", "who": 1}]}) == ["E312 what happened has no `who`"]
    assert said({"then": [{"expect": [{"effect": "allow"}]}]}) == ["E312 what comes later has `at`, or is a `restart`"]
    restart = {"restart": True, "after": [{"event": "fill", "at": "1 s"}], "expect": [{"effect": "allow"}]}
    assert said({"then": [restart]}) == ["E312 a restart changes nothing"]
    assert said({"then": [{"restart": True, "expect": [{"effect": "posture", "code": "halted"}]}]}) == []
    assert said({"judged_at": "soon"}) == ["E312 `soon` is not an age"]
    assert said({"each": [], "after": []}) == [
        "E312 a scenario has no `after`",
        "E312 a scenario has no `expect`",
        "E312 a scenario has no `then`",
        "E312 a scenario file holds at least one scenario",
    ]


def test_a_scenario_at_an_instant_has_no_file() -> None:
    from dsl import syntax as s
    from dsl.parse import parse
    from dsl.text import Source

    text = 'test "t" of EX-01 {\n  given base at 2026-01-05T15:00:00Z expect allow\n}\n'
    file, found = parse(Source("x.rules", text))
    test = next(one for one in file.declarations if isinstance(one, s.Test))
    assert not found and schemas() and as_data(test.scenarios[0], text) is None
