"""Scenarios: what a rule must say of a situation, run the same way from rule files and YAML."""

from dataclasses import dataclass, replace

from dsl.bundle import Bundle
from dsl.calendars import PLAIN, Calendars
from dsl.case_facts import is_valid, snapshot_of
from dsl.case_programs import Programs
from dsl.cases import Case, Expected, Setting
from dsl.collect import WATCHED_STAGES, Collector
from dsl.consequences import Consequences, consequences
from dsl.diagnostics import Diagnostic
from dsl.gate_cases import candidacies, gate_problem
from dsl.interpret import judge
from dsl.judgement import EFFECT_STRENGTH, Finding, Judgement, conclude
from dsl.program import Program
from dsl.snapshot import Snapshot
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
    return run_with(Programs(bundle, calendars), case)


def run_with(programs: Programs, case: Case) -> Outcome:
    """Judge one of many cases of a bundle: their programs are shared."""
    if case.stage in WATCHED_STAGES:
        return _run_watched(programs, case)
    program = programs.of(case)
    snapshot = snapshot_of(program, case)
    judgement = judge(program, snapshot)
    if case.stage == "promotion":
        return Outcome(case, judgement, gate_problem(candidacies(program, case), case.outcomes))
    problem = _compare(program, snapshot, case, judgement)
    if case.is_kept and not problem:
        problem = _run_watched(programs, replace(case, outcomes=())).problem
    return Outcome(case, judgement, problem)


def _run_watched(programs: Programs, case: Case) -> Outcome:
    scoped = programs.by_scope(case)
    findings = [f for program in scoped for f in judge(program, snapshot_of(program, case)).findings]
    judgement = conclude(findings, tuple(rule.id for program in scoped for rule in program.rules))
    problem = next(Staging(programs.bundle, case, scoped, programs.calendars).problems(), "")
    return Outcome(case, judgement, problem)


def _compare(program: Program, snapshot: Snapshot, case: Case, judgement: Judgement) -> str:
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
    led_to = consequences(program, snapshot, findings)
    for one in case.outcomes:
        if one.effect != "allow" and not _is_among(one, findings, led_to):
            name = f" {one.code}" if one.code else ""
            return f"expected {one.effect}{name}{f' from {one.rule}' if one.rule else ''}, got {said}"
    return ""


def _is_among(one: Expected, findings: tuple[Finding, ...], led_to: Consequences) -> bool:
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


def skeleton(outcome: Outcome) -> str:
    """Return the `expect` a case's author would write for what did come out, strongest first."""
    said = [f"{finding.effect} {finding.code} from {finding.rule}" for finding in outcome.judgement.findings]
    return "expect " + (", ".join(dict.fromkeys(said)) or "allow")


def failed(title: str, span: Span, problem: str, actual: str) -> Diagnostic:
    """Return a scenario that came out otherwise in the form every other mistake has; `actual` is its skeleton."""
    fact = f"the test `{title}` fails: {problem}"
    return Diagnostic(FAILED, fact, span, help=f"if the rules are right, write `{actual}`")
