"""W627: a rule no test names."""

from collections.abc import Iterator

from dsl.diagnostics import Diagnostic
from dsl.lint.subject import Subject, looks_of


def untested_rules(subject: Subject) -> Iterator[Diagnostic]:
    """Report rules that neither a test nor an expected outcome names: nobody has seen them decide."""
    named = {rule for case in subject.cases for rule in case.rules}
    named |= {said.rule for case in subject.cases for look in looks_of(case) for said in look if said.rule}
    for judged in subject.rules():
        if judged.rule.id not in named:
            yield Diagnostic(
                "W627",
                f"no test names {judged.rule.id}",
                judged.text.span,
                help=f'write `test "…" of {judged.rule.id} {{ … }}` with a scenario on either side',
            )
