"""Judging blocks: columns decide what they can, the scalar judge and the interpreter the rest."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from dsl.columnar.alike import likeness
from dsl.columnar.block import Array, Block, Truths
from dsl.columnar.judged import Alike, Findings, Judged, Lines, plain
from dsl.columnar.layout import Layout
from dsl.columnar.machine import Workspace
from dsl.columnar.plan import Plan, RuleCode, Shape, make_plan, shape_of
from dsl.columnar.rules import readers, translate
from dsl.interpret import Interpreter
from dsl.judgement import Finding
from dsl.program import Program
from dsl.scalar.judge import Judge

BLOCK = 32_768
"""Rows judged at a time: few enough that a block stays near the processor, enough that steps cost their rows."""

Spoken = dict[int, dict[int, Findings]]


class ColumnJudge:
    """A program that judges blocks. Agrees with the interpreter on every row.

    Several threads may judge blocks at once; laying snapshots out is for one.
    """

    def __init__(self, program: Program, layout: Layout | None = None) -> None:
        self.program = program
        self.layout = layout or Layout(program)
        self._translated = translate(program, self.layout)
        self._likenesses = {
            rule.at: found
            for rule in self._translated.rules
            if (found := likeness(self._translated, program, rule.at)) is not None
        }
        self.lines = Lines.of(program, self._translated.lines)
        self._plan: Plan | None = None
        self._spaces: list[Workspace] = []
        self._judges: dict[tuple[int, ...], Judge] = {}

    @property
    def left(self) -> tuple[int, ...]:
        """The rules columns cannot say at all, by their place in the program."""
        return self._translated.left

    def readers(self) -> dict[str, tuple[str, ...]]:
        """Return the ids of the rules that read each fact to decide."""
        return readers(self.program)

    def judge(self, block: Block) -> Judged:
        """Return what the rules in force say of every row of a block."""
        shape = shape_of(block)
        plan = self._plan_for(shape)
        space = self._space(plan, block)
        fired = space.run(block)
        open_rows = _open_rows(plan, block, space)
        for number, (at, _) in enumerate(self.lines.places):
            if at in open_rows:
                fired[number][open_rows[at]] = False
            elif at in plan.left:
                fired[number] = False
        bits = np.packbits(fired, axis=1)
        self._spaces.append(space)
        alike = tuple(found for at, rows in open_rows.items() if (found := self._alike(at, block, shape, rows)))
        for group in alike:
            open_rows[group.at][group.rows] = False
        spoken, broken = self._decide(block, open_rows, plan.left)
        return Judged(self.program, self.lines, block, bits, alike, spoken, broken)

    # ---------------------------------------------------------------------------------- plans
    def _plan_for(self, shape: Shape) -> Plan:
        """Return a plan that covers the shape; one that grows with what has been seen."""
        plan = self._plan
        if plan is None or not plan.shape.covers(shape):
            plan = make_plan(self._translated, shape if plan is None else plan.shape.joined(shape))
            self._plan = plan
        return plan

    def _space(self, plan: Plan, block: Block) -> Workspace:
        while self._spaces:
            try:
                space = self._spaces.pop()
            except IndexError:  # another thread was faster
                break
            if space.machine is plan.machine and space.fits(block):
                return space
        return Workspace(plan.machine, max(block.size, 1))

    # ---------------------------------------------------------------------------------- what is left open
    def _alike(self, at: int, block: Block, shape: Shape, is_open: Truths) -> Alike | None:
        """Return what the interpreter says of the open rows of a rule, asked once for all rows alike."""
        found = self._likenesses.get(at)
        if found is None:
            return None
        rows = np.flatnonzero(is_open)
        labels = found.labels(block, shape, rows)
        kept, first, numbers = np.unique(labels, return_index=True, return_inverse=True)
        said: list[Findings] = []
        for label, place in zip(kept.tolist(), first.tolist(), strict=True):
            answer = None if label < 0 else self._ask(at, block, int(rows[place]))
            if answer is None:
                labels[labels == label] = -1
            said.append(answer or ())
        is_said = labels >= 0
        if not is_said.any():
            return None
        return Alike(at, rows[is_said], numbers[is_said], tuple(said))

    def _ask(self, at: int, block: Block, row: int) -> Findings | None:
        try:
            interpreter = Interpreter(self.program, block.snapshot(row))
            return tuple(map(plain, interpreter.rule(self.program.rules[at])))
        except Exception:  # its like are asked one by one, so that each is known to raise
            return None

    def _decide(
        self, block: Block, open_rows: dict[int, Truths], left: tuple[int, ...]
    ) -> tuple[Spoken, frozenset[int]]:
        spoken: Spoken = defaultdict(dict)
        broken: set[int] = set()
        rules_of: dict[int, list[int]] = defaultdict(list)
        for at, is_open in open_rows.items():
            for row in np.flatnonzero(is_open).tolist():
                rules_of[row].append(at)
        for row in range(block.size) if left else sorted(rules_of):
            snapshot = block.snapshot(row)
            interpreter = Interpreter(self.program, snapshot)
            try:
                for at in rules_of.get(row, ()):
                    spoken[row][at] = tuple(interpreter.rule(self.program.rules[at]))
                if left:
                    self._take(spoken[row], left, self._judge_of(left).judge(snapshot).findings)
            except Exception:  # whoever asks for this row's judgement gets what the reference raises
                broken.add(row)
        return {row: by_rule for row, by_rule in spoken.items() if by_rule}, frozenset(broken)

    def _judge_of(self, rules: tuple[int, ...]) -> Judge:
        if rules not in self._judges:
            self._judges[rules] = Judge(replace(self.program, rules=tuple(self.program.rules[at] for at in rules)))
        return self._judges[rules]

    def _take(self, by_rule: dict[int, Findings], rules: tuple[int, ...], found: Iterable[Finding]) -> None:
        places = {self.program.rules[at].id: at for at in rules}
        for finding in found:
            at = places[finding.rule]
            by_rule[at] = (*by_rule.get(at, ()), finding)


def _open_rows(plan: Plan, block: Block, space: Workspace) -> dict[int, Truths]:
    """Return the rows each rule is not decided on, by rule; rules decided on all are left out."""
    unknown = {at: rows for at, column in enumerate(block.columns) if (rows := column.open_rows()) is not None}
    asked = plan.rules if unknown or block.late is not None else plan.doubtful
    found = ((code.rule.at, _open_rows_of(code, unknown, block, space)) for code in asked)
    return {at: rows for at, rows in found if rows is not None}


def _open_rows_of(code: RuleCode, unknown: Mapping[int, Truths], block: Block, space: Workspace) -> Truths | None:
    at_guard = [*_masks(code.guard_open, space), *(unknown[s] for s in code.rule.guard_slots if s in unknown)]
    rest = [*_masks(code.rest_open, space), *(unknown[s] for s in code.rule.rest_slots if s in unknown)]
    if block.late is not None:
        rest += [block.late[check] for check in code.rule.checks]
    if not at_guard and not rest:
        return None
    out = np.zeros(block.size, np.bool_)
    for mask in rest:
        out |= mask
    out &= space.truth(code.guard)
    for mask in at_guard:
        out |= mask
    return out if out.any() else None


def _masks(truths: tuple[bool | int, ...], space: Workspace) -> list[Array | bool]:
    """Return the truths that hold for some row."""
    found = map(space.truth, truths)
    return [truth for truth in found if (truth if isinstance(truth, bool) else truth.any())]
