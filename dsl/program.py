"""A bundle on one law date: the rules and numbers in force, and the slots a snapshot must fill."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from dsl import ir
from dsl.bundle import Bundle
from dsl.calendars import Calendars, Sessions, sessions_of
from dsl.contracts import Age, Fact
from dsl.keywords import MAY_BE_EMPTY
from dsl.reads import all_facts
from dsl.text import Span

REDUCES = "intent.reduces_only"


@dataclass(frozen=True, slots=True)
class Overlay:
    """A tightening from a config layer: in force from `since`, inside the param's range."""

    param: str
    key: tuple[str, ...]
    value: Fraction
    since: str
    cite: str
    origin: str


@dataclass(frozen=True, slots=True)
class Number:
    """A param value in force and where it came from."""

    value: ir.Value
    since: str | None
    cite: str
    origin: str
    span: Span


@dataclass(frozen=True, slots=True)
class Slot:
    """One value a snapshot holds: a fact, window or list, with its contract."""

    index: int
    path: str
    fact: Fact


@dataclass(frozen=True, slots=True)
class AgeCheck:
    """A rule's own freshness bound on a slot, tighter than the contract's."""

    slot: int
    age: Age


@dataclass(frozen=True, slots=True)
class Program:
    """What judges one stage on one law date. Rules are sorted by id; slots by path."""

    bundle: Bundle
    stage: str
    law_date: date
    rules: tuple[ir.Rule, ...]
    numbers: dict[str, dict[tuple[str, ...], Number]]
    slots: tuple[Slot, ...]
    ages: tuple[AgeCheck, ...]
    index: dict[str, int]
    lets: dict[str, ir.Expr]
    calendars: Calendars = field(default_factory=dict)
    part: tuple[str, ...] = ()

    def sessions(self, code: str) -> Sessions | None:
        """Return the sessions of an exchange, None where nobody handed them in."""
        return sessions_of(self.calendars, code)

    def age_check(self, slot: int, age: Age) -> int:
        """Return the number of the check of that bound on that slot."""
        return self.ages.index(AgeCheck(slot, age))

    @property
    def signature(self) -> tuple[object, ...]:
        """What the compiled form depends on: equal signatures compile to the same code."""
        numbers = tuple(
            (n, tuple((k, r.value) for k, r in sorted(rows.items()))) for n, rows in sorted(self.numbers.items())
        )
        versions = tuple(
            (name, version.since if version else "none")
            for name, table in sorted(self.bundle.ruleset.tables.items())
            for version in (version_in_force(table, self.law_date.isoformat()),)
        )
        return (self.bundle.hash, self.stage, tuple(r.id for r in self.rules), numbers, versions)


def in_force(
    bundle: Bundle, stage: str, law_date: date, overlays: Sequence[Overlay] = (), calendars: Calendars | None = None,
    only: Callable[[ir.Rule], bool] = lambda _: True, part: tuple[str, ...] = (),
) -> Program:  # fmt: skip
    """Return the program of a stage on a law date, config tightenings included.

    `calendars` are the sessions dates are moved by; a date moved by those of another exchange is unknown.
    `only` picks rules of the stage, like those of one scope; `part` names what was picked.
    """
    ruleset, day = bundle.ruleset, law_date.isoformat()
    rules = tuple(
        r for r in ruleset.rules if r.stage == stage and (r.since or "") <= day <= (r.until or "9999-12-31") and only(r)
    )
    numbers = {name: numbers_in_force(param, day, overlays) for name, param in sorted(ruleset.params.items())}
    lets = {**ruleset.lets, **{name: _table_body(table, day) for name, table in sorted(ruleset.tables.items())}}
    paths = sorted({*all_facts(rules, lets), *((REDUCES,) if stage == "pre_trade" else ())})
    slots = tuple(Slot(at, path, fact_of(bundle, path)) for at, path in enumerate(paths))
    index = {slot.path: slot.index for slot in slots}
    return Program(
        bundle, stage, law_date, rules, numbers, slots, _ages(rules, index), index, lets,
        {} if calendars is None else calendars,
        part,
    )  # fmt: skip


def version_in_force(table: ir.Table, day: str) -> ir.TableVersion | None:
    """Return a table's version on a day, None before its first."""
    return next((v for v in reversed(table.versions) if (v.since or "") <= day), None)


def _table_body(table: ir.Table, day: str) -> ir.Expr:
    version = version_in_force(table, day)
    return version.body if version else ir.Nothing(table.type, table.span, f"table:{table.name}")


def numbers_in_force(param: ir.Param, day: str, overlays: Sequence[Overlay]) -> dict[tuple[str, ...], Number]:
    """Return the numbers of a param on a day by key, the tighter of the dated value and the layers'."""
    numbers: dict[tuple[str, ...], Number] = {}
    for row in param.rows:
        if (row.since or "") <= day:
            numbers[row.key] = Number(row.value, row.since, row.cite, "rule file", row.span)
    for overlay in overlays:
        now = numbers.get(overlay.key)
        if overlay.param == param.name and overlay.since <= day and now and is_tighter(param, overlay.value, now.value):
            numbers[overlay.key] = Number(overlay.value, overlay.since, overlay.cite, overlay.origin, now.span)
    return numbers


def is_tighter(param: ir.Param, value: ir.Value, than: ir.Value) -> bool:
    """Return whether a value is strictly tighter than another, in the param's own direction."""
    if not isinstance(value, Fraction) or not isinstance(than, Fraction):
        return False
    return value < than if param.direction == "lower" else value > than


def fact_of(bundle: Bundle, path: str) -> Fact:
    """Return the contract of a slot: a fact's own, or what a window, list or rate amounts to."""
    ruleset = bundle.ruleset
    if path.startswith("window:"):
        window = ruleset.windows[path.removeprefix("window:")]
        empty_is_absent = window.function in MAY_BE_EMPTY
        low = Fraction(0) if window.function in ("count", "distinct") else None
        return Fact(path, window.type, low=low, optional=empty_is_absent, computed=True, key=window.per)
    if path.startswith("list:"):
        listed = ruleset.lists[path.removeprefix("list:")]
        return Fact(path, listed.type, max_age=listed.age, computed=True)
    if path.startswith("fx.rate["):
        base = bundle.contracts.facts["fx.rate"]
        return Fact(path, base.type, base.low, base.low_open, base.high, key=base.key, max_age=base.max_age)
    return bundle.contracts.facts[path]


def _ages(rules: tuple[ir.Rule, ...], index: dict[str, int]) -> tuple[AgeCheck, ...]:
    checks = {
        AgeCheck(index[need.fact.path], need.age): None for rule in rules for need in rule.needs if need.age is not None
    }
    return tuple(sorted(checks, key=lambda c: (c.slot, c.age.kind, c.age.count)))
