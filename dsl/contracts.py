"""Fact contracts: what the JSON Schemas in `specs/` say a rule may read, as types and bounds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from dsl import types as t
from dsl.types import Type

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Age:
    """A freshness bound: `kind` is duration (count in microseconds), sessions, or bar."""

    kind: str
    count: int = 0

    def __str__(self) -> str:
        if self.kind == "bar":
            return "current bar"
        if self.kind == "sessions":
            return f"{self.count} session{'s' if self.count != 1 else ''}"
        return f"{Fraction(self.count, 1_000_000)} s"


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing rules may read. `low` and `high` bound it in base units; `key` names whose it is.

    `optional`: absence is a case rules can ask about. `total`: never unknown. `computed`: derived
    by the engine, never accepted from outside. `monotone`: how it moves as intent.quantity rises. `rebasable`: the
    desk can set it anew where a switch's reset says so.
    """

    path: str
    type: Type
    low: Fraction | None = None
    low_open: bool = False
    high: Fraction | None = None
    optional: bool = False
    total: bool = False
    computed: bool = False
    key: tuple[str, ...] = ()
    max_age: Age | None = None
    monotone: str | None = None
    max_items: int | None = None
    fields: "tuple[Fact, ...]" = ()
    rebasable: bool = False
    description: str = ""

    @property
    def scale(self) -> int:
        return t.scale_of(self.type)

    def field_named(self, name: str) -> "Fact | None":
        return next((f for f in self.fields if f.path == name), None)


@dataclass(frozen=True, slots=True)
class Contracts:
    """Every fact by path, every namespace by name, and the events windows can count."""

    facts: dict[str, Fact]
    namespaces: tuple[str, ...]
    events: dict[str, dict[str, Fact]] = field(default_factory=dict)
    market_events: frozenset[str] = frozenset()
    """Events that are the market's, not ours: known only from where we began to watch."""


class ContractFault(ValueError):
    """A schema says something about facts this language cannot read."""


def read_contracts(schemas: Mapping[str, Schema]) -> Contracts:
    """Return the facts of every schema that names an `x-namespace`. Raises ContractFault."""
    facts: dict[str, Fact] = {}
    names = []
    events: dict[str, dict[str, Fact]] = {}
    market: set[str] = set()
    for _, schema in sorted(schemas.items()):
        for event, definition in sorted(schema.get("x-window-events", {}).items()):
            required = set(definition.get("required", ()))
            market.update([event] if definition.get("x-market") else [])
            events[event] = {
                name: _fact(name, body, name not in required, {})
                for name, body in sorted(definition["properties"].items())
            }
        name = schema.get("x-namespace")
        if not name:
            continue
        names.append(name)
        required = set(schema.get("required", ()))
        for prop, body in sorted(schema["properties"].items()):
            optional = prop not in required and not body.get("readOnly")
            facts[f"{name}.{prop}"] = _fact(f"{name}.{prop}", body, optional, schema)
    facts.update({fact.path: fact for fact in BUILT_IN})
    return Contracts(facts, tuple(sorted(names)), events, frozenset(market))


def _fact(path: str, body: Schema, optional: bool, schema: Schema) -> Fact:
    unit = body.get("x-unit")
    kind = _type(path, unit, body)
    age = body.get("x-max-age", schema.get("x-max-age"))
    key = body.get("x-key", schema.get("x-key", ()))
    low = body.get("x-exclusive-minimum", body.get("x-minimum", body.get("minimum")))
    high = body.get("x-maximum", body.get("maximum"))
    return Fact(
        path, kind,
        low=None if low is None else Fraction(str(low)),
        low_open="x-exclusive-minimum" in body,
        high=None if high is None else Fraction(str(high)),
        optional=optional,
        total=bool(body.get("x-total")),
        computed=bool(body.get("readOnly") or schema.get("x-derived")),
        key=(key,) if isinstance(key, str) else tuple(key),
        max_age=parse_age(age) if age else None,
        monotone=dict(body.get("x-monotone", {})).get("intent.quantity"),
        max_items=body.get("maxItems"),
        fields=_fields(body) if unit == "list" else (),
        rebasable=bool(body.get("x-rebase")),
        description=str(body.get("description", "")),
    )  # fmt: skip


def _fields(body: Schema) -> tuple[Fact, ...]:
    items = body["items"]
    required = set(items.get("required", ()))
    return tuple(_fact(n, b, n not in required, {}) for n, b in sorted(items["properties"].items()))


def _type(path: str, unit: Any, body: Schema) -> Type:
    if not isinstance(unit, str):
        if "const" in body or body.get("type") == "object":
            return t.TEXT
        raise ContractFault(f"{path} has no x-unit")
    if unit == "enum":
        return t.enum(tuple(body["enum"]))
    if unit == "list":
        return Type(t.Kind.LIST, fields=tuple((f.path, f.type) for f in _fields(body)))
    if unit.startswith("set of "):
        return t.set_of(t.NAMED[unit.removeprefix("set of ")])
    named, _, argument = unit.rstrip("]").partition("[")
    if named == "money":
        return t.money(argument)
    if named == "price":
        return t.price(argument)
    if named == "rate":
        return t.RATIO
    if named == "real":
        return t.real(t.money(argument).dimension if argument else ())
    if named in t.NAMED:
        return t.NAMED[named]
    raise ContractFault(f"{path}: unknown x-unit {unit!r}")


def parse_age(text: str) -> Age:
    """Return a written freshness bound: `5 s`, `1 session`, `current bar`. Raises ContractFault."""
    if text == "current bar":
        return Age("bar")
    number, _, unit = text.partition(" ")
    if unit in ("session", "sessions") and number.isdecimal():
        return Age("sessions", int(number))
    seconds = {
        "ms": Fraction(1, 1000),
        "s": Fraction(1),
        "min": Fraction(60),
        "h": Fraction(3600),
        "days": Fraction(86400),
    }
    if unit in seconds and number.isdecimal():
        return Age("duration", int(int(number) * seconds[unit] * 1_000_000))
    raise ContractFault(f"unknown freshness bound {text!r}")


BUILT_IN = (
    Fact("now", t.TIMESTAMP, total=True, computed=True, description="The decision's own instant."),
    Fact("law_date", t.DATE, total=True, computed=True, description="The date whose rules apply."),
    *(
        Fact(f"scope.{name}", kind, total=True, computed=True, description=f"The {name} the rule is judged for.")
        for name, kind in (("account", t.TEXT), ("engine", t.TEXT), ("strategy", t.TEXT), ("symbol", t.SYMBOL))
    ),
)
"""Facts every judgement has, whatever the contracts."""
