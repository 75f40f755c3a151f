"""What switches, checklists and gates have beside their lines."""

from fractions import Fraction

from dsl import ir
from dsl import syntax as s
from dsl import types as t
from dsl.keywords import RUNGS
from dsl.lower_lines import (
    check_posture,
    check_role,
    lower_actions,
    lower_approval,
    lower_infinities,
    lower_stretch,
)  # fmt: skip
from dsl.reasons_text import lower_reason
from dsl.text import Span
from dsl.workbench import Workbench

TRIPPED_BY = "switch.tripped_by"


def lower_own(bench: Workbench, text: s.RuleText) -> ir.Switch | ir.Checklist | ir.Gate | None:
    """Return what the declaration has beside its lines, None for a rule or limit and where it does not fit."""
    match text.own:
        case s.SwitchText():
            return _switch(bench, text, text.own)
        case s.ChecklistText():
            return _checklist(bench, text, text.own)
        case s.GateText():
            return _gate(bench, text, text.own)
        case _:
            return None


def _lacks(bench: Workbench, text: s.RuleText, parts: dict[str, tuple[object, str]]) -> bool:
    """Report what a declaration must have and has not; return whether anything is lacking."""
    if text.id in bench.book.damaged:
        return True
    lacking = [(word, example) for word, (content, example) in parts.items() if not content]
    for word, example in lacking:
        bench.say("E110", f"{text.id} has no `{word}`", text.span, f"add `{example}`")
    return bool(lacking)


def _switch(bench: Workbench, text: s.RuleText, own: s.SwitchText) -> ir.Switch | None:
    if _lacks(
        bench, text,
        {
            "trips on missing": (own.missing, "trips on missing for 30 s"),
            "posture": (own.posture, "posture reduce_only"),
            "reset": (own.reset, "reset by 1 risk_officer not in switch.tripped_by within 15 min"),
        },
    ):  # fmt: skip
        return None
    assert own.missing is not None and own.posture is not None and own.reset is not None
    check_posture(bench, own.posture, text.span)
    for role in own.manual:
        check_role(bench, role, text.span)
    _, stretch = own.missing
    missing = lower_stretch(bench, stretch) if stretch is not None else ir.Stretch()
    reset = _reset(bench, own.reset)
    if reset is None:
        return None
    return ir.Switch(own.manual, missing, own.posture, lower_actions(bench, own.actions), reset)


def _reset(bench: Workbench, written: s.Reset) -> ir.Reset | None:
    check_role(bench, written.role, written.span)
    if written.excluding != TRIPPED_BY:
        bench.say(
            "E118",
            "whoever tripped the switch could reset it",
            written.span,
            f"write `reset by {written.count} {written.role} not in {TRIPPED_BY} within …`",
        )
    if written.count > 1 and not written.distinct:
        bench.say(
            "E118",
            f"{written.count} resets could be one person's",
            written.span,
            f"write `reset by {written.count} distinct {written.role} …`",
        )
    within = bench.typer.value(written.within, t.DURATION)
    after: ir.Stretch | None = None
    if written.after is not None:
        typed = bench.typer.value(written.after, t.DURATION)
        micros = typed.value * 1_000_000 if isinstance(typed, ir.Const) and isinstance(typed.value, Fraction) else 0
        after = ir.Stretch(micros=int(micros))
    elif written.after_next is not None:
        if written.after_next != "session":
            bench.say(
                "E217", f"`after next {written.after_next}` is no moment", written.span, "write `after next session`"
            )
        after = ir.Stretch(sessions=1)
    for name, span in written.requires:
        bench.check_id(name, span, "checklist", "gate")
    if written.rebases is not None:
        _check_rebased(bench, written.rebases, written.span)
    if not isinstance(within, ir.Const) or not isinstance(within.value, Fraction):
        return None
    requires = tuple(name for name, _ in written.requires)
    return ir.Reset(
        written.count, written.role, int(within.value * 1_000_000), after, requires, written.rebases
    )  # fmt: skip


def _check_rebased(bench: Workbench, path: str, span: Span) -> None:
    fact = bench.contracts.facts.get(path)
    can = sorted(known.path for known in bench.contracts.facts.values() if known.rebasable)
    if fact is None:
        bench.say("E301", f"there is no fact `{path}`", span, f"name the one that is set anew: {', '.join(can)}")
    elif not fact.rebasable:
        bench.say("E301", f"nobody sets `{path}` anew", span, f"a reset can rebase {', '.join(can)}")


def _checklist(bench: Workbench, text: s.RuleText, own: s.ChecklistText) -> ir.Checklist | None:
    if _lacks(
        bench, text,
        {
            "confirm": (own.confirm, 'confirm "ARM {run.id}"'),
            "signed": (own.signed, "signed by 1 risk_officer within 15 min"),
        },
    ):  # fmt: skip
        return None
    assert own.confirm is not None and own.signed is not None
    signed = lower_approval(bench, own.signed, True, own.signed.span)
    confirm = lower_reason(bench, (own.confirm,), text.span)
    return ir.Checklist(confirm, signed) if signed is not None else None


def _gate(bench: Workbench, text: s.RuleText, own: s.GateText) -> ir.Gate | None:
    if _lacks(bench, text, {"promotes": (own.promotes, "promotes strategy from paper to live")}):
        return None
    assert own.promotes is not None
    what, origin, target = own.promotes
    if what != "strategy":
        bench.say("E116", f"`{what}` is not promoted", text.span, "write `promotes strategy from … to …`")
    for rung in (origin, target):
        if rung not in RUNGS:
            bench.say("E116", f"`{rung}` is no rung", text.span, "one of " + ", ".join(RUNGS))
    if origin in RUNGS and target in RUNGS and RUNGS.index(target) != RUNGS.index(origin) + 1:
        bench.say(
            "E116",
            f"{target} is not the rung above {origin}",
            text.span,
            "one rung at a time, in the order " + ", ".join(RUNGS),
        )
    score = bench.typer.value(own.score, t.REAL) if own.score is not None else None
    ranked = tuple(one for one in (_ranked(bench, *pair) for pair in own.ranked) if one is not None)
    points = own.points.value if own.points is not None else None
    return ir.Gate(origin, target, score, lower_infinities(bench, own.infinities), points, ranked)


def _ranked(bench: Workbench, order: str, path: str, span: Span) -> tuple[str, ir.FactRef] | None:
    if order not in ("lowest", "highest"):
        bench.say("E116", f"`{order}` is no order", span, "lowest or highest")
    fact = bench.typer.value(s.Name(span, path))
    if fact is None:
        return None
    if not isinstance(fact, ir.FactRef) or not (fact.type.is_number or fact.type.kind is t.Kind.REAL):
        bench.say("E202", f"`{path}` has no size to rank by", span, "name a number of the evaluation")
        return None
    return order, fact
