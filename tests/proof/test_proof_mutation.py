"""Mutation: every change of a rule is noticed by the scenario that is about it, and by no other."""

import pytest
import yaml

from dsl.mutation.listing import mutants
from dsl.mutation.mutant import Kind, Mutant
from dsl.mutation.trial import Trial, Verdicts, judged
from dsl.scenario_file import read_scenarios
from engine.service.proven_rules import read_proven_rules
from engine.service.rule_mutation import mutate_proven, mutate_rules
from tests.proof.rulebook import PROVEN, compiled, without

ONLY = {
    "market.ask = 1_000 USD/share expect warn": ["`value > 2 * cap` a tick lower", "`value > 2 * cap` with `>=`"],
    "intent.reduces_only = true after": ["line 1 without `unless`"],
    "market.ask = 400 USD/share at 2026-09-01": ["`cap` of 2026-09-01 a tick less"],
    "then intent.proposed at 60 s": ["it is not so: `sent` just outside its edge"],
}
"""What survives once the one scenario is gone that kills it."""


def verdicts(text: str) -> Verdicts:
    """Return how every mutant of a rulebook fares."""
    bundle, cases = compiled(text)
    trial, listed = Trial(bundle, cases), mutants(bundle)
    return judged(bundle, listed, [one for one in listed if trial.killer(one) is None], listed)


def labels(found: tuple[Mutant, ...]) -> list[str]:
    """Return how mutants are named, sorted."""
    return sorted(one.label for one in found)


def test_a_rulebook_whose_scenarios_show_all_of_it_kills_every_mutant() -> None:
    found = verdicts(PROVEN)
    assert labels(found.survivors) == [] and found.total == 33 and found.percent == 100


@pytest.mark.parametrize("words", ONLY)
def test_without_its_scenario_a_mutant_survives_and_no_other(words: str) -> None:
    assert labels(verdicts(without(words)).survivors) == ONLY[words]


@pytest.mark.parametrize("words", ONLY)
def test_the_scenario_that_is_offered_kills_what_survives(words: str) -> None:
    bundle, cases = compiled(without(words))
    trial = Trial(bundle, cases)
    for one in (one for one in mutants(bundle) if one.label in ONLY[words]):
        found = trial.skeleton(one)
        assert found is not None
        added, wrong = read_scenarios(yaml.safe_load(found.shown), "added.yaml", bundle)
        assert not wrong and Trial(bundle, (*cases, *added)).killer(one) is not None


def test_a_scenario_that_expects_too_little_kills_nothing_though_it_shows_it() -> None:
    text = PROVEN.replace(
        "given base after intent.allowed at 0 s .. 2 s every 1 s expect reject TOO_OFTEN",
        "given base after intent.allowed at 0 s .. 2 s every 1 s expect reject",
    ).replace("given base without market.ask expect reject FACT_MISSING", "given base without market.ask expect reject")
    assert labels(verdicts(text).survivors) == []
    softened = PROVEN.replace("expect warn", "expect warn VAL_01")
    assert labels(verdicts(softened).survivors) == []


def test_an_explained_survivor_is_told_and_kills_nothing() -> None:
    said = '# mutate: equivalent line 1 without `unless` because nothing reduces here\nrule SENT-01 "'
    found = verdicts(without("intent.reduces_only = true after").replace('rule SENT-01 "', said))
    assert found.survivors == () and found.wrong == () and found.percent < 100
    assert [remark.reason for _, remark in found.explained] == ["nothing reduces here"]


def test_an_explanation_of_what_is_killed_is_refused() -> None:
    said = '# mutate: equivalent line 1 without `unless` because nothing reduces here\nrule SENT-01 "'
    found = verdicts(PROVEN.replace('rule SENT-01 "', said))
    assert [d.code for d in found.wrong] == ["A724"] and "a scenario kills it" in found.wrong[0].message


def test_every_kind_of_mutant_there_is_occurs_in_the_shipped_rules() -> None:
    assert {one.kind for one in mutants(read_proven_rules().bundle)} == set(Kind)


def test_the_shipped_scenarios_notice_and_what_they_do_not_is_explained() -> None:
    report = mutate_rules()
    assert [found.message for found in report.diagnostics] == []
    assert report.percent >= 98 and report.verdicts.total > 700
    assert 0 < len(report.explained) <= 10


def test_two_processes_come_to_the_same_as_one() -> None:
    rules = read_proven_rules()
    one, two = (mutate_proven(rules, jobs, only=frozenset({"RATE-01", "SENT-01"})) for jobs in (1, 2))
    assert one.as_data() == two.as_data() and one.verdicts.total > 10
