"""Which way a param pulls a condition, and that an order is refused the way the sign says."""

from dataclasses import replace
from fractions import Fraction
from functools import cache

import pytest

from dsl import ir
from dsl.bundle import Bundle
from dsl.lint.pull import pull
from dsl.lint.subject import Subject
from dsl.pipeline import compile_rules
from dsl.scenarios import collect, run_case
from tests.dsl.checkout import TODAY, schemas, sources_of

RULES = """rulebook pre_trade.example "Example"
uses intent, market, account, instrument, compliance

param n: ratio within 1% .. 300% tighter when lower {{
  always = 100% cite "Policy 1"
}}

let part = n / 2
let pair = if intent.side is BUY then n else n * n

rule EX-01 "Example" {{
  on       pre_trade
  reject   when {condition} as NO
  cite     "Policy 1"
  owner    risk
  because  "{{n}}"
}}

fixture base {{
  intent.side = BUY, intent.quantity = 10 shares, market.bid = 9.00 USD/share, market.ask = 10.00 USD/share,
  instrument.multiplier = 1 x, account.equity = 100 USD, account.hwm = 100 USD, account.pnl_today = 0 USD
}}

test "a" of EX-01 {{
  given base expect allow
}}
"""
RISING, FALLING, ABSENT, UNCLEAR = 1, -1, 0, None
CONDITIONS = [
    ("market.ask > market.bid * n", FALLING),
    ("market.bid * n >= market.ask", RISING),
    ("market.ask < market.bid * n", RISING),
    ("market.ask <= market.bid / n", FALLING),
    ("market.ask > market.bid * (300% - n)", RISING),
    ("market.ask > market.bid * (100% + n)", FALLING),
    ("-market.ask > -(market.bid * n)", RISING),
    ("not market.ask > market.bid * n", RISING),
    ("market.ask > market.bid * part", FALLING),
    ("instrument.multiplier > pair", FALLING),
    ("instrument.multiplier > min(n, part)", FALLING),
    ("instrument.multiplier > max(n, 2 x)", FALLING),
    ("instrument.multiplier > min(n, 3 x - n)", UNCLEAR),
    ("instrument.multiplier > abs(n - 1 x)", UNCLEAR),
    ("instrument.multiplier > rounded(n, 1%, down)", FALLING),
    ("instrument.multiplier > rounded(3 x, n, down)", UNCLEAR),
    ("instrument.multiplier is n", UNCLEAR),
    ("instrument.multiplier > n or instrument.multiplier > part", FALLING),
    ("instrument.multiplier > n and n > 50%", UNCLEAR),
    ("(if intent.side is BUY then instrument.multiplier > n else false)", FALLING),
    ("(if instrument.multiplier > n then intent.side is BUY else false)", UNCLEAR),
    ("(if intent.side is BUY then instrument.multiplier > n else instrument.multiplier < n)", UNCLEAR),
    ("instrument.multiplier between n and 3 x", FALLING),
    ("instrument.multiplier between 0 x and n", RISING),
    ("n > n", UNCLEAR),
    ("market.ask > market.bid", ABSENT),
    ("account.hwm > account.equity * n", FALLING),
]


@cache
def compiled(condition: str) -> Bundle:
    """Return the bundle of the rule with a condition."""
    bundle, found = compile_rules(sources_of(RULES.format(condition=condition)), schemas())
    assert bundle is not None, found
    return bundle


def is_n(part: ir.Expr) -> bool:
    """Return whether a part of an expression is the param."""
    return isinstance(part, ir.ParamRef) and part.name.endswith(".n")


@pytest.mark.parametrize(("condition", "sign"), CONDITIONS)
def test_a_param_pulls_a_condition_the_way_it_is_written(condition: str, sign: int | None) -> None:
    bundle = compiled(condition)
    subject = Subject(bundle, (), frozenset(), TODAY)
    assert pull(bundle.ruleset.rules[0].lines[0].condition, is_n, subject.bounds()) == sign


@pytest.mark.parametrize(("condition", "sign"), [one for one in CONDITIONS if one[1]])
def test_an_order_once_refused_stays_refused_as_the_number_moves_that_way(condition: str, sign: int) -> None:
    bundle = compiled(condition)
    case = collect(bundle)[0][0]
    values = [Fraction(percent, 100) for percent in range(1, 301, 7)]
    refused = [_refuses(bundle, case, value) for value in values[::sign]]
    assert refused == sorted(refused)
    assert len(set(refused)) == 2 or "50%" in condition or "2 x" in condition


def _refuses(bundle: Bundle, case: object, value: Fraction) -> bool:
    param = bundle.ruleset.params["pre_trade.example.n"]
    moved = replace(param, rows=(replace(param.rows[0], value=value),))
    ruleset = replace(bundle.ruleset, params={param.name: moved})
    return run_case(replace(bundle, ruleset=ruleset), case).judgement.verdict == "reject"  # type: ignore[arg-type]
