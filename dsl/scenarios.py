"""Scenarios: what a rule must say of a situation, run the same way from rule files and YAML."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

from dsl import ir
from dsl import syntax as s
from dsl import types as t
from dsl.bundle import Bundle
from dsl.contracts import Age, Fact
from dsl.diagnostics import Diagnostic
from dsl.expressions import Names, Typer
from dsl.interpret import judge
from dsl.intervals import Bounds
from dsl.judgement import Finding, Judgement
from dsl.lower import EFFECT_STRENGTH
from dsl.moments import micros
from dsl.names import Rulebook
from dsl.program import Number, Program, Slot, in_force
from dsl.snapshot import Reason, Snapshot
from dsl.text import Span
from dsl.windows import Happening, recount

DEFAULT_DAY = date(2026, 1, 5)
SESSION = 86_400_000_000
"""In a scenario a session, and a bar, last a day: ages are given, not dates."""
SessionOpen = Callable[[date], int]


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


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a case came out; `problem` is empty when it passed."""

    case: Case
    judgement: Judgement
    problem: str

    @property
    def passed(self) -> bool:
        return not self.problem


def default_open(day: date) -> int:
    """Return 09:30 New York standard time; tools that have a calendar hand in the real open."""
    return micros(datetime(day.year, day.month, day.day, 14, 30, tzinfo=UTC))


def collect(bundle: Bundle, session_open: SessionOpen = default_open) -> tuple[list[Case], list[Diagnostic]]:
    """Return every inline scenario of a bundle as a case, and what is wrong with the rest."""
    found: list[Diagnostic] = []
    cases = [case for book in bundle.books for case in _Collector(bundle, book, session_open, found).run()]
    return cases, found


def run_case(bundle: Bundle, case: Case) -> Outcome:
    """Judge one case and hold the outcome against what it expects."""
    program = in_force(bundle, _stage(bundle, case), case.law_date)
    program = _with_params(program, case)
    judgement = judge(program, snapshot_of(program, case), frozenset(case.rules) if case.rules else None)
    return Outcome(case, judgement, _compare(case, judgement))


def _stage(bundle: Bundle, case: Case) -> str:
    rule = bundle.rule(case.rules[0]) if case.rules else None
    return rule.stage if rule else "pre_trade"


def _with_params(program: Program, case: Case) -> Program:
    if not case.params:
        return program
    numbers = {name: dict(rows) for name, rows in program.numbers.items()}
    for name, key, value in case.params:
        numbers[name][key] = Number(value, None, "scenario", "scenario", case.span)
    return Program(
        program.bundle,
        program.stage,
        program.law_date,
        program.rules,
        numbers,
        program.slots,
        program.ages,
        program.index,
    )


def snapshot_of(program: Program, case: Case) -> Snapshot:
    """Return the snapshot a case describes: unset facts are absent, windows are recounted."""
    values: list[Any] = []
    unknown = late = 0
    reasons: dict[int, Reason] = {}
    for slot in program.slots:
        value, reason = _slot_value(program, slot, case)
        values.append(value)
        if reason is not None:
            unknown |= 1 << slot.index
            reasons[slot.index] = reason
    for number, check in enumerate(program.ages):
        setting = case.settings.get(program.slots[check.slot].path)
        if setting is not None and _is_older(setting.age, check.age):
            late |= 1 << number
    return Snapshot(tuple(values), unknown, late, reasons)


def _slot_value(program: Program, slot: Slot, case: Case) -> tuple[Any, Reason | None]:
    path, fact = slot.path, slot.fact
    if path == "now":
        return case.now, None
    if path == "law_date":
        return case.law_date.toordinal(), None
    if path.startswith("window:"):
        window = program.bundle.ruleset.windows[path.removeprefix("window:")]
        key = tuple(_given(case, f"intent.{name}") for name in window.per)
        return recount(window, case.happenings, case.now, key), None
    if path in ("intent.reduces_only", "intent.increases_risk") and path not in case.settings:
        other = "intent.increases_risk" if path.endswith("reduces_only") else "intent.reduces_only"
        stated = case.settings.get(other)
        return (not stated.value if stated else path.endswith("increases_risk")), None
    setting = case.settings.get(path)
    if setting is None:
        return None, None if fact.optional else Reason.MISSING
    if fact.max_age is not None and _is_older(setting.age, fact.max_age):
        return None, Reason.STALE
    if not is_valid(setting.value, fact):
        return None, Reason.INVALID
    return setting.value, None


def is_valid(value: Any, fact: Fact) -> bool:
    """Return whether a stored number is inside its contract's bounds."""
    if not isinstance(value, int) or isinstance(value, bool):
        return True
    exact = Fraction(value, fact.scale)
    if fact.low is not None and (exact < fact.low or (fact.low_open and exact == fact.low)):
        return False
    return fact.high is None or exact <= fact.high


def _is_older(age: int, bound: Age) -> bool:
    if bound.kind == "duration":
        return age > bound.count
    return age > SESSION * (bound.count if bound.kind == "sessions" else 1)


def _given(case: Case, path: str) -> Any:
    setting = case.settings.get(path)
    return setting.value if setting else None


