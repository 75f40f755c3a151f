"""Nodes drawn rulebooks do not hold are read as the interpreter judges them, and what is not read is left open."""

from pathlib import Path
from random import Random
from typing import Any

import pytest

from dsl import ir
from dsl.calendars import PLAIN
from dsl.contracts import Fact
from dsl.pipeline import compile_rules
from dsl.program import Program, in_force
from dsl.solver import lookups, rows, translate
from dsl.statistics import INFINITE, NAN, as_statistic
from dsl.text import Source
from dsl.types import Kind, Type
from tests.dsl.checkout import schemas
from tests.laws.fuzz_agreement import DAYS
from tests.laws.fuzz_snapshots import Deck
from tests.laws.fuzz_solver import ROWS, Held, SolverTally

HERE = Path(__file__).parent / "nodes"
SNAPSHOTS = 400
READ_HERE = frozenset({"DaysBetween", "Lookup", "Nothing", "RealCompare", "ShiftDate", "Widen"})


class Statistics(Deck):
    """A deck that also deals statistics, infinite and none at all, and the rows of maintained lists."""

    def _row(self, fact: Fact) -> dict[str, Any]:
        if fact.fields:
            return super()._row(fact)
        return {name: self._one(kind, Fact(name, kind)) for name, kind in fact.type.fields}

    def _one(self, kind: Type, fact: Fact) -> Any:
        if kind.kind is Kind.REAL:
            return self.random.choice(
                (*map(as_statistic, self.numbers), self.random.gauss(0, 1), 1.1, 0.95, 0.2, INFINITE, -INFINITE, NAN)
            )
        return super()._one(kind, fact)


def program_of(name: str, stage: str) -> Program:
    bundle, found = compile_rules([Source(f"{stage}/{name}", (HERE / name).read_text(encoding="utf-8"))], schemas())
    assert bundle is not None, found
    return in_force(bundle, stage, DAYS[0], calendars=PLAIN)


PROGRAMS = [("orders.rules", "pre_trade"), ("gate.rules", "promotion")]


def held_against(name: str, stage: str) -> SolverTally:
    program, tally = program_of(name, stage), SolverTally()
    deck, held = Statistics(program, Random(11)), Held(program)
    for _ in range(SNAPSHOTS):
        snapshot = deck.draw()
        if held.agreeable(snapshot):
            held.compare(snapshot, 0, tally)
    return tally


@pytest.fixture(autouse=True)
def _long_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MOST", ROWS)


@pytest.mark.parametrize(("name", "stage"), PROGRAMS)
def test_formulas_say_of_every_snapshot_what_the_interpreter_says(name: str, stage: str) -> None:
    tally = held_against(name, stage)
    assert [(p.rule, p.expected, p.got) for p in tally.partings[:3]] == []
    assert tally.cases >= SNAPSHOTS * 0.8 and tally.firing > tally.cases / 10 and tally.lacking > tally.cases / 20


def test_the_nodes_are_there() -> None:
    found = set()
    for name, stage in PROGRAMS:
        program = program_of(name, stage)
        exprs = [line.condition for rule in program.rules for line in rule.lines] + list(program.lets.values())
        found |= {type(part).__name__ for expr in exprs for part in ir.walk(expr)}
    assert found >= READ_HERE


def _a_row_of_tomorrow_counts(patch: pytest.MonkeyPatch) -> None:
    real = lookups._in_force
    patch.setattr(lookups, "_in_force", lambda t, side, expr, keys, today: real(t, side, expr, keys, None))


def _any_row_is_the_keys(patch: pytest.MonkeyPatch) -> None:
    real = translate.Translator.same
    patch.setattr(
        translate.Translator, "same", lambda self, a, b: translate.TRUE if not _is_number(a) else real(self, a, b)
    )


def _a_kept_number_may_leave_its_range(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(lookups, "_within", lambda translator, expr, value: [])


def _days_are_not_added(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(translate, "_whole_days", lambda expr: 0)


def _a_day_lasts_an_hour(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(translate, "SECONDS", 3_600)


def _decimals_are_exact(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(translate, "as_statistic", lambda value: value + (1 if value < 2 else 0))


def _is_number(value: Any) -> bool:
    return isinstance(value, translate.Quotient)


SLIPS = {
    "orders.rules": (_a_row_of_tomorrow_counts, _any_row_is_the_keys, _a_kept_number_may_leave_its_range,
                     _days_are_not_added, _a_day_lasts_an_hour),
    "gate.rules": (_decimals_are_exact,),
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "stage", "slip"),
    [pytest.param(name, stage, slip, id=slip.__name__.strip("_")) for name, stage in PROGRAMS for slip in SLIPS[name]],
)
def test_a_planted_slip_is_caught(name: str, stage: str, slip: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    slip(monkeypatch)
    assert held_against(name, stage).partings
