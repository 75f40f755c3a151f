"""Judging blocks: columns decide what they can, the scalar judge and the interpreter the rest, row by row."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from dsl.columnar.block import Array, Block, Truths
from dsl.columnar.judged import Judged, Lines
from dsl.columnar.layout import Layout
from dsl.columnar.plan import Plan, RuleCode, Shape, Workspace, make_plan, shape_of
from dsl.columnar.rules import translate
from dsl.interpret import Interpreter
from dsl.judgement import Finding
from dsl.program import Program
from dsl.scalar.judge import Judge

BLOCK = 16_384
"""Rows judged at a time: what the columns of a block and the buffers take stays near the processor."""

Truth = Array | bool
Spoken = dict[int, dict[int, tuple[Finding, ...]]]


class ColumnJudge:
    """A program that judges blocks. Agrees with the interpreter on every row.

    Several threads may judge blocks at once; laying snapshots out is for one.
    """

    def __init__(self, program: Program, layout: Layout | None = None) -> None:
        self.program = program
        self.layout = layout or Layout(program)
        self._translated = translate(program, self.layout)
        self.lines = Lines.of(program, self._translated.lines)
        self._plan: Plan | None = None
        self._spaces: list[Workspace] = []
        self._judges: dict[tuple[int, ...], Judge] = {}

    @property
    def left(self) -> tuple[int, ...]:
        """The rules columns cannot say at all, by their place in the program."""
        return self._translated.left

    def judge(self, block: Block) -> Judged:
        """Return what the rules in force say of every row of a block."""
        plan = self._plan_for(shape_of(block))
        fired = np.empty((len(self.lines.places), block.size), np.bool_)
        space = self._space(plan, block)
        space.run(block, fired)
        open_rows = {code.rule.at: rows for code in plan.rules if (rows := _open_rows(code, block, space)) is not None}
        self._spaces.append(space)
        for number, (at, _) in enumerate(self.lines.places):
            if at in open_rows:
                fired[number][open_rows[at]] = False
            elif at in plan.left:
                fired[number] = False
        spoken, broken = self._decide(block, open_rows, plan.left)
        return Judged(self.program, self.lines, block, fired, spoken, broken)

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
            if space.plan is plan and space.fits(block):
                return space
        return Workspace(plan, max(block.size, 1))

    # ---------------------------------------------------------------------------------- what is left open
    def _decide(
        self, block: Block, open_rows: dict[int, Truths], left: tuple[int, ...]
    ) -> tuple[Spoken, frozenset[int]]:
        spoken: Spoken = defaultdict(dict)
        broken: set[int] = set()
        rules_of: dict[int, list[int]] = defaultdict(list)
        for at, rows in open_rows.items():
            for row in np.flatnonzero(rows).tolist():
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
        return dict(spoken), frozenset(broken)

    def _judge_of(self, rules: tuple[int, ...]) -> Judge:
        if rules not in self._judges:
            self._judges[rules] = Judge(replace(self.program, rules=tuple(self.program.rules[at] for at in rules)))
        return self._judges[rules]

    def _take(self, by_rule: dict[int, tuple[Finding, ...]], rules: tuple[int, ...], found: Iterable[Finding]) -> None:
        places = {self.program.rules[at].id: at for at in rules}
        for finding in found:
            at = places[finding.rule]
            by_rule[at] = (*by_rule.get(at, ()), finding)


def _open_rows(code: RuleCode, block: Block, space: Workspace) -> Truths | None:
    """Return the rows a rule is not decided on, None where it is on all."""
    at_guard = [*_masks(code.guard_open, space), *_unknown(code.rule.guard_slots, block)]
    rest = [*_masks(code.rest_open, space), *_unknown(code.rule.rest_slots, block)]
    if block.late is not None:
        rest += [block.late[check] for check in code.rule.checks]
    if not at_guard and not rest:
        return None
    out = np.zeros(block.size, np.bool_)
    for mask in rest:
        out |= mask
    if isinstance(code.guard, bool):
        out &= code.guard
    else:
        out &= space.registers[code.guard]
    for mask in at_guard:
        out |= mask
    return out if out.any() else None


def _masks(truths: tuple[bool | int, ...], space: Workspace) -> list[Truth]:
    """Return the truths that hold for some row."""
    found: list[Truth] = []
    for truth in truths:
        if isinstance(truth, bool):
            found += [True] if truth else []
        elif space.registers[truth].any():
            found.append(space.registers[truth])
    return found


def _unknown(slots: frozenset[int], block: Block) -> list[Truths]:
    found = (block.columns[slot].open_rows() for slot in sorted(slots))
    return [rows for rows in found if rows is not None]
