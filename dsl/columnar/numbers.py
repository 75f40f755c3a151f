"""Exact numbers over the graph: an integer node times a constant fraction, over a node above zero."""

from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm

from dsl.columnar.nodes import Graph, Node, Op


class NotColumnar(Exception):
    """Columns cannot say it; the rule stays with the scalar judge. Its text says why."""


@dataclass(frozen=True, slots=True)
class Number:
    """`node` times `factor`, over `under` (None is 1; what divides is tested to be above zero)."""

    node: Node
    factor: Fraction
    under: Node | None = None


def literal(graph: Graph, value: Fraction) -> Number:
    """Return a constant number."""
    return Number(graph.whole(value.numerator), Fraction(1, value.denominator))


def aligned(graph: Graph, left: Number, right: Number) -> tuple[Node, Node, Fraction, Node | None]:
    """Return integers a and b, a factor and a divisor such that left = a * factor / divisor, right = b * factor /
    divisor; common factors are taken out first."""
    scale = lcm(left.factor.denominator, right.factor.denominator)
    a, b = int(left.factor * scale), int(right.factor * scale)
    shared = gcd(a, b) or 1
    factor = Fraction(shared, scale)
    one, other = graph.scale(left.node, a // shared), graph.scale(right.node, b // shared)
    if left.under == right.under:
        return one, other, factor, left.under
    return (
        over(graph, one, right.under),
        over(graph, other, left.under),
        factor,
        _product(graph, left.under, right.under),
    )


def over(graph: Graph, node: Node, by: Node | None) -> Node:
    """Return node * by, where there is one."""
    return node if by is None else graph.times(node, by)


def _product(graph: Graph, left: Node | None, right: Node | None) -> Node | None:
    if left is None or right is None:
        return left if right is None else right
    return graph.times(left, right)


def add(graph: Graph, left: Number, right: Number, sign: int) -> Number:
    """Return left + sign * right."""
    a, b, factor, under = aligned(graph, left, right)
    return Number(graph.plus(a, b) if sign > 0 else graph.minus(a, b), factor, under)


def multiply(graph: Graph, left: Number, right: Number) -> Number:
    """Return the product; a constant goes into the factor."""
    for one, other in ((left, right), (right, left)):
        value = graph.constant(one.node)
        if value is not None and one.under is None:
            return Number(other.node, other.factor * one.factor * value, other.under)
    under = _product(graph, left.under, right.under)
    return Number(graph.times(left.node, right.node), left.factor * right.factor, under)


def divide(graph: Graph, left: Number, right: Number) -> Number:
    """Return left / right, right above zero wherever the quotient is asked for."""
    if right.factor <= 0:
        raise NotColumnar("a divisor with a negative factor")
    value = graph.constant(right.node)
    if value is not None and value > 0 and right.under is None:
        return Number(left.node, left.factor / (right.factor * value), left.under)
    node = over(graph, left.node, right.under)
    return Number(node, left.factor / right.factor, over(graph, right.node, left.under))


def quotient(graph: Graph, value: Number, step: Number) -> tuple[Node, Node]:
    """Return integers whose quotient is value / step, the second above zero where step is."""
    if step.factor <= 0:
        raise NotColumnar("a step with a negative factor")
    ratio = value.factor / step.factor
    above = graph.scale(over(graph, value.node, step.under), ratio.numerator)
    return above, graph.scale(over(graph, step.node, value.under), ratio.denominator)


def rounded(graph: Graph, value: Number, step: Number, mode: str) -> Number:
    """Return the multiple of `step` next to `value`, as `dsl.interpret.rounded` picks it."""
    a, b = quotient(graph, value, step)
    match mode:
        case "down":
            steps = graph.make(Op.FLOOR, a, b)
        case "up":
            steps = graph.scale(graph.make(Op.FLOOR, graph.scale(a, -1), b), -1)
        case "half_up":
            steps = graph.make(Op.FLOOR, graph.plus(graph.scale(a, 2), b), graph.scale(b, 2))
        case "half_even":
            steps = graph.make(Op.EVEN, a, b)
        case _:
            raise NotColumnar(f"rounding {mode}")
    return Number(graph.times(steps, step.node), step.factor, step.under)


def choose(graph: Graph, condition: Node, then: Number, otherwise: Number) -> Number:
    """Return one of two numbers, by a truth."""
    if condition in (graph.yes, graph.no):
        return then if condition == graph.yes else otherwise
    if then == otherwise:
        return then
    if then.under == otherwise.under:
        a, b, factor, under = aligned(graph, then, otherwise)
    else:  # only the divisor of the branch that is taken is known to be above zero
        a, b, factor, _ = aligned(graph, Number(then.node, then.factor), Number(otherwise.node, otherwise.factor))
        one = graph.whole(1)
        under = graph.make(Op.PICK, condition, *(one if n.under is None else n.under for n in (then, otherwise)))
    return Number(a if a == b else graph.make(Op.PICK, condition, a, b), factor, under)


def extreme(graph: Graph, function: str, left: Number, right: Number) -> Number:
    """Return the smaller or larger of two numbers."""
    a, b, factor, under = aligned(graph, left, right)
    return Number(graph.make(Op.LEAST if function == "min" else Op.GREATEST, a, b), factor, under)
