"""The bench's packs, its seeded intents, and the oracle that says which rules an intent breaks.

A rule is a Python expression over the facts of pack.toml: a conjunction of tests. The oracle walks the
expression's tree on exact fractions and shares no code with what is measured.
"""

import ast
import operator
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

_DATA = tomllib.loads((Path(__file__).parent / "pack.toml").read_text(encoding="utf-8"))
SYMBOLS = tuple(f"S{number:03d}" for number in range(100))
STRATEGIES = tuple(f"ST{number:02d}" for number in range(20))
RESTRICTED = frozenset((*SYMBOLS[3::20], *(f"X{number:04d}" for number in range(495))))
STORED = {"shares": 10**6, "USD": 10**6, "USD/share": 10**6, "x": 10**6, "bps": 100, "count": 1}
"""Stored integers in one unit as the packs write it: a basis point is 100 millionths."""

Rules = dict[str, str]
Raw = dict[str, Any]


@dataclass(frozen=True, slots=True)
class FactSpec:
    """A fact of the packs: its unit and bounds in that unit, `above` exclusive."""

    name: str
    unit: str
    of: str
    values: tuple[str, ...] = ()
    share: float = 0.5
    low: int | None = None
    above: int | None = None
    high: int | None = None

    @property
    def is_number(self) -> bool:
        return self.unit in STORED


FACTS = {
    name: FactSpec(name, **{key: tuple(value) if key == "values" else value for key, value in body.items()})
    for name, body in _DATA["facts"].items()
}


def pack(rules: int) -> Rules:
    """Return {id: expression}: the first of the general rules, or ten limits for every one of rules/10 symbols."""
    general, per_symbol = _DATA["rules"]["general"], _DATA["rules"]["per_symbol"]
    if rules <= len(general):
        return {f"R{number:05d}": text for number, text in enumerate(general[:rules])}
    random, out = Random(11), []
    for number in range(rules // len(per_symbol)):
        limits = (
            random.randrange(8_000, 20_000), random.randrange(400_000, 1_500_000),
            random.randrange(30, 150) / 1000, random.randrange(3_000, 9_000), random.randrange(100_000, 600_000),
        )  # fmt: skip
        symbol = SYMBOLS[number] if number < len(SYMBOLS) else f"N{number:05d}"
        out += [f'symbol == "{symbol}" and {text.format(*limits)}' for text in per_symbol]
    return {f"R{number:05d}": text for number, text in enumerate(out)}


def intents(count: int, seed: int = 5) -> list[Raw]:
    """Return orders as they come from outside: numbers as floats with few decimals, words and booleans."""
    random = Random(seed)
    return [_intent(random) for _ in range(count)]


def _intent(random: Random) -> Raw:
    words = {"symbol": SYMBOLS, "strategy": STRATEGIES}
    out: Raw = {}
    for name, fact in FACTS.items():
        if fact.unit == "bool":
            out[name] = random.random() < fact.share
        elif not fact.is_number:
            out[name] = random.choice(fact.values or words[name])
    reference = round(random.uniform(5, 400), 2)
    price = max(0.01, round(reference * (1 + random.gauss(0, 0.02)), 2))
    quantity = float(min(int(random.lognormvariate(7, 1)) + 1, 50_000))
    equity, position = round(random.uniform(1e6, 2e7), 2), float(random.randrange(-20_000, 40_000))
    out |= {
        "qty": quantity, "price": price, "notional": round(quantity * price, 2), "ref_price": reference,
        "bid": round(reference * 0.999, 2), "ask": round(reference * 1.001, 2),
        "adv": float(random.randrange(20_000, 10_000_000)), "position_qty": position,
        "position_notional": round(position * price, 2), "equity": equity,
        "drawdown": round(random.uniform(0, 0.2), 4), "cancel_rate": round(random.random(), 4),
        "volatility": round(random.uniform(0.05, 1.2), 4), "spread_bps": round(random.uniform(0.5, 60), 2),
    }  # fmt: skip
    shares = {
        "gross_exposure": (0.2, 2.2), "net_exposure": (-1, 1.2), "sector_exposure": (0, 0.4),
        "issuer_exposure": (0, 0.15), "buying_power": (0, 3), "var_99": (0, 0.05),
    }  # fmt: skip
    out |= {name: round(equity * random.uniform(*between), 2) for name, between in shares.items()}
    out["daily_pnl"] = round(equity * random.gauss(0, 0.015), 2)
    counts = {"order_rate": 120, "open_orders": 200, "day_trades": 6, "minutes_to_close": 390}
    return out | {name: float(random.randrange(below)) for name, below in counts.items()}


def stored(raw: Mapping[str, Any]) -> Raw:
    """Return an intent's numbers as the integers facts are stored as."""
    return {
        name: round(value * STORED[FACTS[name].unit]) if FACTS[name].is_number else value for name, value in raw.items()
    }


_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Eq: operator.eq,
    ast.NotEq: operator.ne, ast.In: lambda a, b: a in b,
}  # fmt: skip
_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
}  # fmt: skip


def oracle(rules: Rules) -> Callable[[Raw], list[str]]:
    """Return what tells the ids of all rules an intent breaks, sorted, in exact arithmetic."""
    trees = [(rule, ast.parse(text, mode="eval").body) for rule, text in rules.items()]

    def broken(raw: Raw) -> list[str]:
        exact = {name: Fraction(str(v)) if FACTS[name].is_number else v for name, v in raw.items()}
        return sorted(rule for rule, tree in trees if _walk(tree, exact))

    return broken


def oracle_of_stored(rules: Rules) -> Callable[[Raw], list[str]]:
    """Return the same for intents whose numbers are the integers facts are stored as."""
    trees = [(rule, ast.parse(text, mode="eval").body) for rule, text in rules.items()]

    def broken(raw: Raw) -> list[str]:
        exact = {
            name: Fraction(value, STORED[FACTS[name].unit]) if FACTS[name].is_number else value
            for name, value in raw.items()
        }
        return sorted(rule for rule, tree in trees if _walk(tree, exact))

    return broken


def _walk(node: ast.expr, facts: Raw) -> Any:
    match node:
        case ast.BoolOp():
            return all(_walk(value, facts) for value in node.values)
        case ast.Compare():
            return _COMPARE[type(node.ops[0])](_walk(node.left, facts), _walk(node.comparators[0], facts))
        case ast.BinOp():
            return _ARITHMETIC[type(node.op)](_walk(node.left, facts), _walk(node.right, facts))
        case ast.UnaryOp():
            return not _walk(node.operand, facts)
        case ast.Call():
            return abs(_walk(node.args[0], facts))
        case ast.Tuple():
            return [_walk(item, facts) for item in node.elts]
        case ast.Constant():
            return Fraction(str(node.value)) if isinstance(node.value, int | float) else node.value
        case ast.Name():
            return RESTRICTED if node.id == "RESTRICTED" else facts[node.id]
    raise ValueError(ast.dump(node))
