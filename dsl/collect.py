"""From a rulebook's tests to cases: fixtures, changes, events and expectations resolved against the bundle."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from dsl import ir
from dsl import syntax as s
from dsl import types as t
from dsl.bundle import Bundle
from dsl.calendars import WEEKDAYS, Calendars, sessions_of
from dsl.cases import DEFAULT_DAY, SESSION, Case, CaseStep, Expected, Setting
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

MAX_EVENTS = 10_000
WATCHED_STAGES = ("in_flight", "kill")
"""Stages whose rules are looked at again and again: a scenario of theirs may go on."""
_PERSON = {"principal": Fact("principal", t.TEXT), "role": Fact("role", t.TEXT)}
BY_HAND = {"switch.trip": _PERSON, "switch.reset": _PERSON}
"""What a person may do in a scenario beside the events of the contracts."""
_NONE_NEAR = "look for its name in the rule files and contracts"


@dataclass(slots=True)
class _Given:
    """What a scenario has set so far."""

    settings: dict[str, Setting] = field(default_factory=dict)
    keyed: dict[str, dict[str, Setting]] = field(default_factory=dict)
    params: list[tuple[str, tuple[str, ...], ir.Value]] = field(default_factory=list)


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
        stage = self._stage(rules, scenario.span)
        given = _Given()
        for assignments in (fixture, scenario.assignments):
            self._check_once(assignments)
            for assignment in assignments:
                self._assign(assignment, given, stage)
        self._leave_out(scenario.without, scenario.span, given)
        law_date, start = self._instant(scenario)
        happenings = self._happenings(scenario.occurrences, given.settings, start)
        now = (
            start + self._offset(scenario.judged_at)
            if scenario.judged_at
            else max([start, *(h.at for h in happenings)])
        )
        settings = dict(given.settings)
        steps = self._steps(scenario, given, start, now, stage)
        if len(self._found) > before:
            return None
        return Case(
            title, scenario.span, stage, law_date, start, now, rules, settings, tuple(given.params), happenings,
            _expected(scenario.outcomes), steps, given.keyed,
        )  # fmt: skip

    def _stage(self, rules: tuple[str, ...], span: Span) -> str:
        """Return the stage of the rules a test is of; those of several stages are not judged together."""
        known = [rule for rule in map(self._bundle.rule, rules) if rule is not None]
        stages = sorted({rule.stage for rule in known})
        if len(stages) > 1:
            message = f"a test is of rules of one stage, these are on {', '.join(stages)}"
            self._say("E314", message, span, "write one test for each stage")
        return stages[0] if stages else self._book.stage or "pre_trade"

    def _steps(self, scenario: s.Scenario, given: "_Given", start: int, now: int, stage: str) -> tuple[CaseStep, ...]:
        out: list[CaseStep] = []
        for step in scenario.steps:
            if stage not in (*WATCHED_STAGES, "arming"):
                message = f"on {stage} every order is judged by itself; nothing comes later"
                self._say("E314", message, step.span, "write another `given`")
                continue
            if step.at is None:
                out.append(CaseStep(step.span, now, dict(given.settings), (), _expected(step.outcomes), True))
                continue
            self._check_once(step.assignments)
            for assignment in step.assignments:
                self._assign(assignment, given, stage)
            self._leave_out(step.without, step.span, given)
            happenings = self._happenings(step.occurrences, given.settings, start)
            later = max([start + self._offset(step.at), *(h.at for h in happenings)])
            if later <= now:
                self._say("E314", "a step lies before the one above it", step.span, "steps follow one another in time")
            now = later
            out.append(CaseStep(step.span, now, dict(given.settings), happenings, _expected(step.outcomes)))
        return tuple(out)

    def _leave_out(self, paths: tuple[str, ...], span: Span, given: "_Given") -> None:
        for path in paths:
            if self._slot_path(path) not in given.settings:
                self._say("E310", f"`{path}` is not set, so it cannot be left out", span, "remove it here")
            given.settings.pop(self._slot_path(path), None)

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

    def _assign(self, assignment: s.Assignment, given: "_Given", stage: str) -> None:
        if assignment.is_param:
            self._assign_param(assignment, given.params)
            return
        candidate = assignment.key[0] if len(assignment.key) == 1 and stage == "promotion" else None
        fact = self._fact(replace(assignment, key=()) if candidate else assignment)
        if fact is None:
            return
        value = self._stored(assignment.value, fact)
        age = self._offset(assignment.age) if assignment.age else 0
        if value is not None:
            settings = given.settings if candidate is None else given.keyed.setdefault(candidate, {})
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

    def _happenings(
        self, occurrences: tuple[s.Occurrence, ...], settings: Mapping[str, Setting], start: int
    ) -> tuple[Happening, ...]:
        out: list[Happening] = []
        for occurrence in occurrences:
            fields = {**self._bundle.contracts.events, **BY_HAND}.get(occurrence.event)
            if fields is None:
                near = nearest(occurrence.event, {**self._bundle.contracts.events, **BY_HAND})
                help_ = f"did you mean `{near}`?" if near else _NONE_NEAR
                self._say("E307", f"there is no event `{occurrence.event}`", occurrence.span, help_)
                continue
            content = {
                name: settings[path].value
                for name in fields
                for path in (f"scope.{name}", f"intent.{name}")
                if path in settings
            }
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


def _expected(outcomes: tuple[s.ExpectedOutcome, ...]) -> tuple[Expected, ...]:
    return tuple(Expected(one.effect, one.code, one.rule, one.keys) for one in outcomes)


def fold(expr: ir.Expr) -> ir.Value | None:
    """Return the value of a constant expression (a literal, or one with a minus), or None."""
    if isinstance(expr, ir.Const):
        return expr.value
    if isinstance(expr, ir.Negate):
        inner = fold(expr.operand)
        return -inner if isinstance(inner, Fraction | int) else None
    return None
