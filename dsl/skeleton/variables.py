"""What a draft can set so that an expression comes out otherwise: facts, rows of lists, windows by their events."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from typing import Any

from dsl import ir
from dsl.cases import Setting
from dsl.contracts import Fact
from dsl.interpret import Unknown
from dsl.program import REDUCES
from dsl.skeleton.draft import Draft, Event
from dsl.skeleton.ordinary import ordinary, ordinary_row
from dsl.skeleton.world import World, free_rows
from dsl.statistics import as_statistic, is_finite, is_statistic
from dsl.types import Kind
from dsl.windows import Happening, counts

SECOND, MILLI = 1_000_000, 1_000
MOST_EVENTS = 5_000
_OPPOSITE = (REDUCES, "intent.increases_risk")
ORDERED = (Kind.NUMBER, Kind.DATE, Kind.TIMESTAMP, Kind.TIME, Kind.SESSIONS, Kind.REAL)


@dataclass(frozen=True, slots=True)
class FactVariable:
    """A fact a draft sets outright."""

    fact: Fact

    def get(self, world: World, draft: Draft) -> Any:
        """Return its value in base units, None where it is not set."""
        setting = draft.settings.get(self.fact.path)
        return None if setting is None else in_base_units(setting.value, self.fact)

    def put(self, world: World, draft: Draft, value: Any) -> Draft | None:
        """Return the draft with the value, None where it cannot be stored."""
        if self.fact.path in _OPPOSITE:
            return proven(draft, value is (self.fact.path == REDUCES))
        stored = as_stored(value, self.fact)
        return None if stored is None else draft.with_setting(self.fact.path, Setting(stored))


@dataclass(frozen=True, slots=True)
class RowVariable:
    """A field of the first row of a list."""

    listed: Fact
    fact: Fact

    def get(self, world: World, draft: Draft) -> Any:
        """Return the field's value in base units, None where there is no row with one."""
        setting = draft.settings.get(self.listed.path)
        value = setting.value[0].get(self.fact.path) if setting is not None and setting.value else None
        return None if value is None else in_base_units(value, self.fact)

    def put(self, world: World, draft: Draft, value: Any) -> Draft | None:
        """Return the draft in whose list the first row has the value."""
        stored = as_stored(value, self.fact)
        if stored is None:
            return None
        setting = draft.settings.get(self.listed.path)
        now = world.opening(draft.day)
        row = setting.value[0] if setting is not None and setting.value else ordinary_row(self.listed, draft.day, now)
        rest = setting.value[1:] if setting is not None else ()
        return draft.with_setting(self.listed.path, Setting(({**row, self.fact.path: stored}, *rest)))


@dataclass(frozen=True, slots=True)
class WindowVariable:
    """A window, set by letting things happen."""

    window: ir.Window
    fact: Fact

    def get(self, world: World, draft: Draft) -> Any:
        """Return what the window comes to, None where it is not known."""
        span = self.window.span
        value = world.evaluate(draft, ir.FactRef(self.window.type, span, f"window:{self.window.name}"))
        return None if isinstance(value, Unknown) else value

    def put(self, world: World, draft: Draft, value: Any) -> Draft | None:
        """Return the draft in which as much happened as the window is to come to."""
        keyed = with_keys(world, draft, self.window)
        events = self._events(world, keyed, value)
        if events is None:
            return None
        others = tuple(one for one in keyed.events if one.name != self.window.event)
        return replace(keyed, events=(*others, *events), judged=None)

    def _events(self, world: World, draft: Draft, value: Any) -> tuple[Event, ...] | None:
        window = self.window
        first = window.duration if window.is_market and not window.sessions else 0
        seen = (Event(window.event, 0, self._fields(world, draft, {})),) if first else ()
        if window.function == "count":
            count = _whole(value)
            if count is None or not 0 <= count <= MOST_EVENTS:
                return None
            return (*seen, *self._repeated(world, draft, count, first)) if count else seen
        if window.function == "distinct":
            count = _whole(value)
            if count is None or not 0 <= count <= 50:
                return None
            named = (self._different(at) for at in range(count))
            return (*seen, *(Event(window.event, first + at * SECOND, one) for at, one in enumerate(named)))
        if window.function == "sum" and value == 0:
            return seen
        stored = as_stored(value, self._field(world))
        if stored is None or not _is_inside(value, self._field(world)):
            return None
        return (*seen, Event(window.event, first, self._fields(world, draft, {str(window.field): stored})))

    def _repeated(self, world: World, draft: Draft, count: int, first: int) -> tuple[Event, ...]:
        fields = self._fields(world, draft, {})
        if count == 1:
            return (Event(self.window.event, first, fields),)
        is_short = self.window.duration and (count - 1) * SECOND >= self.window.duration
        gap = MILLI if is_short else SECOND
        return (Event(self.window.event, first, fields, first + (count - 1) * gap, gap),)

    def _field(self, world: World) -> Fact:
        return world.bundle.contracts.events[self.window.event][str(self.window.field)]

    def _different(self, at: int) -> dict[str, Any]:
        kind = self.window
        return {str(kind.field): f"N{at + 1}"}

    def _fields(self, world: World, draft: Draft, said: dict[str, Any]) -> dict[str, Any]:
        """Return what must be said with an event so that the window counts it."""
        return next(iter(fields_where(world, draft, self.window, True, said)), said)


def proven(draft: Draft, reducing: bool) -> Draft:
    """Return the draft of an order that is proven to reduce, or is not."""
    rest = {path: one for path, one in draft.settings.items() if path not in _OPPOSITE}
    return replace(draft, settings={**rest, REDUCES: Setting(True)} if reducing else rest)


