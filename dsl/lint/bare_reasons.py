"""W624: a reason that tells no value."""

from collections.abc import Iterator

from dsl import ir
from dsl.diagnostics import Diagnostic
from dsl.lint.reach import told, unfold
from dsl.lint.subject import Subject


def bare_reasons(subject: Subject) -> Iterator[Diagnostic]:
    """Report reasons without a value in braces where the rule compares numbers."""
    for judged in subject.rules("limit", "rule", "switch"):
        clause = judged.text.clause("because")
        conditions = [line.condition for line in judged.rule.lines]
        parts = unfold(conditions, subject.lets)
        compares = any(isinstance(part, ir.Compare | ir.Multiple) and _has_numbers(part) for part in parts)
        if clause is not None and compares and not told(judged.rule):
            yield Diagnostic(
                "W624",
                f"the reason of {judged.rule.id} tells no number, and the rule compares some",
                clause.span,
                help="show what was compared, in braces, like {intent.quantity}",
            )


def _has_numbers(part: ir.Compare | ir.Multiple) -> bool:
    return (part.left if isinstance(part, ir.Compare) else part.operand).type.is_number
