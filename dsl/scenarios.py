"""Scenarios: what a rule must say of a situation, run the same way from rule files and YAML."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from dsl import ir
from dsl.bundle import Bundle
from dsl.calendars import PLAIN, Calendars
from dsl.case_facts import is_valid, snapshot_of
from dsl.cases import Case, Expected, Setting
from dsl.collect import WATCHED_STAGES, Collector
from dsl.diagnostics import Diagnostic
from dsl.interpret import Interpreter, judge
from dsl.judgement import EFFECT_STRENGTH, Finding, Judgement, conclude
from dsl.program import Number, Program, in_force
from dsl.ranking import Candidate, judge_candidate, rank
from dsl.reasons import because
from dsl.staging import Staging
from dsl.text import Span

__all__ = ["Case", "Outcome", "Setting", "collect", "failed", "is_valid", "run_case", "skeleton", "snapshot_of"]

FAILED = "E390"

VERDICTS = ("allow", "note", "warn", "flag", "clip", "hold", "reject", "refuse")
"""Outcomes that are a verdict on what was judged; the others are what follows from it."""


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
    if case.stage in WATCHED_STAGES:
        return _run_watched(bundle, case, calendars)
    program = program_of(bundle, case, calendars)
    judgement = judge(program, snapshot_of(program, case))
    if case.stage == "promotion":
        return _run_gate(program, case, judgement)
    problem = _compare(program, case, judgement)
    if case.stage == "arming" and case.steps and not problem:
        # Armed on these facts: from now on the requirements that are kept throughout are watched.
        problem = _run_watched(bundle, replace(case, outcomes=()), calendars).problem
    return Outcome(case, judgement, problem)


def program_of(
    bundle: Bundle, case: Case, calendars: Calendars = PLAIN, only: Callable[[ir.Rule], bool] = lambda _: True
) -> Program:
    """Return the rules a case is about, with the numbers it sets."""
    wanted = frozenset(case.rules)
    program = in_force(
        bundle, case.stage, case.law_date, calendars=calendars,
        only=lambda rule: (not wanted or rule.id in wanted) and only(rule),
    )  # fmt: skip
    if not case.params:
        return program
    numbers = {name: dict(rows) for name, rows in program.numbers.items()}
    for name, key, value in case.params:
        numbers[name][key] = Number(value, None, "scenario", "scenario", case.span)
    return replace(program, numbers=numbers)


def _run_watched(bundle: Bundle, case: Case, calendars: Calendars) -> Outcome:
    scopes = dict.fromkeys(rule.scope for rule in program_of(bundle, case, calendars).rules)
    programs = [program_of(bundle, case, calendars, lambda rule, own=scope: rule.scope == own) for scope in scopes]  # type: ignore[misc]
    findings = [f for program in programs for f in judge(program, snapshot_of(program, case)).findings]
    judgement = conclude(findings, tuple(rule.id for program in programs for rule in program.rules))
    problem = next(Staging(bundle, case, programs, calendars).problems(), "")
    return Outcome(case, judgement, problem)


def _run_gate(program: Program, case: Case, judgement: Judgement) -> Outcome:
    """Judge a gate: one candidate by what is set without a key, several by what is set for each."""
    candidates: dict[str, Candidate] = {}
    gates = [rule for rule in program.rules if isinstance(rule.own, ir.Gate)]
    for name in sorted(case.keyed) or [""]:
        own = replace(case, settings={**case.settings, **case.keyed.get(name, {})})
        for rule in gates:
            candidates[name] = judge_candidate(rule, name, Interpreter(program, snapshot_of(program, own)))
    failed = {f"{name} {f.code}".strip(): f for name, c in candidates.items() for f in c.findings}
    for one in case.outcomes:
        if one.effect == "rank":
            gate = gates[0].own if gates else None
            got = rank(gate, list(candidates.values())) if isinstance(gate, ir.Gate) else ()
            if got != one.keys:
                return Outcome(case, judgement, f"expected rank {' over '.join(one.keys)}, got {' over '.join(got)}")
        elif one.effect == "fail":
            labels = sorted({_label(program, f) for f in failed.values() if f.counts_as == "fail"})
            if not labels or one.code not in (None, *labels):
                said = ", ".join(labels) or "nothing"
                return Outcome(case, judgement, f'expected fail "{one.code or ""}", failed: {said}')
        elif one.effect == "allow" and not all(c.passed for c in candidates.values()):
            return Outcome(case, judgement, f"expected allow, failed: {', '.join(sorted(failed))}")
    return Outcome(case, judgement, "")


def _label(program: Program, finding: Finding) -> str:
    rule = next(rule for rule in program.rules if rule.id == finding.rule)
    return rule.lines[finding.line - 1].label if finding.line else finding.code


def _compare(program: Program, case: Case, judgement: Judgement) -> str:
    """Return how a judgement differs from what a case expects, or nothing."""
    findings = judgement.findings
    verdict = judgement.verdict
    if case.rules:
        verdict = max((f.effect for f in findings), key=EFFECT_STRENGTH.__getitem__, default="allow")
        verdict = verdict if EFFECT_STRENGTH[verdict] else "allow"
    said = ", ".join(f"{f.effect} {f.code} from {f.rule}" for f in findings) or "nothing"
    verdicts = [one.effect for one in case.outcomes if one.effect in VERDICTS]
    wanted = max(verdicts, key=EFFECT_STRENGTH.__getitem__) if verdicts else verdict
    if verdict != wanted:
        return f"expected {wanted}, got {verdict} ({said})"
    led_to = _led_to(program, case, findings)
    for one in case.outcomes:
        if one.effect != "allow" and not _is_among(one, findings, led_to):
            name = f" {one.code}" if one.code else ""
            return f"expected {one.effect}{name}{f' from {one.rule}' if one.rule else ''}, got {said}"
    return ""


def _is_among(one: Expected, findings: tuple[Finding, ...], led_to: "_LedTo") -> bool:
    """Return whether an outcome is what one of the findings says, sets or does."""
    match one.effect:
        case "posture":
            return one.code in led_to.postures or (one.code == "active" and not led_to.postures)
        case "trip":
            return bool(led_to.trips) if one.code is None else one.code in led_to.trips
        case "no trip":
            return not led_to.trips
        case "does":
            return one.code in led_to.actions
        case "task":
            return one.code in led_to.tasks
        case _:
            return any(
                f.effect == one.effect and one.code in (None, f.code) and one.rule in (None, f.rule) for f in findings
            )


@dataclass(slots=True)
class _LedTo:
    """What follows from the findings of rules that are enforced; trips by the code of their line."""

    postures: list[str] = field(default_factory=list)
    trips: list[str] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)
    tasks: list[str] = field(default_factory=list)


def _led_to(program: Program, case: Case, findings: tuple[Finding, ...]) -> _LedTo:
    rules = {rule.id: rule for rule in program.rules}
    interpreter = Interpreter(program, snapshot_of(program, case))
    out = _LedTo()
    for finding in findings:
        rule = rules[finding.rule]
        if not finding.line or finding.is_unknown or rule.mode != "enforced":
            continue
        line = rule.lines[finding.line - 1]
        out.postures += [line.posture.name] if line.posture is not None else []
        out.trips += [line.code] if line.trips else []
        for action in line.actions:
            out.actions.append(action.word)
            out.tasks += [because(action.task.title, interpreter)] if action.task is not None else []
    return out


def skeleton(outcome: Outcome) -> str:
    """Return the `expect` a case's author would write for what did come out, strongest first."""
    said = [f"{finding.effect} {finding.code} from {finding.rule}" for finding in outcome.judgement.findings]
    return "expect " + (", ".join(dict.fromkeys(said)) or "allow")


def failed(title: str, span: Span, problem: str, actual: str) -> Diagnostic:
    """Return a scenario that came out otherwise in the form every other mistake has; `actual` is its skeleton."""
    fact = f"the test `{title}` fails: {problem}"
    return Diagnostic(FAILED, fact, span, help=f"if the rules are right, write `{actual}`")
