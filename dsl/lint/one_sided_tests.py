"""W629: a rule whose tests let nothing pass."""

from collections.abc import Iterator

from dsl import ir
from dsl.cases import Case, Expected
from dsl.diagnostics import Diagnostic
from dsl.keywords import POSTURES
from dsl.lint.subject import HARD, SOFT, Subject, looks_of

_QUIET = ("allow", "no trip", "rank")


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
    """Return whether a case sees the rule quiet at some look, or at least none of its hard lines over known facts."""
    is_hard = any(line.effect in HARD for line in rule.lines)
    return any(all(_is_quiet(one, is_hard) for one in look) for look in looks_of(case))


def _is_quiet(one: Expected, is_hard: bool) -> bool:
    if one.effect in _QUIET or (one.effect, one.code) == ("posture", POSTURES[0]):
        return True
    return is_hard and one.effect in SOFT and not (one.code or "").startswith("FACT_")
