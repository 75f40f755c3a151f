"""What every node can hold, given what the cells of a block do: the proof that 64 bits are enough."""

from collections.abc import Mapping, Sequence
from itertools import product

from dsl.columnar.block import GREATEST, LEAST
from dsl.columnar.nodes import Graph, Node, Op
from dsl.columnar.tables import Table

Range = tuple[int, int]
"""Least and greatest value, both possible or not."""
SlotRanges = Sequence[Range]


def fits(between: Range) -> bool:
    """Return whether 64 bits hold every value of a range."""
    return between[0] >= LEAST and between[1] <= GREATEST


def magnitude(between: Range) -> int:
    """Return the largest absolute value of a range."""
    return max(abs(between[0]), abs(between[1]))


def widened(between: Range) -> Range:
    """Return the range out to powers of two, so that blocks alike have equal ranges; its signs are kept."""
    low, high = between
    return max(LEAST, _outward(low, -1)), min(GREATEST, _outward(high, 1))


def _outward(value: int, side: int) -> int:
    bits = abs(value).bit_length()
    if value * side > 0:
        return side * ((1 << bits) - 1)
    return -side * (1 << bits - 1) if value else 0


class Ranges:
    """The range of every integer node, in the rows where every divisor is above zero; the others are open."""

    def __init__(self, graph: Graph, tables: Sequence[Table], slots: Mapping[int, Range]) -> None:
        self._graph, self._tables, self._slots = graph, tables, slots
        self._known: dict[Node, Range] = {}

    def of(self, node: Node) -> Range:
        """Return a range that holds every value of an integer node."""
        found = self._known.get(node)
        if found is None:
            found = self._known[node] = self._of(node)
        return found

    def _of(self, node: Node) -> Range:
        made = self._graph.made[node]
        args = made.args
        match made.op:
            case Op.SLOT:
                slot: int = args[0]
                return self._slots[slot]
            case Op.WHOLE:
                return int(args[0]), int(args[0])
            case Op.LOOKUP:
                table: int = args[0]
                return self._tables[table].range()
            case Op.SCALE:
                return _corners([self.of(args[0]), (args[1], args[1])])
            case Op.PICK:
                one, other = self.of(args[1]), self.of(args[2])
                return min(one[0], other[0]), max(one[1], other[1])
        parts = [self.of(part) for part in args]
        match made.op:
            case Op.PLUS:
                return parts[0][0] + parts[1][0], parts[0][1] + parts[1][1]
            case Op.MINUS:
                return parts[0][0] - parts[1][1], parts[0][1] - parts[1][0]
            case Op.TIMES:
                return _corners(parts)
            case Op.ABS:
                low, high = parts[0]
                return (0 if low <= 0 <= high else min(abs(low), abs(high))), magnitude(parts[0])
            case Op.LEAST:
                return min(p[0] for p in parts), min(p[1] for p in parts)
            case Op.GREATEST:
                return max(p[0] for p in parts), max(p[1] for p in parts)
            case Op.FLOOR | Op.EVEN:
                return _quotients(parts[0], parts[1])
        raise AssertionError(made.op)


def _corners(parts: Sequence[Range]) -> Range:
    values = [a * b for a, b in product(*parts)]
    return min(values), max(values)


def _quotients(above: Range, below: Range) -> Range:
    """Return the range of above / below rounded either way, where below is above zero."""
    most, least = max(below[1], 1), max(below[0], 1)
    values = [value // by for value in above for by in (least, most)]
    return min(values), max(values) + 1
