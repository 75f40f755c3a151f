"""Everything that proves rule files, step by step, as one report."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsl.diagnostics import Diagnostic, has_errors
from engine.service.proven_rules import ProvenRules
from engine.service.refusal import Refused, RulesRefused
from engine.service.rule_files import RuleFiles, compile_files, read_rule_files

if TYPE_CHECKING:
    from dsl.bundle import Bundle
    from engine.service.rule_diff import DiffFinding

Tick = Callable[[str, int, int], None]
"""Called with a step, how much of it is done and how much there is."""


class Status(StrEnum):
    """How a step came out."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_JUDGED = "not judged"
    """A step before it failed, and what it would say means nothing until that is mended."""
    NOT_ASKED = "not asked"
    """Nobody named what it needs."""


class Leg(StrEnum):
    """How much is mutated."""

    FULL = "full"
    SHORT = "short"
    """Only rules of rulebooks that differ from the base."""
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run is asked for: the day rules are linted on, the base, thresholds in percent, how much is mutated."""

    on: date
    base: str | None = None
    cover: Fraction = Fraction(100)
    mutate: Fraction = Fraction(95)
    leg: Leg = Leg.FULL
    jobs: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its status, what it comes to in a line, and what it found. `notes` are findings that fail nothing."""

    name: str
    status: Status
    summary: str
    diagnostics: tuple[Diagnostic, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CiReport:
    """Every step in order, and the files by the names people see."""

    steps: tuple[Step, ...]
    texts: Mapping[str, str]
    base: str | None

    @property
    def is_clean(self) -> bool:
        """Whether nothing failed, and nothing that was asked for went unjudged."""
        return all(step.status in (Status.PASSED, Status.NOT_ASKED) for step in self.steps)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What all steps found, by place; what several of them found counts once."""
        from dsl.diagnostics import in_order

        return tuple(in_order([found for step in self.steps for found in step.diagnostics]))

    def as_data(self) -> dict[str, Any]:
        """Return the report as JSON-able data, but for the diagnostics."""
        steps = [
            {"step": s.name, "status": s.status.value, "summary": s.summary, "notes": list(s.notes)} for s in self.steps
        ]
        return {"base": self.base, "clean": self.is_clean, "steps": steps}


@dataclass
class _Run:
    """What the steps of one run share. A step that needs what another did not leave is not judged."""

    asked: Asked
    path: Path | None
    files: RuleFiles
    tick: Tick
    bundle: "Bundle | None" = None
    rules: ProvenRules | None = None
    """Set once every scenario passes."""
    before: "Bundle | None" = None
    """The rules of the base, where one is named and compiles."""
    changed: frozenset[str] | None = None
    """Ids of rules that differ from the base, where one is named."""
    texts: dict[str, str] = field(default_factory=dict)


def run_ci(asked: Asked, path: Path | None = None, tick: Tick = lambda step, done, total: None) -> CiReport:
    """Run every step over the rule files of a folder. Raises Refused."""
    files = read_rule_files(path)
    run = _Run(asked, path, files, tick, texts=dict(files.texts))
    return CiReport(tuple(step(run) for step in STEPS), run.texts, asked.base)


def _check(run: _Run) -> Step:
    bundle, found = compile_files(run.files)
    if bundle is None or has_errors(found):
        return Step("check", Status.FAILED, f"{len(found)} found", tuple(found))
    run.bundle = bundle
    summary = f"{len(bundle.ruleset.rules)} rules in {len(bundle.books)} rulebooks, bundle {bundle.hash}"
    return Step("check", Status.PASSED, summary)


def _format(run: _Run) -> Step:
    from dsl.format import laid_otherwise
    from engine.service.rule_format import format_rules

    try:
        changed = [laid.name for laid in format_rules(run.path) if laid.is_changed]
    except RulesRefused:
        return _not_judged("format")
    found = tuple(map(laid_otherwise, changed))
    return _step("format", not changed, f"{len(run.files.sources)} files, {len(changed)} laid out otherwise", found)


def _lint(run: _Run) -> Step:
    if run.bundle is None:
        return _not_judged("lint")
    from engine.service.rule_lint import lint_rules

    found = lint_rules(run.asked.on, run.path).diagnostics
    return _step("lint", not found, f"{len(found)} found on {run.asked.on.isoformat()}", found)


def _test(run: _Run) -> Step:
    if run.bundle is None:
        return _not_judged("test")
    from engine.service.rule_tests import read_cases, report_tests, rule_calendars

    calendars = rule_calendars()
    read = read_cases(run.files, run.bundle, calendars)
    report = report_tests(run.files, run.bundle, read, calendars, _ticks(run, "test"))
    run.texts |= report.texts
    if report.is_clean:
        run.rules = ProvenRules(run.files, run.bundle, read.cases, calendars)
    summary = f"{report.passed} passed, {len(report.failures)} failed, {len(report.diagnostics)} unreadable"
    return _step("test", report.is_clean, summary, report.everything())


def _base(run: _Run) -> Step:
    """Judge the scenarios of the base by the rules as they are now."""
    if run.asked.base is None:
        return Step("base", Status.NOT_ASKED, "no --base is named")
    if run.bundle is None:
        return _not_judged("base")
    from dsl.kept import changed, gone, of_gone, of_softer, softer
    from engine.service.rule_base import files_at
    from engine.service.rule_tests import read_cases, rule_calendars

    with files_at(run.asked.base, run.path) as files:
        before, found = compile_files(files)
        if before is None or has_errors(found):
            summary = f"the rules of {run.asked.base} do not compile under the contracts of this version"
            return Step("base", Status.FAILED, summary, tuple(found))
        calendars = rule_calendars()
        cases = read_cases(files, before, calendars).cases
    run.before, run.changed = before, changed(before, run.bundle)
    weaker = softer(before, cases, run.bundle, calendars)
    lost = gone(before, run.bundle)
    found = [*(of_gone(id_, run.bundle) for id_ in lost), *(of_softer(one, run.bundle) for one in weaker)]
    placed = tuple(sorted((run.files.placed(d) for d in found), key=lambda d: (d.span, d.code, d.message)))
    summary = f"{len(cases)} scenarios of {run.asked.base}, {len(weaker)} judged more softly, {len(lost)} rules gone"
    return _step("base", not placed, summary, placed, tuple(sorted(f"differs: {id_}" for id_ in run.changed)))


def _cover(run: _Run) -> Step:
    if run.rules is None:
        return _not_judged("cover")
    from engine.service.rule_cover import cover_proven, shown_percent

    report = cover_proven(run.rules, _ticks(run, "cover"))
    summary = f"{report.total[0]} of {report.total[1]} shown, {shown_percent(report.percent)} %"
    notes = tuple(f"not to be shown: {what} ({place}) because {why}" for place, what, why in report.waived)
    return _step("cover", report.is_enough(run.asked.cover), summary, report.diagnostics, notes)


def _mutate(run: _Run) -> Step:
    if run.asked.leg is Leg.NONE:
        return Step("mutate", Status.NOT_ASKED, "--mutants none")
    if run.asked.leg is Leg.SHORT and run.asked.base is None:
        return Step("mutate", Status.NOT_JUDGED, "--mutants short needs --base: it tries what differs from it")
    only = run.changed if run.asked.leg is Leg.SHORT else None
    if run.rules is None or (run.asked.leg is Leg.SHORT and only is None):
        return _not_judged("mutate")
    from engine.service.rule_cover import shown_percent
    from engine.service.rule_mutation import mutate_proven

    report = mutate_proven(run.rules, run.asked.jobs, _ticks(run, "mutate"), only)
    of = "" if only is None else f" of {len(only)} rules that differ"
    summary = f"{report.verdicts.killed} of {report.verdicts.total} killed{of}, {shown_percent(report.percent)} %"
    notes = tuple(f"survives: {what} ({place}) because {why}" for place, what, why in report.explained)
    return _step("mutate", report.is_enough(run.asked.mutate), summary, report.diagnostics, notes)


def _prove(run: _Run) -> Step:
    """Ask the solver of every `prove` of the rules; what it cannot decide fails."""
    if run.bundle is None:
        return _not_judged("prove")
    if not run.bundle.ruleset.proofs:
        return Step("prove", Status.NOT_ASKED, "the rules promise nothing with `prove`")
    from engine.service.rule_proofs import prove_compiled

    try:
        report = prove_compiled(run.files, run.bundle, run.before, run.asked.base, tick=_ticks(run, "prove"))
    except Refused as refused:
        return _without_solver("prove", refused)
    found = report.diagnostics()
    held = len(report.standing("holds"))
    open_ = len(report.standing("not judged"))
    asked = f", {open_} ask for --base" if open_ else ""
    return _step("prove", not found, f"{held} of {len(report.results)} hold{asked}", found)


def _diff(run: _Run) -> Step:
    """Compare what the rules say with what those of the base say, over every order there can be."""
    if run.asked.base is None:
        return Step("diff", Status.NOT_ASKED, "no --base is named")
    if run.bundle is None or run.before is None:
        return _not_judged("diff")
    from engine.service.rule_diff import diff_versions
    from engine.service.rule_versions import Version

    was = Version(run.asked.base, run.before, f"{run.asked.base}:", run.before.sources)
    now = Version("these rules", run.bundle, run.files.shown, run.bundle.sources)
    try:
        report = diff_versions(was, now)
    except Refused as refused:
        return _without_solver("diff", refused)
    told = tuple(map(_told, report.findings()))
    summary = f"{report.comparison.relation.value} beside {run.asked.base}"
    return _step("diff", report.is_clean, summary, (), told)


def _told(finding: "DiffFinding") -> str:
    """Return a line on something that is looser than before, with the order that shows it."""
    shown = f": {finding.given} was {finding.before}, is {finding.after}" if finding.given else ""
    why = f" ({finding.why})" if finding.why else ""
    return f"{finding.relation}: {finding.kind} {finding.subject}{shown}{why}"


def _without_solver(name: str, refused: Refused) -> Step:
    """Nothing passes unanalysed: where the solver is not there, the step is not judged."""
    return Step(name, Status.NOT_JUDGED, f"{refused.code}: {refused.what}", notes=(refused.help,))


STEPS: tuple[Callable[[_Run], Step], ...] = (
    _check, _format, _lint, _test, _base, _cover, _mutate, _prove, _diff,
)  # fmt: skip
"""In this order; another proof of rules is another of these."""


def _step(
    name: str, is_fine: bool, summary: str, found: Iterable[Diagnostic] = (), notes: tuple[str, ...] = ()
) -> Step:
    return Step(name, Status.PASSED if is_fine else Status.FAILED, summary, tuple(found), notes)


def _not_judged(name: str) -> Step:
    return Step(name, Status.NOT_JUDGED, "a step before it failed")


def _ticks(run: _Run, name: str) -> Callable[[int, int], None]:
    return lambda done, total: run.tick(name, done, total)
