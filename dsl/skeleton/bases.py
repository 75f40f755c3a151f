"""Drafts to begin with: what fixtures set, what scenarios already say, and facts of no particular meaning."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from dsl import ir
from dsl import syntax as s
from dsl.bundle import Bundle
from dsl.calendars import Calendars
from dsl.cases import DEFAULT_DAY, Case, Setting
from dsl.collect import Collector
from dsl.cover.facts import read_by
from dsl.names import Rulebook
from dsl.program import REDUCES
from dsl.skeleton.draft import Draft, draft_of
from dsl.skeleton.ordinary import ordinary
from dsl.skeleton.world import World

_MOST = 60
"""Written scenarios of a rule that are begun with."""


def fixtures_of(bundle: Bundle, book: Rulebook, calendars: Calendars, rule: str) -> dict[str, Mapping[str, Setting]]:
    """Return what each fixture of a rulebook sets; those that a scenario could not begin from are left out."""
    out: dict[str, Mapping[str, Setting]] = {}
    for name, fixture in book.fixtures.items():
        empty = s.Scenario(fixture.span, name, (), (), (), None, None, ())
        case = Collector(bundle, book, calendars, []).case("", (rule,), fixture.assignments, empty)
        if case is not None and not case.keyed:
            out[name] = case.settings
    return out


def healthy(world: World, fixtures: Mapping[str, Mapping[str, Setting]]) -> Iterator[Draft]:
    """Yield drafts of a rule that lack nothing on purpose: each fixture's facts, any fact at all, and none."""
    bare = Draft((world.rule.id,), world.rule.stage, day=first_day(world))
    for settings in fixtures.values():
        yield replace(bare, settings=settings)
    yield replace(
        bare, settings={path: Setting(_some(world, bare, path)) for path in world.paths() if _is_free(world, path)}
    )
    yield bare


def _some(world: World, draft: Draft, path: str) -> Any:
    return ordinary(world.fact(path), draft.day, world.opening(draft.day))


def _is_free(world: World, path: str) -> bool:
    """Return whether a scenario must set a fact for the rule to know it."""
    fact = world.fact(path)
    return not fact.optional and path not in ("now", "law_date", REDUCES, "intent.increases_risk")


def written(world: World, cases: tuple[Case, ...]) -> Iterator[Draft]:
    """Yield the scenarios of a rule that are there already, about that rule alone."""
    own = [case for case in cases if world.rule.id in case.rules and not case.keyed][:_MOST]
    for case in own:
        yield replace(draft_of(case, world.events), rules=(world.rule.id,))


def days_of(world: World) -> tuple[date, ...]:
    """Return the days worth judging a rule on: the first it can be, and those on which a table it reads changes."""
    first = first_day(world)
    tables = [part.name for expr in world.expressions() for part in ir.walk(expr) if isinstance(part, ir.LetRef)]
    found = [first]
    for name in tables:
        table = world.bundle.ruleset.tables.get(name)
        found += [date.fromisoformat(one.since) for one in (table.versions if table is not None else ()) if one.since]
    reads_day = any(
        isinstance(part, ir.FactRef) and part.path == "law_date" and part.span.file
        for expr in world.expressions()
        for part in ir.walk(expr)
    )
    found += [first + timedelta(days=n) for n in range(1, 5)] if reads_day else []
    return tuple(dict.fromkeys(found))


def first_day(world: World) -> date:
    """Return a day on which a rule is in force and every number it reads has a value."""
    rule, ruleset = world.rule, world.bundle.ruleset
    day = max(DEFAULT_DAY.isoformat(), rule.since or "")
    names = {part.name for expr in read_by(rule) for part in ir.walk(expr) if isinstance(part, ir.ParamRef)}
    names |= {part.name for expr in world.expressions() for part in ir.walk(expr) if isinstance(part, ir.ParamRef)}
    for name in sorted(names):
        day = max(day, min((row.since or "" for row in ruleset.params[name].rows), default=""))
    tables = [part.name for expr in world.expressions() for part in ir.walk(expr) if isinstance(part, ir.LetRef)]
    for name in tables:
        table = ruleset.tables.get(name)
        day = max(day, table.versions[0].since or "") if table is not None else day
    return date.fromisoformat(min(day, rule.until or day))
