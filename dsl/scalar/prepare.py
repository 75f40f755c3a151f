"""The look at arriving values as straight-line code: which slots do not plainly fit their contracts."""

import ast
from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from math import ceil, floor
from typing import Any

from dsl.contracts import Fact
from dsl.scalar.code import call, compare, every, name
from dsl.scalar.compile import Check
from dsl.scalar.whitelist import check_nodes
from dsl.types import Kind

_FUNCTIONS: dict[str, Any] = {
    "type": type, "int": int, "str": str, "tuple": tuple, "frozenset": frozenset, "len": len,
}  # fmt: skip
_TYPES = {Kind.BOOL: "bool", Kind.TEXT: "str", Kind.SYMBOL: "str", Kind.ENUM: "str", Kind.SET: "frozenset"}


def compile_fit(facts: Sequence[Fact]) -> Check:
    """Return `check(values, append)`: it appends the number of every slot whose value does not plainly fit.

    A slot that is not appended is proven to fit: exact type, in bounds, or absent where its contract
    lets it be. An appended one is left to whoever knows the contract in full; subclasses land there too.
    """
    constants: dict[str, Any] = {}
    body: list[ast.stmt] = []
    for at, fact in enumerate(facts):
        doubt = ast.Expr(ast.Call(name("append"), [ast.Constant(at)], []))
        body.append(ast.If(ast.UnaryOp(ast.Not(), _fits(name(f"v{at}"), fact, constants)), [doubt], []))
    targets = ast.Tuple([ast.Name(f"v{at}", ast.Store()) for at in range(len(facts))], ast.Store())
    arguments = ast.arguments([], [ast.arg("values"), ast.arg("append")], None, [], [], None, [])
    function = ast.FunctionDef(
        name="check", args=arguments, body=[ast.Assign([targets], name("values")), *body], decorator_list=[],
        returns=None, type_comment=None,
    )  # fmt: skip
    tree = ast.fix_missing_locations(ast.Module([function], []))
    check_nodes(tree, {*_FUNCTIONS, *constants})
    scope: dict[str, Any] = {"__builtins__": {}, **_FUNCTIONS, **constants}
    exec(compile(tree, "<contracts>", "exec"), scope)  # noqa: S102 (nodes built here and whitelisted above)
    check: Check = scope["check"]
    return check


def whole_bounds(fact: Fact) -> tuple[int | None, int | None]:
    """Return the least and greatest stored integers a contract allows; None where it has no bound."""
    if fact.type.kind is Kind.DATE:
        return date.min.toordinal(), date.max.toordinal()
    low = high = None
    if fact.low is not None:
        scaled = fact.low * fact.scale
        low = floor(scaled) + 1 if fact.low_open else ceil(scaled)
    if fact.high is not None:
        high = floor(Fraction(fact.high * fact.scale))
    return low, high


def _fits(value: ast.Name, fact: Fact, constants: dict[str, Any]) -> ast.expr:
    tests = [_is_exactly(value, _TYPES.get(fact.type.kind, "int"))]
    if fact.type.kind is Kind.BOOL:
        either: list[ast.expr] = [ast.Compare(value, [ast.Is()], [ast.Constant(truth)]) for truth in (False, True)]
        tests = [ast.BoolOp(ast.Or(), either)]
    elif fact.type.kind is Kind.LIST:
        tests = [ast.Constant(False)]  # rows are looked at field by field, by the contract itself
    elif fact.type.kind is Kind.REAL:
        tests = [ast.Constant(False)]  # so are statistics: what is no finite number is nothing to judge by
    elif fact.type.kind is Kind.ENUM:
        words = f"k{len(constants) + 1}"
        constants[words] = frozenset(fact.type.values)
        tests.append(ast.Compare(value, [ast.In()], [name(words)]))
    elif fact.type.kind in (Kind.TEXT, Kind.SYMBOL):
        tests.append(value)
    elif fact.type.kind not in _TYPES:
        tests += _within(value, *whole_bounds(fact))
    fits = every(tests)
    if fact.optional:
        return ast.BoolOp(ast.Or(), [ast.Compare(value, [ast.Is()], [ast.Constant(None)]), fits])
    return fits


def _is_exactly(value: ast.Name, kind: str) -> ast.expr:
    return ast.Compare(call("type", value), [ast.Is()], [name(kind)])


def _within(value: ast.Name, low: int | None, high: int | None) -> list[ast.expr]:
    if low is not None and high is not None:
        return [ast.Compare(ast.Constant(low), [ast.LtE(), ast.LtE()], [value, ast.Constant(high)])]
    tests = [compare(">=", value, ast.Constant(low))] if low is not None else []
    return tests + ([compare("<=", value, ast.Constant(high))] if high is not None else [])
