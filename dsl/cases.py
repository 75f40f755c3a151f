"""Cases: a scenario's fixture, changes, events and expectations resolved against a bundle."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from dsl import ir
from dsl import syntax as s
from dsl import types as t
from dsl.bundle import Bundle
from dsl.calendars import WEEKDAYS, Calendars, sessions_of
from dsl.contracts import Fact
from dsl.diagnostics import Diagnostic
from dsl.expressions import Names, Typer
from dsl.intervals import Bounds
from dsl.names import Rulebook
from dsl.statistics import INFINITE, NAN, as_statistic
from dsl.suggest import nearest
from dsl.text import Span
from dsl.types import Kind
from dsl.windows import Happening

DEFAULT_DAY = date(2026, 1, 5)
SESSION = 86_400_000_000
"""In a scenario a session, and a bar, last a day: ages are given, not dates."""
MAX_EVENTS = 10_000
_NONE_NEAR = "look for its name in the rule files and contracts"


@dataclass(frozen=True, slots=True)
class Setting:
    """A scenario's value of one fact: stored form, and its age in microseconds."""

    value: Any
    age: int = 0


@dataclass(frozen=True, slots=True)
class Case:
    """One scenario, resolved: everything needed to judge it and to say whether it came out right."""

    title: str
    span: Span
    law_date: date
    now: int
    rules: tuple[str, ...]
    settings: Mapping[str, Setting]
    params: tuple[tuple[str, tuple[str, ...], ir.Value], ...]
    happenings: tuple[Happening, ...]
    outcomes: tuple[tuple[str, str | None, str | None], ...]