Variable = FactVariable | RowVariable | WindowVariable


def with_keys(world: World, draft: Draft, window: ir.Window) -> Draft:
    """Return the draft with every fact set that a window is kept by."""
    for name in window.per:
        path = f"{world.space}.{name}"
        if path not in draft.settings and not world.fact(path).optional:
            value = ordinary(world.fact(path), draft.day, world.opening(draft.day))
            draft = draft.with_setting(path, Setting(value))
    return draft


def fields_where(
    world: World, draft: Draft, window: ir.Window, is_counted: bool, said: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """Yield what to say with an event so that a window counts it, or does not."""
    facts = world.bundle.contracts.events[window.event]
    read = [part for part in ir.walk(window.where) if isinstance(part, ir.FieldRef)] if window.where else []
    names = list(dict.fromkeys(ref.field for ref in read))
    own = {**{f: _own(draft, f) for f in facts if _own(draft, f) is not None}, **said}
    needed = (
        {window.field: ordinary(facts[window.field], draft.day, 0)} if window.field and window.field not in own else {}
    )
    choices = [[None, *_choices(facts[name], window, draft, world)] for name in names]
    for values in product(*choices):
        chosen = {name: value for name, value in zip(names, values, strict=True) if value is not None}
        fields = {**needed, **said, **chosen}
        happening = Happening(window.event, 0, {**own, **fields})
        if counts(window, happening) is is_counted:
            yield fields


def _own(draft: Draft, name: str) -> Any:
    setting = draft.settings.get(f"intent.{name}") or draft.settings.get(f"scope.{name}")
    return setting.value if setting is not None else None


def _choices(fact: Fact, window: ir.Window, draft: Draft, world: World) -> list[Any]:
    """Return values of an event's field worth trying: those the window names, those its kind has, and some beside."""
    named: list[Any] = []
    for part in ir.walk(window.where) if window.where is not None else ():
        if isinstance(part, ir.Const) and part.type.kind is fact.type.kind:
            named.append(part.value)
        elif isinstance(part, ir.Const) and isinstance(part.value, frozenset):
            named += sorted(part.value, key=str)
    stored = [one for one in (as_stored(value, fact) for value in named) if one is not None]
    if fact.type.kind in (Kind.NUMBER,):
        tick = 1 if fact.scale == 1 else 10_000
        stored = [moved for one in stored for moved in (one, one + tick, one - tick)]
    kinds = list(fact.type.values) if fact.type.kind is Kind.ENUM else []
    return list(dict.fromkeys([*stored, *kinds, ordinary(fact, draft.day, world.opening(draft.day)), *_other(fact)]))


def _other(fact: Fact) -> list[Any]:
    match fact.type.kind:
        case Kind.BOOL:
            return [True, False]
        case Kind.TEXT | Kind.SYMBOL:
            return ["OTHER"]
        case _:
            return []


def as_stored(value: Any, fact: Fact) -> Any:
    """Return a value in base units in the form a snapshot stores, None where it is finer than that."""
    kind = fact.type.kind
    if kind is Kind.REAL:
        return as_statistic(Fraction(value))
    if kind in (Kind.NUMBER, Kind.TIMESTAMP, Kind.TIME, Kind.SESSIONS):
        scaled = Fraction(value) * fact.scale
        return scaled.numerator if scaled.denominator == 1 else None
    if kind is Kind.DATE:
        return _whole(value)
    return value


def in_base_units(value: Any, fact: Fact) -> Any:
    """Return a stored value as expressions see it, statistics exactly."""
    if is_statistic(value):
        return Fraction(value) if is_finite(value) else None
    if fact.type.kind in (Kind.NUMBER, Kind.TIMESTAMP, Kind.TIME, Kind.SESSIONS):
        return Fraction(value, fact.scale)
    return value


def _whole(value: Any) -> int | None:
    exact = Fraction(value)
    return exact.numerator if exact.denominator == 1 else None


def _is_inside(value: Any, fact: Fact) -> bool:
    low = fact.low is None or value > fact.low or (value == fact.low and not fact.low_open)
    return low and (fact.high is None or value <= fact.high)


def variables_in(world: World, expr: ir.Expr) -> list[Variable]:
    """Return what an expression reads that a draft can set, in reading order, named expressions opened."""
    found: list[Variable] = []
    sources = {name: world.fact(world.list_of(name)) for name in free_rows(expr)}

    def visit(part: ir.Expr) -> None:
        match part:
            case ir.LetRef():
                visit(world.lets[part.name])
                return
            case ir.FactRef(path=path) if path.startswith("window:"):
                found.append(
                    WindowVariable(world.bundle.ruleset.windows[path.removeprefix("window:")], world.fact(path))
                )
            case ir.FactRef(path=path) if path not in ("now", "law_date"):
                found.append(FactVariable(world.fact(path)))
            case ir.Aggregate():
                sources[part.variable] = world.fact(part.source.path)
            case ir.FieldRef() if part.variable in sources:
                listed = sources[part.variable]
                found.append(RowVariable(listed, field_of(listed, part.field)))
            case ir.Lookup():
                listed = world.fact(part.source.path)
                found.append(RowVariable(listed, field_of(listed, part.column)))
            case _:
                pass
        for child in ir.children(part):
            visit(child)

    visit(expr)
    return list(dict.fromkeys(found))


def field_of(listed: Fact, name: str) -> Fact:
    """Return the contract of a field of a list's rows."""
    own = listed.field_named(name)
    return own if own is not None else Fact(name, dict(listed.type.fields)[name])
