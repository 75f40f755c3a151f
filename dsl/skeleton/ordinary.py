"""A value for a fact nobody set: inside its contract, of no particular meaning."""

from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from typing import Any

from dsl import ir
from dsl.contracts import Fact
from dsl.statistics import as_statistic
from dsl.types import QUANTITY, Kind, currency_of, money, scale_of

_TEXTS = {"account": "A1", "engine": "MAIN", "strategy": "momentum", "symbol": "AAPL"}


def ordinary(fact: Fact, day: date, now: int) -> Any:
    """Return a stored value for a fact, of the right type and inside its bounds."""
    kind = fact.type
    name = fact.path.rpartition(".")[2]
    match kind.kind:
        case Kind.BOOL:
            return False
        case Kind.ENUM:
            return kind.values[0]
        case Kind.TEXT:
            return _TEXTS.get(name, name.replace("_", " "))
        case Kind.SYMBOL:
            return _TEXTS["symbol"]
        case Kind.DATE:
            return day.toordinal()
        case Kind.TIMESTAMP:
            return now
        case Kind.TIME:
            return 12 * 3600 * 1_000_000
        case Kind.SET:
            return frozenset()
        case Kind.LIST:
            return (ordinary_row(fact, day, now),)
        case Kind.REAL:
            return as_statistic(Fraction(1))
        case _:
            return _inside(fact, _usual(fact))


def ordinary_row(fact: Fact, day: date, now: int) -> dict[str, Any]:
    """Return a row of a list of records."""
    fields = fact.fields or tuple(Fact(name, kind) for name, kind in fact.type.fields)
    return {field.path: ordinary(field, day, now) for field in fields if not field.optional}


def _usual(fact: Fact) -> Fraction:
    kind = fact.type
    if kind == QUANTITY:
        return Fraction(10)
    currency = currency_of(kind)
    if currency is not None:
        return Fraction(100_000) if kind == money(currency) else Fraction(100)
    return Fraction(1)


def _inside(fact: Fact, value: Fraction) -> int:
    if fact.high is not None and value > fact.high:
        value = fact.high
    if fact.low is not None and value < fact.low:
        value = fact.low + (1 if fact.low_open else 0)
    return int(value * scale_of(fact.type))


def literals_near(path: str, exprs: Iterable[ir.Expr]) -> list[ir.Value]:
    """Return the values a fact is compared with, as they are written in the rules."""
    found: list[ir.Value] = []
    for part in (part for expr in exprs for part in ir.walk(expr)):
        match part:
            case ir.Compare(left=ir.FactRef() as fact, right=ir.Const() as const) if fact.path == path:
                found.append(const.value)
            case ir.Compare(left=ir.Const() as const, right=ir.FactRef() as fact) if fact.path == path:
                found.append(const.value)
            case ir.Member(item=ir.FactRef() as fact, container=ir.Const(value=frozenset() as values)):
                found += sorted(values, key=str) if fact.path == path else []
            case _:
                pass
    return list(dict.fromkeys(found))