def _compare(case: Case, judgement: Judgement) -> str:
    strongest = max((EFFECT_STRENGTH[f.effect] for f in judgement.findings), default=0)
    verdict = next(name for name, rank in EFFECT_STRENGTH.items() if rank == strongest)
    if not case.rules:
        verdict = judgement.verdict
    wanted = max(case.outcomes, key=lambda o: EFFECT_STRENGTH[o[0]])[0]
    said = ", ".join(f"{f.effect} {f.code} from {f.rule}" for f in judgement.findings) or "nothing"
    if verdict != wanted:
        return f"expected {wanted}, got {verdict} ({said})"
    for effect, code, rule in case.outcomes:
        if effect != "allow" and not any(_matches(f, effect, code, rule) for f in judgement.findings):
            return f"expected {effect}{f' {code}' if code else ''}{f' from {rule}' if rule else ''}, got {said}"
    return ""


def _matches(finding: Finding, effect: str, code: str | None, rule: str | None) -> bool:
    return finding.effect == effect and code in (None, finding.code) and rule in (None, finding.rule)


class _Collector:
    """Resolves the tests of one rulebook."""

    def __init__(self, bundle: Bundle, book: Rulebook, session_open: SessionOpen, found: list[Diagnostic]) -> None:
        self._bundle, self._book, self._open, self._found = bundle, book, session_open, found
        names = Names(bundle.contracts, {}, {}, {}, lambda _: None, ())
        self._typer = Typer(names, Bounds(bundle.contracts.facts, {}, lambda _: None), found)

    def _say(self, code: str, message: str, span: Span, help_: str = "") -> None:
        self._found.append(Diagnostic(code, message, span, help=help_))

    def run(self) -> list[Case]:
        cases = []
        for test in self._book.tests:
            for rule, span in test.rules:
                if self._bundle.rule(rule) is None:
                    self._say("E105", f"there is no rule `{rule}`", span)
            for scenario in test.scenarios:
                case = self._case(test, scenario)
                if case is not None:
                    cases.append(case)
        return cases

    def _case(self, test: s.Test, scenario: s.Scenario) -> Case | None:
        fixture = self._book.fixtures.get(scenario.fixture)
        if fixture is None:
            self._say(
                "E105",
                f"there is no fixture `{scenario.fixture}`",
                scenario.span,
                "declare it with `fixture NAME { … }`",
            )
            return None
        before = len(self._found)
        settings: dict[str, Setting] = {}
        params: list[tuple[str, tuple[str, ...], ir.Value]] = []
        for assignment in (*fixture.assignments, *scenario.assignments):
            self._assign(assignment, settings, params)
        for path in scenario.without:
            if path not in settings and self._slot_path(path) not in settings:
                self._say("E310", f"`{path}` is not set, so it cannot be left out", scenario.span)
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
        rules = tuple(rule for rule, _ in test.rules)
        outcomes = tuple((o.effect, o.code, o.rule) for o in scenario.outcomes)
        return Case(test.title, scenario.span, law_date, now, rules, settings, tuple(params), happenings, outcomes)

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
        return datetime.fromtimestamp(at // 1_000_000, UTC).date(), at

    def _slot_path(self, name: str) -> str:
        if name in self._book.lists:
            return f"list:{self._book.name}.{name}"
        return name

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
        value = stored(self._typer, assignment.value, fact)
        age = self._offset(assignment.age) if assignment.age else 0
        if value is not None:
            settings[fact.path] = Setting(value, age)

    def _fact(self, assignment: s.Assignment) -> Fact | None:
        name = assignment.target
        if name in self._book.lists:
            listed = self._bundle.ruleset.lists[f"{self._book.name}.{name}"]
            return Fact(f"list:{listed.name}", listed.type)
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
            self._say("E301", f"there is no fact `{name}`", assignment.span)
        return fact

    def _assign_param(self, assignment: s.Assignment, params: list[tuple[str, tuple[str, ...], ir.Value]]) -> None:
        param = self._bundle.ruleset.params.get(f"{self._book.name}.{assignment.target}")
        if param is None:
            self._say("E305", f"there is no param `{assignment.target}`", assignment.span)
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
                self._say("E307", f"there is no event `{occurrence.event}`", occurrence.span)
                continue
            content = {name: settings[f"intent.{name}"].value for name in fields if f"intent.{name}" in settings}
            for assignment in occurrence.fields:
                name = assignment.target.rpartition(".")[2]
                if name not in fields:
                    self._say("E308", f"the event has no field `{name}`", assignment.span)
                    continue
                content[name] = stored(self._typer, assignment.value, fields[name])
            first = self._offset(occurrence.at)
            last = self._offset(occurrence.until) if occurrence.until else first
            step = self._offset(occurrence.every) if occurrence.every else 1
            if step <= 0 or (last - first) // max(step, 1) > 10_000:
                self._say("E217", "the events repeat without end", occurrence.span)
                continue
            out += [Happening(occurrence.event, start + at, content) for at in range(first, last + 1, step)]
        return tuple(sorted(out, key=lambda h: h.at))


def stored(typer: Typer, expr: s.Expr, fact: Fact) -> Any:
    """Return a scenario's literal in the form a snapshot stores, or None when it does not fit (reported)."""
    typed = typer.value(expr, fact.type)
    if typed is None:
        return None
    value = fold(typed)
    if isinstance(value, Fraction):
        return int(value * fact.scale)
    return value


def fold(expr: ir.Expr) -> ir.Value | None:
    """Return the value of a constant expression (a literal, or one with a minus), or None."""
    if isinstance(expr, ir.Const):
        return expr.value
    if isinstance(expr, ir.Negate):
        inner = fold(expr.operand)
        return -inner if isinstance(inner, Fraction | int) else None
    return None
