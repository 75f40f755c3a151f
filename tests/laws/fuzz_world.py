"""Random fact contracts: facts of every kind, optional or not, bounded or not, keyed, and lists of records.

A world is data only (JSON Schemas as in `specs/`), so that the compiler reads it the way it reads real contracts.
"""

from dataclasses import dataclass, field
from random import Random
from typing import Any

SYMBOLS = ("AAPL", "MSFT", "BRK.B", "X")
TEXTS = ("alpha", "beta", "", "it's odd `text`")
ENUMS = (("BUY", "SELL"), ("MARKET", "LIMIT", "STOP"), ("RED", "GREEN", "BLUE", "GREY"))

NUMBERS = ("count", "ratio", "quantity", "duration", "money[USD]", "money[EUR]", "price[USD]")
ORDERED = ("timestamp", "date", "time", "sessions")
WORDS = ("text", "symbol", "enum")
SETS = ("set of symbol", "set of text")

SCALED = ("ratio", "quantity", "duration", "money[USD]", "money[EUR]", "price[USD]", "timestamp", "time")
UNIT_OF = {
    "count": "", "ratio": " x", "quantity": " shares", "duration": " s", "money[USD]": " USD", "money[EUR]": " EUR",
    "price[USD]": " USD/share",
}  # fmt: skip
AGES = ("5 s", "1 session", "current bar")


@dataclass(frozen=True, slots=True)
class FactSketch:
    """A fact as the generator sees it. `kind` is its x-unit; `low` and `high` are base units or None."""

    path: str
    kind: str
    optional: bool = False
    low: int | None = None
    low_open: bool = False
    high: int | None = None
    values: tuple[str, ...] = ()
    fields: "tuple[FactSketch, ...]" = ()

    @property
    def is_positive(self) -> bool:
        return self.low is not None and (self.low > 0 or (self.low == 0 and self.low_open))


@dataclass(slots=True)
class World:
    """The contracts of one bundle, as schemas and as sketches."""

    schemas: dict[str, Any] = field(default_factory=dict)
    facts: list[FactSketch] = field(default_factory=list)
    event: tuple[FactSketch, ...] = ()

    def of_kind(self, kind: str, optional: bool | None = None) -> list[FactSketch]:
        """Return the facts of a kind; `optional` None takes both."""
        return [f for f in self.facts if f.kind == kind and (optional is None or f.optional == optional)]

    @property
    def lists(self) -> list[FactSketch]:
        return [f for f in self.facts if f.kind == "list"]

    @property
    def namespaces(self) -> list[str]:
        return sorted({f.path.partition(".")[0] for f in self.facts} | {"fx"})


def make_world(random: Random) -> World:
    """Return random contracts: `intent` with the keys rules need, `book` and `desk` with one of everything."""
    world = World()
    intent = [
        FactSketch("intent.reduces_only", "bool"),
        FactSketch("intent.symbol", "symbol"),
        FactSketch("intent.strategy", "text"),
        FactSketch("intent.account", "text"),
        FactSketch("intent.quantity", "quantity", low=0, low_open=True, high=1_000_000),
        FactSketch("intent.side", "enum", values=ENUMS[0]),
        _number(random, "intent.limit_price", "price[USD]", optional=True, positive=True),
    ]
    _add(world, "intent", intent, random)
    for name in ("book", "desk"):
        facts = [_number(random, f"{name}.{_word(kind)}", kind) for kind in NUMBERS]
        facts += [_number(random, f"{name}.opt_{_word(kind)}", kind, optional=True) for kind in NUMBERS]
        facts += [_number(random, f"{name}.pos_{_word(kind)}", kind, positive=True) for kind in NUMBERS]
        facts += [FactSketch(f"{name}.{_word(kind)}", kind, random.random() < 0.3) for kind in (*ORDERED, *SETS)]
        facts += [FactSketch(f"{name}.{kind}", kind, random.random() < 0.3) for kind in ("text", "symbol")]
        facts += [FactSketch(f"{name}.mode", "enum", random.random() < 0.3, values=random.choice(ENUMS))]
        facts += [FactSketch(f"{name}.flag", "bool"), FactSketch(f"{name}.opt_flag", "bool", optional=True)]
        facts += [FactSketch(f"{name}.real", "real")]
        facts += [FactSketch(f"{name}.rows", "list", random.random() < 0.2, fields=_columns(random))]
        _add(world, name, facts, random)
    rate = FactSketch("fx.rate", "rate", low=0, low_open=True, high=1000)
    world.schemas["fx.schema.json"] = _schema("fx", [rate], random)
    world.event = tuple(
        FactSketch(name, kind, values=values, optional=optional)
        for name, kind, values, optional in (
            ("account", "text", (), False), ("strategy", "text", (), False), ("symbol", "symbol", (), True),
            ("side", "enum", ENUMS[0], False), ("quantity", "quantity", (), False), ("worth", "money[USD]", (), True),
        )
    )  # fmt: skip
    events = {"intent.allowed": {"properties": _properties(world.event, random), "required": _required(world.event)}}
    world.schemas["event.schema.json"] = {"x-window-events": events}
    return world


