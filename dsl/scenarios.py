"""Scenarios: what a rule must say of a situation, run the same way from rule files and YAML."""

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from dsl.bundle import Bundle
from dsl.calendars import PLAIN, Calendars
from dsl.cases import SESSION, Case, Collector, Setting
from dsl.contracts import Age, Fact
from dsl.diagnostics import Diagnostic
from dsl.interpret import judge
from dsl.judgement import EFFECT_STRENGTH, Finding, Judgement
from dsl.program import Number, Program, Slot, in_force
from dsl.snapshot import Reason, Snapshot
from dsl.statistics import is_finite, is_statistic
from dsl.windows import UNCOVERED, recount

__all__ = ["Case", "Outcome", "Setting", "collect", "is_valid", "run_case", "skeleton", "snapshot_of"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a case came out; `problem` is empty when it passed."""

    case: Case
    judgement: Judgement
    problem: str

    @property
    def passed(self) -> bool:
        return not self.problem


def collect(bundle: Bundle, calendars: Calendars = PLAIN) -> tuple[list[Case], list[Diagnostic]]:
    """Return every inline scenario of a bundle as a case, and what is wrong with the rest."""
    found: list[Diagnostic] = []
    cases = [case for book in bundle.books for case in Collector(bundle, book, calendars, found).run()]
    return cases, found


def run_case(bundle: Bundle, case: Case, calendars: Calendars = PLAIN) -> Outcome:
    """Judge one case and hold the outcome against what it expects."""
    program = in_force(bundle, _stage(bundle, case), case.law_date, calendars=calendars)
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
    return replace(program, numbers=numbers)


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
        named = [program.bundle.contracts.facts[f"intent.{name}"] for name in window.per]
        if any(part.path not in case.settings and not part.optional for part in named):
            return None, Reason.MISSING
        key = tuple(_given(case, part.path) for part in named)
        counted = recount(window, case.happenings, case.now, key, program.sessions(window.calendar))
        return (None, Reason.MISSING) if counted is UNCOVERED else (counted, None)
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
    if is_statistic(value) and not is_finite(value):
        return False
    if isinstance(value, bool) or not (isinstance(value, int) or is_statistic(value)):
        return True
    exact = Fraction(value) / fact.scale
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


def skeleton(outcome: Outcome) -> str:
    """Return the `expect` a case's author would write for what did come out, strongest first."""
    said = [f"{finding.effect} {finding.code} from {finding.rule}" for finding in outcome.judgement.findings]
    return "expect " + (", ".join(dict.fromkeys(said)) or "allow")
