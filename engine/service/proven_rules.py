"""Rule files whose scenarios all pass: what coverage and mutation begin with."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dsl.diagnostics import has_errors
from engine.service.refusal import RulesRefused
from engine.service.rule_files import RuleFiles, compile_files, read_rule_files
from engine.service.rule_tests import read_cases, report_tests, rule_calendars

if TYPE_CHECKING:
    from dsl.bundle import Bundle
    from dsl.calendars import Calendars
    from dsl.cases import Case


@dataclass(frozen=True, slots=True)
class ProvenRules:
    """A compiled folder with every scenario of it, inline and in files; places are those of its sources."""

    files: RuleFiles
    bundle: "Bundle"
    cases: "tuple[Case, ...]"
    calendars: "Calendars"


def read_proven_rules(path: Path | None = None) -> ProvenRules:
    """Return the rules of a folder with their scenarios.

    Raises Refused, and RulesRefused where the rules do not compile, or a scenario cannot be read or fails: what a
    failing scenario shows is not what it says.
    """
    files = read_rule_files(path)
    bundle, found = compile_files(files)
    if bundle is None or has_errors(found):
        raise RulesRefused(tuple(found), files.texts)
    calendars = rule_calendars()
    read = read_cases(files, bundle, calendars)
    tested = report_tests(files, bundle, read, calendars)
    if not tested.is_clean:
        raise RulesRefused(tested.everything(), tested.texts)
    return ProvenRules(files, bundle, read.cases, calendars)
