"""Obligations of switches: every way in is taken, and every condition of the way out."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from dsl import ir
from dsl import syntax as s
from dsl.cover.disturb import Otherwise, Refused
from dsl.cover.obligation import Kind, Obligation
from dsl.cover.times import unit_of
from dsl.rewrite import Change, with_rule
from dsl.text import Span

_Differs = Callable[[Span, str, ir.Switch], Obligation]
"""From a place, a label and the switch as it is not to the obligation."""
_REFUSALS = (
    ("SWITCH_ROLE", "by somebody of another role is refused"),
    ("SWITCH_TRIPPER", "by whoever tripped it is refused"),
    ("SWITCH_HOLDS", "while its cause holds is refused"),
)


def of_switch(rule: ir.Rule, written: s.RuleText, can_miss: bool) -> Iterator[Obligation]:
    """Yield the obligations of a switch. `can_miss`: one of the facts it reads can be unknown."""
    own, text = rule.own, written.own
    if not isinstance(own, ir.Switch) or not isinstance(text, s.SwitchText) or text.reset is None:
        return

    def differs(span: Span, label: str, other: ir.Switch) -> Obligation:
        return Obligation(Kind.LATCH, span, label, (rule.id,), Otherwise(_with(rule, other)))

    for role in own.manual:
        rest = tuple(name for name in own.manual if name != role)
        yield differs(written.span, f"tripped by hand as {role}", replace(own, manual=rest))
    if can_miss and text.missing is not None:
        span, stretch = text.missing
        unit = unit_of(stretch) if stretch is not None and not own.missing.sessions else 1_000_000
        for sooner in _shorter(own.missing, unit):
            yield differs(span, "facts missing, but not for long enough", replace(own, missing=sooner))
        yield differs(span, "facts missing for long enough", replace(own, missing=_longer(own.missing, unit)))
    yield from _of_reset(own, text.reset, differs)
    for code, label in _REFUSALS:
        is_possible = {"SWITCH_HOLDS": bool(rule.lines), "SWITCH_TRIPPER": bool(own.manual)}
        if is_possible.get(code, True):
            yield Obligation(Kind.LATCH, text.reset.span, f"a reset {label}", (rule.id,), Refused(code))


def _of_reset(own: ir.Switch, text: s.Reset, differs: _Differs) -> Iterator[Obligation]:
    reset, span = own.reset, text.span

    def other(label: str, changed: ir.Reset) -> Obligation:
        return differs(span, f"a reset {label}", replace(own, reset=changed))

    people = "person" if reset.count == 1 else "people"
    yield other(f"by {reset.count} {people}", replace(reset, count=reset.count + 1))
    if reset.count > 1:
        yield other("by one too few", replace(reset, count=reset.count - 1))
        unit = unit_of(text.within)
        yield other("as late as it may be", replace(reset, within=max(reset.within - unit, 0)))
        yield other("later than it may be", replace(reset, within=reset.within + unit))
    if reset.after is not None:
        unit = unit_of(text.after) if text.after is not None else 0
        yield other("before its time", replace(reset, after=None))
        yield other("as soon as its time has come", replace(reset, after=_longer(reset.after, unit)))
    for name in reset.requires:
        rest = tuple(one for one in reset.requires if one != name)
        yield other(f"while {name} is not met", replace(reset, requires=rest))


def _with(rule: ir.Rule, own: ir.Switch) -> Change:
    return lambda bundle: with_rule(bundle, replace(rule, own=own))


def _longer(stretch: ir.Stretch, unit: int) -> ir.Stretch:
    """Return a stretch that ends a session or a unit later."""
    if stretch.sessions:
        return ir.Stretch(sessions=stretch.sessions + 1)
    return ir.Stretch(micros=stretch.micros + unit)


def _shorter(stretch: ir.Stretch, unit: int) -> list[ir.Stretch]:
    """Return the stretch that ends a session or a unit sooner, where there is one."""
    if stretch.sessions:
        return [ir.Stretch(sessions=stretch.sessions - 1)] if stretch.sessions > 1 else [ir.Stretch()]
    return [ir.Stretch(micros=max(stretch.micros - unit, 0))] if stretch.micros else []
