"""The operations of a plan on registers: each factory takes register numbers and returns a step.

A step reads and writes arrays in place; nothing is allocated but by the few that look codes up. Rows that are open
hold harmless or meaningless values, so no step may raise for any.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dsl.columnar.block import Array
from dsl.columnar.membership import Membership, Translation
from dsl.columnar.nodes import Op
from dsl.columnar.tables import Table

Registers = list[Any]
Step = Callable[[Registers], None]
Build = Callable[..., Step]

_BINARY: dict[Op, Any] = {
    Op.PLUS: np.add, Op.MINUS: np.subtract, Op.TIMES: np.multiply, Op.SCALE: np.multiply, Op.FLOOR: np.floor_divide,
    Op.LESS: np.less, Op.AT_MOST: np.less_equal, Op.SAME: np.equal, Op.BOTH: np.logical_and, Op.EITHER: np.logical_or,
    Op.AGREE: np.equal,
}  # fmt: skip
_EXTREMES: dict[Op, Any] = {Op.LEAST: np.minimum, Op.GREATEST: np.maximum}


def binary(op: Op) -> Build:
    """Return the factory of an operation on two operands."""
    if op in _EXTREMES:
        return _extreme(_EXTREMES[op])
    function = _BINARY[op]

    def build(left: int, right: int, out: int) -> Step:
        def step(r: Registers) -> None:
            function(r[left], r[right], r[out])

        return step

    return build


def _extreme(function: Any) -> Build:
    def build(left: int, right: int, out: int) -> Step:
        def step(r: Registers) -> None:
            function(r[left], r[right], out=r[out])

        return step

    return build


def without(left: int, right: int, out: int) -> Step:
    """left and not right: of two truths the larger."""

    def step(r: Registers) -> None:
        np.greater(r[left], r[right], r[out])

    return step


def negate(operand: int, out: int) -> Step:
    def step(r: Registers) -> None:
        np.logical_not(r[operand], r[out])

    return step


def absolute(operand: int, out: int) -> Step:
    def step(r: Registers) -> None:
        np.absolute(r[operand], r[out])

    return step


def copy(source: int, out: int) -> Step:
    """Copy, turning integers into float64 where the target is one."""

    def step(r: Registers) -> None:
        np.copyto(r[out], r[source], casting="unsafe")

    return step


def pick(condition: int, then: int, otherwise: int, out: int) -> Step:
    """`then` where the condition holds; the target may be none of the operands."""

    def step(r: Registers) -> None:
        np.copyto(r[out], r[otherwise])
        np.copyto(r[out], r[then], where=r[condition])

    return step


def half_even(above: int, below: int, scratch: int, out: int) -> Step:
    """above / below rounded half to even: one more than the floor where twice the rest is larger, or equal and odd."""

    def step(r: Registers) -> None:
        floor, rest = r[out], r[scratch]
        np.floor_divide(r[above], r[below], floor)
        np.multiply(floor, r[below], rest)
        np.subtract(r[above], rest, rest)
        other = r[below] - rest
        floor += (rest > other) | ((rest == other) & (floor & 1 == 1))

    return step


def divisible(above: int, below: int, scratch: int, out: int) -> Step:
    def step(r: Registers) -> None:
        np.floor_divide(r[above], r[below], r[scratch])
        np.multiply(r[scratch], r[below], r[scratch])
        np.equal(r[scratch], r[above], r[out])

    return step


def filtered(op: Op, bound: np.float64) -> Build:
    """Return the factory of a comparison of float64: certain beyond the bound, in doubt within it."""
    certain, doubted = np.array(-bound), np.array(bound)

    def build(left: int, right: int, scratch: int, out: int, doubt: int) -> Step:
        def step(r: Registers) -> None:
            difference = r[scratch]
            np.subtract(r[left], r[right], difference)
            if op is Op.SAME:
                r[out][...] = False
            else:
                np.less(difference, certain, r[out])
            np.absolute(difference, difference)
            np.less_equal(difference, doubted, r[doubt])

        return step

    return build


# ------------------------------------------------------------------------------------------ words
def is_code(code: int) -> Build:
    def build(codes: int, out: int) -> Step:
        def step(r: Registers) -> None:
            np.equal(r[codes], code, r[out])

        return step

    return build


def is_among(members: Membership) -> Build:
    def build(codes: int, out: int) -> Step:
        def step(r: Registers) -> None:
            members.test(r[codes], r[out])

        return step

    return build


def in_set(sets: Translation) -> Build:
    def build(codes: int, containers: int, out: int) -> Step:
        def step(r: Registers) -> None:
            sets.contains(r[codes], r[containers], r[out])

        return step

    return build


def same_word(words: Translation) -> Build:
    def build(left: int, right: int, out: int) -> Step:
        def step(r: Registers) -> None:
            words.equal(r[left], r[right], r[out])

        return step

    return build


def look_up(table: Table, keys: int) -> Build:
    """Return the factory of a table's read: registers of its keys, then of its value and of whether there is one."""

    def build(*registers: int) -> Step:
        codes, (out, has) = registers[:keys], registers[keys:]

        def step(r: Registers) -> None:
            values, found = table.read([r[code] for code in codes])
            np.copyto(r[out], values)
            np.copyto(r[has], found)

        return step

    return build


def arrays(values: Sequence[int]) -> list[Array]:
    """Return constants as arrays without dimension, which every operation broadcasts."""
    return [np.array(value) for value in values]
