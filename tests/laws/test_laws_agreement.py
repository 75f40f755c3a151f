"""Interpreter, compiled code and columns say the same of every snapshot, and a compiler that slips is caught."""

from random import Random

import pytest

from dsl.interpret import judge as interpret
from dsl.program import Program
from dsl.scalar.judge import Judge
from dsl.snapshot import Snapshot
from tests.laws.fuzz_agreement import Tally, Verdict, compile_seed, judge_seed, said
from tests.laws.fuzz_rulebook import compile_drawing, draw_bundle
from tests.laws.fuzz_snapshots import Deck
from tests.laws.mutants import MUTANTS

BUNDLES, SNAPSHOTS = 100, 200
POOL_BUNDLES, POOL_SNAPSHOTS = 90, 60

Pool = list[tuple[Program, list[tuple[Snapshot, Verdict]]]]


@pytest.fixture(scope="module")
def tally() -> Tally:
    out = Tally()
    for seed in range(BUNDLES):
        judge_seed(seed, SNAPSHOTS, out)
    return out


def test_the_three_back_ends_agree_on_every_snapshot(tally: Tally) -> None:
    assert [(d.seed, d.back_end, d.expected, d.got) for d in tally.disagreements[:3]] == []
    assert tally.cases >= 20_000


def test_every_drawn_bundle_compiles(tally: Tally) -> None:
    assert tally.refused == 0


def test_compiled_code_decides_most_rules(tally: Tally) -> None:
    """Rules left to the interpreter agree with it by definition: they prove nothing."""
    assert tally.interpreted < tally.rules / 4
    assert tally.fully_known > tally.cases / 3


def test_columns_decide_most_rules_of_most_rows(tally: Tally) -> None:
    """What columns leave to the others agrees with them by definition: it proves nothing."""
    said_in_columns = tally.rules - tally.left
    assert said_in_columns > tally.rules / 2
    assert tally.columnar > said_in_columns * SNAPSHOTS * 0.6
    assert tally.filters > BUNDLES


def test_every_verdict_occurs(tally: Tally) -> None:
    assert set(tally.verdicts) == {"allow", "note", "warn", "flag", "clip", "hold", "reject"}
    assert tally.verdicts["reject"] < tally.cases * 0.8


def test_the_same_seed_draws_the_same_bundle() -> None:
    assert draw_bundle(Random(7)) == draw_bundle(Random(7))
    assert compile_drawing(draw_bundle(Random(7)))[0].hash == compile_drawing(draw_bundle(Random(7)))[0].hash


@pytest.fixture(scope="module")
def pool() -> Pool:
    """Programs with snapshots and what the interpreter says of them, compiled anew for every mutant."""
    out: Pool = []
    for seed in range(5_000, 5_000 + POOL_BUNDLES):
        _, program, random = compile_seed(seed)
        assert program is not None
        deck = Deck(program, random)
        drawn = [deck.draw() for _ in range(POOL_SNAPSHOTS)]
        out.append((program, [(snapshot, said(interpret, program, snapshot)) for snapshot in drawn]))
    return out


def first_disagreement(pool: Pool) -> int | None:
    """Return after how many cases compiled code first says something else, or None."""
    cases = 0
    for program, drawn in pool:
        judge = Judge(program)
        for snapshot, expected in drawn:
            cases += 1
            if said(judge.judge, snapshot) != expected:
                return cases
    return None


def test_the_pool_holds_no_disagreement_without_a_mutant(pool: Pool) -> None:
    assert first_disagreement(pool) is None


@pytest.mark.parametrize("name", sorted(MUTANTS))
def test_a_planted_mutant_is_caught(name: str, pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    MUTANTS[name](monkeypatch)
    assert first_disagreement(pool) is not None
