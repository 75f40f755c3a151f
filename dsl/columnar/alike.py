"""Open rows the interpreter must say the same of: one of them is asked for all.

What it says of a rule, but for evidence, depends on nothing else than why each slot the rule reads is unknown, which of
its age checks failed, the truth of every condition under it, and whether every param it reads has a row: each branch
taken and each fact missed follows from these. Rows that agree in them are alike.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from dsl import ir
from dsl.columnar.block import Array, Block, Form, Rows, State, Truths
from dsl.columnar.emit import Emitter, Truth, Unsupported
from dsl.columnar.machine import Machine, Workspace, assemble
from dsl.columnar.nodes import Node, Op
from dsl.columnar.numbers import NotColumnar
from dsl.columnar.plan import Shape
from dsl.columnar.rules import Translated, deciding, slots_of
from dsl.program import REDUCES, Program
from dsl.types import Kind

ONE_BY_ONE = 16
"""Rows up to which asking each is as fast."""


@dataclass(slots=True)
class Likeness:
    """What makes open rows of one rule alike. `proven` must hold of a row for its truths to mean anything."""

    translated: Translated
    truths: tuple[Node, ...]
    proven: tuple[Node, ...]
    slots: tuple[int, ...]
    checks: tuple[int, ...]
    _kept: "tuple[Shape, _Prepared | None] | None" = field(default=None)

    def labels(self, block: Block, shape: Shape, rows: Rows) -> Array:
        """Return a number for each of these rows, equal for rows alike; -1 for rows that must be asked one by one."""
        nothing = np.full(len(rows), -1, np.int64)
        if len(rows) <= ONE_BY_ONE:
            return nothing
        prepared = self._prepared(shape)
        if prepared is None:
            return nothing
        columns = list(block.columns)
        for slot in self.slots:
            columns[slot] = block.columns[slot].take(rows)
        part = Block(len(rows), tuple(columns))
        space = Workspace(prepared.machine, len(rows))
        truths = space.run(part)
        is_sound = self._sound(part, truths[len(self.truths) :], [space.truth(doubt) for doubt in prepared.doubts])
        key = [packed(truths[: len(self.truths)])]
        key += [c.states[None, :] for c in (part.columns[slot] for slot in self.slots) if c.states is not None]
        if block.late is not None and self.checks:
            key.append(packed(block.late[list(self.checks)][:, rows]))
        labels = numbered(np.concatenate(key))
        return np.where(is_sound, labels, -1)

    def _sound(self, part: Block, proven: Truths, doubts: list[Array | bool]) -> Truths:
        out: Truths = np.logical_and.reduce(proven, axis=0)
        for doubt in doubts:
            np.logical_and(out, np.logical_not(doubt), out=out)
        for slot in self.slots:
            states = part.columns[slot].states
            if states is not None:
                np.logical_and(out, states != State.FOREIGN, out=out)
        return out

    def _prepared(self, shape: Shape) -> "_Prepared | None":
        kept = self._kept
        if kept is None or not kept[0].covers(shape):
            joined = shape if kept is None else kept[0].joined(shape)
            self._kept = kept = (joined, self._prepare(joined))
        return kept[1]

    def _prepare(self, shape: Shape) -> "_Prepared | None":
        emitter = Emitter(self.translated, dict(shape.ranges), shape.gaps)
        nodes = (*self.truths, *self.proven)
        try:
            emitter.check(self.translated.translator.graph.below(nodes))
            rows: dict[int, Truth] = {at: emitter.truth(node) for at, node in enumerate(nodes)}
        except (Unsupported, RecursionError):
            return None
        doubts = tuple(emitter.doubts.values())
        machine = assemble(emitter.code, len(nodes), rows, doubts)
        return _Prepared(machine, tuple(map(machine.placed, doubts)))


@dataclass(frozen=True, slots=True)
class _Prepared:
    machine: Machine
    doubts: tuple[Truth, ...]


def likeness(translated: Translated, program: Program, at: int) -> Likeness | None:
    """Return what makes open rows of a rule alike, None where columns cannot say all of it."""
    translator, rule = translated.translator, program.rules[at]
    exprs = [*([] if rule.when is None else [rule.when]), *deciding(rule)]
    if rule.missing.unless is not None:
        exprs.append(rule.missing.unless)
    truths: dict[Node, None] = {}
    proven: dict[Node, None] = {}
    try:
        for part in _parts(exprs, program):
            if part.type.kind is Kind.BOOL:
                truths[translator.condition(part)[0]] = None
            if isinstance(part, ir.ParamRef):
                truths[translator.emit(part).needs] = None
            divisor = translator.divisor(part)
            if divisor is not None:
                proven[divisor] = None
    except (NotColumnar, RecursionError):
        return None
    reduces = program.index.get(REDUCES)
    if reduces is None or translator.layout.forms[reduces] is not Form.TRUTH:
        return None
    truths[translator.graph.make(Op.TRUTH, reduces)] = None
    checks = tuple(program.age_check(program.index[n.fact.path], n.age) for n in rule.needs if n.age is not None)
    slots = sorted(slots_of(program, exprs) | {reduces})
    return Likeness(translated, tuple(truths), tuple(proven), tuple(slots), checks)


def _parts(exprs: list[ir.Expr], program: Program) -> Iterator[ir.Expr]:
    seen: set[str] = set()
    waiting = list(exprs)
    while waiting:
        for part in ir.walk(waiting.pop()):
            yield part
            if isinstance(part, ir.LetRef) and part.name not in seen:
                seen.add(part.name)
                waiting.append(program.lets[part.name])


def packed(truths: Truths) -> Array:
    """Return the truths of every column as bytes, eight rows to one; bit by bit, as `packbits` is slow that way."""
    out = np.zeros((-(-len(truths) // 8), truths.shape[1]), np.uint8)
    for row, truth in enumerate(truths):
        out[row // 8] |= truth.view(np.uint8) << np.uint8(row % 8)
    return out


def numbered(columns: Array) -> Array:
    """Return a number for every column of bytes, equal for equal columns."""
    rows = np.ascontiguousarray(columns.T)
    width = rows.shape[1]
    if not width:
        return np.zeros(len(rows), np.int64)
    _, inverse = np.unique(rows.view(np.dtype((np.void, width))).ravel(), return_inverse=True)
    return inverse.astype(np.int64)
