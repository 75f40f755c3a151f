"""The laws of judging: presence before logic, guards in three values, who is spared and what counts.

Those over drawn bundles hold for any rule; those on one small rule say by hand what must come out.
"""

from dataclasses import replace
from datetime import date
from itertools import product
from typing import Any

import pytest

from dsl import ir
from dsl.interpret import judge
from dsl.judgement import EFFECT_STRENGTH, Judgement
from dsl.pipeline import compile_rules
from dsl.program import REDUCES, Program, in_force
from dsl.scalar.judge import Judge
from dsl.snapshot import Reason, Snapshot
from dsl.text import Source
from tests.laws.fuzz_agreement import compile_seed
from tests.laws.fuzz_snapshots import ALWAYS_KNOWN, Deck

BUNDLES, SNAPSHOTS = 40, 12
Drawn = list[tuple[Program, list[Snapshot]]]


def stronger_or_equal(one: str, other: str) -> bool:
    return EFFECT_STRENGTH[one] >= EFFECT_STRENGTH[other]


def with_reducing(program: Program, snapshot: Snapshot, is_reducing: bool) -> Snapshot:
    values = list(snapshot.values)
    values[program.index[REDUCES]] = is_reducing
    return replace(snapshot, values=tuple(values))


def known(snapshot: Snapshot) -> Snapshot:
    return Snapshot(snapshot.values)


def without(snapshot: Snapshot, at: int, reason: Reason) -> Snapshot:
    values = (*snapshot.values[:at], None, *snapshot.values[at + 1 :])
    return Snapshot(values, snapshot.unknown | 1 << at, snapshot.late, {**snapshot.reasons, at: reason})


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    out: Drawn = []
    for seed in range(20_000, 20_000 + BUNDLES):
        _, program, random = compile_seed(seed)
        assert program is not None
        deck = Deck(program, random)
        out.append((program, [deck.draw() for _ in range(SNAPSHOTS)]))
    return out


def strict(rule: ir.Rule) -> bool:
    """Whether nothing in the rule asks for less than reject when a fact is unknown."""
    return rule.mode == "enforced" and rule.missing.effect == "reject" and rule.missing.unless is None


def unknown_versions(program: Program, snapshot: Snapshot) -> list[Snapshot]:
    """The snapshot known throughout and not reducing, then with one slot after the other stale or invalid."""
    whole = with_reducing(program, known(snapshot), False)
    slots = [slot.index for slot in program.slots if slot.path not in (*ALWAYS_KNOWN, REDUCES)]
    return [whole, *(without(whole, at, (Reason.STALE, Reason.INVALID)[at % 2]) for at in slots)]


def test_an_unknown_fact_changes_nothing_or_rejects(drawn: Drawn) -> None:
    rejected = 0
    for program, snapshots in drawn:
        for snapshot in snapshots[:4]:
            whole, *broken = unknown_versions(program, snapshot)
            for rule in filter(strict, program.rules):
                only = frozenset({rule.id})
                before = judge(program, whole, only)
                for one in broken:
                    after = judge(program, one, only)
                    assert after == before or after.verdict == "reject", rule.id
                    rejected += after != before
    assert rejected > 1_000


def test_an_unknown_fact_never_weakens_a_verdict_unless_the_rule_says_so(drawn: Drawn) -> None:
    for program, snapshots in drawn:
        only = frozenset(rule.id for rule in program.rules if strict(rule))
        for snapshot in snapshots[:4]:
            whole, *broken = unknown_versions(program, snapshot)
            before = judge(program, whole, only).verdict
            assert all(stronger_or_equal(judge(program, one, only).verdict, before) for one in broken)


def test_adding_a_rule_adds_findings_and_never_weakens_the_verdict(drawn: Drawn) -> None:
    for program, snapshots in drawn:
        for snapshot in snapshots:
            before = judge(program, snapshot, frozenset())
            assert before == Judgement("allow", (), ())
            for size in range(1, len(program.rules) + 1):
                after = judge(program, snapshot, frozenset(rule.id for rule in program.rules[:size]))
                assert set(before.findings) <= set(after.findings)
                assert stronger_or_equal(after.verdict, before.verdict)
                assert len(after.witnesses) == size
                before = after


def test_the_verdict_is_the_strongest_of_what_counts_and_comes_first(drawn: Drawn) -> None:
    for program, snapshots in drawn:
        for snapshot in snapshots:
            judgement = judge(program, snapshot)
            ranks = [EFFECT_STRENGTH[finding.counts_as] for finding in judgement.findings]
            assert ranks == sorted(ranks, reverse=True)
            assert EFFECT_STRENGTH[judgement.verdict] == max(ranks, default=0)


