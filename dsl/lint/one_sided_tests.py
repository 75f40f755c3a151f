"""W629: a rule whose tests let nothing pass."""

from collections.abc import Iterator

from dsl import ir
from dsl.cases import Case
from dsl.diagnostics import Diagnostic
from dsl.lint.subject import HARD, Subject


def one_sided_tests(subject: Subject) -> Iterator[Diagnostic]:
    """Report rules with scenarios that all end in a refusal: a rule that always refuses would pass them too."""
    for judged in subject.rules():
        cases = subject.cases_of(judged.rule.id)
        if cases and not any(_passes(case, judged.rule) for case in cases):
            yield Diagnostic(
                "W629",
                f"in no test does an order pass {judged.rule.id}",
                judged.text.span,
                help="add a scenario on the good side of the threshold that says `expect allow`",
            )


def _passes(case: Case, rule: ir.Rule) -> bool:
    """Return whether a case sees the rule quiet, or at least none of its hard lines speak over known facts."""
    is_hard = any(line.effect in HARD for line in rule.lines)
    return all(
        effect == "allow" or (is_hard and effect not in HARD and not (code or "").startswith("FACT_"))
        for effect, code, _ in case.outcomes
    )
