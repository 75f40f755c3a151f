"""W631: a dated change no test sees."""

from collections.abc import Iterator
from datetime import date

from dsl.cases import Case
from dsl.diagnostics import Diagnostic
from dsl.lint.subject import Subject


def unseen_changes(subject: Subject) -> Iterator[Diagnostic]:
    """Report dated lines no scenario of a rule that reads the param is judged under."""
    for declared in subject.params():
        param = declared.param
        readers = [judged.rule for judged in subject.readers(param.name)]
        cases = [case for rule in readers for case in subject.cases_of(rule.id)]
        cases += [case for stage in dict.fromkeys(rule.stage for rule in readers) for case in subject.general(stage)]
        days = [case.law_date for case in cases if not _sets(case, param.name)]
        for row in param.rows:
            if row.since and days and max(days) < date.fromisoformat(row.since):
                yield Diagnostic(
                    "W631",
                    f"no test is judged on or after {row.since}, when `{declared.text.name}` changes",
                    row.span,
                    help=f"add a scenario `at {row.since}`, and one on the day before",
                )


def _sets(case: Case, param: str) -> bool:
    return any(name == param for name, _, _ in case.params)
