"""W626: a limit whose reason does not tell what was measured."""

from collections.abc import Iterator

from dsl import ir
from dsl.diagnostics import Diagnostic
from dsl.lint.reach import told, unfold
from dsl.lint.subject import Subject


def hidden_measures(subject: Subject) -> Iterator[Diagnostic]:
    """Report limits whose reason shows none of the facts their measure reads."""
    for judged in subject.rules("limit"):
        rule, clause = judged.rule, judged.text.clause("because")
        if clause is None or rule.measure is None or not told(rule):
            continue
        measured = {part.path for part in unfold([rule.measure], subject.lets) if isinstance(part, ir.FactRef)}
        shown = {part.path for part in unfold(told(rule), subject.lets) if isinstance(part, ir.FactRef)}
        if measured and not measured & shown:
            yield Diagnostic(
                "W626",
                f"the reason of {rule.id} does not tell what was measured",
                clause.span,
                help="show the measure, in braces, beside the threshold",
            )
