"""Forty controls were written on paper before there was a language: each compiles, and is shown both ways."""

import re

import pytest

from dsl.case_programs import Programs
from dsl.format import format_text
from dsl.interpret import judge
from dsl.lint.catalogue import CODES
from dsl.lint.linter import lint
from dsl.lint.subject import Subject
from dsl.scalar.judge import Judge
from dsl.scenarios import Case, run_case, skeleton, snapshot_of
from tests.dsl.checkout import TODAY, shipped
from tests.language.paper import PAGE, Control, controls, paper, paper_cases, paper_sources

RULES = sorted(rule.id for rule in paper().ruleset.rules)
OF_OUR_OWN_EVENTS = {"ERR-07-HALT", "RATE-06", "RATE-09", "KIL-05"}
"""Controls that count what the desk itself recorded, and nothing else: there is no fact that could be unknown."""
JUDGED_ONCE = [case for case in paper_cases() if case.stage == "pre_trade"]


@pytest.mark.parametrize("control", controls(), ids=[control.id for control in controls()])
def test_a_control_of_the_paper_is_where_the_page_says(control: Control) -> None:
    text = PAGE.read_text(encoding="utf-8")
    rows = re.findall(rf"^\| {re.escape(control.id)} \| ([^|]*) \| ([^|]*) \|$", text, re.M)
    assert [file.strip("` ") for file, _ in rows] == [control.file]
    assert (rows[0][1].strip() != "as on paper") == control.otherwise
    if control.is_rule:
        bundle = shipped() if control.file.startswith("rules/") else paper()
        rule = bundle.rule(control.id)
        assert rule is not None and rule.span.file == control.file.removeprefix("rules/")


def test_nothing_in_the_rulebooks_is_missing_from_the_page() -> None:
    named = set(re.findall(r"^\| ([A-Z0-9-]+) \|", PAGE.read_text(encoding="utf-8"), re.M))
    assert named >= set(RULES)


@pytest.mark.parametrize("case", paper_cases(), ids=[f"{case.span}" for case in paper_cases()])
def test_a_scenario_of_the_paper_comes_out_as_written(case: Case) -> None:
    outcome = run_case(paper(), case)
    assert outcome.passed, f"{outcome.problem}; {skeleton(outcome)}"


def test_compiled_code_says_of_every_order_of_the_paper_what_the_interpreter_says() -> None:
    assert len(JUDGED_ONCE) > 150
    for case in JUDGED_ONCE:
        program = Programs(paper()).of(case)
        snapshot = snapshot_of(program, case)
        assert Judge(program).judge(snapshot) == judge(program, snapshot), case.span


@pytest.mark.parametrize("rule_id", RULES)
def test_a_control_is_shown_to_speak_to_keep_quiet_and_not_to_pass_the_unknown(rule_id: str) -> None:
    own = [case for case in paper_cases() if case.rules == (rule_id,)]
    said = [one for case in own for one in (*case.outcomes, *(one for step in case.steps for one in step.outcomes))]
    effects = {one.effect for one in said}
    assert effects & {"allow", "no trip"} and effects - {"allow", "no trip"}
    if rule_id not in OF_OUR_OWN_EVENTS:
        codes = {one.code for one in said} | {
            f.code for case in own for f in run_case(paper(), case).judgement.findings
        }
        assert "FACT_MISSING" in codes


def test_the_rulebooks_are_laid_out_and_leave_the_linter_nothing_to_say() -> None:
    assert [s.name for s in paper_sources() if format_text(s)[0] != s.text] == []
    found = lint(Subject(paper(), paper_cases(), frozenset(), TODAY), [], CODES)
    assert [(d.code, str(d.span)) for d in found] == []
