"""W617: a soft line that never speaks before the hard one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from dsl import ir
from dsl.diagnostics import Diagnostic
from dsl.judgement import EFFECT_STRENGTH
from dsl.keywords import EFFECTS
from dsl.lint.subject import Subject

_RISING = {"above": False, "at or above": True}
_FALLING = {"below": False, "at or below": True}
"""Relations of one side, and whether they include the threshold itself."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """A bound as a number times factors; params without keys are set apart, because their values are known."""

    number: Fraction
    params: tuple[str, ...]
    others: tuple[ir.Expr, ...]


def late_warnings(subject: Subject) -> Iterator[Diagnostic]:
    """Report lines of a limit whose threshold a stronger line reaches no later, now or on a date to come."""
    params, today = subject.bundle.ruleset.params, subject.on.isoformat()
    for judged in subject.rules("limit"):
        lines = [line for line in judged.rule.lines if line.effect in EFFECTS]
        for soft in lines:
            for hard in lines:
                if EFFECT_STRENGTH[soft.effect] >= EFFECT_STRENGTH[hard.effect]:
                    continue
                if hard.unless not in (None, soft.unless):
                    continue
                day = _late_from(soft, hard, params, today)
                if day is not None:
                    since = f" from {day} on" if day > today else ""
                    yield Diagnostic(
                        "W617",
                        f"`{soft.effect}` never comes before `{hard.effect}` here{since}",
                        soft.span,
                        help=f"move its threshold to where the measure is before `{hard.effect}`, or remove the line",
                        notes=((hard.span, "this line speaks first"),),
                    )
                    break


def _late_from(soft: ir.Line, hard: ir.Line, params: Mapping[str, ir.Param], today: str) -> str | None:
    """Return the first date in force on which the soft line is idle, or None."""
    side = next((s for s in (_RISING, _FALLING) if soft.relation in s and hard.relation in s), None)
    if side is None or len(soft.bounds) != 1 or len(hard.bounds) != 1:
        return None
    one, two = _without_common(_threshold(soft.bounds[0], params), _threshold(hard.bounds[0], params))
    if one.others or two.others:
        return None
    sign = 1 if side is _RISING else -1
    is_met_first = side[soft.relation or ""] and not side[hard.relation or ""]
    rows = [row for name in (*one.params, *two.params) for row in params[name].rows]
    dates = sorted({row.since for row in rows if row.since and row.since > today})
    for day in (today, *dates):
        at, limit = _value(one, params, day), _value(two, params, day)
        if at is None or limit is None:
            continue
        if sign * at > sign * limit or (at == limit and not is_met_first):
            return day
    return None


def _threshold(expr: ir.Expr, params: Mapping[str, ir.Param]) -> Threshold:
    match expr:
        case ir.Const(value=Fraction() as value):
            return Threshold(value, (), ())
        case ir.ParamRef() if not expr.keys and not params[expr.name].per:
            return Threshold(Fraction(1), (expr.name,), ())
        case ir.Arithmetic(operator="*"):
            left, right = _threshold(expr.left, params), _threshold(expr.right, params)
            return Threshold(left.number * right.number, (*left.params, *right.params), (*left.others, *right.others))
        case _:
            return Threshold(Fraction(1), (), (expr,))


def _without_common(one: Threshold, two: Threshold) -> tuple[Threshold, Threshold]:
    """Return both without the factors they share, each taken as positive."""
    mine, theirs = list(one.others), list(two.others)
    for factor in one.others:
        if factor in theirs:
            mine.remove(factor)
            theirs.remove(factor)
    return Threshold(one.number, one.params, tuple(mine)), Threshold(two.number, two.params, tuple(theirs))


def _value(threshold: Threshold, params: Mapping[str, ir.Param], day: str) -> Fraction | None:
    value = threshold.number
    for name in threshold.params:
        rows = [row for row in params[name].rows if (row.since or "") <= day]
        if not rows or not isinstance(rows[-1].value, Fraction):
            return None
        value *= rows[-1].value
    return value
