"""W628: a line no test expects."""

from collections.abc import Iterator

from dsl import ir
from dsl.cases import Case, Expected
from dsl.diagnostics import Diagnostic
from dsl.lint.subject import Subject, looks_of


def unexpected_lines(subject: Subject) -> Iterator[Diagnostic]:
    """Report lines of tested rules that no scenario expects to speak; a test may only ever see the other lines."""
    for judged in subject.rules():
        rule = judged.rule
        if not subject.cases_of(rule.id):
            continue
        for line in rule.lines:
            seen = any(expects(case, rule, line) for case in subject.cases_of(rule.id))
            if not seen and not any(expects(case, rule, line) for case in subject.general(rule.stage)):
                yield Diagnostic(
                    "W628",
                    f"no test expects `{_outcome(line)}`",
                    line.span,
                    help=f"add a scenario just past it that says `expect {_outcome(line)}`",
                )


def expects(case: Case, rule: ir.Rule, line: ir.Line) -> bool:
    """Return whether a case says at some look that this line speaks.

    An outcome without a code says so only where the case judges this rule alone, or names it.
    """
    own = case.rules == (rule.id,)
    return any(_is_said(one, rule, line, own) for look in looks_of(case) for one in look)


def _is_said(one: Expected, rule: ir.Rule, line: ir.Line, own: bool) -> bool:
    if one.effect != line.effect or one.rule not in (None, rule.id):
        return False
    if one.code is None:
        return own or one.rule == rule.id
    if line.posture is not None:
        return one.code == line.posture.name
    return one.code == (line.label if line.effect == "fail" else line.code)


def _outcome(line: ir.Line) -> str:
    """Return how a test says that the line speaks."""
    if line.posture is not None:
        return f"posture {line.posture.name}"
    return f'fail "{line.label}"' if line.effect == "fail" else f"{line.effect} {line.code}"