class Collector:
    """Resolves the tests of one rulebook."""

    def __init__(self, bundle: Bundle, book: Rulebook, calendars: Calendars, found: list[Diagnostic]) -> None:
        self._bundle, self._book, self._found = bundle, book, found
        own = sessions_of(calendars, book.calendar.code) if book.calendar else None
        self._open = (own or next(iter(calendars.values()), WEEKDAYS)).opening
        names = Names(bundle.contracts, {}, {}, {}, lambda _: None, ())
        self._typer = Typer(names, Bounds(bundle.contracts.facts, {}, lambda _: None), found)

    def _say(self, code: str, message: str, span: Span, help_: str = "") -> None:
        self._found.append(Diagnostic(code, message, span, help=help_))

    def run(self) -> list[Case]:
        """Return the cases of every inline test that could be resolved."""
        cases = []
        for test in self._book.tests:
            for rule, span in test.rules:
                if self._bundle.rule(rule) is None:
                    near = nearest(rule, (known.id for known in self._bundle.ruleset.rules))
                    self._say(
                        "E105", f"there is no rule `{rule}`", span, f"did you mean `{near}`?" if near else _NONE_NEAR
                    )
            rules = tuple(rule for rule, _ in test.rules)
            for scenario in test.scenarios:
                fixture = self._book.fixtures.get(scenario.fixture)
                if fixture is None:
                    near = nearest(scenario.fixture, self._book.fixtures)
                    help_ = f"did you mean `{near}`?" if near else "declare it with `fixture NAME { … }`"
                    self._say("E105", f"there is no fixture `{scenario.fixture}`", scenario.span, help_)
                    continue
                case = self.case(test.title, rules, fixture.assignments, scenario)
                if case is not None:
                    cases.append(case)
        return cases

    def case(
        self, title: str, rules: tuple[str, ...], fixture: tuple[s.Assignment, ...], scenario: s.Scenario
    ) -> Case | None:
        """Return one scenario over a fixture's assignments as a case, or None (reported)."""
        before = len(self._found)
        settings: dict[str, Setting] = {}
        params: list[tuple[str, tuple[str, ...], ir.Value]] = []
        for assignments in (fixture, scenario.assignments):
            self._check_once(assignments)
            for assignment in assignments:
                self._assign(assignment, settings, params)
        for path in scenario.without:
            if self._slot_path(path) not in settings:
                self._say("E310", f"`{path}` is not set, so it cannot be left out", scenario.span, "remove it here")
            settings.pop(self._slot_path(path), None)
        law_date, start = self._instant(scenario)
        happenings = self._happenings(scenario, settings, start)
        now = (
            start + self._offset(scenario.judged_at)
            if scenario.judged_at
            else max([start, *(h.at for h in happenings)])
        )
        if len(self._found) > before:
            return None
        outcomes = tuple((o.effect, o.code, o.rule) for o in scenario.outcomes)
        return Case(title, scenario.span, law_date, now, rules, settings, tuple(params), happenings, outcomes)

    def _check_once(self, assignments: tuple[s.Assignment, ...]) -> None:
        seen: set[tuple[bool, str, tuple[str, ...]]] = set()
        for assignment in assignments:
            target = (assignment.is_param, assignment.target, assignment.key)
            if target in seen:
                self._say("E310", f"`{assignment.target}` is set twice", assignment.span, "keep one of them")
            seen.add(target)

    def _instant(self, scenario: s.Scenario) -> tuple[date, int]:
        if scenario.instant is None:
            return DEFAULT_DAY, self._open(DEFAULT_DAY)
        typed = self._typer.value(scenario.instant)
        if not isinstance(typed, ir.Const):
            return DEFAULT_DAY, self._open(DEFAULT_DAY)
        if isinstance(typed.value, int) and not isinstance(typed.value, bool):
            day = date.fromordinal(typed.value)
            return day, self._open(day)
        assert isinstance(typed.value, Fraction)
        at = int(typed.value * 1_000_000)
        zone = ZoneInfo(self._bundle.ruleset.zone)
        return datetime.fromtimestamp(at // 1_000_000, UTC).astimezone(zone).date(), at

    def _slot_path(self, name: str) -> str:
        own = f"{self._book.name}.{name}"
        found = next((known for known in (own, name) if known in self._bundle.ruleset.lists), None)
        return f"list:{found}" if found else name

    def _assign(
        self,
        assignment: s.Assignment,
        settings: dict[str, Setting],
        params: list[tuple[str, tuple[str, ...], ir.Value]],
    ) -> None:
        if assignment.is_param:
            self._assign_param(assignment, params)
            return
        fact = self._fact(assignment)
        if fact is None:
            return
        value = self._stored(assignment.value, fact)
        age = self._offset(assignment.age) if assignment.age else 0
        if value is not None:
            settings[fact.path] = Setting(value, age)

    def _fact(self, assignment: s.Assignment) -> Fact | None:
        name = assignment.target
        path = self._slot_path(name)
        if path.startswith("list:"):
            return Fact(path, self._bundle.ruleset.lists[path.removeprefix("list:")].type)
        if name in self._book.windows:
            self._say(
                "E310",
                f"`{name}` is a window; it is counted, never set",
                assignment.span,
                "let events happen with `after EVENT at 0 s`",
            )
            return None
        fact = self._bundle.contracts.facts.get(name)
        if fact is None:
            near = nearest(name, self._bundle.contracts.facts)
            self._say(
                "E301",
                f"there is no fact `{name}`",
                assignment.span,
                f"did you mean `{near}`?" if near else "facts are the properties of the contracts in specs/",
            )
            return None
        if name == "fx.rate" and len(assignment.key) == 2 and all(map(t.is_currency, assignment.key)):
            source, target = assignment.key
            return replace(fact, path=f"{name}[{source},{target}]", type=t.rate(source, target))
        if assignment.key or name == "fx.rate":
            keys = "two currencies, like `fx.rate[EUR, USD]`" if name == "fx.rate" else "no key"
            self._say("E306", f"`{name}` takes {keys}", assignment.span, "facts are the intent's own")
            return None
        return fact

    def _assign_param(self, assignment: s.Assignment, params: list[tuple[str, tuple[str, ...], ir.Value]]) -> None:
        params_known = self._bundle.ruleset.params
        param = params_known.get(f"{self._book.name}.{assignment.target}") or params_known.get(assignment.target)
        if param is None:
            near = nearest(assignment.target, self._book.params)
            help_ = f"did you mean `{near}`?" if near else _NONE_NEAR
            self._say("E305", f"there is no param `{assignment.target}`", assignment.span, help_)
            return
        if len(assignment.key) != len(param.per):
            self._say(
                "E306",
                f"`{assignment.target}` has {len(param.per)} key(s), {len(assignment.key)} given",
                assignment.span,
                "give one key for each name after `per`",
            )
            return
        typed = self._typer.value(assignment.value, param.type)
        if isinstance(typed, ir.Const):
            params.append((param.name, assignment.key, typed.value))

    def _offset(self, measure: s.Number) -> int:
        typed = self._typer.value(measure)
        if isinstance(typed, ir.Const) and isinstance(typed.value, Fraction):
            if typed.type == t.SESSIONS:
                return int(typed.value * SESSION)
            if typed.type == t.DURATION:
                return int(typed.value * 1_000_000)
        self._say("E217", "a time span is needed here", measure.span, "write it like `9 s` or `2 sessions`")
        return 0

    def _happenings(self, scenario: s.Scenario, settings: Mapping[str, Setting], start: int) -> tuple[Happening, ...]:
        out: list[Happening] = []
        for occurrence in scenario.occurrences:
            fields = self._bundle.contracts.events.get(occurrence.event)
            if fields is None:
                near = nearest(occurrence.event, self._bundle.contracts.events)
                help_ = f"did you mean `{near}`?" if near else _NONE_NEAR
                self._say("E307", f"there is no event `{occurrence.event}`", occurrence.span, help_)
                continue
            content = {name: settings[f"intent.{name}"].value for name in fields if f"intent.{name}" in settings}
            for assignment in occurrence.fields:
                name = assignment.target.rpartition(".")[2]
                if name not in fields:
                    self._say(
                        "E308", f"the event has no field `{name}`", assignment.span, "fields are " + ", ".join(fields)
                    )
                    continue
                content[name] = self._stored(assignment.value, fields[name])
            first = self._offset(occurrence.at)
            last = self._offset(occurrence.until) if occurrence.until else first
            step = self._offset(occurrence.every) if occurrence.every else 1
            if step <= 0 or (last - first) // max(step, 1) > MAX_EVENTS:
                self._say(
                    "E217", f"the events repeat more than {MAX_EVENTS} times", occurrence.span, "make `every` longer"
                )
                continue
            out += [Happening(occurrence.event, start + at, content) for at in range(first, last + 1, step)]
        return tuple(sorted(out, key=lambda h: h.at))

    def _stored(self, expr: s.Expr, fact: Fact) -> Any:
        """Return a literal in the form a snapshot stores, or None when it does not fit (reported)."""
        if fact.type.kind is Kind.REAL:
            return self._statistic(expr)
        if fact.type.kind is Kind.LIST:
            return self._rows(expr, fact)
        typed = self._typer.value(expr, fact.type)
        if typed is None:
            return None
        value = fold(typed)
        if value is None:
            self._say("E311", "a scenario sets plain values", expr.span, "write the value itself, with its unit")
        if not isinstance(value, Fraction):
            return value
        scaled = value * fact.scale
        if scaled.denominator != 1:
            shown = t.show(value, fact.type)
            self._say("E311", f"{shown} is finer than `{fact.path}` is kept", expr.span, "six decimals at most")
            return None
        return int(scaled)

    def _statistic(self, expr: s.Expr) -> Any:
        """Return a real: a number as written, or what no statistic should be, to see it refused."""
        sign = 1
        while isinstance(expr, s.Negate):
            expr, sign = expr.operand, -sign
        if isinstance(expr, s.Number):
            return as_statistic(sign * expr.value)
        if isinstance(expr, s.Name) and expr.path in ("infinite", "nan"):
            return sign * (INFINITE if expr.path == "infinite" else NAN)
        self._say("E311", "a statistic is a plain number", expr.span, "write 1.5, -0.2, `infinite` or `nan`")
        return None

    def _rows(self, expr: s.Expr, fact: Fact) -> tuple[dict[str, Any], ...] | None:
        if isinstance(expr, s.SetLiteral) and not expr.items:
            return ()
        if not isinstance(expr, s.Records):
            help_ = 'write the rows in brackets, like `[{symbol = "AAPL", quantity = 5 shares}]`, or `[]`'
            self._say("E311", f"`{fact.path}` is a list of records", expr.span, help_)
            return None
        known = {f.path: f for f in fact.fields} or {name: Fact(name, kind) for name, kind in fact.type.fields}
        rows: list[dict[str, Any]] = []
        for written in expr.rows:
            row: dict[str, Any] = {}
            for name, value in written:
                if name not in known:
                    near = nearest(name, known)
                    help_ = f"did you mean `{near}`?" if near else "fields are " + ", ".join(known)
                    self._say("E308", f"the rows have no field `{name}`", value.span, help_)
                    return None
                row[name] = self._stored(value, known[name])
            rows.append(row)
        return tuple(rows)


def fold(expr: ir.Expr) -> ir.Value | None:
    """Return the value of a constant expression (a literal, or one with a minus), or None."""
    if isinstance(expr, ir.Const):
        return expr.value
    if isinstance(expr, ir.Negate):
        inner = fold(expr.operand)
        return -inner if isinstance(inner, Fraction | int) else None
    return None
