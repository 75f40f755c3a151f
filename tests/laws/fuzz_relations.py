"""Drawn bundles changed by one edit, compared by the solver, and the comparison held against random snapshots."""

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date
from random import Random

from dsl.analysis.compare import A, B, Comparison, compare
from dsl.analysis.idle import find_idle
from dsl.analysis.relation import Relation
from dsl.bundle import Bundle
from dsl.interpret import Interpreter, judge
from dsl.program import Program, in_force
from dsl.snapshot import Reason, Snapshot
from dsl.solver.outcome import says_less, strength
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
    files: dict[tuple[str, str], object] = {}
    for slot in program.slots:
        if slot.path.startswith("list:"):
            listed = program.bundle.ruleset.lists[slot.path.removeprefix("list:")]
            state = (snapshot.values[slot.index], snapshot.unknown >> slot.index & 1)
            if files.setdefault((listed.origin, listed.place), state) != state:
                return False
    return True


def refuted_findings(seed: int, snapshots: int) -> tuple[int, list[str]]:
    """Return how many idle rules were found in a drawn bundle, and those a random snapshot shows to be none."""
    random = Random(seed)
    bundle = compile_drawing(draw_bundle(random, rules=4))[0]
    if bundle is None:
        return 0, []
    program, found = in_force(bundle, STAGE, DAY), find_idle(bundle, DAY).diagnostics
    deck, wrong = Deck(program, random), []
    for _ in range(snapshots):
        snapshot = deck.draw()
        if not consistent(program, snapshot):
            continue
        said = {rule.id: judge(program, snapshot, frozenset((rule.id,))).findings for rule in program.rules}
        for diagnostic in found:
            ids = [part for part in diagnostic.message.split("`") if part in said]
            fired = [{f.line for f in said[name] if not f.is_unknown} for name in ids]
            match diagnostic.code:
                case "A701" if diagnostic.message.startswith("line"):
                    is_wrong = int(diagnostic.message.split()[1]) in fired[0]
                case "A701":
                    is_wrong = bool(fired[0])
                case "A703":
                    at = int(diagnostic.message.split()[1])
                    is_wrong = at in fired[0] and len(fired[0]) == 1
                case "A704" | "A705":
                    weak, strong = (strength(said[name]) for name in ids)
                    lacks = any(_lacks(program, snapshot, name) for name in ids)
                    is_wrong = not lacks and (weak > strong or (diagnostic.code == "A704" and weak != strong))
                case _:
                    is_wrong = not fired[0] and not said[ids[0]] and _is_whole(program, snapshot)
            if is_wrong:
                wrong.append(f"{seed}: {diagnostic.message}")
    return len(found), wrong


def _lacks(program: Program, snapshot: Snapshot, rule_id: str) -> bool:
    """Return whether anything a rule asks for is unknown, also where its `missing` says nothing of it."""
    (rule,) = (rule for rule in program.rules if rule.id == rule_id)
    loud = replace(rule, missing=replace(rule.missing, unless=None))
    return any(finding.is_unknown for finding in Interpreter(program, snapshot).rule(loud))


def _is_whole(program: Program, snapshot: Snapshot) -> bool:
    """Return whether nothing at all is unknown, absent or late in a snapshot."""
    return not (snapshot.unknown or snapshot.late) and None not in snapshot.values
