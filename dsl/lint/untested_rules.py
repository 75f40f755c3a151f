"""W627: a rule no test names."""

from collections.abc import Iterator

from dsl.diagnostics import Diagnostic
from dsl.lint.subject import Subject


def untested_rules(subject: Subject) -> Iterator[Diagnostic]:
    """Report rules that neither a test nor an expected outcome names: nobody has seen them decide."""
    named = {rule for case in subject.cases for rule in (*case.rules, *(said[2] for said in case.outcomes))}
    for judged in subject.rules():
        if judged.rule.id not in named:
            yield Diagnostic(
                "W627",
                f"no test names {judged.rule.id}",
                judged.text.span,
                help=f'write `test "…" of {judged.rule.id} {{ … }}` with a scenario on either side',
            )
