"""Judging a snapshot twice, by the interpreter and by compiled code, and saying where the two part."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Any

from dsl import ir
from dsl.interpret import judge as interpret
from dsl.judgement import Judgement
from dsl.program import Overlay, Program, in_force
from dsl.reads import rule_expressions
from dsl.scalar.judge import Judge
from dsl.snapshot import Snapshot
from tests.laws.fuzz_rulebook import Drawing, compile_drawing, draw_bundle
from tests.laws.fuzz_snapshots import Deck

DAYS = (date(2026, 1, 5), date(2026, 3, 2), date(2026, 8, 3))

Verdict = Judgement | str
"""A judgement, or the class of the error raised instead."""


def said(judge: Any, *arguments: Any) -> Verdict:
    """Return what judging yields, an error as the name of its class."""
    try:
        judgement: Judgement = judge(*arguments)
    except Exception as error:
        return type(error).__name__
    return judgement


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A snapshot on which the two back ends part, or on which the reference itself raises."""

    seed: int
    drawing: Drawing
    law_date: date
    snapshot: Snapshot
    expected: Verdict
    got: Verdict


@dataclass(slots=True)
class Tally:
    """What has been judged so far. `hits` counts cases by operator and kind that compiled code decided."""

    bundles: int = 0
    refused: int = 0
    cases: int = 0
    fully_known: int = 0
    rules: int = 0
    interpreted: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    hits: Counter[tuple[str, str]] = field(default_factory=Counter)
    disagreements: list[Disagreement] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Add another tally to this one."""
        for name in ("bundles", "refused", "cases", "fully_known", "rules", "interpreted"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.verdicts.update(other.verdicts)
        self.hits.update(other.hits)
        self.disagreements += other.disagreements


def compile_seed(seed: int) -> tuple[Drawing, Program | None, Random]:
    """Return the bundle a seed draws, its program on a drawn date (None: refused), and the dice."""
    random = Random(seed)
    drawing = draw_bundle(random)
    bundle, _ = compile_drawing(drawing)
    if bundle is None:
        return drawing, None, random
    day = random.choice(DAYS)
    program = in_force(bundle, "pre_trade", day, _overlays(bundle, random))
    return drawing, program, random


def _overlays(bundle: Any, random: Random) -> tuple[Overlay, ...]:
    params = [p for p in bundle.ruleset.params.values() if p.rows and p.low is not None]
    if not params or random.random() < 0.7:
        return ()
    param = random.choice(params)
    return (Overlay(param.name, param.rows[0].key, param.low, "2026-01-01", "C 5", "drawn"),)


def judge_seed(seed: int, snapshots: int, tally: Tally) -> None:
    """Judge one drawn bundle on many snapshots and add the outcome to the tally."""
    drawing, program, random = compile_seed(seed)
    if program is None:
        tally.refused += 1
        return
    deck = Deck(program, random)
    try:
        judge = Judge(program)
    except Exception as error:
        snapshot = deck.draw()
        got = f"{type(error).__name__} when compiling"
        expected = said(interpret, program, snapshot)
        tally.disagreements.append(Disagreement(seed, drawing, program.law_date, snapshot, expected, got))
        return
    interpreted = set(judge._compiled.interpreted)
    tally.bundles += 1
    tally.rules += len(program.rules)
    tally.interpreted += len(interpreted)
    known = 0
    for _ in range(snapshots):
        snapshot = deck.draw()
        expected, got = said(interpret, program, snapshot), said(judge.judge, snapshot)
        known += not (snapshot.unknown or snapshot.late)
        tally.verdicts[expected if isinstance(expected, str) else expected.verdict] += 1
        if expected != got or isinstance(expected, str):
            tally.disagreements.append(Disagreement(seed, drawing, program.law_date, snapshot, expected, got))
    tally.cases += snapshots
    tally.fully_known += known
    for key, uses in operators(program, interpreted).items():
        tally.hits[key] += uses * known


def program_of(drawing: Drawing, law_date: date) -> Program:
    """Return the program of a drawn bundle on a date. Raises ValueError when it does not compile."""
    bundle, found = compile_drawing(drawing)
    if bundle is None:
        raise ValueError(found[0].message)
    return in_force(bundle, "pre_trade", law_date)


def snapshot_for(program: Program, whole: Program, snapshot: Snapshot) -> Snapshot:
    """Return a snapshot of a larger program as the smaller program of fewer rules reads it."""
    at = [whole.index[slot.path] for slot in program.slots]
    values = tuple(snapshot.values[n] for n in at)
    unknown = sum(1 << here for here, there in enumerate(at) if snapshot.unknown >> there & 1)
    reasons = {here: snapshot.reasons[there] for here, there in enumerate(at) if snapshot.unknown >> there & 1}
    late = 0
    for number, check in enumerate(program.ages):
        there = whole.age_check(whole.index[program.slots[check.slot].path], check.age)
        late |= (snapshot.late >> there & 1) << number
    return Snapshot(values, unknown, late, reasons)


def parts_on(drawing: Drawing, found: Disagreement) -> bool:
    """Return whether a bundle still disagrees on the snapshot of a disagreement."""
    whole = program_of(found.drawing, found.law_date)
    program = program_of(drawing, found.law_date)
    snapshot = snapshot_for(program, whole, found.snapshot)
    try:
        judge = Judge(program)
    except Exception:
        return True
    expected = said(interpret, program, snapshot)
    return isinstance(expected, str) or expected != said(judge.judge, snapshot)


def operators(program: Program, left_out: set[int]) -> Counter[tuple[str, str]]:
    """Return in how many compiled rules each operator meets each kind of operand."""
    found: Counter[tuple[str, str]] = Counter()
    for at, rule in enumerate(program.rules):
        if at not in left_out:
            parts = {key for expr in rule_expressions(rule) for part in _through(expr, program) for key in _key(part)}
            found.update(parts)
    return found


def _through(expr: ir.Expr, program: Program) -> Iterator[ir.Expr]:
    for part in ir.walk(expr):
        yield part
        if isinstance(part, ir.LetRef):
            yield from _through(program.lets[part.name], program)


def _key(part: ir.Expr) -> Iterator[tuple[str, str]]:
    match part:
        case ir.Compare() | ir.Arithmetic():
            yield part.operator, str(part.left.type)
        case ir.Aggregate():
            yield f"{part.function} each", str(part.body.type)
            if part.where is not None:
                yield f"{part.function} each where", str(part.body.type)
            if part.otherwise is not None:
                yield f"{part.function} each otherwise", str(part.body.type)
        case ir.Apply():
            yield part.function, str(part.type)
        case ir.Rounded():
            yield f"rounded {part.mode}", str(part.type)
        case ir.Multiple():
            yield "is a multiple of", str(part.operand.type)
        case ir.Member():
            yield "in", str(part.item.type)
        case ir.Negate():
            yield "negate", str(part.type)
        case ir.Logic():
            yield part.operator, "bool"
        case ir.Not():
            yield "not", "bool"
        case ir.If():
            yield "if", str(part.type)
        case ir.Known():
            yield "known", str(part.fact.type)
        case ir.Otherwise():
            yield "otherwise", str(part.fact.type)
        case ir.ParamRef():
            yield "param" if not part.keys else "keyed param", str(part.type)
        case ir.FactRef():
            word = part.path.partition(":")[0] if ":" in part.path else "fact"
            yield word, str(part.type)
