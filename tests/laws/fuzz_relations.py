"""Drawn bundles changed by one edit, compared by the solver, and the comparison held against random snapshots."""

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date
from random import Random

from dsl.analysis.compare import A, B, Comparison, compare
from dsl.analysis.relation import Relation
from dsl.bundle import Bundle
from dsl.interpret import judge
from dsl.program import Program, in_force
from dsl.snapshot import Reason, Snapshot
from dsl.solver.outcome import says_less
from tests.laws.fuzz_rulebook import Drawing, compile_drawing, draw_bundle
from tests.laws.fuzz_snapshots import Deck

DAY = date(2026, 3, 2)
STAGE = "pre_trade"
_EDITS = (
    (re.compile(r" < "), " <= "), (re.compile(r" > "), " >= "), (re.compile(r" >= "), " > "),
    (re.compile(r"\babove\b"), "below"), (re.compile(r"\band\b"), "or"), (re.compile(r"\bor\b"), "and"),
    (re.compile(r"\bmin\("), "max("), (re.compile(r" unless [^\n]*?(?= as | for |\n)"), ""),
    (re.compile(r"\n  when [^\n]*"), ""), (re.compile(r"\n  needs [^\n]*"), ""),
    (re.compile(r"\n  missing [^\n]*"), "\n  missing flag"), (re.compile(r"\breject\b"), "warn"),
    (re.compile(r"\bwarn\b"), "reject"), (re.compile(r"mode advisory"), "mode enforced"),
    (re.compile(r"\b100\b"), "101"), (re.compile(r"\b10\b"), "11"), (re.compile(r"2\.5"), "2.4"),
)  # fmt: skip


@dataclass(slots=True)
class RelationTally:
    """What has been compared, what came out, and every claim a snapshot refuted."""

    pairs: int = 0
    rules: int = 0
    snapshots: int = 0
    relations: Counter[str] = field(default_factory=Counter)
    refuted: list[tuple[int, str, str]] = field(default_factory=list)


def edited(drawing: Drawing, random: Random) -> Drawing | None:
    """Return a drawing with one edit that still compiles, or None."""
    for _ in range(12):
        at = random.randrange(len(drawing.rules))
        pattern, new = random.choice(_EDITS)
        hits = list(pattern.finditer(drawing.rules[at]))
        if not hits:
            continue
        hit = random.choice(hits)
        text = drawing.rules[at][: hit.start()] + new + drawing.rules[at][hit.end() :]
        changed = replace(drawing, rules=(*drawing.rules[:at], text, *drawing.rules[at + 1 :]))
        if compile_drawing(changed)[0] is not None:
            return changed
    return None


def pair_of(seed: int) -> tuple[Bundle, Bundle, Random] | None:
    """Return a drawn bundle and the same bundle after one edit, or None where no edit compiles."""
    random = Random(seed)
    drawing = draw_bundle(random, rules=3)
    changed = edited(drawing, random)
    before = compile_drawing(drawing)[0]
    if changed is None or before is None:
        return None
    return before, compile_drawing(changed)[0], random


def hold_pair(seed: int, snapshots: int, tally: RelationTally) -> Comparison | None:
    """Compare one drawn pair and hold what was claimed against random snapshots."""
    pair = pair_of(seed)
    if pair is None:
        return None
    before, after, random = pair
    comparison = compare(before, after, DAY)
    tally.pairs += 1
    claims = [((rule.rule,), rule.relation) for rule in comparison.rules]
    claims += [((), stage.relation) for stage in comparison.stages]
    tally.rules += len(claims)
    tally.relations.update(relation.value for _, relation in claims)
    programs = tuple(in_force(bundle, STAGE, DAY) for bundle in (before, after))
    rules = tuple({rule.id: rule for rule in program.rules} for program in programs)
    decks = [Deck(program, random) for program in programs]
    for number in range(snapshots):
        end = number % 2
        drawn = decks[end].draw()
        seen = [drawn if at == end else as_seen(programs[end], programs[at], drawn) for at in (A, B)]
        if seen[A] is None or seen[B] is None or not consistent(programs[end], drawn):
            continue
        tally.snapshots += 1
        for ids, relation in claims:
            only = frozenset(ids) if ids else None
            was, now = (judge(p, s, only).findings for p, s in zip(programs, seen, strict=True) if s is not None)
            falls, rises = says_less(now, rules[B], was, rules[A]), says_less(was, rules[A], now, rules[B])
            if (falls and relation in (Relation.EQUAL, Relation.TIGHTER)) or (
                rises and relation in (Relation.EQUAL, Relation.LOOSER)
            ):
                tally.refuted.append((seed, ids[0] if ids else STAGE, relation.value))
    return comparison


def as_seen(of: Program, by: Program, snapshot: Snapshot) -> Snapshot | None:
    """Return a snapshot as another program of the same facts sees it, None where that program reads other facts."""
    if not set(by.index) <= set(of.index):
        return None
    at = [of.index[slot.path] for slot in by.slots]
    reasons = {here: snapshot.reasons[there] for here, there in enumerate(at) if there in snapshot.reasons}
    late = 0
    for number, check in enumerate(by.ages):
        there = of.index[by.slots[check.slot].path]
        known = [n for n, other in enumerate(of.ages) if other.slot == there and other.age == check.age]
        if not known:
            return None
        late |= (snapshot.late >> known[0] & 1) << number
    values = tuple(snapshot.values[there] for there in at)
    return Snapshot(values, sum(1 << here for here in reasons), late, reasons)


def consistent(program: Program, snapshot: Snapshot) -> bool:
    """Return whether ages nest, one file has one content, and a window is known as far as its keys are."""
    for number, check in enumerate(program.ages):
        fact = program.slots[check.slot].fact
        is_late = bool(snapshot.late >> number & 1)
        if is_late and fact.max_age is not None and fact.max_age.kind == check.age.kind:
            return False
    for slot in program.slots:
        if slot.path.startswith("window:"):
            window = program.bundle.ruleset.windows[slot.path.removeprefix("window:")]
            keys = [program.index[f"intent.{name}"] for name in window.per if f"intent.{name}" in program.index]
            is_keyed = all(snapshot.reasons.get(at) is not Reason.MISSING for at in keys)
            if bool(snapshot.unknown >> slot.index & 1) == is_keyed:
                return False
    files: dict[str, object] = {}
    for slot in program.slots:
        if slot.path.startswith("list:"):
            file = program.bundle.ruleset.lists[slot.path.removeprefix("list:")].file
            state = (snapshot.values[slot.index], snapshot.unknown >> slot.index & 1)
            if files.setdefault(file, state) != state:
                return False
    return True
