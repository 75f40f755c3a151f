"""Drafts one change away: a fact left out, grown old or otherwise, another day, events elsewhere in time."""

from collections.abc import Iterator
from dataclasses import replace

from dsl import ir
from dsl.cases import SESSION, Setting
from dsl.contracts import Age
from dsl.cover.disturb import NodeProbe
from dsl.skeleton.draft import Draft, Event
from dsl.skeleton.force import alternatives, lines_of, numbers_in
from dsl.skeleton.ordinary import ordinary
from dsl.skeleton.solve import near
from dsl.skeleton.variables import MILLI, SECOND, fields_where, variables_in
from dsl.skeleton.world import World

HOUR = 3_600_000_000


def moves(world: World, draft: Draft, probe: NodeProbe | None = None) -> Iterator[Draft]:
    """Yield drafts one change away, those that leave something out first."""
    yield from without_facts(world, draft)
    yield from aged_facts(world, draft)
    yield from otherwise(world, draft, probe)
    yield from shifted_events(world, draft)
    yield from other_events(world, draft)


def without_facts(world: World, draft: Draft) -> Iterator[Draft]:
    """Yield the draft without each fact the rule reads."""
    for path in world.paths():
        if path in draft.settings:
            yield draft.with_setting(path, None)


def aged_facts(world: World, draft: Draft) -> Iterator[Draft]:
    """Yield the draft with each fact just too old, for its contract and for the rule's own needs."""
    for path in world.paths():
        bounds = [world.fact(path).max_age]
        bounds += [need.age for need in world.rule.needs if need.fact.path == path]
        for bound in (one for one in bounds if one is not None):
            value = ordinary(world.fact(path), draft.day, world.opening(draft.day))
            setting = draft.settings.get(path, Setting(value))
            yield draft.with_setting(path, Setting(setting.value, _past(bound)))


def _past(bound: Age) -> int:
    """Return an age just past a bound, plainly: a session or an hour over it, or a second."""
    if bound.kind == "sessions":
        return (bound.count + 1) * SESSION
    if bound.kind == "bar":
        return SESSION + HOUR
    return bound.count + SECOND


def otherwise(world: World, draft: Draft, probe: NodeProbe | None = None) -> Iterator[Draft]:
    """Yield the draft with each thing a condition reads set to what would make a difference to it."""
    for line in lines_of(world):
        for variable in variables_in(world, line):
            yield from near(world, draft, line, variable)
            if probe is not None:
                yield from near(world, draft, line, variable, probe)
    for expr in world.conditions():
        for variable in variables_in(world, expr):
            yield from alternatives(world, draft, variable, expr)
        for name, key, value in numbers_in(world, expr):
            yield draft.with_number(name, key, value)


def shifted_events(world: World, draft: Draft) -> Iterator[Draft]:
    """Yield drafts in which the first event is just inside a window, or just has left it, when the last one comes."""
    for window in world.windows().values():
        own = [event for event in draft.events if event.name == window.event]
        if not own or window.since is not None:
            continue
        for reach in _reaches(window):
            if reach <= 0:
                continue
            # Nothing more happens: the order, or the next look, comes when the oldest event is about to leave.
            yield replace(draft, judged=own[0].at + reach)
            rest = tuple(event for event in draft.events if event.name != window.event)
            yield replace(draft, events=(*rest, *_stretched(own, reach)), judged=None)


def _reaches(window: ir.Window) -> tuple[int, ...]:
    if window.sessions:
        return tuple(part for n in (window.sessions, window.sessions - 1) for part in (n * SESSION, n * SESSION + HOUR))
    return (window.duration, window.duration - MILLI)


def _stretched(events: list[Event], reach: int) -> Iterator[Event]:
    """Yield the events with the last of them so long after the first one."""
    whole = [(at, event) for event in events for at in event.instants]
    first = whole[0][0]
    if len(whole) == 1:
        at, event = whole[0]
        yield replace(event, at=at, until=None, every=1)
        return
    *early, (_, last) = whole
    if len(early) == 1:
        yield replace(early[0][1], at=first, until=None, every=1)
    else:
        yield replace(early[0][1], at=first, until=first + (len(early) - 1) * MILLI, every=MILLI)
    yield replace(last, at=first + reach, until=None, every=1)


def other_events(world: World, draft: Draft) -> Iterator[Draft]:
    """Yield drafts whose events are somebody else's, are not among those counted, or lie before a new beginning."""
    for window in world.windows().values():
        own = [event for event in draft.events if event.name == window.event]
        rest = tuple(event for event in draft.events if event.name != window.event)
        facts = world.bundle.contracts.events[window.event]
        for key in window.per:
            fact = facts[key]
            others: tuple[object, ...] = fact.type.values or (_another(world, draft, key),)
            for value in others:
                changed = (replace(event, fields={**event.fields, key: value}) for event in own)
                yield replace(draft, events=(*rest, *changed))
        for is_counted in (False, True):
            for fields in fields_where(world, draft, window, is_counted, {}):
                changed = (replace(event, fields={**event.fields, **fields}) for event in own)
                yield replace(draft, events=(*rest, *changed))
        if window.since is not None:
            last = max((event.instants[-1] for event in draft.events), default=0)
            yield replace(draft, events=(*draft.events, Event(window.since, last + SECOND)))


def _another(world: World, draft: Draft, key: str) -> object:
    fact = world.bundle.contracts.facts.get(f"intent.{key}") or world.bundle.contracts.facts[f"scope.{key}"]
    value = ordinary(fact, draft.day, world.opening(draft.day))
    return value + 1 if isinstance(value, int) and not isinstance(value, bool) else "OTHER"