def test_a_proven_reducing_order_is_never_blocked_by_the_unknown(drawn: Drawn) -> None:
    spared = bound = 0
    for program, snapshots in drawn:
        rules = {rule.id: rule for rule in program.rules}
        for snapshot in snapshots:
            for finding in judge(program, with_reducing(program, snapshot, True)).findings:
                if not finding.is_unknown:
                    assert not finding.flagged
                elif rules[finding.rule].missing.even_reducing:
                    assert finding.effect == "reject" and not finding.flagged
                    bound += 1
                else:
                    assert finding.effect in ("warn", "flag")
                    spared += finding.flagged
    assert spared > 50 and bound > 10


def test_an_order_not_proven_to_reduce_is_spared_nothing(drawn: Drawn) -> None:
    for program, snapshots in drawn:
        rules = {rule.id: rule for rule in program.rules}
        for snapshot in snapshots:
            for finding in judge(program, with_reducing(program, snapshot, False)).findings:
                assert not finding.flagged
                assert not finding.is_unknown or finding.effect == rules[finding.rule].missing.effect


def test_trial_counts_for_nothing_and_advisory_for_a_warning_at_most(drawn: Drawn) -> None:
    seen = {"trial": 0, "advisory": 0}
    for program, snapshots in drawn:
        for mode, most in (("trial", "allow"), ("advisory", "warn")):
            only = frozenset(rule.id for rule in program.rules if rule.mode == mode)
            for snapshot in snapshots:
                judgement = judge(program, snapshot, only)
                assert stronger_or_equal(most, judgement.verdict)
                assert set(judgement.witnesses) == only
                seen[mode] += sum(EFFECT_STRENGTH[f.effect] > EFFECT_STRENGTH[most] for f in judgement.findings)
    assert min(seen.values()) > 20


# ------------------------------------------------------------------------------------------ one small rule
HEAD = 'rulebook pre_trade.small "S"\ncalendar XNYS zone "America/New_York"\nuses desk, intent\n'
SCHEMAS: dict[str, Any] = {
    "desk": {
        "x-namespace": "desk",
        "properties": {
            **{name: {"x-unit": "bool"} for name in ("a", "b", "c", "d")},
            "cash": {"x-unit": "money[USD]"},
            "tip": {"x-unit": "money[USD]"},
        },
        "required": ["a", "b", "c", "d", "cash"],
    },
    "intent": {
        "x-namespace": "intent",
        "properties": {"reduces_only": {"x-unit": "bool", "readOnly": True, "x-total": True}},
        "required": ["reduces_only"],
    },
}
TRUTH = (True, False, None)
"""None is unknown."""
JOINED = list(product(("and", "or"), TRUTH, TRUTH))


def outcome(*clauses: str, reducing: bool = False, **facts: Any) -> tuple[str, list[tuple[int, str]]]:
    """Judge one rule by both back ends; a fact given as None is missing. Returns verdict and (line, code)s."""
    body = "".join(f"  {clause}\n" for clause in clauses)
    text = f'{HEAD}rule S-01 "s" {{\n  on pre_trade\n{body}  cite "C"\n  owner o\n  because "s"\n}}\n'
    bundle, found = compile_rules([Source("pre_trade/s.rules", text)], SCHEMAS)
    assert bundle is not None, found
    program = in_force(bundle, "pre_trade", date(2026, 1, 5))
    given = {f"desk.{name}": value for name, value in facts.items()} | {REDUCES: reducing}
    values = tuple(given.get(slot.path) for slot in program.slots)
    gone = [slot.index for slot in program.slots if values[slot.index] is None and not slot.fact.optional]
    snapshot = Snapshot(values, sum(1 << at for at in gone), 0, dict.fromkeys(gone, Reason.MISSING))
    judgement = judge(program, snapshot)
    assert Judge(program).judge(snapshot) == judgement
    return judgement.verdict, [(finding.line, finding.code) for finding in judgement.findings]


def kleene(operator: str, a: bool | None, b: bool | None) -> bool | None:
    decisive = operator == "or"
    if decisive in (a, b):
        return decisive
    return None if a is None or b is None else not decisive


@pytest.mark.parametrize(("operator", "a", "b"), JOINED)
def test_a_guard_is_decided_in_three_values(operator: str, a: bool | None, b: bool | None) -> None:
    expected = {True: ("reject", [(1, "A")]), False: ("allow", []), None: ("reject", [(0, "FACT_MISSING")])}
    said = outcome(f"when desk.a {operator} desk.b", "reject when desk.c as A", a=a, b=b, c=True)
    assert said == expected[kleene(operator, a, b)]


