"""W607: a number that is told in a reason and decides nothing."""

from collections.abc import Iterator

from dsl.diagnostics import Diagnostic
from dsl.lint.reach import deciding, params_in, told
from dsl.lint.subject import Subject


def told_numbers(subject: Subject) -> Iterator[Diagnostic]:
    """Report params that reasons show and no condition reads: the text speaks of a limit that limits nothing."""
    rules = [judged.rule for judged in subject.rules()]
    decided = set(params_in((expr for rule in rules for expr in deciding(rule)), subject.lets))
    shown = set(params_in((expr for rule in rules for expr in told(rule)), subject.lets))
    for declared in subject.params():
        if declared.param.name in shown - decided:
            yield Diagnostic(
                "W607",
                f"`{declared.text.name}` is told in a reason and compared with nothing",
                declared.text.span,
                help="compare with it in the rule that tells it, or tell the number that decides",
            )
