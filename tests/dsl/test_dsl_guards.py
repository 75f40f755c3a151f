"""Guards stand before needs: what a need proves is not proven where guards, exceptions and reasons are read."""

import json
from pathlib import Path

import pytest

from dsl.parse import parse
from dsl.pipeline import compile_rules
from dsl.text import Source

SPECS = {
    path.name.partition(".")[0]: json.loads(path.read_text(encoding="utf-8"))
    for path in (Path(__file__).parents[2] / "specs").glob("*.schema.json")
}
RULE = """rulebook pre_trade.guards "Guards"
uses intent, account, projected

rule GUARD-01 "Leverage" {{
  on      pre_trade
  needs   account.equity > 0 USD
{clauses}
  cite    "test"
  owner   tests
  because "{because}"
}}
"""
LINE = "  reject  when projected.gross_notional / account.equity > 2 x"
QUOTIENT = "projected.gross_notional / account.equity > 2 x"


def codes(clauses: str, because: str = "{intent.symbol} too much") -> list[str]:
    _, found = compile_rules([Source("guards.rules", RULE.format(clauses=clauses, because=because))], SPECS)
    return [diagnostic.code for diagnostic in found]


def test_a_need_proves_the_divisor_of_a_line() -> None:
    assert codes(LINE) == []


@pytest.mark.parametrize(
    "clauses",
    [
        f"  when    {QUOTIENT}\n  reject  when intent.increases_risk",
        f"  reject  when intent.increases_risk unless {QUOTIENT}",
        f"  missing reject unless {QUOTIENT}\n{LINE}",
    ],
    ids=["when", "unless", "missing"],
)
def test_a_need_proves_no_divisor_of_a_guard(clauses: str) -> None:
    assert codes(clauses) == ["E205"]


def test_a_need_proves_no_divisor_of_a_reason() -> None:
    assert codes(LINE, "{projected.gross_notional / account.equity} too much") == ["E205"]


def test_a_window_counts_events_by_what_they_carry_alone() -> None:
    text = """rulebook pre_trade.counted "Counted"
uses intent

param cap: quantity within 1 share .. 10 shares tighter when lower {
  always = 5 shares cite "test"
}

window large = count of intent.allowed over 1 s where intent.quantity > cap
"""
    _, found = compile_rules([Source("counted.rules", text)], SPECS)
    assert "E305" in [diagnostic.code for diagnostic in found]


@pytest.mark.parametrize("terms", [65, 3_000])
def test_an_expression_too_deep_is_a_diagnostic(terms: int) -> None:
    text = 'rulebook pre_trade.deep "Deep"\nlet a = ' + "\n  + ".join(["1 USD"] * terms)
    _, found = parse(Source("deep.rules", text))
    assert [diagnostic.code for diagnostic in found] == ["E005"]
