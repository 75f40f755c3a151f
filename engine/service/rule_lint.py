"""Lint rule files, and mend in them what mends itself."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from dsl.diagnostics import Diagnostic, Severity, has_errors
from dsl.text import Source
from engine.service.refusal import Refused
from engine.service.rule_files import RuleFiles, read_rule_files, read_schemas
from engine.service.rule_format import Laid, write_laid
from engine.service.rule_tests import read_cases, rule_calendars

if TYPE_CHECKING:
    from dsl.bundle import Bundle

ROUNDS = 20
"""Mending one warning can uncover another; so often at most."""


@dataclass(frozen=True, slots=True)
class LintReport:
    """What a lint run found. Errors of files that do not compile stand alone: nothing else was looked at.

    `mended` are the files that were rewritten, by the name people see.
    """

    rules: int
    rulebooks: int
    diagnostics: tuple[Diagnostic, ...]
    texts: Mapping[str, str]
    mended: tuple[str, ...] = ()

    @property
    def mendable(self) -> int:
        return sum(found.edit is not None for found in self.diagnostics)


def lint_rules(
    on: date,
    path: Path | None = None,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    mend: bool = False,
) -> LintReport:
    """Return the warnings of a folder or file of rules on a date; `mend` first applies every edit there is.

    `select` are the only codes to look for (none: all), `ignore` those to leave out. Files are written when all
    edits are done and proven to change no judgement. Raises Refused.
    """
    codes = _codes(select, ignore)
    files = read_rule_files(path)
    report, bundle = _lint(files, codes, on)
    if not mend or bundle is None:
        return report
    before, first = bundle, files
    for _ in range(ROUNDS):
        changed = _mended(files, report)
        if changed is None:
            break
        files = changed
        report, bundle = _lint(files, codes, on)
        if bundle is None:
            break
    _prove(before, bundle)
    return replace(report, mended=_write(first, files))


def _codes(select: Iterable[str], ignore: Iterable[str]) -> frozenset[str]:
    from dsl.lint.catalogue import CODES

    chosen, left_out = [code.upper() for code in select], [code.upper() for code in ignore]
    unknown = [code for code in (*chosen, *left_out) if code not in CODES]
    if unknown:
        what = f"the linter has no code {unknown[0][:20]!r}"
        raise Refused("CODE_UNKNOWN", what, f"its codes run from {CODES[0]} to {CODES[-1]}")
    return frozenset(chosen or CODES) - frozenset(left_out)


def _lint(files: RuleFiles, codes: frozenset[str], on: date) -> "tuple[LintReport, Bundle | None]":
    from dsl.lint.linter import lint
    from dsl.lint.mending import with_edits
    from dsl.lint.subject import Subject
    from dsl.pipeline import compile_rules

    bundle, warned = compile_rules(files.sources, read_schemas())
    read = read_cases(files, bundle, rule_calendars()) if bundle is not None else None
    found = [*warned, *(read.wrong if read else ())]
    rules, books = (len(bundle.ruleset.rules), len(bundle.books)) if bundle else (0, len(files.sources))
    if bundle is not None and read is not None and not has_errors(found):
        found = lint(Subject(bundle, read.cases, read.fixtures, on), with_edits(warned, bundle), codes)
    else:
        found = [one for one in found if one.severity is Severity.ERROR]
        bundle = None
    return LintReport(rules, books, tuple(files.placed(one) for one in found), files.texts), bundle


def _mended(files: RuleFiles, report: LintReport) -> RuleFiles | None:
    """Return the files with the edits of a report applied, or None when it has none."""
    from dsl.edits import apply_edits

    edits = [found.edit for found in report.diagnostics if found.edit is not None]
    if not edits:
        return None
    sources = tuple(
        replace(source, text=apply_edits(source.text, (edit for edit in edits if edit.span.file == name)))
        for source, name in ((source, files.shown + source.name) for source in files.sources)
    )
    return replace(files, sources=sources)


def _prove(before: "Bundle", after: "Bundle | None") -> None:
    from dsl.lint.mending import judges_alike

    if after is None or not judges_alike(before, after):
        raise RuntimeError("the edits would change what the rules decide; nothing was written")


def _write(before: RuleFiles, after: RuleFiles) -> tuple[str, ...]:
    """Write the files that changed, each whole or not at all, and return their names."""
    was: dict[str, Source] = {source.name: source for source in before.sources}
    changed = [source for source in after.sources if source.text != was[source.name].text]
    for source in changed:
        write_laid(Laid(after.shown + source.name, after.root / source.name, True, source.text))
    return tuple(after.shown + source.name for source in changed)
