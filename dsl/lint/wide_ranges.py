"""W612: a range so wide that a slip of three zeros stays inside it."""

from collections.abc import Iterator
from fractions import Fraction

from dsl import syntax as s
from dsl.diagnostics import Diagnostic
from dsl.lint.subject import Declared, Subject
from dsl.types import show

FACTOR = 1_000
"""How many times looser than the loosest value the range may reach, not including it."""


def wide_ranges(subject: Subject) -> Iterator[Diagnostic]:
    """Report ranges whose loose end is a thousand times the loosest value or more.

    The tight end may be anything: a number that is too tight refuses orders, and somebody notices.
    """
    for declared in subject.numbers():
        loose = _loose_end(declared)
        values = [row.value for row in declared.param.rows if isinstance(row.value, Fraction) and row.value > 0]
        if loose is None or loose[0] <= 0 or not values:
            continue
        end, place = loose
        nearest = max(values) if declared.param.direction == "lower" else min(values)
        factor = end / nearest if declared.param.direction == "lower" else nearest / end
        if factor >= FACTOR:
            shown, kind = show(nearest, declared.param.type), declared.param.type
            yield Diagnostic(
                "W612",
                f"`{declared.text.name}` is {shown} and may become {show(end, kind)} without a word",
                place.span,
                help=f"draw the range around the value; {FACTOR} times looser, or more, guards nothing",
            )


def _loose_end(declared: Declared) -> tuple[Fraction, s.Expr] | None:
    param, text = declared.param, declared.text
    end, place = (param.high, text.high) if param.direction == "lower" else (param.low, text.low)
    return (end, place) if end is not None and place is not None else None
