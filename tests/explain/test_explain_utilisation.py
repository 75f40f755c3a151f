"""How much of a limit is used: exact, never 0 for what is unknown, against the hardest line."""

import json
from datetime import date
from fractions import Fraction

import pytest

from dsl.pipeline import compile_rules
from dsl.program import Program, in_force
from dsl.snapshot import Reason, Snapshot
from dsl.text import Source
from dsl.utilisation import Utilisation, hard_line, limits_of, measured_facts, utilisation
from engine.shipped import shipped

RULES = """\
rulebook pre_trade.used "Used"
calendar XNYS zone "America/New_York"
uses account

limit USE-01 "Above" {{
  on       pre_trade
  when     account.hwm > 0 USD
  measure  account.equity - account.cash
  warn     above 10 USD
  reject   {line}
  cite     "Test"
  owner    risk
  because  "used"
}}
"""


@pytest.fixture(scope="module")
def schemas() -> dict[str, object]:
    return {
        file.name.removesuffix(".schema.json"): json.loads(file.read_text(encoding="utf-8"))
        for file in shipped("specs").glob("*.schema.json")
    }


def program_of(schemas: dict[str, object], line: str) -> Program:
    text = RULES.format(line=line)
    bundle, found = compile_rules([Source("used.rules", text)], schemas)  # type: ignore[arg-type]
    assert bundle is not None, found
    return in_force(bundle, "pre_trade", date(2026, 1, 5))


def used(program: Program, dollars: str, hwm: int | None = 1_000_000, known: bool = True) -> Utilisation | None:
    values = {"account.cash": 0, "account.equity": int(Fraction(dollars) * 1_000_000), "account.hwm": hwm}
    slots = [values.get(slot.path) for slot in program.slots]
    reasons = {}
    for slot in program.slots:
        if slot.path == "account.equity" and not known:
            slots[slot.index], reasons[slot.index] = None, Reason.STALE
        if slot.path == "account.hwm" and hwm is None:
            reasons[slot.index] = Reason.MISSING
    snapshot = Snapshot(tuple(slots), sum(1 << at for at in reasons), 0, reasons)
    return utilisation(program, snapshot, limits_of(program)[0])


@pytest.mark.parametrize(
    ("line", "measure", "share", "crossed"),
    [
        ("above 40 USD", "10", Fraction(1, 4), False),
        ("above 40 USD", "40", Fraction(1), False),
        ("above 40 USD", "40.000001", Fraction(40_000_001, 40_000_000), True),
        ("at or above 40 USD", "40", Fraction(1), True),
        ("above 40 USD", "-5", Fraction(0), False),
        ("below 40 USD", "160", Fraction(1, 4), False),
        ("below 40 USD", "39", Fraction(40, 39), True),
        ("below 40 USD", "-1", None, True),
        ("above 0 USD", "0", None, False),
        ("above 0 USD", "1", None, True),
    ],
)
def test_the_share_of_the_hard_line_is_exact(
    schemas: dict[str, object], line: str, measure: str, share: Fraction | None, crossed: bool
) -> None:
    found = used(program_of(schemas, line), measure)
    assert found is not None and found.effect == "reject"
    assert (found.used, found.is_crossed) == (share, crossed)


def test_an_unknown_measure_is_unknown_and_never_nothing(schemas: dict[str, object]) -> None:
    found = used(program_of(schemas, "above 40 USD"), "10", known=False)
    assert found is not None and found.used is None and found.measure is None
    assert found.unknown == (("account.equity", "FACT_STALE"),)


def test_an_unknown_guard_leaves_the_limit_unknown(schemas: dict[str, object]) -> None:
    found = used(program_of(schemas, "above 40 USD"), "10", hwm=None)
    assert found is not None and found.unknown == (("account.hwm", "FACT_MISSING"),)


def test_a_limit_that_does_not_apply_has_no_share(schemas: dict[str, object]) -> None:
    assert used(program_of(schemas, "above 40 USD"), "10", hwm=0) is None


def test_the_hard_line_is_the_strongest_wherever_it_stands(schemas: dict[str, object]) -> None:
    rule = limits_of(program_of(schemas, "above 40 USD"))[0]
    line = hard_line(rule)
    assert line is not None and line.effect == "reject"
    assert measured_facts(program_of(schemas, "above 40 USD"), rule) == ("account.equity", "account.cash")
