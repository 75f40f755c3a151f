"""The solver reads rules as the interpreter judges them, claims nothing that an order refutes, and slips are caught."""

from dataclasses import replace
from typing import Any

import pytest
import z3

from dsl import ir
from dsl.analysis import compare
from dsl.solver import amounts, outcome, rows, translate
from dsl.solver.facts import FactVar
from dsl.solver.meaning import Meanings
from tests.laws.fuzz_agreement import compile_seed
from tests.laws.fuzz_relations import RelationTally, hold_pair, refuted_findings
from tests.laws.fuzz_snapshots import Deck
from tests.laws.fuzz_solver import LEFT_OPEN, ROWS, Held, SolverTally, hold_seed
from tests.laws.test_laws_solver_nodes import READ_HERE

BUNDLES, SNAPSHOTS = 24, 40
POOL_SEEDS, POOL_SNAPSHOTS = (912, 918, 920, 932, 936, 937, 965, 1102), 30
"""Bundles that between them hold everything a slip can be seen on, `half_even` of a half included."""
PAIRS, PAIR_SNAPSHOTS = 40, 60
IDLE_BUNDLES = 12
SLIP_SEEDS = (1, 5, 16)


@pytest.fixture(autouse=True)
def _long_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists as long as a deck deals them: their definition is what is held against the interpreter."""
    monkeypatch.setattr(rows, "MOST", ROWS)


@pytest.fixture(scope="module")
def tally() -> SolverTally:
    out = SolverTally()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "MOST", ROWS)
        for seed in range(BUNDLES):
            hold_seed(seed, SNAPSHOTS, out)
    return out


def test_formulas_say_of_every_snapshot_what_the_interpreter_says(tally: SolverTally) -> None:
    assert [(p.seed, p.rule, p.expected, p.got) for p in tally.partings[:3]] == []
    assert tally.cases >= 5_000


def test_nearly_every_snapshot_is_decided_and_rules_fire_and_lack(tally: SolverTally) -> None:
    assert tally.undecided <= tally.cases / 500
    assert tally.firing > tally.cases / 10 and tally.lacking > tally.cases / 10


def test_every_node_of_the_language_was_translated(tally: SolverTally) -> None:
    nodes = {
        node.__name__ for node in vars(ir).values()
        if isinstance(node, type) and issubclass(node, ir.Expr) and node is not ir.Expr
    }  # fmt: skip
    assert nodes - READ_HERE - LEFT_OPEN <= tally.nodes


def test_a_claim_about_a_changed_rule_is_refuted_by_no_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MOST", 2)
    found = RelationTally()
    for seed in range(PAIRS):
        hold_pair(seed, PAIR_SNAPSHOTS, found)
    assert found.refuted == []
    assert found.snapshots > 1_000 and found.rules > 100
    assert {"equal", "tighter", "looser", "incomparable"} <= set(found.relations)
    assert found.relations["unknown"] < found.rules / 10


def test_a_rule_found_to_be_idle_is_shown_to_be_by_every_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MOST", 2)
    outcomes = [refuted_findings(seed, PAIR_SNAPSHOTS) for seed in range(IDLE_BUNDLES)]
    assert [wrong for _, refuted in outcomes for wrong in refuted] == []
    assert sum(findings for findings, _ in outcomes) > 10


# ------------------------------------------------------------------------------------------ planted slips
Patch = pytest.MonkeyPatch


def _above_is_at_or_above(patch: Patch) -> None:
    real = amounts.Amounts.compare
    patch.setattr(amounts.Amounts, "compare", lambda self, o, a, b: real(self, ">=" if o == ">" else o, a, b))


def _a_denominator_is_dropped(patch: Patch) -> None:
    patch.setattr(amounts.Amounts, "divide", lambda self, a, b: amounts.Quotient(a.num, a.den))


def _a_sum_forgets_a_denominator(patch: Patch) -> None:
    real = amounts.Amounts.add
    bare = amounts.Quotient
    patch.setattr(amounts.Amounts, "add", lambda self, a, b, sign=1: real(self, bare(a.num), bare(b.num), sign))


def _halves_round_down(patch: Patch) -> None:
    real = amounts._rounding
    patch.setattr(amounts, "_rounding", lambda s, v, size, mode: real(s, v, size, "down" if "half" in mode else mode))


def _half_even_is_half_up(patch: Patch) -> None:
    real = amounts._rounding
    patch.setattr(amounts, "_rounding", lambda s, v, z, mode: real(s, v, z, "half_up" if mode == "half_even" else mode))


def _unless_is_dropped(patch: Patch) -> None:
    real = outcome.Parts._line
    patch.setattr(outcome.Parts, "_line", lambda self, line: real(self, replace(line, unless=None)))


def _needs_are_dropped(patch: Patch) -> None:
    patch.setattr(outcome.Parts, "_needs", lambda self: translate.FALSE)


def _guards_need_every_part(patch: Patch) -> None:
    real = translate.Translator._logic
    patch.setattr(translate.Translator, "_logic", lambda self, side, expr, kleene, r: real(self, side, expr, False, r))


def _lines_decide_what_guards_decide(patch: Patch) -> None:
    real = translate.Translator._logic
    patch.setattr(translate.Translator, "_logic", lambda self, side, expr, kleene, r: real(self, side, expr, True, r))


def _both_branches_are_needed(patch: Patch) -> None:
    real = translate.Translator._if

    def wrong(self: Any, side: Any, expr: Any, kleene: Any, r: Any) -> Any:
        term = real(self, side, expr, kleene, r)
        parts = [self.term(side, e, kleene, r) for e in (expr.then, expr.otherwise)]
        return replace(term, known=z3.And(term.known, *(part.known for part in parts)))

    patch.setattr(translate.Translator, "_if", wrong)


def _a_missing_row_is_a_number(patch: Patch) -> None:
    real = translate.Translator._param

    def wrong(self: Any, side: Any, ref: Any, kleene: Any, r: Any) -> Any:
        return replace(real(self, side, ref, kleene, r), known=translate.TRUE)

    patch.setattr(translate.Translator, "_param", wrong)


def _a_faulty_fact_is_known(patch: Patch) -> None:
    patch.setattr(FactVar, "is_faulty", lambda self, contract, least: translate.FALSE)


def _an_optional_fact_is_always_there(patch: Patch) -> None:
    real = translate.Translator._operation
    patch.setattr(
        translate.Translator, "_operation",
        lambda self, side, expr, k, r: replace(real(self, side, expr, k, r), known=translate.TRUE),
    )  # fmt: skip


def _reducing_orders_are_not_spared(patch: Patch) -> None:
    real = outcome.Parts.findings

    def wrong(self: Any) -> Any:
        self.rule = replace(self.rule, missing=replace(self.rule.missing, even_reducing=True))
        return real(self)

    patch.setattr(outcome.Parts, "findings", wrong)


def _advisory_rules_count_in_full(patch: Patch) -> None:
    real = outcome.counted
    patch.setattr(outcome, "counted", lambda mode, effect: real("enforced", effect))


def _a_sum_counts_every_row(patch: Patch) -> None:
    real = rows._combine
    patch.setattr(rows, "_combine", lambda a, f, taken: real(a, f, [(translate.TRUE, v) for _, v in taken]))


def _the_least_is_the_greatest(patch: Patch) -> None:
    real = amounts.Amounts.extreme
    patch.setattr(amounts.Amounts, "extreme", lambda self, f, o: real(self, "max" if f == "min" else "min", o))


def _a_multiple_is_any_number(patch: Patch) -> None:
    patch.setattr(amounts.Amounts, "is_multiple", lambda self, a, step: translate.TRUE)


SLIPS = {name.strip("_"): slip for name, slip in list(globals().items()) if name.startswith("_") and callable(slip)
         and getattr(slip, "__annotations__", {}).get("patch") is Patch}  # fmt: skip


@pytest.fixture(scope="module")
def pool() -> list[tuple[Any, list[Any]]]:
    """Programs with snapshots, translated anew for every slip."""
    out = []
    for seed in POOL_SEEDS:
        _, program, random = compile_seed(seed)
        assert program is not None
        deck = Deck(program, random)
        out.append((program, [deck.draw() for _ in range(POOL_SNAPSHOTS)]))
    return out


def first_parting(pool: list[tuple[Any, list[Any]]]) -> bool:
    """Return whether formulas and interpreter part on any snapshot of the pool."""
    tally = SolverTally()
    for program, snapshots in pool:
        held = Held(program)
        for snapshot in snapshots:
            if held.agreeable(snapshot):
                held.compare(snapshot, 0, tally)
            if tally.partings:
                return True
    return False


def test_the_pool_parts_on_nothing_without_a_slip(pool: list[tuple[Any, list[Any]]]) -> None:
    assert not first_parting(pool)


@pytest.mark.parametrize("name", sorted(SLIPS))
def test_a_planted_slip_is_caught(name: str, pool: list[tuple[Any, list[Any]]], monkeypatch: Patch) -> None:
    SLIPS[name](monkeypatch)
    assert first_parting(pool)


# ------------------------------------------------------------------------------------------ slips of comparing
def _exceptions_are_overlooked(patch: Patch) -> None:
    patch.setattr(Meanings, "_maybe", lambda self, side, expr: -1)


def _only_rejects_count(patch: Patch) -> None:
    def wrong(a: outcome.Outcome, b: outcome.Outcome) -> Any:
        return z3.And(b.at_least(7), z3.Not(a.at_least(7)))

    patch.setattr(compare, "is_weaker", wrong)


def _what_is_unknown_never_matters(patch: Patch) -> None:
    real = FactVar.axioms
    patch.setattr(FactVar, "axioms", lambda self: [*real(self), self.given, z3.Not(self.broken)])


COMPARING = {
    "exceptions_are_overlooked": _exceptions_are_overlooked,
    "only_rejects_count": _only_rejects_count,
    "what_is_unknown_never_matters": _what_is_unknown_never_matters,
}


@pytest.mark.parametrize("name", sorted(COMPARING))
def test_a_slip_of_comparing_is_refuted_by_a_snapshot(name: str, monkeypatch: Patch) -> None:
    monkeypatch.setattr(rows, "MOST", 2)
    COMPARING[name](monkeypatch)
    found = RelationTally()
    for seed in SLIP_SEEDS:
        hold_pair(seed, 4 * PAIR_SNAPSHOTS, found)
        if found.refuted:
            return
    raise AssertionError("no snapshot refuted it")
