"""W618: a trial without an end."""

from collections.abc import Iterator

from dsl.diagnostics import Diagnostic
from dsl.lint.subject import Subject


def endless_trials(subject: Subject) -> Iterator[Diagnostic]:
    """Report rules on trial that say no last day: they are forgotten, and everybody thinks they protect."""
    for judged in subject.rules():
        clause = judged.text.clause("mode")
        if judged.rule.mode == "trial" and judged.rule.until is None and clause is not None:
            yield Diagnostic(
                "W618",
                f"the trial of {judged.rule.id} has no end",
                clause.span,
                help="add `effective until DATE`: by then it is enforced or gone",
            )
