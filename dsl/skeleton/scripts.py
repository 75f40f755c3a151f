"""What happens one thing after the other: time that must pass, switches by hand, facts that are missing, resets."""

from collections.abc import Iterator
from dataclasses import replace

from dsl import ir
from dsl.calendars import sessions_of
from dsl.cases import SESSION, Setting
from dsl.keywords import ROLES
from dsl.skeleton.draft import Draft, Event, Later
from dsl.skeleton.force import Goal, force
from dsl.skeleton.variables import MILLI, SECOND
from dsl.skeleton.world import World

_NAMES = ("bob", "eve", "kim", "lee", "max", "ned", "pat", "ria")
_PRESSER = "ann"


def scripts(world: World, base: Draft) -> Iterator[Draft]:
    """Yield drafts of a watched rule in which things happen one after the other."""
    firing = [(line, one) for line in world.rule.lines for one in _firing(world, base, line)]
    for line, one in firing:
        yield from _lasting(line, one)
        yield from _outlasting(world, line, one)
    if isinstance(world.rule.own, ir.Switch):
        yield from _by_hand(world.rule.own, base)
        yield from _missing(world, world.rule.own, base)
        met = _met(world, world.rule.own, base)
        yield from _reset(world, world.rule.own, met, [one for _, one in firing])


def _firing(world: World, base: Draft, line: ir.Line) -> Iterator[Draft]:
    when = [Goal(world.rule.when, True)] if world.rule.when is not None else []
    spared = [Goal(line.unless, False)] if line.unless is not None else []
    goals = [*when, *spared, Goal(line.condition, True)]
    yield from list(force(world, base, goals))[:1]


def _quiet(world: World, draft: Draft, line: ir.Line) -> dict[str, Setting | None] | None:
    """Return the facts that must change for a line to hold no more; None where no fact does it."""
    for one in force(world, draft, [Goal(line.condition, False)]):
        if one.events == draft.events and one.settings != draft.settings:
            return {path: setting for path, setting in one.settings.items() if draft.settings.get(path) != setting}
    return None


# ------------------------------------------------------------------------------------------ time
def _lasting(line: ir.Line, firing: Draft) -> Iterator[Draft]:
    if line.lasting:
        begins = firing.window_of_time[1]
        before = line.lasting - (SECOND if line.lasting > SECOND else MILLI)
        yield replace(firing, later=(Later(begins + before), Later(begins + line.lasting)))


def _outlasting(world: World, line: ir.Line, firing: Draft) -> Iterator[Draft]:
    if line.posture is None or line.posture.stretch is None:
        return
    begins = firing.window_of_time[1]
    changes = _quiet(world, firing, line)
    if changes is not None:
        ends = _end(world, line.posture.stretch, firing, begins)
        if ends is not None:
            steps = (Later(begins + SECOND, changes), Later(ends), Later(ends + SECOND))
            yield replace(firing, later=steps)
    for window in world.windows().values():
        first = min((event.at for event in firing.events if event.name == window.event), default=None)
        if first is not None and window.duration:
            holds = max(first + window.duration - MILLI, begins + MILLI)
            ends = _end(world, line.posture.stretch, firing, holds)
            if ends is not None:
                yield replace(firing, later=(Later(holds), Later(ends), Later(ends + SECOND)))
        elif first is not None:
            ends = _end(world, line.posture.stretch, firing, begins)
            if ends is not None:
                yield replace(firing, later=(Later(ends), Later(ends + SECOND)))


def _end(world: World, stretch: ir.Stretch, draft: Draft, at: int) -> int | None:
    """Return the last instant a stretch that begins at an offset covers, as an offset."""
    if not stretch.sessions:
        return at + stretch.micros
    calendar = world.book.calendar
    sessions = sessions_of(world.programs.calendars, calendar.code) if calendar else None
    start = world.opening(draft.day)
    last = sessions.last(start + at, stretch.sessions) if sessions is not None else None
    return None if last is None else last - start


# ------------------------------------------------------------------------------------------ switches
def _by_hand(own: ir.Switch, base: Draft) -> Iterator[Draft]:
    for role in own.manual:
        yield replace(base, events=(_pressed(role, 0),), judged=None)


def _pressed(role: str, at: int) -> Event:
    return Event("switch.trip", at, {"principal": _PRESSER, "role": role})


