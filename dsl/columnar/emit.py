"""Nodes to instructions, given what a block's cells can hold: int64 where that is proven safe, else a filter."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from fractions import Fraction
from typing import Any

import numpy as np

from dsl.columnar import errors, steps
from dsl.columnar.block import Array
from dsl.columnar.membership import Membership, Translation
from dsl.columnar.nodes import Graph, Node, Op
from dsl.columnar.ranges import Range, Ranges, fits, magnitude
from dsl.columnar.rules import Translated

Register = int
"""A value that is written once; `allocate` gives it a buffer."""
Truth = Register | bool
"""A truth of every row, or one that holds for all of them."""


class Buffer(IntEnum):
    """What a register's buffer holds; BOUND ones are given from outside."""

    BOUND = 0
    WHOLE = 1
    FLOAT = 2
    TRUTH = 3


class Unsupported(Exception):
    """The ranges of this block make a node's value more than columns can decide."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """One step before its registers have buffers."""

    build: steps.Build
    uses: tuple[Register, ...]
    makes: tuple[Register, ...]
    is_elementwise: bool = True
    """Whether a target may share its buffer with an operand."""


@dataclass(slots=True)
class Code:
    """Instructions in order, the buffer of every register, and what is bound from outside."""

    instructions: list[Instruction] = field(default_factory=list)
    buffers: list[Buffer] = field(default_factory=list)
    constants: dict[Register, Array] = field(default_factory=dict)
    cells: dict[Register, int] = field(default_factory=dict)
    presence: dict[Register, int] = field(default_factory=dict)

    def register(self, buffer: Buffer) -> Register:
        """Return a new register."""
        self.buffers.append(buffer)
        return len(self.buffers) - 1


_APPROXIMATE = frozenset(
    {Op.SLOT, Op.WHOLE, Op.LOOKUP, Op.PLUS, Op.MINUS, Op.TIMES, Op.SCALE, Op.ABS, Op.LEAST, Op.GREATEST, Op.PICK}
)
_INTEGERS = _APPROXIMATE | {Op.FLOOR, Op.EVEN}
_COMPARISONS = (Op.LESS, Op.AT_MOST, Op.SAME)


class Emitter:
    """Emits the nodes of one translated program for one shape of block; each node once."""

    def __init__(self, translated: Translated, ranges: Mapping[int, Range], gaps: frozenset[int]) -> None:
        self._translated, self._gaps = translated, gaps
        self._graph: Graph = translated.translator.graph
        self._ranges = Ranges(self._graph, translated.tables, ranges)
        self.code = Code()
        self.doubts: dict[Node, Register] = {}
        self._wholes: dict[Node, Register] = {}
        self._floats: dict[Node, tuple[Register, Fraction]] = {}
        self._truths: dict[Node, Truth] = {}
        self._exact: dict[Node, bool] = {}
        self._cells: dict[int, Register] = {}
        self._reads: dict[int, tuple[Register, Register]] = {}

    # ---------------------------------------------------------------------------------- what can be said
    def check(self, nodes: set[Node]) -> None:
        """Raise Unsupported where some node cannot be computed, exactly or with a bound."""
        for node in sorted(nodes):
            made = self._graph.made[node]
            if made.op in _INTEGERS and magnitude(self._ranges.of(node)) > errors.TOO_LARGE:
                raise Unsupported("beyond float64")
            if made.op in (Op.FLOOR, Op.EVEN) and not self._is_exact(node):
                raise Unsupported("a rounding beyond 64 bits")
            if made.op in (Op.FLOOR, Op.EVEN, Op.DIVISIBLE) and not all(map(self._is_exact, made.args)):
                raise Unsupported("a rounding of what is beyond 64 bits")

    def _is_exact(self, node: Node) -> bool:
        """Return whether int64 holds the node and every integer it is made of."""
        found = self._exact.get(node)
        if found is None:
            integers = [part for part in self._graph.parts(node) if self._graph.made[part].op in _INTEGERS]
            found = fits(self._ranges.of(node)) and all(self._is_exact(part) for part in integers)
            self._exact[node] = found
        return found

    # ---------------------------------------------------------------------------------- registers
    def _constant(self, value: Any) -> Register:
        register = self.code.register(Buffer.BOUND)
        self.code.constants[register] = np.array(value)
        return register

    def _bound_cells(self, slot: int) -> Register:
        if slot not in self._cells:
            self._cells[slot] = self.code.register(Buffer.BOUND)
            self.code.cells[self._cells[slot]] = slot
        return self._cells[slot]

    def _do(self, build: steps.Build, uses: tuple[Register, ...], *buffers: Buffer, **how: Any) -> Register:
        """Append an instruction and return the last register it makes."""
        makes = tuple(self.code.register(buffer) for buffer in buffers)
        self.code.instructions.append(Instruction(build, uses, makes, **how))
        return makes[-1]

    # ---------------------------------------------------------------------------------- integers
    def whole(self, node: Node) -> Register:
        """Return the register of an integer node in int64."""
        if node not in self._wholes:
            self._wholes[node] = self._whole(node)
        return self._wholes[node]

    def _whole(self, node: Node) -> Register:
        made = self._graph.made[node]
        match made.op:
            case Op.SLOT:
                return self._bound_cells(made.args[0])
            case Op.WHOLE:
                return self._constant(np.int64(made.args[0]))
            case Op.LOOKUP:
                return self._read(made.args[0])[0]
            case Op.SCALE:
                uses = (self.whole(made.args[0]), self._constant(np.int64(made.args[1])))
                return self._do(steps.binary(Op.SCALE), uses, Buffer.WHOLE)
            case Op.PICK:
                return self._pick(made.args, self.whole, Buffer.WHOLE)
            case Op.ABS:
                return self._do(steps.absolute, (self.whole(made.args[0]),), Buffer.WHOLE)
            case Op.EVEN:
                operands = tuple(map(self.whole, made.args))
                return self._do(steps.half_even, operands, Buffer.WHOLE, Buffer.WHOLE, is_elementwise=False)
        return self._do(steps.binary(made.op), tuple(map(self.whole, made.args)), Buffer.WHOLE)

    def _pick(self, args: tuple[Node, ...], operand: Any, buffer: Buffer) -> Register:
        condition = self.truth(args[0])
        if isinstance(condition, bool):
            chosen: Register = operand(args[1] if condition else args[2])
            return chosen
        uses = (condition, operand(args[1]), operand(args[2]))
        return self._do(steps.pick, uses, buffer, is_elementwise=False)

    def _read(self, table: int) -> tuple[Register, Register]:
        """Return the registers of a table's value and of whether it has one."""
        if table not in self._reads:
            keys = tuple(self.codes(node) for node, _ in self._translated.tables[table].keys)
            build = steps.look_up(self._translated.tables[table], len(keys))
            has = self._do(build, keys, Buffer.WHOLE, Buffer.TRUTH, is_elementwise=False)
            self._reads[table] = self.code.instructions[-1].makes[0], has
        return self._reads[table]

    def codes(self, node: Node) -> Register:
        """Return the register of a node of codes."""
        made = self._graph.made[node]
        return self._bound_cells(made.args[0]) if made.op is Op.CODES else self._read(made.args[0])[0]

    # ---------------------------------------------------------------------------------- floats
    def _operand(self, node: Node) -> tuple[Range, Fraction]:
        return self._ranges.of(node), self._float(node)[1]

    def _float_register(self, node: Node) -> Register:
        return self._float(node)[0]

    def _float(self, node: Node) -> tuple[Register, Fraction]:
        """Return the register of an integer node in float64, and how far it can be off."""
        if node not in self._floats:
            self._floats[node] = self._approximate(node)
        return self._floats[node]

    def _approximate(self, node: Node) -> tuple[Register, Fraction]:
        made, between = self._graph.made[node], self._ranges.of(node)
        if made.op is Op.WHOLE:
            return self._float_constant(made.args[0])
        if self._is_exact(node):
            register = self._do(steps.copy, (self.whole(node),), Buffer.FLOAT, is_elementwise=False)
            return register, errors.of_conversion(between)
        match made.op:
            case Op.PICK:
                parts = [self._operand(part) for part in made.args[1:]]
                return self._pick(made.args, self._float_register, Buffer.FLOAT), errors.of_operation(
                    Op.PICK, between, parts
                )
            case Op.SCALE:
                constant, off = self._float_constant(made.args[1])
                uses: tuple[Register, ...] = (self._float_register(made.args[0]), constant)
                parts = [self._operand(made.args[0]), ((made.args[1], made.args[1]), off)]
            case Op.ABS:
                operand = self._operand(made.args[0])
                register = self._do(steps.absolute, (self._float_register(made.args[0]),), Buffer.FLOAT)
                return register, errors.of_operation(Op.ABS, between, [operand])
            case _:
                uses = tuple(map(self._float_register, made.args))
                parts = [self._operand(part) for part in made.args]
        register = self._do(steps.binary(made.op), uses, Buffer.FLOAT)
        return register, errors.of_operation(made.op, between, parts)

    def _float_constant(self, value: int) -> tuple[Register, Fraction]:
        near = np.float64(value)
        return self._constant(near), abs(Fraction(int(near)) - value)

    # ---------------------------------------------------------------------------------- truths
    def truth(self, node: Node) -> Truth:
        """Return the register of a truth, or the truth where it is the same for every row."""
        if node not in self._truths:
            self._truths[node] = self._truth(node)
        return self._truths[node]

    def _truth(self, node: Node) -> Truth:
        made = self._graph.made[node]
        match made.op:
            case Op.YES | Op.NO:
                return made.op is Op.YES
            case Op.TRUTH:
                return self._bound_cells(made.args[0])
            case Op.PRESENT:
                return self._present(made.args[0])
            case Op.HAS_ROW:
                return self._read(made.args[0])[1]
            case Op.LESS | Op.AT_MOST | Op.SAME:
                return self._comparison(node, made.op, made.args[0], made.args[1])
            case Op.DIVISIBLE:
                uses = tuple(map(self.whole, made.args))
                return self._do(steps.divisible, uses, Buffer.WHOLE, Buffer.TRUTH, is_elementwise=False)
            case Op.BOTH | Op.EITHER:
                return self._joined(made.op, made.args[0], made.args[1])
            case Op.NOT:
                inner = self.truth(made.args[0])
                return not inner if isinstance(inner, bool) else self._do(steps.negate, (inner,), Buffer.TRUTH)
            case Op.CHOOSE:
                return self._chosen(*map(self.truth, made.args))
            case Op.AGREE:
                uses = tuple(self._register(self.truth(part)) for part in made.args)
                return self._do(steps.binary(Op.AGREE), uses, Buffer.TRUTH)
        return self._words(made.op, made.args)

    def _present(self, slot: int) -> Truth:
        if slot not in self._gaps:
            return True
        register = self.code.register(Buffer.BOUND)
        self.code.presence[register] = slot
        return register

    def _register(self, truth: Truth) -> Register:
        return self._constant(np.bool_(truth)) if isinstance(truth, bool) else truth

    def _comparison(self, node: Node, op: Op, left: Node, right: Node) -> Truth:
        a, b = self._ranges.of(left), self._ranges.of(right)
        decided = _decided(op, a, b)
        if decided is not None:
            return decided
        if self._is_exact(left) and self._is_exact(right):
            return self._do(steps.binary(op), (self.whole(left), self.whole(right)), Buffer.TRUTH)
        uses = (self._float_register(left), self._float_register(right))
        bound = errors.rounded_up(errors.of_difference(self._operand(left), self._operand(right)))
        doubt = self._do(
            steps.filtered(op, bound), uses, Buffer.FLOAT, Buffer.TRUTH, Buffer.TRUTH, is_elementwise=False
        )
        self.doubts[node] = doubt
        return self.code.instructions[-1].makes[1]

    def _joined(self, op: Op, left: Node, right: Node) -> Truth:
        """Join two truths; a negated part of a conjunction is taken off the other instead of being negated."""
        idle = op is Op.BOTH
        plain: list[Register] = []
        negated: list[Register] = []
        for part in (left, right):
            made = self._graph.made[part]
            is_negated = idle and made.op is Op.NOT
            truth = self.truth(made.args[0] if is_negated else part)
            if isinstance(truth, bool):
                if (truth is not is_negated) is not idle:
                    return not idle
                continue
            (negated if is_negated else plain).append(truth)
        if not negated:
            if len(plain) < 2:
                return plain[0] if plain else idle
            return self._do(steps.binary(op), (plain[0], plain[1]), Buffer.TRUTH)
        first = plain[0] if plain else self._do(steps.negate, (negated.pop(),), Buffer.TRUTH)
        return self._do(steps.without, (first, negated[0]), Buffer.TRUTH) if negated else first

    def _chosen(self, condition: Truth, then: Truth, otherwise: Truth) -> Truth:
        if isinstance(condition, bool):
            return then if condition else otherwise
        uses = (condition, self._register(then), self._register(otherwise))
        return self._do(steps.pick, uses, Buffer.TRUTH, is_elementwise=False)

    def _words(self, op: Op, args: tuple[Any, ...]) -> Register:
        pairs = self._translated.pairs
        match op:
            case Op.IS_CODE:
                return self._do(steps.is_code(args[1]), (self.codes(args[0]),), Buffer.TRUTH)
            case Op.IS_AMONG:
                return self._do(steps.is_among(Membership(args[1])), (self.codes(args[0]),), Buffer.TRUTH)
            case Op.SAME_WORD | Op.IN_SET:
                build = steps.same_word if op is Op.SAME_WORD else steps.in_set
                uses = (self.codes(args[0]), self.codes(args[1]))
                return self._do(build(Translation(*pairs[args[2]])), uses, Buffer.TRUTH)
        raise AssertionError(op)


def _decided(op: Op, left: Range, right: Range) -> bool | None:
    """Return what a comparison says of every pair out of two ranges, None where that differs."""
    if op is Op.SAME:
        if left == right and left[0] == left[1]:
            return True
        return False if left[1] < right[0] or right[1] < left[0] else None
    if left[1] < right[0] or (op is Op.AT_MOST and left[1] == right[0]):
        return True
    if left[0] > right[1] or (op is Op.LESS and left[0] == right[1]):
        return False
    return None
