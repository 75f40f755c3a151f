"""The rules of a program as one graph of integer and truth operations; equal parts are one node."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

Node = int
"""A node's number in its graph; a node's parts always have smaller numbers."""


class Op(Enum):
    """What a node does. `k` are Python integers, other arguments are nodes unless said otherwise."""

    # integers
    SLOT = auto()  # number of the slot
    WHOLE = auto()  # k
    PLUS = auto()
    MINUS = auto()
    TIMES = auto()
    SCALE = auto()  # a, k (not 0 or 1)
    ABS = auto()
    LEAST = auto()
    GREATEST = auto()
    PICK = auto()  # truth, a, b
    FLOOR = auto()  # a // b, b above zero
    EVEN = auto()  # a / b rounded half to even, b above zero
    LOOKUP = auto()  # number of the table
    # codes
    CODES = auto()  # number of the slot
    # truths
    YES = auto()
    NO = auto()
    TRUTH = auto()  # number of the slot
    LESS = auto()
    AT_MOST = auto()
    SAME = auto()
    DIVISIBLE = auto()  # a % b == 0, b above zero
    IS_CODE = auto()  # codes, the code
    IS_AMONG = auto()  # codes, frozenset of codes
    SAME_WORD = auto()  # codes, codes, place of both numberings in `pairs`
    IN_SET = auto()  # codes, codes of sets, place of both numberings in `pairs`
    PRESENT = auto()  # number of the slot
    HAS_ROW = auto()  # number of the table
    BOTH = auto()
    EITHER = auto()
    NOT = auto()
    CHOOSE = auto()  # truth, truth, truth
    AGREE = auto()  # two truths


LONG = 16
"""Truths joined one behind the other at most."""


@dataclass(frozen=True, slots=True)
class Made:
    """What a node is made of."""

    op: Op
    args: tuple[Any, ...] = ()


_WITHOUT_NODES = frozenset({Op.SLOT, Op.WHOLE, Op.LOOKUP, Op.CODES, Op.YES, Op.NO, Op.TRUTH, Op.PRESENT, Op.HAS_ROW})
_NODES = {Op.SCALE: 1, Op.IS_CODE: 1, Op.IS_AMONG: 1, Op.SAME_WORD: 2, Op.IN_SET: 2}
"""How many of an operation's arguments are nodes, where not all are."""