@pytest.mark.parametrize(("operator", "a", "b"), JOINED)
def test_an_exception_is_decided_in_three_values(operator: str, a: bool | None, b: bool | None) -> None:
    expected = {True: ("allow", []), False: ("reject", [(1, "A")]), None: ("reject", [(1, "FACT_MISSING")])}
    said = outcome(f"reject when desk.c unless desk.a {operator} desk.b as A", a=a, b=b, c=True)
    assert said == expected[kleene(operator, a, b)]


@pytest.mark.parametrize(("operator", "a", "b"), JOINED)
def test_a_condition_needs_every_fact_it_names(operator: str, a: bool | None, b: bool | None) -> None:
    if None in (a, b):
        expected = ("reject", [(1, "FACT_MISSING")])
    else:
        expected = ("reject", [(1, "A")]) if kleene(operator, a, b) else ("allow", [])
    assert outcome(f"reject when desk.a {operator} desk.b as A", a=a, b=b) == expected


@pytest.mark.parametrize(("a", "b"), [(True, True), (True, False), (False, True), (False, False)])
def test_unless_silences_its_own_line_alone(a: bool, b: bool) -> None:
    verdict, lines = outcome(
        "warn when desk.c unless desk.a as A", "reject when desk.d unless desk.b as B", a=a, b=b, c=True, d=True
    )
    assert lines == [*([] if b else [(2, "B")]), *([] if a else [(1, "A")])]
    assert verdict == ("reject" if not b else "allow" if a else "warn")


def test_an_unknown_fact_of_one_line_leaves_the_others_their_say() -> None:
    held = "hold when desk.b for 1 risk_officer within 5 min as B"
    assert outcome("reject when desk.a as A", held, a=None, b=True) == ("reject", [(1, "FACT_MISSING"), (2, "B")])


@pytest.mark.parametrize("clause", ["", "missing reject", "missing reject even reducing", "missing warn"])
@pytest.mark.parametrize("reducing", [True, False])
def test_what_an_unknown_fact_does_to_a_reducing_order(clause: str, reducing: bool) -> None:
    verdict, _ = outcome(*filter(None, [clause]), "reject when desk.a as A", a=None, reducing=reducing)
    spared = reducing and clause in ("", "missing reject")
    assert verdict == ("warn" if clause == "missing warn" else "flag" if spared else "reject")


def test_a_reducing_order_is_blocked_by_what_is_known_to_be_true() -> None:
    assert outcome("reject when desk.a as A", a=True, reducing=True) == ("reject", [(1, "A")])


@pytest.mark.parametrize(
    ("cash", "expected"), [(0, "FACT_INVALID"), (-1, "FACT_INVALID"), (None, "FACT_MISSING"), (1, "A")]
)
def test_a_need_out_of_its_bound_is_invalid_for_every_line(cash: int | None, expected: str) -> None:
    lines = ("reject when 1 USD / desk.cash > 2 x as A", "reject when desk.a as A")
    said = outcome("needs desk.cash > 0 USD", *lines, cash=cash, a=True)
    assert said == ("reject", [(1, expected), (2, expected)])


@pytest.mark.parametrize(("a", "expected"), [(True, []), (False, [(1, "FACT_MISSING")]), (None, [(1, "FACT_MISSING")])])
def test_missing_is_excepted_only_where_its_unless_is_proven(a: bool | None, expected: list[tuple[int, str]]) -> None:
    assert outcome("missing reject unless desk.a", "reject when desk.b as A", a=a, b=None)[1] == expected


@pytest.mark.parametrize(
    ("condition", "absent", "there"),
    [
        ("desk.tip > 1 USD", "FACT_MISSING", "A"), ("known(desk.tip)", None, "A"), ("not known(desk.tip)", "A", None),
        ("known(desk.tip) and desk.tip > 1 USD", None, "A"), ("not known(desk.tip) or desk.tip > 5 USD", "A", None),
        ("(desk.tip otherwise 9 USD) > 5 USD", "A", None),
        ("(if known(desk.tip) then desk.tip else 9 USD) > 5 USD", "A", None),
    ],
)  # fmt: skip
def test_only_known_and_otherwise_step_over_an_absent_fact(
    condition: str, absent: str | None, there: str | None
) -> None:
    for tip, code in ((None, absent), (2_000_000, there)):
        assert outcome(f"reject when {condition} as A", tip=tip)[1] == ([(1, code)] if code else [])
