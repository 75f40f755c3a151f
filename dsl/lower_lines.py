"""Effect lines: conditions typed, approvals and consequences checked against what the stage has."""

from fractions import Fraction

from dsl import ir
from dsl import syntax as s
from dsl import types as t
from dsl.expressions import Typer
from dsl.keywords import ACTIONS, POSTURES, ROLES, RUNGS, STAGE_EFFECTS
from dsl.moments import MomentFault, read_moment
from dsl.monotone import CONSTANT, FALLING, RISING, direction
from dsl.reasons_text import lower_reason
from dsl.rounding import favourable
from dsl.text import Span
from dsl.workbench import Workbench

TIMED_STAGES = ("in_flight", "kill")
"""Where a condition can be watched over time."""
_OWN_EFFECTS = {"trip": "trip", "require": "refuse"}


def lower_line(
    bench: Workbench, number: int, line: s.EffectLine, text: s.RuleText, stage: str, measure: ir.Expr | None,
    typer: Typer,
) -> ir.Line | None:  # fmt: skip
    """Return a line, or None when anything in it does not fit (reported)."""
    _check_effect(bench, line, text, stage)
    unless = bench.typer.condition(line.unless) if line.unless is not None else None
    if text.kind == "limit" and line.bound is None:
        bench.say("E117", "a limit's line compares its measure", line.span, "write `reject above …`, or use a rule")
        return None
    if text.kind != "limit" and line.bound is not None:
        bench.say("E117", f"a {text.kind} has no measure to compare", line.span, "write `when …`, or use a limit")
        return None
    condition, bounds = _condition(bench, line, measure, typer)
    approval = lower_approval(bench, line.approval, line.effect == "hold", line.span)
    if condition is None or (line.unless is not None and unless is None):
        return None
    relation = line.bound[0] if line.bound else None
    if line.effect == "clip" and not _is_clippable(bench, measure, relation, bounds):
        bench.say(
            "E218",
            f"`clip` in {text.id} has no proven direction",
            line.span,
            "clip `above` a bound that does not move, on a measure that can only grow with intent.quantity",
        )
    check_rounding(bench, condition, True)
    if unless is not None:
        check_rounding(bench, unless, False)
    effect = "fail" if text.kind == "gate" else _OWN_EFFECTS.get(line.effect, line.effect)
    return ir.Line(
        number, effect, line.code or _code(text.id, line.label), condition, relation, bounds, unless, approval,
        line.span, _lasting(bench, line, stage), _posture(bench, line, stage), lower_actions(bench, line.actions),
        tuple(name for name, _ in line.trips), line.label, line.throughout,
        lower_infinities(bench, line.infinities),
    )  # fmt: skip


def _code(rule: str, label: str) -> str:
    """Return the reason code of a line that names none: its requirement in capitals, or the rule's id."""
    words = "".join(char if char.isascii() and char.isalnum() else " " for char in label).upper().split()
    code = "_".join(words)
    return code if code and code[0].isalpha() else rule.replace("-", "_")


def _check_effect(bench: Workbench, line: s.EffectLine, text: s.RuleText, stage: str) -> None:
    allowed = STAGE_EFFECTS.get(stage, ())
    if text.kind in ("limit", "rule") and line.effect not in allowed:
        help_ = "there one of " + ", ".join(allowed) if allowed else "write a checklist, a gate or a switch"
        bench.say("E112", f"a {text.kind} on {stage} cannot `{line.effect}`", line.span, help_)
    for name, span in line.trips:
        bench.check_id(name, span, "switch")


def _condition(
    bench: Workbench, line: s.EffectLine, measure: ir.Expr | None, typer: Typer
) -> tuple[ir.Expr | None, tuple[ir.Expr, ...]]:
    if line.when is not None:
        condition = typer.condition(line.when)
        if condition is not None and line.effect == "require":
            return ir.Not(t.BOOL, line.when.span, condition), ()
        return condition, ()
    if line.bound is None or measure is None:
        return None, ()
    relation, written = line.bound
    typed = tuple(typer.value(bound, measure.type) for bound in written)
    bounds = tuple(bound for bound in typed if bound is not None)
    if len(bounds) != len(typed):
        return None, bounds
    return _relation(relation, measure, bounds, line.span), bounds


def _relation(relation: str, measure: ir.Expr, bounds: tuple[ir.Expr, ...], span: Span) -> ir.Expr:
    if relation == "outside":
        low = ir.Compare(t.BOOL, span, "<", measure, bounds[0])
        return ir.Logic(t.BOOL, span, "or", (low, ir.Compare(t.BOOL, span, ">", measure, bounds[1])))
    operator = {"above": ">", "at or above": ">=", "below": "<", "at or below": "<="}[relation]
    return ir.Compare(t.BOOL, span, operator, measure, bounds[0])


def _is_clippable(bench: Workbench, measure: ir.Expr | None, relation: str | None, bounds: tuple[ir.Expr, ...]) -> bool:
    facts = {**bench.contracts.facts, **bench.window_facts()}
    return (
        measure is not None
        and relation in ("above", "at or above")
        and direction(measure, facts, bench.bounds) in (RISING, CONSTANT)
        and all(direction(b, facts, bench.bounds) in (CONSTANT, FALLING) for b in bounds)
    )


def check_rounding(bench: Workbench, condition: ir.Expr, wanted: bool) -> None:
    """Report every statistic that is rounded to the order's advantage."""
    for rounding in favourable(condition, wanted, bench.bounds):
        other = "down" if rounding.direction == "up" else "up"
        bench.say(
            "E221",
            f"rounded {rounding.direction}, this could let an order pass",
            rounding.span,
            f"write `{other}`, or compare it by size where the careful side is plain",
        )


