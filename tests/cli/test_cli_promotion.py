"""Gates: who passes, in what order, what the others lack; and what the record keeps of it."""

import json
from pathlib import Path
from typing import Any

import pytest

from engine.store.database import open_database

SOUND: dict[str, Any] = {
    "trades": 250, "sessions": 600, "max_drawdown": "0.12", "worst_5_days": "-0.04", "worst_week": "-0.05",
    "profitable_months": "0.7", "uptime": "0.999", "lookahead_findings": 0, "pnl": "20000",
    "pnl_at_double_cost": "12000", "folds": 10, "positive_folds": 8, "negative_folds": 2,
    "fold_list": [{"name": "f1", "pnl": "2000", "max_drawdown": "0.10", "trades": 25}],
    "cagr": "0.21", "base_cagr": "0.21", "stress_cagr": "0.15", "sharpe": "1.6", "volatility": "0.14",
    "profit_factor": "1.7", "stability": "0.8", "deflated_sharpe_probability": "0.97", "pbo": "0.12",
}  # fmt: skip


def line(strategy: str, as_of: str = "2026-03-02T21:00:00Z", **changed: Any) -> dict[str, Any]:
    evaluation = {name: value for name, value in {**SOUND, **changed}.items() if value is not None}
    return {
        "v": 1, "type": "evaluation", "strategy": strategy, "as_of": as_of, "provider": "backtest",
        "evaluation": evaluation,
    }  # fmt: skip


@pytest.fixture
def judge(mqk, tmp_path: Path):
    def call(*lines: object, more: tuple[object, ...] = ("--from", "research")):
        file = tmp_path / "evaluations.jsonl"
        file.write_text("".join(json.dumps(each) + "\n" for each in lines), "utf-8")
        return mqk("promotion", "judge", file, "--at", "2026-03-10", *more)

    return call


def test_those_that_pass_come_first_and_in_the_order_of_the_rules(judge) -> None:
    near = line("calm", max_drawdown="0.05", cagr="0.20")
    ended = judge(line("bold"), near, line("slow", cagr="0.01", base_cagr="0.01"), line("thin", trades=12))
    assert ended.code == 1
    heads, _, *rows = ended.out.splitlines()
    assert heads == "PRO-01 Sound research, research to shadow, on 2026-03-10"
    assert [row.split()[:3] for row in rows] == [
        ["1", "calm", "passes"], ["2", "bold", "passes"], ["3", "slow", "passes"], ["-", "thin", "fails"],
    ]  # fmt: skip
    assert '"trades": evaluation.trades is 12' in rows[-1] and "least_trades is 200" in rows[-1]


def test_all_passing_ends_with_zero_and_every_gate_is_asked_unless_one_is_named(judge) -> None:
    ended = judge(line("calm"), more=("--format", "json"))
    gates = json.loads(ended.out)
    assert [(gate["gate"], gate["from"], gate["to"]) for gate in gates] == [
        ("PRO-01", "research", "shadow"), ("PRO-02", "shadow", "paper"), ("PRO-03", "paper", "live_limited"),
        ("PRO-04", "live_limited", "live"),
    ]  # fmt: skip
    assert judge(line("calm")).code == 0
    assert judge(line("calm", max_drawdown="0.05"), more=("--from", "live_limited")).code == 0


def test_what_is_missing_stale_infinite_or_no_number_promotes_nobody(judge) -> None:
    def lacks(ended) -> str:
        assert ended.code == 1
        return ended.out.splitlines()[-1]

    assert "evaluation.trades is FACT_MISSING" in lacks(judge(line("s", trades=None)))
    assert "FACT_STALE" in lacks(judge(line("s", as_of="2025-11-01T21:00:00Z")))
    assert '"not luck"' in lacks(judge(line("s", deflated_sharpe_probability="NaN")))
    assert '"not overfitted"' in lacks(judge(line("s", pbo="Infinity")))
    assert '"score"' in lacks(judge(line("s", stability="NaN")))
    assert judge(line("s", profit_factor="Infinity")).code == 0


def test_a_statistic_outside_its_contract_is_told_and_held_as_invalid(judge) -> None:
    ended = judge(line("s", max_drawdown="1.5"))
    assert ended.code == 1 and "FACT_INVALID" in ended.out
    assert "evaluations.jsonl:1" in ended.err and "held as invalid" in ended.err


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([line("s"), line("s")], "EVALUATION_TWICE"),
        ([{**line("s"), "more": 1}], "C0"),
        ([line("s", bogus="1")], "C015"),
        ([], "EVALUATION_NONE"),
    ],
)
def test_lines_that_cannot_be_told_are_refused_whole(judge, lines: list[object], code: str) -> None:
    ended = judge(*lines)
    assert ended.code == 2 and code in ended.err and ended.out == ""


def test_a_rung_without_a_gate_is_named(judge) -> None:
    assert "RUNG_UNKNOWN" in judge(line("s"), more=("--from", "moon")).err
    ended = judge(line("s"), more=("--from", "live"))
    assert ended.code == 2 and "GATE_NONE" in ended.err


def test_the_outcome_is_put_on_record(judge, mqk, database_url) -> None:
    judge(line("calm"), line("thin", trades=12), more=("--from", "research", "--db", database_url))
    with open_database(database_url) as database, database.read() as unit:
        found = [(entry.kind, entry.body) for entry in unit.audit.read_desk() if entry.kind.startswith("PROMOTION")]
    assert [(kind, body["strategy"], body["passed"]) for kind, body in found] == [
        ("PROMOTION_GATE_PASSED", "calm", True), ("PROMOTION_GATE_FAILED", "thin", False),
    ]  # fmt: skip
    assert found[1][1]["failed"][0]["code"] == "TOO_FEW_TRADES"
    assert mqk("audit", "verify", "--db", database_url).code == 0


def test_rules_of_a_folder_judge_instead_of_the_shipped_ones(judge, tmp_path: Path) -> None:
    rules = tmp_path / "own"
    rules.mkdir()
    (rules / "easy.rules").write_text(
        'rulebook promotion.easy "Easy"\nuses evaluation\n'
        'gate EASY-01 "Anything" {\n  promotes strategy from research to shadow\n'
        '  require "traded": evaluation.trades >= 1\n  cite "x"\n  owner research\n  because "x"\n}\n',
        "utf-8",
    )
    assert judge(line("thin", trades=12), more=("--rules", rules)).code == 0
