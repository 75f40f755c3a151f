"""W636: a rule that judges as another does."""

from collections.abc import Iterator

from dsl import ir
from dsl.diagnostics import Diagnostic
from dsl.lint.subject import Subject


def repeated_rules(subject: Subject) -> Iterator[Diagnostic]:
    """Report rules alike in every clause that decides: a copy whose number was to be changed, or a leftover."""
    first: dict[tuple[object, ...], ir.Rule] = {}
    for judged in subject.rules():
        twin = first.setdefault(_judgement(judged.rule), judged.rule)
        if twin is not judged.rule:
            yield Diagnostic(
                "W636",
                f"{judged.rule.id} judges as {twin.id} does",
                judged.text.span,
                help="remove one of them, or change what was to be different",
                notes=((twin.span, "the same judgement"),),
            )


def _judgement(rule: ir.Rule) -> tuple[object, ...]:
    lines = tuple((line.effect, line.condition, line.unless, line.approval) for line in rule.lines)
    return rule.stage, rule.mode, rule.scope, rule.since, rule.until, rule.when, rule.needs, rule.missing, lines
