"""Judging snapshots three times, by the interpreter, by compiled code and in columns, and saying where they part."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from random import Random
from typing import Any

from dsl import ir
from dsl.columnar.judge import ColumnJudge
from dsl.columnar.judged import BROKEN, STRENGTHS, Judged, plain
from dsl.interpret import judge as interpret
from dsl.judgement import Judgement
from dsl.program import Overlay, Program, in_force
from dsl.reads import rule_expressions
from dsl.scalar.judge import Judge
from dsl.snapshot import Snapshot
from tests.laws.fuzz_rulebook import Drawing, compile_drawing, draw_bundle
from tests.laws.fuzz_snapshots import Deck

HUGE_SHARE = 0.03
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
    """A snapshot on which a back end parts from the interpreter, or on which the interpreter itself raises."""

    seed: int
    back_end: str
    drawing: Drawing
    law_date: date
    snapshot: Snapshot
    expected: Verdict
    got: Verdict


@dataclass(slots=True)
class Tally:
    """What has been judged so far.

    `hits` counts cases by operator and kind that compiled code decided, `column_hits` rules of cases that
    columns did; `columnar` are all those rules of cases, `filtered` rules of cases a float filter left in doubt.
    """

    bundles: int = 0
    refused: int = 0
    cases: int = 0
    fully_known: int = 0
    rules: int = 0
    interpreted: int = 0
    left: int = 0
    columnar: int = 0
    filters: int = 0
    alike: int = 0
    asked: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    hits: Counter[tuple[str, str]] = field(default_factory=Counter)
    column_hits: Counter[tuple[str, str]] = field(default_factory=Counter)
    disagreements: list[Disagreement] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Add another tally to this one."""
        for name in (
            "bundles", "refused", "cases", "fully_known", "rules", "interpreted", "left", "columnar", "filters",
            "alike", "asked",
        ):  # fmt: skip
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.verdicts.update(other.verdicts)
        self.hits.update(other.hits)
        self.column_hits.update(other.column_hits)
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
    deck = Deck(program, random, huge_share=HUGE_SHARE)
    drawn = [deck.draw() for _ in range(snapshots)]
    expected = [said(interpret, program, snapshot) for snapshot in drawn]
    tally.bundles += 1
    tally.rules += len(program.rules)
    tally.cases += snapshots
    tally.fully_known += sum(not (snapshot.unknown or snapshot.late) for snapshot in drawn)
    tally.verdicts.update(one if isinstance(one, str) else one.verdict for one in expected)
    for back_end, answer in (("scalar", judge_one_by_one), ("columnar", judge_in_blocks)):
        try:
            answers = answer(program, drawn, tally)
        except Exception as error:
            answers = [f"{type(error).__name__} of all"] * snapshots
        for snapshot, wanted, got in zip(drawn, expected, answers, strict=True):
            if wanted != got or isinstance(wanted, str):
                disagreement = Disagreement(seed, back_end, drawing, program.law_date, snapshot, wanted, got)
                tally.disagreements.append(disagreement)


def judge_one_by_one(program: Program, drawn: list[Snapshot], tally: Tally) -> list[Verdict]:
    """Return what compiled code says of snapshots."""
    judge = Judge(program)
    interpreted = set(judge._compiled.interpreted)
    tally.interpreted += len(interpreted)
    known = sum(not (snapshot.unknown or snapshot.late) for snapshot in drawn)
    for key, uses in operators(program, interpreted).items():
        tally.hits[key] += uses * known
    return [said(judge.judge, snapshot) for snapshot in drawn]


def judge_in_blocks(program: Program, drawn: list[Snapshot], tally: Tally) -> list[Verdict]:
    """Return what columns say of snapshots, laid out in a few blocks by one judge."""
    judge = ColumnJudge(program)
    tally.left += len(judge.left)
    out: list[Verdict] = []
    decided: Counter[int] = Counter()
    for start, stop in pairwise((0, 1, len(drawn) // 4, len(drawn))):
        judged = judge.judge(judge.layout.block(drawn[start:stop]))
        out += answers_of(judged)
        assert judge._plan is not None
        tally.filters += sum("filtered" in step.__qualname__ for step in judge._plan.machine.steps)
        for code in judge._plan.rules:
            decided[code.rule.at] += judged.size - sum(code.rule.at in by_rule for by_rule in judged.spoken.values())
        for group in judged.alike:
            decided[group.at] -= len(group.rows)
            tally.alike += len(group.rows)
            tally.asked += len(group.findings)
    tally.columnar += decided.total()
    for at, rule in enumerate(program.rules):
        for key in keys_of(program, rule):
            tally.column_hits[key] += decided[at]
    return out


def answers_of(judged: Judged) -> list[Verdict]:
    """Return what is said of every row, one by one; what is told of many at once must not differ from it."""
    numbers, strengths = judged.numbers.tolist(), judged.verdicts.tolist()
    first: dict[int, int] = {}
    out: list[Verdict] = []
    for row in range(judged.size):
        one = said(judged.judgement, row)
        if isinstance(one, str):
            is_same = (strengths[row], numbers[row]) == (BROKEN, -1)
        else:
            expected = tuple(map(plain, one.findings))
            is_same = STRENGTHS[strengths[row]] == one.verdict and judged.plain_findings(row) == expected
            is_same = is_same and judged.plain_findings(first.setdefault(numbers[row], row)) == expected
        out.append(one if is_same else "otherwise in columns")
    return out


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
    expected = said(interpret, program, snapshot)
    if isinstance(expected, str):
        return True
    answers = {"scalar": judge_one_by_one, "columnar": judge_in_blocks}[found.back_end]
    try:
        return answers(program, [snapshot], Tally()) != [expected]
    except Exception:
        return True


def operators(program: Program, left_out: set[int]) -> Counter[tuple[str, str]]:
    """Return in how many compiled rules each operator meets each kind of operand."""
    found: Counter[tuple[str, str]] = Counter()
    for at, rule in enumerate(program.rules):
        if at not in left_out:
            found.update(keys_of(program, rule))
    return found


def keys_of(program: Program, rule: ir.Rule) -> set[tuple[str, str]]:
    """Return the operators of a rule with the kinds of operand they meet."""
    return {key for expr in rule_expressions(rule) for part in _through(expr, program) for key in _key(part)}


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
        case ir.ShiftDate():
            yield ("moved by sessions" if part.calendar else "moved by days"), "date"
        case ir.DaysBetween():
            yield "-", "date"
        case ir.Lookup():
            yield "row in force", str(part.type)
        case ir.Exact():
            yield f"exact {part.direction}", str(part.type)
        case ir.RealArithmetic():
            yield part.operator, "real"
        case ir.Logarithm():
            yield "ln", "real"
        case ir.LetRef() if part.name.rpartition(".")[2].startswith("band_"):
            yield "table", str(part.type)
        case ir.ParamRef():
            yield "param" if not part.keys else "keyed param", str(part.type)
        case ir.FactRef():
            word = part.path.partition(":")[0] if ":" in part.path else "fact"
            yield word, str(part.type)
