"""Columns say of every row what the interpreter says of its snapshot, and a back end that slips is caught."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dsl.columnar import alike, errors, membership, nodes, tables
from dsl.columnar.judge import ColumnJudge
from dsl.columnar.judged import Judged
from dsl.interpret import judge as interpret
from dsl.program import Program
from dsl.snapshot import Snapshot
from tests.golden.case_files import FrozenCase, canonical, case_files, read_cases
from tests.laws.column_edges import edge_program, edge_snapshots, near_products, small
from tests.laws.column_mutants import MUTANTS
from tests.laws.fuzz_agreement import HUGE_SHARE, Verdict, answers_of, compile_seed, said
from tests.laws.fuzz_snapshots import Deck

BUNDLES, SNAPSHOTS = 50, 60

Pool = list[tuple[Program, list[Snapshot], list[Verdict]]]


def drawn_pool(first: int, bundles: int, snapshots: int) -> Pool:
    out: Pool = []
    for seed in range(first, first + bundles):
        _, program, random = compile_seed(seed)
        assert program is not None
        deck = Deck(program, random, huge_share=HUGE_SHARE)
        drawn = [deck.draw() for _ in range(snapshots)]
        out.append((program, drawn, [said(interpret, program, snapshot) for snapshot in drawn]))
    return out


@pytest.fixture(scope="module")
def pool() -> Pool:
    """Programs with snapshots and what the interpreter says of them, judged anew for every mutant."""
    return [*edge_pool(), *drawn_pool(5_000, BUNDLES, SNAPSHOTS)]


def edge_pool() -> Pool:
    program = edge_program()
    drawn = [edge_snapshots(program, kind, 1_000) for kind in (near_products, small)]
    return [(program, part, [said(interpret, program, snapshot) for snapshot in part]) for part in drawn]


def test_edges_are_reached() -> None:
    """Products in doubt are a part of all, so that the filter is seen to decide; what may raise does, row by row."""
    (program, near, _), (_, _, expected) = edge_pool()
    judge = ColumnJudge(program)
    judged = judge.judge(judge.layout.block(near))
    assert judge.left == ()
    at = [rule.id for rule in program.rules].index("E-01")
    doubtful = [row for row, by_rule in judged.spoken.items() if at in by_rule]
    assert 100 < len(doubtful) < 1_000
    assert {one for one in expected if isinstance(one, str)} == {"ZeroDivisionError"}


def first_disagreement(pool: Pool) -> int | None:
    """Return after how many cases columns first say something else, or None."""
    cases = 0
    for program, drawn, expected in pool:
        try:
            judge = ColumnJudge(program)
            half = len(drawn) // 2
            judged = [judge.judge(judge.layout.block(part)) for part in (drawn[:half], drawn[half:])]
        except Exception:
            return cases
        try:
            got = [one for part in judged for one in answers_of(part)]
        except Exception:
            return cases
        for one, other in zip(expected, got, strict=True):
            cases += 1
            if one != other:
                return cases
    return None


def test_the_pool_holds_no_disagreement_without_a_mutant(pool: Pool) -> None:
    assert first_disagreement(pool) is None


@pytest.mark.parametrize(
    ("module", "name", "value"),
    [
        (tables, "MAX_DENSE", 1), (membership, "FEW", 0), (nodes, "LONG", 1), (alike, "ONE_BY_ONE", 0),
        (alike, "ONE_BY_ONE", 1 << 30), (errors, "TOO_LARGE", 1 << 64),
    ],
)  # fmt: skip
def test_the_other_way_to_an_answer_gives_the_same(
    module: object, name: str, value: int, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, name, value)
    assert first_disagreement(pool) is None


def test_a_block_without_rows_says_nothing(pool: Pool) -> None:
    judge = ColumnJudge(pool[-1][0])
    judged = judge.judge(judge.layout.block([]))
    assert (judged.size, judged.hits().sum(), len(judged.verdicts), len(judged.numbers)) == (0, 0, 0, 0)


@pytest.mark.parametrize("name", sorted(MUTANTS))
def test_a_planted_mutant_is_caught(name: str, pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    MUTANTS[name](monkeypatch)
    assert first_disagreement(pool) is not None


@pytest.mark.parametrize("path", case_files(), ids=lambda path: path.stem)
def test_a_frozen_case_gives_its_judgement_in_columns(path: Path) -> None:
    by_program: dict[int, list[FrozenCase]] = {}
    for case in read_cases(path):
        by_program.setdefault(id(case.program), []).append(case)
    for cases in by_program.values():
        judge = ColumnJudge(cases[0].program)
        judged = judge.judge(judge.layout.block([case.snapshot for case in cases]))
        for row, case in enumerate(cases):
            assert canonical(judged.judgement(row)) == case.expected, case.title


def test_threads_judge_side_by_side(pool: Pool) -> None:
    program, drawn, expected = pool[-1]
    judge = ColumnJudge(program)
    blocks = [judge.layout.block(drawn[start : start + 20]) for start in range(0, len(drawn), 20)] * 8

    def judge_one(block: object) -> Judged:
        return judge.judge(block)  # type: ignore[arg-type]

    with ThreadPoolExecutor(4) as threads:
        judged = list(threads.map(judge_one, blocks))
    got = [said(part.judgement, row) for part in judged for row in range(part.size)]
    assert got == expected * 8