def _word(kind: str) -> str:
    return kind.replace("[", "_").replace("]", "").replace(" ", "_").lower()


def _number(random: Random, path: str, kind: str, optional: bool = False, positive: bool = False) -> FactSketch:
    if positive:
        low, low_open = random.choice(((0, True), (1, False), (2, False)))
        return FactSketch(path, kind, optional, low, low_open, random.choice((None, 10, 100_000)))
    low = random.choice((None, 0, -50, 0))
    return FactSketch(path, kind, optional, low, False, random.choice((None, 100, 1_000_000_000)))


def _columns(random: Random) -> tuple[FactSketch, ...]:
    """One field of every kind that rows may hold; a third of the lists have fields that may lack."""
    lacking = random.random() < 0.34
    fields = [
        FactSketch(_word(kind), kind, lacking and random.random() < 0.3, low=random.choice((None, 0)))
        for kind in (*NUMBERS, *ORDERED)
    ]
    fields += [FactSketch("tag", "text"), FactSketch("symbol", "symbol", lacking and random.random() < 0.3)]
    fields += [FactSketch("mode", "enum", values=random.choice(ENUMS)), FactSketch("flag", "bool")]
    return tuple(fields)


def _add(world: World, namespace: str, facts: list[FactSketch], random: Random) -> None:
    world.facts += facts
    world.schemas[f"{namespace}.schema.json"] = _schema(namespace, facts, random)


def _schema(namespace: str, facts: list[FactSketch], random: Random) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "x-namespace": namespace,
        "properties": _properties(tuple(facts), random),
        "required": _required(tuple(facts)),
    }
    if namespace != "intent" and random.random() < 0.5:
        schema["x-key"] = random.choice(("symbol", ["account", "symbol"]))
    return schema


def _required(facts: tuple[FactSketch, ...]) -> list[str]:
    return [f.path.rpartition(".")[2] for f in facts if not f.optional]


def _properties(facts: tuple[FactSketch, ...], random: Random) -> dict[str, Any]:
    return {f.path.rpartition(".")[2]: _property(f, random) for f in facts}


def _property(fact: FactSketch, random: Random) -> dict[str, Any]:
    body: dict[str, Any] = {"x-unit": fact.kind}
    if fact.kind == "enum":
        body["enum"] = list(fact.values)
    if fact.kind == "list":
        body["maxItems"] = 6
        body["items"] = {"properties": _properties(fact.fields, random), "required": _required(fact.fields)}
    if fact.low is not None:
        body["x-exclusive-minimum" if fact.low_open else "x-minimum"] = str(fact.low)
    if fact.high is not None:
        body["x-maximum"] = str(fact.high)
    if fact.path == "intent.reduces_only":
        body |= {"readOnly": True, "x-total": True}
    elif fact.path == "intent.quantity":
        body["x-monotone"] = {"intent.quantity": "increasing"}
    elif random.random() < 0.4:
        body["x-max-age"] = random.choice(AGES)
    return body
