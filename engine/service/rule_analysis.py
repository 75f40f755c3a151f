"""What rules judge nothing: never true, always true, or never more than something else says already."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from dsl.diagnostics import Diagnostic, has_errors
from engine.service.refusal import RulesRefused
from engine.service.rule_files import compile_files, read_rule_files
from engine.service.solver import require_solver

Tick = Callable[[int, int], None]
"""Called with how many rules are done and how many there are."""


@dataclass(frozen=True, slots=True)
class AnalysisReport:
    """What was proven of the rules, what could not be decided, and the files by the names people see."""

    rules: int
    diagnostics: tuple[Diagnostic, ...]
    undecided: tuple[str, ...]
    texts: Mapping[str, str]

    @property
    def is_clean(self) -> bool:
        return not self.diagnostics


def analyse_rules(
    path: Path | None = None, law_date: date | None = None, effort: int = 1, tick: Tick = lambda done, total: None
) -> AnalysisReport:
    """Return which rules and lines are idle, as things stand on a law date or from some date on.

    Raises Refused and RulesRefused.
    """
    require_solver()
    from dsl.analysis.idle import find_idle

    files = read_rule_files(path)
    bundle, found = compile_files(files)
    if bundle is None or has_errors(found):
        raise RulesRefused(tuple(found), files.texts)
    report = find_idle(bundle, law_date, effort, tick)
    placed = tuple(files.placed(diagnostic) for diagnostic in report.diagnostics)
    return AnalysisReport(len(bundle.ruleset.rules), placed, report.undecided, files.texts)
