"""W631: a dated change no test sees."""

from collections.abc import Iterator
from datetime import date

from dsl.cases import Case
from dsl.diagnostics import Diagnostic
from dsl.lint.reach import deciding, params_in
from dsl.lint.subject import Subject


def unseen_changes(subject: Subject) -> Iterator[Diagnostic]:
    """Report dated lines no scenario of a rule that reads the param is judged under."""
    readers: dict[str, set[str]] = {}
    for judged in subject.rules():
        for name in params_in(deciding(judged.rule), subject.lets):
            readers.setdefault(name, set()).add(judged.rule.id)
    for declared in subject.params():
        param = declared.param
        days = [case.law_date for case in subject.cases if _reads(case, param.name, readers.get(param.name, set()))]
        for row in param.rows:
            if row.since and days and max(days) < date.fromisoformat(row.since):
                yield Diagnostic(
                    "W631",
                    f"no test is judged on or after {row.since}, when `{declared.text.name}` changes",
                    row.span,
                    help=f"add a scenario `at {row.since}`, and one on the day before",
                )


def _reads(case: Case, param: str, rules: set[str]) -> bool:
    is_set = any(name == param for name, _, _ in case.params)
    return not is_set and (not case.rules or not rules.isdisjoint(case.rules))
