"""The packs mean in our language what they mean in Python; nothing here is timed."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from dsl.judgement import Judgement
from dsl.scalar.judge import Judge
from engine.facts.row import Row
from engine.model.time import SECOND
from tests.perf import history, ours
from tests.perf.bench import OWN, SUM, our_engines
from tests.perf.columns import Columns, columns
from tests.perf.measure import measure, ratio, rows, verify
from tests.perf.pack import intents, oracle, pack
from tests.perf.rulebook import sources


@pytest.mark.parametrize(("rules", "count"), [(12, 2_000), (60, 2_000), (200, 1_000)])
def test_every_row_of_ours_finds_what_the_oracle_finds(rules: int, count: int) -> None:
    chosen, data = pack(rules), intents(count, seed=rules)
    broken = oracle(chosen)
    expected = [broken(raw) for raw in data]
    assert sum(map(len, expected)) > count / 10
    for engine in our_engines(chosen):
        if engine.name != "ours prepare":
            whole = count if engine.name == SUM else 200
            assert (verify(engine, data[:whole], expected, 60), engine.verified) == ("", whole)


@pytest.mark.parametrize("rules", [12, 60, 200])
def test_columns_find_what_the_oracle_and_the_scalar_judge_find(rules: int) -> None:
    chosen, drawn = pack(rules), columns(1_500)
    judge, laid = history.ours_of(chosen, drawn)
    assert history.verify(judge, laid, drawn, chosen, 1_500) == ""
    assert judge.left == ()


def test_a_difference_of_columns_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen, drawn = pack(12), columns(300)
    judge, laid = history.ours_of(chosen, drawn)
    cells = {**drawn.cells, "notional": drawn.cells["notional"] * 50}
    assert "oracle" in history.verify(judge, laid, replace(drawn, cells=cells), chosen, 300)
    monkeypatch.setattr(Judge, "judge", lambda self, snapshot: Judgement("allow", (), ()))
    assert "scalar" in history.verify(judge, laid, drawn, chosen, 300)


def test_every_row_of_history_counts_the_same_hits() -> None:
    chosen, drawn = pack(60), columns(70_000)
    judge, laid = history.ours_of(chosen, drawn)
    with ThreadPoolExecutor(2) as threads:
        contenders = history.our_contenders(judge, laid, threads)
        assert history._agreeing(contenders) == contenders
        wrong = history.Contender(
            "wrong", contenders[0].run, lambda answer: {**contenders[0].hits(answer), "R00000": -1}
        )
        assert history._agreeing([contenders[0], wrong]) == [contenders[0]]


def test_history_is_measured_and_its_gates_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    def peers(drawn: Columns) -> Any:
        judge, laid = history.ours_of(pack(60), drawn)
        with ThreadPoolExecutor(1) as threads:
            slow = history.our_contenders(judge, laid, threads)[0]
        return {"polars": (lambda: [slow.run(), slow.run(), slow.run()][0], slow.hits)}

    assert history.run(2_000, 3, 50, peers) <= 1
    told = capsys.readouterr().out
    assert "pass  ours over polars" in told and "the same by all of 4 engines" in told


def test_the_hand_written_function_finds_what_the_oracle_finds() -> None:
    chosen, data = pack(60), intents(500)
    broken, check = oracle(chosen), ours.hand_written(chosen)
    assert [sorted(check(raw)) for raw in data] == [broken(raw) for raw in data]


def test_a_difference_from_the_oracle_is_found() -> None:
    engine = our_engines(pack(12))[0]
    engine.ids = lambda judgement: ours.ids(judgement)[1:]
    broken = oracle(pack(12))
    data = intents(50)
    assert "differ" in verify(engine, data, [broken(raw) for raw in data], 60)


def test_what_is_prepared_is_validated_and_aged() -> None:
    """A bench that left out what it claims to measure would be no measure."""
    built = ours.build(pack(60))
    assert built.prepare(ours.arrive(intents(1)[0])).unknown == 0

    def unknown(change: str, value: object, as_of: int | None = None) -> set[str]:
        row: Row = ours.arrive(intents(1)[0])
        row.values[change] = value
        row.as_of[change] = as_of if as_of is not None else row.as_of[change]
        reasons = built.prepare(row).reasons
        return {built.program.slots[at].path for at in reasons}

    good = ours.arrive(intents(1)[0]).values
    for path in sorted(good):
        if path in built.program.index:
            assert unknown(path, object()) == {path}
    assert unknown("book.equity", 0) == {"book.equity"}
    assert unknown("book.equity", good["book.equity"], ours.NOW - 5 * SECOND) == set()
    assert unknown("book.equity", good["book.equity"], ours.NOW - 5 * SECOND - 1) == {"book.equity"}
    assert unknown("intent.qty", good["intent.qty"], ours.NOW + 50_001) == {"intent.qty"}


def test_the_packs_are_the_sizes_they_say_and_always_the_same() -> None:
    for size in (12, 60, 1_000):
        assert len(pack(size)) == size
        assert sources(pack(size)) == sources(OWN.pack(size))


def test_engines_take_turns_and_are_compared_round_by_round() -> None:
    engines = our_engines(pack(12))
    measure(engines, intents(5), rounds=3, seconds=0.0)
    assert all(len(engine.medians) == 3 and len(engine.times) == 9 for engine in engines)
    assert ratio(engines[0], engines[0]) == 1
    assert [row["engine"] for row in rows(12, engines, None)] == [engine.name for engine in engines]
