"""W619: a rule whose time is over."""

from collections.abc import Iterator

from dsl.diagnostics import Diagnostic
from dsl.lint.subject import Subject


def ended_rules(subject: Subject) -> Iterator[Diagnostic]:
    """Report rules whose last day lies before the date handed in; a trial among them was never decided."""
    for judged in subject.rules():
        rule, clause = judged.rule, judged.text.clause("effective")
        if clause is None or rule.until is None or rule.until >= subject.on.isoformat():
            continue
        what = f"the trial of {rule.id} ended" if rule.mode == "trial" else f"{rule.id} stopped judging"
        yield Diagnostic(
            "W619",
            f"{what} on {rule.until}",
            clause.span,
            help="remove it; or, where history is judged by it, allow this with that reason",
        )
