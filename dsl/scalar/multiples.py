"""Fewer multiplications: tests that compare with multiples of one slot share one multiple of it.

`a * 125 > y * 6` and `b * 50 > y * 19` hold exactly when `a * 2375 > m` and `b * 300 > m` for `m = y * 114`: an
inequality of integers may be scaled by any positive integer. Integers beyond 30 bits cost a multiplication as much
as two comparisons, so every one of them counts.
"""

import ast
from collections import defaultdict
from collections.abc import Callable, Iterator, Set
from math import lcm
from typing import TypeGuard

from dsl.scalar.code import name

MAX_MULTIPLE = 1 << 60
"""A shared multiple grows no larger: beyond it the digits it adds cost what the multiplication saves."""
LEAST_USES = 2
"""Tests every run makes that must gain by a shared multiple before it is worth computing."""

Tests = list[ast.Compare]


def share_multiples(body: list[ast.stmt], slots: Set[str], fresh: Callable[[], str]) -> list[ast.stmt]:
    """Return the statements with the multiples they share in front; the tests of `body` are rewritten in place.

    `slots` are the names that always hold an integer; no other name is multiplied ahead of its test.
    """
    wanted: dict[str, list[int]] = defaultdict(list)
    for test in _unconditional(body):
        for slot, factor in _terms(test):
            if slot in slots and _gain(test, slot, factor) > 0:
                wanted[slot].append(factor)
    shared: list[ast.stmt] = []
    for slot, factors in sorted(wanted.items()):
        multiple = _common(factors)
        if sum(multiple % factor == 0 for factor in factors) < LEAST_USES:
            continue
        target = fresh()
        shared.append(ast.Assign([ast.Name(target, ast.Store())], _times(name(slot), multiple)))
        for test in _tests(body):
            _rewrite(test, slot, multiple, target)
    return [*shared, *body]


def _common(factors: list[int]) -> int:
    """Return a common multiple of as many factors as fit, the smallest factors first."""
    multiple = 1
    for factor in sorted(factors):
        larger = lcm(multiple, factor)
        if larger <= MAX_MULTIPLE:
            multiple = larger
    return multiple


def _rewrite(test: ast.Compare, slot: str, multiple: int, target: str) -> None:
    for found, factor in _terms(test):
        if found == slot and multiple % factor == 0 and _gain(test, slot, factor) > 0:
            by = multiple // factor
            test.left = _scaled(test.left, by, slot, factor, target)
            test.comparators = [_scaled(test.comparators[0], by, slot, factor, target)]
            return


def _gain(test: ast.Compare, slot: str, factor: int) -> int:
    """Return how many multiplications the test saves when the slot's multiple is at hand."""
    sides = (test.left, test.comparators[0])
    after = [_scaled(side, 2 * factor + 1, slot, factor, slot) for side in sides]
    return sum(map(_products, sides)) - sum(map(_products, after))


def _products(node: ast.expr) -> int:
    return sum(isinstance(part, ast.Mult) for part in ast.walk(node))


def _scaled(node: ast.expr, by: int, slot: str, factor: int, target: str) -> ast.expr:
    """Return node * by, where slot * factor * by is `target`."""
    split = _split(node)
    if split is not None:
        inner, coefficient = split
        if isinstance(inner, ast.Name) and inner.id == slot and coefficient == factor:
            return name(target)
        return _times(inner, coefficient * by)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        left = _scaled(node.left, by, slot, factor, target)
        return ast.BinOp(left, node.op, _scaled(node.right, by, slot, factor, target))
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return ast.Constant(node.value * by)
    return _times(node, by)


def _terms(test: ast.Compare) -> Iterator[tuple[str, int]]:
    """Yield every name the test's two sums hold with a factor above one."""
    waiting = [test.left, test.comparators[0]]
    while waiting:
        node = waiting.pop()
        split = _split(node)
        if split is not None:
            inner, coefficient = split
            if isinstance(inner, ast.Name) and coefficient > 1:
                yield inner.id, coefficient
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
            waiting += [node.left, node.right]


def _split(node: ast.expr) -> tuple[ast.expr, int] | None:
    """Return what a product multiplies and its constant factor, or None when it is no such product."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        for inner, constant in ((node.left, node.right), (node.right, node.left)):
            if isinstance(constant, ast.Constant) and type(constant.value) is int:
                return inner, constant.value
    return None


def _times(node: ast.expr, by: int) -> ast.expr:
    return node if by == 1 else ast.BinOp(node, ast.Mult(), ast.Constant(by))


def _unconditional(body: list[ast.stmt]) -> Tests:
    """Return the tests that every run of the statements makes: the first of each condition, and hoisted ones."""
    out: Tests = []
    for statement in body:
        if isinstance(statement, ast.If):
            test = statement.test
            first = test.values[0] if isinstance(test, ast.BoolOp) else test
            out += [first] if _is_inequality(first) else []
    return out


def _tests(body: list[ast.stmt]) -> Tests:
    return [node for statement in body for node in ast.walk(statement) if _is_inequality(node)]


def _is_inequality(node: ast.AST) -> TypeGuard[ast.Compare]:
    return (
        isinstance(node, ast.Compare)
        and len(node.ops) == 1
        and isinstance(node.ops[0], ast.Lt | ast.LtE | ast.Gt | ast.GtE | ast.Eq | ast.NotEq)
    )
