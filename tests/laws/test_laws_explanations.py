"""An explanation says what is so: its values are the record's, and the size it names is the largest that goes."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from random import Random

import pytest

from dsl.explain import Branch
from dsl.program import in_force
from dsl.types import show
from engine.decision.record import decode
from engine.decision.speaking import Spoken
from engine.model.numbers import parse_decimal
from tests.laws.drawn_desk import CALENDARS, DrawnEngine, Explained, draw_desk, goes, shown_kinds
from tests.laws.fuzz_agreement import DAYS, _overlays, compile_seed

BUNDLES, ORDERS = 80, 12
SIZES_TRIED = 40
RELATIONS = {
    "above": lambda a, b: a > b, "at or above": lambda a, b: a >= b, "below": lambda a, b: a < b,
    "at or below": lambda a, b: a <= b,
}  # fmt: skip


@dataclass(slots=True)
class Pool:
    cases: list[Explained] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)


@pytest.fixture(scope="module")
def pool() -> Pool:
    out = Pool()
    for seed in range(70_000, 70_000 + BUNDLES):
        _, program, random = compile_seed(seed)
        assert program is not None
        overlays = _overlays(program.bundle, Random(seed))
        programs = [in_force(program.bundle, "pre_trade", day, overlays, CALENDARS) for day in DAYS]
        own = next(one for one in programs if one.law_date == program.law_date)
        engine = DrawnEngine(program.bundle, overlays)
        for _ in range(ORDERS):
            case = Explained.of(draw_desk(own, overlays, engine, random, programs))
            size, verdict = case.told.flips.size, case.decision.verdict
            out.cases.append(case)
            out.seen[verdict] += 1
            out.seen["some size"] += size not in ("", "0") and verdict in ("reject", "hold")
            out.seen["no size"] += size == "0"
    return out


def leaves(branch: Branch) -> Iterator[Branch]:
    if not branch.branches:
        yield branch
    for child in branch.branches:
        yield from leaves(child)


def number(text: str) -> Fraction | None:
    """Return the exact number an explanation shows, None where it shows no number or not all its digits."""
    match = re.fullmatch(r"(-?[\d_]+(?:\.\d+)?)(%?)(?: .*)?", text)
    if match is None or "…" in text:
        return None
    return Fraction(match[1].replace("_", "")) / (100 if match[2] else 1)


def test_enough_of_everything_is_drawn(pool: Pool) -> None:
    assert pool.seen["reject"] > 250 and pool.seen["hold"] > 20
    assert pool.seen["some size"] > 40 and pool.seen["no size"] > 100


def test_the_values_an_explanation_states_lead_to_the_finding_it_explains(pool: Pool) -> None:
    compared = conditions = 0
    for case in pool.cases:
        for spoken in case.told.findings:
            if spoken.unknown:
                continue
            branches = {part.name: part.branch for part in spoken.parts}
            assert branches.get("exception", Branch("", "false", "")).value == "false"
            if "condition" in branches:
                assert branches["condition"].value == "true"
                conditions += 1
            compared += _relation_holds(spoken)
    assert compared > 150 and conditions > 200


def _relation_holds(spoken: Spoken) -> bool:
    sides = [part.branch.value for part in spoken.parts if part.name in ("measure", "threshold")]
    values = [number(side) for side in sides]
    if spoken.relation == "outside" or len(values) != 2:
        return False
    assert (sides[0] != sides[1]) or spoken.relation.startswith("at or")
    if values[0] is None or values[1] is None:
        return False
    assert RELATIONS[spoken.relation](*values), (spoken.relation, sides)
    return True


def test_the_facts_an_explanation_states_are_those_of_the_record(pool: Pool) -> None:
    seen = 0
    for case in pool.cases:
        slots = {slot.path: slot for slot in case.decision.program.slots} if case.decision.program else {}
        recorded = {fact["path"]: fact for fact in case.record["facts"]}
        for spoken in case.told.findings:
            for part in spoken.parts:
                for leaf in leaves(part.branch):
                    slot = slots.get(leaf.text)
                    if slot is None or leaf.text.startswith("fx.") or slot.fact.type.kind not in shown_kinds():
                        continue
                    if "value" not in recorded[leaf.text]:
                        continue
                    stored = decode(recorded[leaf.text]["value"], slot.fact)
                    if isinstance(stored, int) and not isinstance(stored, bool):
                        stored = Fraction(stored, slot.fact.scale)
                    assert leaf.value == show(stored, slot.fact.type) or "…" in leaf.value or leaf.value.endswith("0")
                    assert leaf.unit == str(slot.fact.type)
                    seen += 1
    assert seen > 500


# ------------------------------------------------------------------------------------------ size
def test_the_size_that_is_stated_passes_and_no_larger_one_does(pool: Pool) -> None:
    found = none = 0
    for case in pool.cases:
        size, desk = case.told.flips.size, case.desk
        if case.decision.verdict not in ("reject", "hold") or not size:
            continue
        may_wait = case.decision.verdict == "reject"
        passing = parse_decimal(size)
        if passing:
            assert goes(desk.judge(desk.start, passing), may_wait)
            found += 1
        else:
            none += 1
        asked = int(desk.intent.quantity)
        larger = list(range(passing + desk.lot, asked + 1, desk.lot))
        for quantity in [*larger[:SIZES_TRIED], *larger[-1:]]:
            assert not goes(desk.judge(desk.start, quantity), may_wait), (size, quantity)
    assert found > 40 and none > 100