def lower_approval(bench: Workbench, written: s.Approval | None, is_wanted: bool, span: Span) -> ir.Approval | None:
    """Return who approves, None where nobody does or it does not fit (reported)."""
    if is_wanted != (written is not None):
        bench.say(
            "E118",
            "a hold says who approves it, and only a hold does",
            span,
            "write `hold above X for 1 risk_officer within 10 min`",
        )
        return None
    if written is None:
        return None
    check_role(bench, written.role, written.span)
    if written.count > 1 and not written.distinct:
        bench.say(
            "E118",
            f"{written.count} approvals could be one person's",
            written.span,
            f"write `for {written.count} distinct {written.role}`",
        )
    if written.within is None:
        return ir.Approval(written.count, written.distinct, written.role, 0)
    within = bench.typer.value(written.within, t.DURATION)
    if not isinstance(within, ir.Const) or not isinstance(within.value, Fraction):
        return None
    return ir.Approval(written.count, written.distinct, written.role, int(within.value * 1_000_000))


def check_role(bench: Workbench, role: str, span: Span) -> None:
    """Report a word that is no role."""
    if role not in ROLES:
        bench.say("E116", f"`{role}` is not a role", span, "one of " + ", ".join(ROLES))


def _lasting(bench: Workbench, line: s.EffectLine, stage: str) -> int:
    if line.lasting is None:
        return 0
    if stage not in TIMED_STAGES:
        message = f"on {stage} a condition is looked at once, not over time"
        bench.say("E112", message, line.lasting.span, "leave `for …` out; in_flight and kill rules watch")
        return 0
    typed = bench.typer.value(line.lasting, t.DURATION)
    if isinstance(typed, ir.Const) and isinstance(typed.value, Fraction):
        return int(typed.value * 1_000_000)
    return 0


def _posture(bench: Workbench, line: s.EffectLine, stage: str) -> ir.Posture | None:
    if line.posture is None:
        return None
    check_posture(bench, line.posture.name, line.posture.span)
    if stage == "pre_trade" and line.posture.stretch is None:
        message = "an order is judged once; a posture it leads to needs a time"
        bench.say("E112", message, line.posture.span, f"write `posture {line.posture.name} for 30 min when …`")
    stretch = lower_stretch(bench, line.posture.stretch) if line.posture.stretch is not None else None
    return ir.Posture(line.posture.name, stretch)


def check_posture(bench: Workbench, name: str, span: Span) -> None:
    """Report a word that is no posture anything can be put into."""
    if name not in POSTURES[1:]:
        bench.say("E116", f"`{name}` is not a posture", span, "one of " + ", ".join(POSTURES[1:]))


def lower_stretch(bench: Workbench, written: s.Number) -> ir.Stretch:
    """Return how long something lasts: a duration or a number of sessions."""
    typed = bench.typer.value(written)
    if isinstance(typed, ir.Const) and isinstance(typed.value, Fraction):
        if typed.type == t.DURATION:
            return ir.Stretch(micros=int(typed.value * 1_000_000))
        if typed.type == t.SESSIONS and typed.value.denominator == 1:
            if not bench.names.calendar:
                help_ = 'add `calendar XNYS zone "America/New_York"` to the rulebook'
                bench.say("E219", "the rulebook does not say whose sessions are counted", written.span, help_)
            return ir.Stretch(sessions=int(typed.value))
    bench.say("E217", "a duration or a number of sessions is needed here", written.span, "write `for 30 min`")
    return ir.Stretch()


def lower_actions(bench: Workbench, written: tuple[s.Action, ...]) -> tuple[ir.Action, ...]:
    """Return the actions of a line or a switch, each checked."""
    return tuple(action for action in (_action(bench, one) for one in written) if action is not None)


def _action(bench: Workbench, action: s.Action) -> ir.Action | None:
    if action.task is not None:
        return _task(bench, action.task)
    if action.word == "demote to":
        if action.argument not in RUNGS:
            bench.say("E116", f"`{action.argument}` is no rung", action.span, "one of " + ", ".join(RUNGS))
        return ir.Action("demote", action.argument)
    if action.word not in ACTIONS:
        words = (*ACTIONS, "demote to RUNG", 'opens task "T" for ROLE due DATE')
        bench.say("E116", f"`{action.word}` is not an action", action.span, "one of " + ", ".join(words))
    elif action.argument is not None and (action.word, action.argument) != ("cancel_working", "exits"):
        message = f"`including {action.argument}` belongs to no `{action.word}`"
        bench.say("E116", message, action.span, "only `cancel_working including exits` is there")
    return ir.Action(action.word, action.argument)


def _task(bench: Workbench, task: s.Task) -> ir.Action | None:
    check_role(bench, task.role, task.span)
    title = lower_reason(bench, (task.title,), task.span)
    due = bench.typer.value(task.due, t.DATE)
    at: int | None = None
    if task.at is not None:
        try:
            value = read_moment("time", task.at)[1]
            at = int(value * 1_000_000)
        except MomentFault as fault:
            bench.say("E213", str(fault), task.span, "correct the hour")
    return ir.Action("task", task=ir.Task(title, task.role, due, at)) if due is not None else None


def lower_infinities(bench: Workbench, written: tuple[s.Infinity, ...]) -> tuple[ir.Infinity, ...]:
    """Return what infinite statistics count as."""
    out = []
    for one in written:
        fact = bench.typer.value(s.Name(one.span, one.path))
        value = bench.typer.value(one.value)
        if fact is None or value is None:
            continue
        if not isinstance(fact, ir.FactRef) or fact.type.kind is not t.Kind.REAL:
            bench.say("E220", f"`{one.path}` is never infinite", one.span, "name a statistic the line reads")
            continue
        out.append(ir.Infinity(fact, value))
    return tuple(out)
