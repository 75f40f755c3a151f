"""W636: a rule that judges as another does."""

from collections.abc import Iterator
from dataclasses import replace

from dsl import ir
from dsl.diagnostics import Diagnostic
from dsl.lint.subject import Subject


def repeated_rules(subject: Subject) -> Iterator[Diagnostic]:
    """Report rules alike in every clause that decides: a copy whose number was to be changed, or a leftover."""
    first: dict[ir.Rule, ir.Rule] = {}
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


def _judgement(rule: ir.Rule) -> ir.Rule:
    """Return a rule without its names and words: what is left decides."""
    lines = tuple(replace(line, number=0, code="", label="") for line in rule.lines)
    return replace(rule, id="", title="", rulebook="", lines=lines, because=ir.Because(()), cite=(), owner="", doc="")
