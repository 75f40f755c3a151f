"""A scenario as plain data, before it is written: facts, numbers, events and what comes later."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from dsl import ir
from dsl.cases import DEFAULT_DAY, Case, CaseStep, Expected, Setting
from dsl.text import NOWHERE
from dsl.windows import Happening

Opening = Callable[[date], int]
"""When a day's session opens, in microseconds: where scenarios begin."""
Number = tuple[str, tuple[str, ...], ir.Value]
"""A number a scenario sets: param, key and value."""


@dataclass(frozen=True, slots=True)
class Event:
    """Events of a name from `at` to `until`, `every` so often, in microseconds from the beginning.

    `fields` are those said with it; the rest is the order's own.
    """

    name: str
    at: int
    fields: Mapping[str, Any] = field(default_factory=dict)
    until: int | None = None
    every: int = 1

    @property
    def instants(self) -> range:
        """When they happen."""
        return range(self.at, (self.at if self.until is None else self.until) + 1, self.every)


@dataclass(frozen=True, slots=True)
class Later:
    """What changes later: facts set or (None) left out, and events."""

    at: int
    changes: Mapping[str, Setting | None] = field(default_factory=dict)
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """A scenario of some rules, of all rules of a stage where none are named.

    `judged` is when, None: at the last event. Nothing is said about what comes out.
    """

    rules: tuple[str, ...]
    stage: str
    settings: Mapping[str, Setting] = field(default_factory=dict)
    numbers: tuple[Number, ...] = ()
    day: date = DEFAULT_DAY
    events: tuple[Event, ...] = ()
    judged: int | None = None
    later: tuple[Later, ...] = ()

    def with_setting(self, path: str, setting: Setting | None) -> "Draft":
        """Return the draft with a fact set, or left out."""
        rest = {name: one for name, one in self.settings.items() if name != path}
        return replace(self, settings=rest if setting is None else {**rest, path: setting})

    def with_number(self, name: str, key: tuple[str, ...], value: ir.Value) -> "Draft":
        """Return the draft with a number set."""
        rest = tuple(one for one in self.numbers if one[:2] != (name, key))
        return replace(self, numbers=(*rest, (name, key, value)))

    @property
    def window_of_time(self) -> tuple[int, int]:
        """From when to when it lasts before it is judged, in microseconds from the beginning."""
        last = max((event.instants[-1] for event in self.events), default=0)
        return 0, last if self.judged is None else self.judged


def case_of(
    draft: Draft, fields: Mapping[str, Mapping[str, Any]], opening: Opening, outcomes: tuple[Expected, ...] = ()
) -> Case:
    """Return a draft as a case; `fields` are those each event has."""
    start = opening(draft.day)
    happened = _happenings(draft.events, draft.settings, fields, start)
    now = start + draft.judged if draft.judged is not None else max([start, *(one.at for one in happened)])
    settings = dict(draft.settings)
    steps: list[CaseStep] = []
    for later in draft.later:
        for path, setting in later.changes.items():
            settings.pop(path, None)
            if setting is not None:
                settings[path] = setting
        events = _happenings(later.events, settings, fields, start)
        at = max([start + later.at, *(one.at for one in events)])
        steps.append(CaseStep(NOWHERE, at, dict(settings), events, ()))
    return Case(
        "draft", NOWHERE, draft.stage, draft.day, start, now, draft.rules, dict(draft.settings), draft.numbers,
        happened, outcomes, tuple(steps),
    )  # fmt: skip


def _happenings(
    events: tuple[Event, ...], settings: Mapping[str, Setting], fields: Mapping[str, Mapping[str, Any]], start: int
) -> tuple[Happening, ...]:
    out = [
        Happening(event.name, start + at, {**own_fields(settings, fields[event.name]), **event.fields})
        for event in events
        for at in event.instants
    ]
    return tuple(sorted(out, key=lambda one: one.at))


def own_fields(settings: Mapping[str, Setting], names: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an event of the scenario's own order carries of itself."""
    paths = [(name, f"{space}.{name}") for name in names for space in ("scope", "intent")]
    return {name: settings[path].value for name, path in paths if path in settings}


def draft_of(case: Case, fields: Mapping[str, Mapping[str, Any]]) -> Draft:
    """Return a case that was written as a draft to start from."""
    last = max([case.start, *(one.at for one in case.happenings)])
    judged = None if case.now == last else case.now - case.start
    later: list[Later] = []
    before: Mapping[str, Setting] = case.settings
    for step in case.steps:
        if step.is_restart:
            continue
        changes: dict[str, Setting | None] = {p: one for p, one in step.settings.items() if before.get(p) != one}
        changes.update({path: None for path in before if path not in step.settings})
        later.append(Later(step.now - case.start, changes, _events(step.happenings, step.settings, fields, case.start)))
        before = step.settings
    events = _events(case.happenings, case.settings, fields, case.start)
    return Draft(case.rules, case.stage, case.settings, case.params, case.law_date, events, judged, tuple(later))


def _events(
    happened: tuple[Happening, ...], settings: Mapping[str, Setting], fields: Mapping[str, Mapping[str, Any]],
    start: int,
) -> tuple[Event, ...]:  # fmt: skip
    """Return happenings as events, those alike that come at even distances together."""
    out: list[Event] = []
    for one in happened:
        own = own_fields(settings, fields[one.event])
        said = {name: value for name, value in one.fields.items() if name not in own or own[name] != value}
        out.append(Event(one.event, one.at - start, said))
    return tuple(_joined(out))


def _joined(events: list[Event]) -> Iterator[Event]:
    waiting = list(events)
    while waiting:
        first, *waiting = waiting
        run = first
        for other in list(waiting):
            if (other.name, other.fields) != (first.name, first.fields):
                continue
            gap = other.at - run.instants[-1]
            if gap <= 0 or (run.until is not None and gap != run.every):
                continue
            run = replace(run, until=other.at, every=gap)
            waiting.remove(other)
        yield run
