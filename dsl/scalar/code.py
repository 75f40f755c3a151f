"""Expressions as `ast` nodes. A number is an exact fraction `node * factor / under` of integers."""

import ast
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm


class NotCompilable(Exception):
    """The expression stays with the interpreter; `reason` says why."""


@dataclass(frozen=True, slots=True)
class Number:
    """An exact number at run time: integer `node` times the constant `factor`, over `under` (> 0)."""

    node: ast.expr
    factor: Fraction
    under: ast.expr | None = None

    @property
    def constant(self) -> Fraction | None:
        """The value where it is known when compiling."""
        if isinstance(self.node, ast.Constant) and self.under is None:
            value = self.node.value
            assert isinstance(value, int)
            return value * self.factor
        return None


@dataclass(frozen=True, slots=True)
class Plain:
    """A boolean, text, enum, set or list at run time."""

    node: ast.expr


Code = Number | Plain


def name(identifier: str) -> ast.Name:
    """Return a read of a generated variable."""
    return ast.Name(identifier, ast.Load())


def literal(value: Fraction) -> Number:
    """Return a constant number."""
    return Number(ast.Constant(value.numerator), Fraction(1, value.denominator))


def times(node: ast.expr, factor: int) -> ast.expr:
    """Return node * factor, without the multiplication where there is none."""
    if factor == 1:
        return node
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return ast.Constant(node.value * factor)
    return ast.BinOp(node, ast.Mult(), ast.Constant(factor))


def product(*nodes: ast.expr | None) -> ast.expr:
    """Return the product of the nodes that are there; 1 when none is."""
    present = [node for node in nodes if node is not None and not (isinstance(node, ast.Constant) and node.value == 1)]
    if not present:
        return ast.Constant(1)
    out = present[0]
    for node in present[1:]:
        out = ast.BinOp(out, ast.Mult(), node)
    return out


def aligned(left: Number, right: Number) -> tuple[ast.expr, ast.expr, Fraction]:
    """Return integer nodes a, b and a factor such that left = a*factor/u, right = b*factor/u for one
    u > 0 (`common_under`). Common factors are removed first, so comparisons multiply little."""
    scale = lcm(left.factor.denominator, right.factor.denominator)
    a, b = int(left.factor * scale), int(right.factor * scale)
    shared = gcd(a, b) or 1
    factor = Fraction(shared, scale)
    if same(left.under, right.under):
        return times(left.node, a // shared), times(right.node, b // shared), factor
    return (
        times(product(left.node, right.under), a // shared),
        times(product(right.node, left.under), b // shared),
        factor,
    )


def common_under(left: Number, right: Number) -> ast.expr | None:
    """Return the denominator `aligned` brings both numbers to."""
    if same(left.under, right.under):
        return left.under
    if left.under is None:
        return right.under
    if right.under is None:
        return left.under
    return product(left.under, right.under)


def same(left: ast.expr | None, right: ast.expr | None) -> bool:
    """Return whether two nodes compute the same thing by being the same text."""
    if left is None or right is None:
        return left is right
    return ast.dump(left) == ast.dump(right)


def add(left: Number, right: Number, sign: int) -> Number:
    """Return left + sign * right."""
    a, b, factor = aligned(left, right)
    if isinstance(a, ast.Constant) and isinstance(b, ast.Constant) and common_under(left, right) is None:
        assert isinstance(a.value, int) and isinstance(b.value, int)
        return literal((a.value + sign * b.value) * factor)
    node = ast.BinOp(a, ast.Add() if sign > 0 else ast.Sub(), b)
    return Number(node, factor, common_under(left, right))


def multiply(left: Number, right: Number) -> Number:
    """Return the product; a constant costs nothing, it goes into the factor."""
    for one, other in ((left, right), (right, left)):
        if one.constant is not None:
            if one.constant == 0:
                return literal(Fraction(0))
            return Number(other.node, other.factor * one.constant, other.under)
    under = product(left.under, right.under) if left.under is not None or right.under is not None else None
    return Number(product(left.node, right.node), left.factor * right.factor, under)


def divide(left: Number, right: Number) -> Number:
    """Return left / right; the divisor is proven positive, its factor with it."""
    if right.factor <= 0:
        raise NotCompilable("a divisor with a negative factor")
    constant = right.constant
    if constant is not None:
        return Number(left.node, left.factor / constant, left.under)
    return Number(product(left.node, right.under), left.factor / right.factor, product(left.under, right.node))


_OPERATORS: dict[str, type[ast.cmpop]] = {
    "<": ast.Lt, "<=": ast.LtE, ">": ast.Gt, ">=": ast.GtE, "==": ast.Eq, "!=": ast.NotEq,
}  # fmt: skip


def compare(operator: str, left: ast.expr, right: ast.expr) -> ast.expr:
    """Return a comparison of two nodes."""
    return ast.Compare(left, [_OPERATORS[operator]()], [right])


def every(tests: list[ast.expr]) -> ast.expr:
    """Return the conjunction of tests."""
    flat: list[ast.expr] = []
    for test in tests:
        flat += test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) else [test]
    if not flat:
        return ast.Constant(True)
    return flat[0] if len(flat) == 1 else ast.BoolOp(ast.And(), flat)


def call(function: str, *arguments: ast.expr, **keywords: ast.expr) -> ast.expr:
    """Return a call of one of the few functions generated code may use."""
    return ast.Call(name(function), list(arguments), [ast.keyword(k, v) for k, v in keywords.items()])