class Graph:
    """Nodes with equal makings are one node. What needs no operation gets none."""

    def __init__(self) -> None:
        self.made: list[Made] = []
        self._known: dict[Made, Node] = {}
        self.yes, self.no = self._node(Op.YES), self._node(Op.NO)

    def parts(self, node: Node) -> tuple[Node, ...]:
        """Return the nodes a node is made of."""
        made = self.made[node]
        if made.op in _WITHOUT_NODES:
            return ()
        return made.args[: _NODES.get(made.op, len(made.args))]

    def below(self, roots: Iterable[Node]) -> set[Node]:
        """Return these nodes and everything they are made of."""
        seen: set[Node] = set()
        waiting = list(roots)
        while waiting:
            node = waiting.pop()
            if node not in seen:
                seen.add(node)
                waiting += self.parts(node)
        return seen

    def _node(self, op: Op, *args: Any) -> Node:
        made = Made(op, args)
        node = self._known.get(made)
        if node is None:
            node = self._known[made] = len(self.made)
            self.made.append(made)
        return node

    def make(self, op: Op, *args: Any) -> Node:
        """Return a node as it is written."""
        return self._node(op, *args)

    # ---------------------------------------------------------------------------------- integers
    def whole(self, value: int) -> Node:
        return self._node(Op.WHOLE, value)

    def constant(self, node: Node) -> int | None:
        """Return the value of a node that is a constant."""
        made = self.made[node]
        return int(made.args[0]) if made.op is Op.WHOLE else None

    def scale(self, node: Node, by: int) -> Node:
        """Return node * by."""
        made = self.made[node]
        if made.op is Op.WHOLE:
            return self.whole(made.args[0] * by)
        if made.op is Op.SCALE:
            return self.scale(made.args[0], made.args[1] * by)
        if by == 0:
            return self.whole(0)
        return node if by == 1 else self._node(Op.SCALE, node, by)

    def times(self, left: Node, right: Node) -> Node:
        for one, other in ((left, right), (right, left)):
            value = self.constant(one)
            if value is not None:
                return self.scale(other, value)
        return self._node(Op.TIMES, *sorted((left, right)))

    def plus(self, left: Node, right: Node) -> Node:
        a, b = self.constant(left), self.constant(right)
        if a is not None and b is not None:
            return self.whole(a + b)
        return self._node(Op.PLUS, *sorted((left, right)))

    def minus(self, left: Node, right: Node) -> Node:
        a, b = self.constant(left), self.constant(right)
        if a is not None and b is not None:
            return self.whole(a - b)
        return self._node(Op.MINUS, left, right)

    # ---------------------------------------------------------------------------------- truths
    def truth(self, value: bool) -> Node:
        return self.yes if value else self.no

    def negation(self, node: Node) -> Node:
        if node in (self.yes, self.no):
            return self.truth(node == self.no)
        made = self.made[node]
        match made.op:
            case Op.NOT:
                inner: Node = made.args[0]
                return inner
            case Op.LESS:
                return self._node(Op.AT_MOST, made.args[1], made.args[0])
            case Op.AT_MOST:
                return self._node(Op.LESS, made.args[1], made.args[0])
        return self._node(Op.NOT, node)

    def both(self, *truths: Node) -> Node:
        """Return the conjunction."""
        return self._chain(Op.BOTH, truths, self.yes, self.no)

    def either(self, *truths: Node) -> Node:
        """Return the disjunction."""
        return self._chain(Op.EITHER, truths, self.no, self.yes)

    def _chain(self, op: Op, truths: tuple[Node, ...], idle: Node, decisive: Node) -> Node:
        kept = [node for node in dict.fromkeys(truths) if node != idle]
        if decisive in kept:
            return decisive
        if len(kept) > LONG:  # as a tree, so that a long list is not a deep one
            half = len(kept) // 2
            kept = [self._chain(op, tuple(part), idle, decisive) for part in (kept[:half], kept[half:])]
        if not kept:
            return idle
        out = kept[0]
        for node in kept[1:]:
            out = self._node(op, out, node)
        return out

    def choose(self, condition: Node, then: Node, otherwise: Node) -> Node:
        """Return one of two truths, by a third."""
        if condition in (self.yes, self.no) or then == otherwise:
            return then if condition == self.yes or then == otherwise else otherwise
        if (then, otherwise) == (self.yes, self.no):
            return condition
        if otherwise == self.no:
            return self.both(condition, then)
        if then == self.yes:
            return self.either(condition, otherwise)
        return self._node(Op.CHOOSE, condition, then, otherwise)

    def compare(self, operator: str, left: Node, right: Node) -> Node:
        """Return a comparison of integers by one of < <= > >= == !=."""
        match operator:
            case "<":
                return self._less(left, right)
            case "<=":
                return self._at_most(left, right)
            case ">":
                return self._less(right, left)
            case ">=":
                return self._at_most(right, left)
            case "==":
                return self._same(left, right)
            case _:
                return self.negation(self._same(left, right))

    def _less(self, left: Node, right: Node) -> Node:
        """Return left < right; a constant is divided by what the other side is multiplied with."""
        a, b = self.constant(left), self.constant(right)
        if a is not None and b is not None:
            return self.truth(a < b)
        node, by = self._scaled(right)
        if a is not None and by > 1:  # a < by * x, exactly when a // by < x
            return self._less(self.whole(a // by), node)
        node, by = self._scaled(left)
        if b is not None and by > 1:  # by * x < b, exactly when x < ceil(b / by)
            return self._less(node, self.whole(-(-b // by)))
        return self._node(Op.LESS, left, right)

    def _at_most(self, left: Node, right: Node) -> Node:
        a, b = self.constant(left), self.constant(right)
        if a is not None and b is not None:
            return self.truth(a <= b)
        node, by = self._scaled(right)
        if a is not None and by > 1:
            return self._at_most(self.whole(-(-a // by)), node)
        node, by = self._scaled(left)
        if b is not None and by > 1:
            return self._at_most(node, self.whole(b // by))
        return self._node(Op.AT_MOST, left, right)

    def _same(self, left: Node, right: Node) -> Node:
        a, b = self.constant(left), self.constant(right)
        if a is not None and b is not None:
            return self.truth(a == b)
        for constant, other in ((a, right), (b, left)):
            node, by = self._scaled(other)
            if constant is not None and by > 1:
                return self.no if constant % by else self._same(node, self.whole(constant // by))
        return self._node(Op.SAME, *sorted((left, right)))

    def _scaled(self, node: Node) -> tuple[Node, int]:
        made = self.made[node]
        return (made.args[0], made.args[1]) if made.op is Op.SCALE else (node, 1)
