"""The packs in our own language: rule text with units, and the contracts of their facts."""

import ast
from typing import Any

from dsl.text import Source
from tests.perf.pack import FACTS, FactSpec, Rules

_UNITS = {
    "shares": "quantity", "USD": "money[USD]", "USD/share": "price[USD]", "x": "ratio", "bps": "ratio",
    "count": "count", "symbol": "symbol", "text": "text", "bool": "bool", "enum": "enum",
}  # fmt: skip
_OPERATORS: dict[type[ast.AST], str] = {
    ast.Gt: ">", ast.GtE: ">=", ast.Lt: "<", ast.LtE: "<=", ast.Eq: "is", ast.NotEq: "is not", ast.In: "in",
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/",
}  # fmt: skip
RESTRICTED = "book.restricted"
MAX_AGE = "5 s"
BOOK = 1_000
"""Rules in one file; a rule file may not pass a megabyte."""


def path_of(fact: str) -> str:
    """Return a fact's path in the contracts."""
    return f"{FACTS[fact].of}.{fact}"


def schemas() -> dict[str, Any]:
    """Return the contracts of the packs' facts; what the book says goes stale after five seconds."""
    out: dict[str, Any] = {}
    for of in ("book", "intent"):
        names = [name for name, fact in FACTS.items() if fact.of == of]
        properties = {name: _contract(FACTS[name]) for name in names}
        out[f"{of}.schema.json"] = {"x-namespace": of, "properties": properties, "required": names}
    out["book.schema.json"] |= {"x-max-age": MAX_AGE}
    out["book.schema.json"]["properties"]["restricted"] = {"x-unit": "set of symbol"}
    out["book.schema.json"]["required"].append("restricted")
    out["intent.schema.json"]["properties"]["reduces_only"] = {"x-unit": "bool", "x-total": True, "readOnly": True}
    return out


def _contract(fact: FactSpec) -> dict[str, Any]:
    out: dict[str, Any] = {"x-unit": _UNITS[fact.unit]}
    if fact.values:
        out["enum"] = list(fact.values)
    scale = 10_000 if fact.unit == "bps" else 1
    for key, bound in (("x-minimum", fact.low), ("x-exclusive-minimum", fact.above), ("x-maximum", fact.high)):
        if bound is not None:
            out[key] = str(bound // scale)
    return out


def sources(rules: Rules) -> list[Source]:
    """Return the packs as rulebooks of at most a thousand rules; the code of a rule is its id in the pack."""
    named = list(rules.items())
    return [
        Source(f"pre_trade/bench_{number}.rules", _book(number, named[start : start + BOOK]))
        for number, start in enumerate(range(0, len(named), BOOK))
    ]


def _book(number: int, rules: list[tuple[str, str]]) -> str:
    lines = [
        f'rulebook pre_trade.bench_{number} "Bench {number}"', 'calendar XNYS zone "America/New_York"',
        "uses book, intent",
    ]  # fmt: skip
    for rule, text in rules:
        lines += [
            f'rule R-{rule[1:]} "Rule {rule}" {{', "  on pre_trade",
            f"  reject when {_condition(ast.parse(text, mode='eval').body)} as {rule}",
            '  cite "Bench"', "  owner bench", f'  because "rule {rule}"', "}",
        ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _condition(node: ast.expr) -> str:
    match node:
        case ast.BoolOp():
            return " and ".join(_condition(value) for value in node.values)
        case ast.UnaryOp():
            return f"not {_condition(node.operand)}"
        case ast.Name():
            return path_of(node.id)
        case ast.Compare():
            left, right, word = node.left, node.comparators[0], _OPERATORS[type(node.ops[0])]
            unit = _unit(left) or _unit(right) or ""
            return f"{_operand(left, unit)} {word} {_operand(right, unit)}"
    raise ValueError(ast.dump(node))


def _operand(node: ast.expr, unit: str) -> str:
    match node:
        case ast.Name(id="RESTRICTED"):
            return RESTRICTED
        case ast.Name():
            return path_of(node.id)
        case ast.Tuple():
            return "[" + ", ".join(_operand(item, unit) for item in node.elts) + "]"
        case ast.Constant(value=str()):
            return str(node.value) if unit == "enum" else f'"{node.value}"'
        case ast.Constant():
            return f"{node.value} {'' if unit == 'count' else unit}".strip()
        case ast.Call():
            return f"abs({_operand(node.args[0], unit)})"
        case ast.BinOp(op=ast.Mult()):
            return f"({_operand(node.left, 'x')} * {_operand(node.right, 'x')})"
        case ast.BinOp():
            unit = _unit(node.left) or _unit(node.right) or ""
            return f"({_operand(node.left, unit)} {_OPERATORS[type(node.op)]} {_operand(node.right, unit)})"
    raise ValueError(ast.dump(node))


def _unit(node: ast.expr) -> str | None:
    """Return the unit of an operand, None for a bare number."""
    match node:
        case ast.Name():
            return FACTS[node.id].unit if node.id in FACTS else None
        case ast.Call():
            return _unit(node.args[0])
        case ast.BinOp():
            left, right = _unit(node.left), _unit(node.right)
            if isinstance(node.op, ast.Div):
                return "x" if left == right else left
            if isinstance(node.op, ast.Mult):
                return right if left in (None, "x") else left
            return left or right
    return None
