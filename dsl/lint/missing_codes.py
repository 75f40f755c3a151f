"""W622: a refusal that gives no reason code."""

from collections.abc import Iterator

from dsl.diagnostics import Diagnostic
from dsl.lint.subject import DECISIVE, Subject


def missing_codes(subject: Subject) -> Iterator[Diagnostic]:
    """Report decisive lines whose code is the rule's own id: it tells where the rule stands, not what is wrong."""
    for judged in subject.rules("limit", "rule", "switch"):
        for line in judged.rule.lines:
            if line.effect in DECISIVE and line.code == judged.rule.id.replace("-", "_"):
                yield Diagnostic(
                    "W622",
                    f"this `{line.effect}` has no reason but the id of {judged.rule.id}",
                    line.span,
                    help="end the line with `as` and what is wrong, like `as MAX_ORDER_NOTIONAL`",
                )
