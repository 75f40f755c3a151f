"""A plan: the steps that judge every block of one shape, with buffers used again as soon as they are free."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from dsl.columnar import steps
from dsl.columnar.block import Array, Block, Form
from dsl.columnar.emit import Buffer, Code, Emitter, Instruction, Register, Truth, Unsupported
from dsl.columnar.ranges import Range, widened
from dsl.columnar.rules import RulePlan, Translated

_KINDS = {Buffer.WHOLE: np.int64, Buffer.FLOAT: np.float64, Buffer.TRUTH: np.bool_}


@dataclass(frozen=True, slots=True)
class Shape:
    """What a plan may rely on: a range for every number slot, and the slots with absent cells."""

    ranges: tuple[tuple[int, Range], ...]
    gaps: frozenset[int]

    def covers(self, other: "Shape") -> bool:
        """Return whether a plan of this shape also judges blocks of the other."""
        if not other.gaps <= self.gaps:
            return False
        pairs = zip(self.ranges, other.ranges, strict=True)
        return all(mine[1][0] <= theirs[1][0] and theirs[1][1] <= mine[1][1] for mine, theirs in pairs)

    def joined(self, other: "Shape") -> "Shape":
        """Return the shape that covers both."""
        ranges = tuple(
            (slot, (min(a[0], b[0]), max(a[1], b[1])))
            for (slot, a), (_, b) in zip(self.ranges, other.ranges, strict=True)
        )
        return Shape(ranges, self.gaps | other.gaps)


def shape_of(block: Block) -> Shape:
    """Return the shape of a block, its ranges widened so that blocks alike share a plan."""
    numbers = [(at, c) for at, c in enumerate(block.columns) if c.form is Form.NUMBER]
    gaps = frozenset(at for at, column in enumerate(block.columns) if column.states is not None)
    return Shape(tuple((at, widened((column.low, column.high))) for at, column in numbers), gaps)


@dataclass(frozen=True, slots=True)
class RuleCode:
    """A rule's registers after a run; open rows are told by `guard_open` and, where the guard holds, `rest_open`."""

    rule: RulePlan
    guard: Truth
    guard_open: tuple[Truth, ...]
    rest_open: tuple[Truth, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps on registers. `rows` are the registers that are rows of the result, `filled` lines that are the same
    for every row; `left` rules stay with the scalar judge."""

    shape: Shape
    steps: tuple[steps.Step, ...]
    registers: int
    constants: dict[int, Array]
    cells: dict[int, int]
    presence: dict[int, int]
    buffers: dict[int, Buffer]
    rows: dict[int, int]
    filled: dict[int, bool]
    rules: tuple[RuleCode, ...]
    left: tuple[int, ...]


def make_plan(translated: Translated, shape: Shape) -> Plan:
    """Return the plan of a program for blocks of a shape."""
    emitter = Emitter(translated, dict(shape.ranges), shape.gaps)
    left = list(translated.left)
    rules: list[RuleCode] = []
    fires: dict[int, Truth] = {}
    for rule in translated.rules:
        try:
            found = _rule(emitter, translated, rule)
        except (Unsupported, RecursionError):
            left.append(rule.at)
            continue
        rules.append(found)
        fires |= {line: emitter.truth(node) for line, node in rule.fires}
    return _Allocation(emitter.code, rules, fires).plan(shape, tuple(sorted(left)))


def _rule(emitter: Emitter, translated: Translated, rule: RulePlan) -> RuleCode:
    graph = translated.translator.graph
    at_guard = graph.below([rule.guard, rule.guard_open])
    at_rest = graph.below([rule.rest_open, *(node for _, node in rule.fires)])
    emitter.check(at_guard | at_rest)
    guard, guard_open, rest_open = map(emitter.truth, (rule.guard, rule.guard_open, rule.rest_open))
    for _, node in rule.fires:
        emitter.truth(node)
    doubted = sorted(node for node in emitter.doubts if node in at_guard)
    doubted_rest = sorted(node for node in emitter.doubts if node in at_rest)
    return RuleCode(
        rule, guard, (guard_open, *(emitter.doubts[node] for node in doubted)),
        (rest_open, *(emitter.doubts[node] for node in doubted_rest)),
    )  # fmt: skip


class _Allocation:
    """Gives every register a place: its own where it is bound or kept, else a buffer that is free again after its
    last use."""

    def __init__(self, code: Code, rules: list[RuleCode], fires: dict[int, Truth]) -> None:
        self._code, self._rules = code, rules
        self._places: dict[Register, int] = {}
        self._buffers: dict[int, Buffer] = {}
        self._free: dict[Buffer, list[int]] = defaultdict(list)
        self._count = 0
        self._rows: dict[int, int] = {}
        self._filled = {line: truth for line, truth in fires.items() if isinstance(truth, bool)}
        self._copies: list[steps.Step] = []
        self._fires = {line: truth for line, truth in fires.items() if not isinstance(truth, bool)}

    def _place(self) -> int:
        self._count += 1
        return self._count - 1

    def plan(self, shape: Shape, left: tuple[int, ...]) -> Plan:
        """Return the plan."""
        code = self._code
        for register, buffer in enumerate(code.buffers):
            if buffer is Buffer.BOUND:
                self._places[register] = self._place()
        kept = self._keep()
        last = {register: at for at, one in enumerate(code.instructions) for register in one.uses}
        done = [self._step(at, one, last, kept) for at, one in enumerate(code.instructions)]
        return Plan(
            shape, (*done, *self._copies_of_shared()), self._count,
            {self._places[r]: value for r, value in code.constants.items()},
            {self._places[r]: slot for r, slot in code.cells.items()},
            {self._places[r]: slot for r, slot in code.presence.items()},
            self._buffers, self._rows, self._filled, tuple(map(self._placed, self._rules)), left,
        )  # fmt: skip

    def _keep(self) -> set[Register]:
        """Give results their rows, and return every register that must outlive the steps."""
        kept = set()
        for line, register in self._fires.items():
            if register not in self._places:
                self._rows[line] = self._places[register] = self._place()
            kept.add(register)
        for rule in self._rules:
            kept.update(t for t in (rule.guard, *rule.guard_open, *rule.rest_open) if not isinstance(t, bool))
        return kept

    def _copies_of_shared(self) -> list[steps.Step]:
        """Lines that fire with another line, or with a fact itself, are copied at the end."""
        out = []
        for line, register in self._fires.items():
            if line not in self._rows:
                self._rows[line] = self._place()
                out.append(steps.copy(self._places[register], self._rows[line]))
        return out

    def _step(self, at: int, one: Instruction, last: dict[Register, int], kept: set[Register]) -> steps.Step:
        ended = [r for r in dict.fromkeys(one.uses) if last[r] == at and r not in kept]
        ended = [r for r in ended if self._places[r] in self._buffers]
        if one.is_elementwise:
            self._release(ended)
        for register in one.makes:
            if register not in self._places:
                self._places[register] = self._buffer(self._code.buffers[register])
        if not one.is_elementwise:
            self._release(ended)
        self._release([r for r in one.makes if r not in last and r not in kept])
        return one.build(*(self._places[r] for r in (*one.uses, *one.makes)))

    def _buffer(self, kind: Buffer) -> int:
        if self._free[kind]:
            return self._free[kind].pop()
        place = self._place()
        self._buffers[place] = kind
        return place

    def _release(self, registers: list[Register]) -> None:
        for register in registers:
            place = self._places[register]
            self._free[self._buffers[place]].append(place)

    def _placed(self, rule: RuleCode) -> RuleCode:
        def place(truth: Truth) -> Truth:
            return truth if isinstance(truth, bool) else self._places[truth]

        return RuleCode(
            rule.rule, place(rule.guard), tuple(map(place, rule.guard_open)), tuple(map(place, rule.rest_open))
        )


class Workspace:
    """The registers of one plan, for blocks of up to `capacity` rows; used by one thread at a time."""

    def __init__(self, plan: Plan, capacity: int) -> None:
        self.plan, self._capacity = plan, capacity
        self._whole: dict[int, Array] = {
            place: np.empty(capacity, _KINDS[kind]) for place, kind in plan.buffers.items()
        }
        self.registers: list[Array] = [np.empty(0)] * plan.registers
        for place, value in plan.constants.items():
            self.registers[place] = value
        self._size = -1

    def fits(self, block: Block) -> bool:
        return block.size <= self._capacity

    def run(self, block: Block, fired: Array) -> None:
        """Judge a block: `fired` (lines × rows) gets the truth of every line of the plan's rules."""
        registers, plan = self.registers, self.plan
        if block.size != self._size:
            for place, whole in self._whole.items():
                registers[place] = whole[: block.size]
            self._size = block.size
        for place, slot in plan.cells.items():
            registers[place] = block.columns[slot].cells
        for place, slot in plan.presence.items():
            present = block.columns[slot].present()
            registers[place] = np.ones(block.size, np.bool_) if present is None else present
        for line, place in plan.rows.items():
            registers[place] = fired[line]
        for line, truth in plan.filled.items():
            fired[line] = truth
        with np.errstate(all="ignore"):
            for step in plan.steps:
                step(registers)
