"""Check rule files: do they compile, what does each rule cost at most, what is it called."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsl.diagnostics import Diagnostic, has_errors
from engine.service.check_cache import key_of, recall, remember
from engine.service.rule_files import compile_files, read_rule_files


@dataclass(frozen=True, slots=True)
class CheckedRule:
    """A rule that compiled: `steps` is the most it can take on one intent."""

    id: str
    title: str
    stage: str
    mode: str
    steps: int


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a check found. `bundle` is the hash of the compiled rules, empty when there are errors.

    `texts` holds the files by the names the diagnostics use.
    """

    bundle: str
    rulebooks: int
    rules: tuple[CheckedRule, ...]
    diagnostics: tuple[Diagnostic, ...]
    texts: Mapping[str, str]

    @property
    def is_clean(self) -> bool:
        return not has_errors(self.diagnostics)


def check_rules(path: Path | None = None, is_cached: bool = True) -> CheckReport:
    """Return what is wrong with the rule files of a folder or a single file. Raises Refused.

    A check that found nothing is remembered by content, because building the parser's tables takes seconds.
    """
    files = read_rule_files(path)
    key = key_of(files) if is_cached else ""
    known = recall(key) if is_cached else None
    remembered = _from_memory(known) if known is not None else None
    if remembered is not None:
        return remembered
    bundle, found = compile_files(files)
    if bundle is None:
        return CheckReport("", len(files.sources), (), tuple(found), files.texts)
    from dsl.cost import rule_cost

    rules = tuple(
        CheckedRule(rule.id, rule.title, rule.stage, rule.mode, rule_cost(rule, bundle.ruleset, bundle.contracts))
        for rule in sorted(bundle.ruleset.rules, key=lambda rule: rule.id)
    )
    report = CheckReport(bundle.hash, len(bundle.books), rules, tuple(found), files.texts)
    if is_cached and not found:
        remember(key, _for_memory(report))
    return report


def _for_memory(report: CheckReport) -> dict[str, Any]:
    rows = [[rule.id, rule.title, rule.stage, rule.mode, rule.steps] for rule in report.rules]
    return {"bundle": report.bundle, "rulebooks": report.rulebooks, "rules": rows}


def _from_memory(known: Mapping[str, Any]) -> CheckReport | None:
    try:
        rules = tuple(CheckedRule(*row) for row in known["rules"])
        return CheckReport(str(known["bundle"]), int(known["rulebooks"]), rules, (), {})
    except (KeyError, TypeError, ValueError):
        return None
