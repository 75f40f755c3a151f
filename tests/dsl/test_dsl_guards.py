"""What a need proves is not proven where guards and reasons are read; and no text makes the check itself run long."""

import json
from pathlib import Path

import pytest

from dsl import ir
from dsl import syntax as s
from dsl.expressions import Typer
from dsl.parse import parse
from dsl.pipeline import compile_rules
from dsl.text import Source
from dsl.types import Type

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


NESTING = (
    "abs(|)",
    "min(1, |)",
    "clamp(1, |, 3)",
    "rounded(|, 1, up)",
    "(80% of |)",
    "(if 1 between 0 and | then 1 else 2)",
)


@pytest.mark.parametrize("shape", NESTING)
def test_what_nests_as_deep_as_it_may_is_typed_once(shape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0
    typed = Typer._type

    def counted(self: Typer, expr: s.Expr, expected: Type | None) -> ir.Expr:
        nonlocal calls
        calls += 1
        return typed(self, expr, expected)

    monkeypatch.setattr(Typer, "_type", counted)
    opened, closed = shape.split("|")
    depth = 30
    text = f'rulebook pre_trade.deep "D"\nuses intent\n\nlet deep = {opened * depth}1{closed * depth}\n'
    _, found = compile_rules([Source("pre_trade/deep.rules", text)], SPECS)
    assert [one.code for one in found if one.code.startswith("E")] == []
    assert calls < 20 * depth


@pytest.mark.parametrize("body", ["X + X", "X * 2 + X", "min(X, X)", "if X > X then X else X"])
def test_steps_that_double_each_other_are_refused_before_anything_runs_over_them(body: str) -> None:
    lets = ["let l0 = intent.quantity", *(f"let l{n} = {body.replace('X', f'l{n - 1}')}" for n in range(1, 64))]
    text = 'rulebook pre_trade.deep "D"\nuses intent\n\n' + "\n".join(lets) + "\n"
    _, found = compile_rules([Source("pre_trade/deep.rules", text)], SPECS)
    (refused,) = (one for one in found if one.code == "E501")
    assert "more than the 20000 operations" in refused.message


def test_a_table_that_asks_what_is_large_of_every_row_is_refused() -> None:
    lets = ["let l0 = intent.quantity", *(f"let l{n} = l{n - 1} + l{n - 1}" for n in range(1, 13))]
    table = (
        'table t "T" {\n  given l12\n  gives ratio\n  cite "C"\n  owner o\n'
        "  row < 1 share = 1%\n  row 1 share .. 2 shares = 2%\n  row > 2 shares = 3%\n}\n"
    )
    text = 'rulebook pre_trade.deep "D"\nuses intent\n\n' + "\n".join(lets) + f"\n\n{table}\nlet x = t\n"
    _, found = compile_rules([Source("pre_trade/deep.rules", text)], SPECS)
    assert [one.message[:16] for one in found if one.code.startswith("E")] == ["this table stand"]
