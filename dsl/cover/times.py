"""Obligations of lengths of time: of windows, of what must last and of what outlasts it, just inside and outside."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from dsl import ir
from dsl import syntax as s
from dsl.cover.atoms import atoms
from dsl.cover.disturb import Otherwise
from dsl.cover.obligation import Kind, Obligation
from dsl.cover.wording import Wording
from dsl.keywords import UNITS
from dsl.rewrite import Change, substitute, with_rule, with_window
from dsl.types import BOOL

Rules = tuple[str, ...]
_ENDLESS = 1 << 60
"""Longer than any scenario, in microseconds."""


def unit_of(written: s.Number) -> int:
    """Return one of the unit a duration is written in, in microseconds."""
    return int(Fraction(str(UNITS[written.unit][1])) * 1_000_000)


def of_window(window: ir.Window, written: s.Window, rules: Rules, words: Wording) -> Iterator[Obligation]:
    """Yield the obligations of a window: both sides of its edge, whose events it counts, and which of them."""

    def differs(label: str, other: ir.Window) -> Obligation:
        return Obligation(Kind.TIME, written.span, f"`{written.name}` {label}", rules, Otherwise(_window(other)))

    if written.over is not None:
        unit = 1 if window.sessions else unit_of(written.over)
        for step, label in ((-unit, "just inside its edge"), (unit, "just outside its edge")):
            is_by_sessions = window.sessions > 0
            if (window.sessions if is_by_sessions else window.duration) + step <= 0:
                continue
            moved = (
                replace(window, sessions=window.sessions + step)
                if is_by_sessions
                else replace(window, duration=window.duration + step)
            )
            yield differs(label, moved)
    else:
        yield differs("begins anew", replace(window, since=None, duration=_ENDLESS))
    for key in window.per:
        rest = tuple(name for name in window.per if name != key)
        yield differs(f"counts by {key}", replace(window, per=rest))
    for node in atoms(window.where) if window.where is not None else ():
        for truth in (True, False):
            stuck = substitute(window.where, node, ir.Const(BOOL, node.span, not truth))
            label = f"`{words.of(node)}` decides while {str(truth).lower()}"
            other = Otherwise(_window(replace(window, where=stuck)))
            yield Obligation(Kind.CONDITION, node.span, label, rules, other)


def of_lines(rule: ir.Rule, written: s.RuleText) -> Iterator[Obligation]:
    """Yield both sides of how long a line must last, and of how long its posture outlasts it."""
    rules = (rule.id,)
    for line, text in zip(rule.lines, written.lines, strict=True):
        if text.lasting is not None and line.lasting:
            for step, side in _sides(unit_of(text.lasting), line.lasting):
                changed = _with_line(rule, replace(line, lasting=line.lasting + step))
                label = f"holding {side} than it must"
                yield Obligation(Kind.TIME, text.lasting.span, label, rules, Otherwise(changed))
        stretch = text.posture.stretch if text.posture is not None else None
        if stretch is not None and line.posture is not None and line.posture.stretch is not None:
            for step, side in _sides(*_length(line.posture.stretch, stretch)):
                posture = replace(line.posture, stretch=_longer(line.posture.stretch, step))
                changed = _with_line(rule, replace(line, posture=posture))
                label = f"the posture is looked at {'before' if side == 'less' else 'after'} its end"
                yield Obligation(Kind.TIME, stretch.span, label, rules, Otherwise(changed))


def _length(stretch: ir.Stretch, written: s.Number) -> tuple[int, int]:
    return (1, stretch.sessions) if stretch.sessions else (unit_of(written), stretch.micros)


def _longer(stretch: ir.Stretch, step: int) -> ir.Stretch | None:
    """Return a stretch by so much longer, None where nothing is left of it."""
    if stretch.sessions:
        return replace(stretch, sessions=stretch.sessions + step) if stretch.sessions + step > 0 else None
    return replace(stretch, micros=stretch.micros + step) if stretch.micros + step > 0 else None


def _sides(unit: int, length: int) -> list[tuple[int, str]]:
    """Return the steps that show both ends of a length: a shorter one is seen before its end, a longer one after it."""
    shorter = -unit if length > unit else -length
    return [(shorter, "less"), (unit, "no less")]


def _with_line(rule: ir.Rule, line: ir.Line) -> Change:
    lines = tuple(line if one.number == line.number else one for one in rule.lines)
    return lambda bundle: with_rule(bundle, replace(rule, lines=lines))


def _window(window: ir.Window) -> Change:
    return lambda bundle: with_window(bundle, window)
