"""The shipped rules: every scenario passes, and every number and line is held by one."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest

from dsl import ir
from dsl.bundle import Bundle
from dsl.reads import all_facts
from dsl.scenarios import Case, run_case, skeleton
from dsl.types import RATIO, Type
from tests.dsl.checkout import shipped, shipped_cases

RULES = [rule.id for rule in shipped().ruleset.rules]
PARAMS = sorted(shipped().ruleset.params)
ENUM_OTHER = {"FORBIDDEN": "PERMITTED", "PERMITTED": "FORBIDDEN"}


def cases_of(bundle: Bundle, rulebook: str) -> Iterator[Case]:
    """Yield the cases that judge rules of one rulebook alone."""
    own = {rule.id for rule in bundle.ruleset.rules if rule.rulebook == rulebook}
    return (case for case in shipped_cases() if case.rules and own.issuperset(case.rules))


@pytest.mark.parametrize("case", shipped_cases(), ids=[f"{case.span}" for case in shipped_cases()])
def test_a_shipped_scenario_comes_out_as_written(case: Case) -> None:
    outcome = run_case(shipped(), case)
    assert outcome.passed, f"{outcome.problem}; {skeleton(outcome)}"


@pytest.mark.parametrize("rule_id", RULES)
def test_every_line_of_a_rule_fires_in_a_scenario_and_keeps_quiet_in_another(rule_id: str) -> None:
    rule = shipped().rule(rule_id)
    assert rule is not None
    outcomes = [run_case(shipped(), case) for case in cases_of(shipped(), rule.rulebook) if rule_id in case.rules]
    fired = [{f.line for f in o.judgement.findings if f.rule == rule_id and not f.facts} for o in outcomes]
    for line in rule.lines:
        assert any(line.number in lines for lines in fired) and any(line.number not in lines for lines in fired)


def reads_facts(rule: ir.Rule) -> bool:
    """Return whether a rule reads what may be unknown: more than counts, what it looks at, and the law's date."""
    known = {path for path, fact in shipped().contracts.facts.items() if fact.total}
    own = ("window:", "scope.", "switch.", "law_date", "session.date")
    paths = all_facts([rule], shipped().ruleset.lets)
    return any(path not in known and not path.startswith(own) for path in paths)


@pytest.mark.parametrize("rule_id", [rule.id for rule in shipped().ruleset.rules if reads_facts(rule)])
def test_every_rule_has_a_scenario_in_which_a_fact_is_missing(rule_id: str) -> None:
    codes = {
        finding.code
        for case in shipped_cases()
        if case.rules == (rule_id,)
        for finding in run_case(shipped(), case).judgement.findings
    }
    assert "FACT_MISSING" in codes


def _moved(value: ir.Value, kind: Type) -> list[ir.Value]:
    """Return a number one tick to either side: a cent, a basis point, a millionth of a share, one."""
    if not isinstance(value, Fraction):
        return [ENUM_OTHER[str(value)]]
    if kind == RATIO:
        tick = Fraction(1, 10_000)
    else:
        names = {base for base, _ in kind.dimension}
        tick = Fraction(1, 1_000_000) if names == {"share"} else Fraction(1, 100) if names else Fraction(1)
    return [value - tick, value + tick]


def _mutants(param: ir.Param) -> Iterator[tuple[str, ir.Param]]:
    for at, row in enumerate(param.rows):
        for value in _moved(row.value, param.type):
            yield f"{row.value} to {value}", _with_row(param, at, replace(row, value=value))
        if row.since:
            for days in (-1, 1):
                since = (date.fromisoformat(row.since) + timedelta(days=days)).isoformat()
                yield f"{row.since} to {since}", _with_row(param, at, replace(row, since=since))


def _with_row(param: ir.Param, at: int, row: ir.ParamRow) -> ir.Param:
    return replace(param, rows=(*param.rows[:at], row, *param.rows[at + 1 :]))


@pytest.mark.parametrize("name", PARAMS)
def test_a_number_moved_by_one_tick_or_one_day_breaks_a_scenario(name: str) -> None:
    bundle = shipped()
    cases = list(cases_of(bundle, name.rpartition(".")[0]))
    survivors = []
    for change, mutant in _mutants(bundle.ruleset.params[name]):
        ruleset = replace(bundle.ruleset, params={**bundle.ruleset.params, name: mutant})
        if all(run_case(replace(bundle, ruleset=ruleset), case).passed for case in cases):
            survivors.append(change)
    assert survivors == []


def test_every_rulebook_with_rules_has_tests_of_its_own() -> None:
    for book in shipped().books:
        assert book.tests, book.name
