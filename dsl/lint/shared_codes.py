"""W621: one reason code for two rules."""

from collections.abc import Iterator

from dsl import ir
from dsl.diagnostics import Diagnostic
from dsl.lint.subject import Subject


def shared_codes(subject: Subject) -> Iterator[Diagnostic]:
    """Report reason codes that two rules of a stage give: whoever counts refusals cannot tell them apart."""
    first: dict[tuple[str, str], tuple[ir.Rule, ir.Line]] = {}
    for judged in subject.rules("limit", "rule", "switch"):
        for line in judged.rule.lines:
            rule, place = first.setdefault((judged.rule.stage, line.code), (judged.rule, line))
            if rule is not judged.rule:
                yield Diagnostic(
                    "W621",
                    f"{judged.rule.id} and {rule.id} both say {line.code}",
                    line.span,
                    help="give each rule a code of its own",
                    notes=((place.span, f"the code of {rule.id}"),),
                )