def _asked(who: str, role: str, at: int) -> Later:
    return Later(at, events=(Event("switch.reset", at, {"principal": who, "role": role}),))


def _missing(world: World, own: ir.Switch, base: Draft) -> Iterator[Draft]:
    patience = own.missing.micros
    for path in world.paths():
        if path in base.settings and not world.fact(path).total and not path.startswith("scope."):
            lacking = base.with_setting(path, None)
            if not patience:
                yield lacking
                continue
            before = patience - (SECOND if patience > SECOND else MILLI)
            yield replace(lacking, later=(Later(before), Later(patience)))


def _met(world: World, own: ir.Switch, base: Draft) -> Draft:
    """Return the draft in which what a reset requires holds."""
    for name in own.reset.requires:
        required = world.bundle.rule(name)
        if required is not None:
            goals = [Goal(line.condition, False) for line in required.lines]
            judged = replace(base, rules=(required.id,), stage=required.stage)
            found = next(force(World(world.programs, required), judged, goals), None)
            base = replace(base, settings=found.settings) if found is not None else base
    return base


def _reset(world: World, own: ir.Switch, base: Draft, firing: list[Draft]) -> Iterator[Draft]:
    reset = own.reset
    tripped = [replace(base, events=(_pressed(own.manual[0], 0),), judged=None)] if own.manual else []
    for draft in [*tripped, *_calmed(world, firing)]:
        opens = max(_opens(world, reset, draft), max((step.at for step in draft.later), default=0)) + SECOND
        others = [role for role in ROLES if role != reset.role]
        names = _NAMES[: reset.count]
        asked = [_asked(name, reset.role, opens + at * SECOND) for at, name in enumerate(names)]
        yield _then(draft, asked)
        yield _then(draft, [*asked[:-1], Later(asked[-1].at)] if len(asked) > 1 else [])
        yield _then(draft, [_asked(names[0], others[0], opens)])
        yield _then(draft, [_asked(_PRESSER, reset.role, opens)])
        if reset.after is not None:
            yield _then(draft, [_asked(names[0], reset.role, opens - SECOND)])
        if reset.count > 1:
            for late in (reset.within, reset.within + SECOND):
                yield _then(draft, [asked[0], *(_asked(n, reset.role, opens + late) for n in names[1:])])
        for path in _required(world, reset):
            if path in draft.settings:
                yield _then(draft.with_setting(path, None), asked)
    for draft in firing:
        opens = _opens(world, reset, draft) + draft.window_of_time[1] + SECOND
        held = replace(draft, judged=None)
        yield _then(held, [_asked(_NAMES[0], reset.role, opens)])
        # What happened so long ago may not count any more: it happens again.
        again = tuple(_later(event, opens) for event in draft.events)
        last = max((event.instants[-1] for event in again), default=opens)
        yield _then(held, [Later(last, events=(*again, *_asked(_NAMES[0], reset.role, last).events))])


def _later(event: Event, by: int) -> Event:
    return replace(event, at=event.at + by, until=None if event.until is None else event.until + by)


def _required(world: World, reset: ir.Reset) -> list[str]:
    rules = [rule for name in reset.requires if (rule := world.bundle.rule(name)) is not None]
    return [path for rule in rules for path in World(world.programs, rule).paths()]


def _calmed(world: World, firing: list[Draft]) -> Iterator[Draft]:
    """Yield drafts in which a switch tripped by its condition, which then holds no more."""
    for draft in firing:
        for line in world.rule.lines:
            changes = _quiet(world, draft, line)
            if changes is not None:
                yield replace(draft, later=(Later(draft.window_of_time[1] + SECOND, changes),))
        reach = max((w.duration or w.sessions * SESSION for w in world.windows().values()), default=0)
        if draft.events and reach:
            yield replace(draft, judged=None, later=(Later(draft.window_of_time[1] + reach + SECOND),))


def _opens(world: World, reset: ir.Reset, draft: Draft) -> int:
    """Return the last instant at which a reset comes too early, as an offset; the beginning where there is none."""
    if reset.after is None:
        return 0
    return _end(world, reset.after, draft, draft.window_of_time[1]) or 0


def _then(draft: Draft, steps: list[Later]) -> Draft:
    return replace(draft, later=(*draft.later, *steps))
