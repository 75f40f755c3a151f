"""W634: an absent fact that counts as fine."""

from collections.abc import Iterator
from fractions import Fraction

from dsl import ir
from dsl.diagnostics import Diagnostic
from dsl.intervals import Bounds
from dsl.lint.pull import pull
from dsl.lint.reach import unfold
from dsl.lint.subject import Subject
from dsl.text import Span


def absent_passes(subject: Subject) -> Iterator[Diagnostic]:
    """Report `x otherwise y` where y is what keeps a rule quiet: the one place where a rule can fail open."""
    bounds = subject.bounds()
    seen: set[Span] = set()
    for judged in subject.rules():
        rule = judged.rule
        parts = [(line.condition, 1) for line in rule.lines]
        parts += [(line.unless, -1) for line in rule.lines if line.unless is not None]
        parts += [(rule.when, 1)] if rule.when is not None else []
        for expr, sign in parts:
            for part in unfold([expr], subject.lets):
                if not isinstance(part, ir.Otherwise) or part.span in seen:
                    continue
                if _keeps_quiet(part, expr, sign, bounds):
                    seen.add(part.span)
                    yield Diagnostic(
                        "W634",
                        f"without `{part.fact.path}` {judged.rule.id} keeps quiet",
                        part.span,
                        help="take a default that speaks, or leave `otherwise` out: an unknown fact refuses",
                    )


def _keeps_quiet(part: ir.Otherwise, expr: ir.Expr, sign: int, bounds: Bounds) -> bool:
    """Return whether the default is the end of the fact's values that makes the condition hold least."""
    value = _constant(part.default)
    pulls = pull(expr, lambda other: other is part, bounds)
    if value is None or not pulls:
        return False
    if isinstance(value, bool):
        return value is (pulls * sign < 0)
    fact = bounds.facts.get(part.fact.path)
    if not isinstance(value, Fraction) or fact is None:
        return False
    if pulls * sign > 0:
        return value <= 0 or value == fact.low
    return fact.high is not None and value >= fact.high


def _constant(default: ir.Expr) -> ir.Value | None:
    match default:
        case ir.Const():
            return default.value
        case ir.Negate(operand=ir.Const(value=Fraction() as value)):
            return -value
        case _:
            return None
