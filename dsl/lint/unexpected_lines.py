"""W628: a line no test expects."""

from collections.abc import Iterator

from dsl import ir
from dsl.cases import Case
from dsl.diagnostics import Diagnostic
from dsl.lint.subject import Subject


def unexpected_lines(subject: Subject) -> Iterator[Diagnostic]:
    """Report lines of tested rules that no scenario expects to speak; a test may only ever see the other lines."""
    for judged in subject.rules():
        rule = judged.rule
        if not subject.cases_of(rule.id):
            continue
        for line in rule.lines:
            seen = any(expects(case, rule, line) for case in subject.cases_of(rule.id))
            if not seen and not any(expects(case, rule, line) for case in subject.general):
                yield Diagnostic(
                    "W628",
                    f"no test expects `{line.effect} {line.code}`",
                    line.span,
                    help=f"add a scenario just past it that says `expect {line.effect} {line.code}`",
                )


def expects(case: Case, rule: ir.Rule, line: ir.Line) -> bool:
    """Return whether a case says that this line speaks. Without a code it says so only where it judges one rule."""
    return any(
        effect == line.effect
        and named in (None, rule.id)
        and (code == line.code or (code is None and (named == rule.id or case.rules == (rule.id,))))
        for effect, code, named in case.outcomes
    )
