"""Rules and limits: clauses checked, effect lines typed, reasons read."""

import re
from fractions import Fraction

from dsl import ir
from dsl import syntax as s
from dsl import types as t
from dsl.contracts import Age
from dsl.diagnostics import Diagnostic
from dsl.expressions import Typer
from dsl.keywords import MODES, ROLES, SCOPES, STAGES
from dsl.monotone import CONSTANT, FALLING, RISING, direction
from dsl.parse import parse_expression
from dsl.text import Span
from dsl.workbench import Workbench, is_date

JUDGED_STAGES = ("pre_trade",)
_MISSING_EFFECTS = ("warn", "flag", "reject")
_HOLE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}")


def lower_rule(bench: Workbench, text: s.RuleText) -> ir.Rule | None:
    """Return the rule, or None when anything in it does not fit (reported)."""
    before = len(bench.found)
    _check_clauses(bench, text)
    needs, typer = _needs(bench, text)
    # Guards and exceptions are decided before `needs`, and reasons are told even when it fails: what
    # a need proves positive counts for the lines alone.
    when = bench.typer.condition(text.when) if text.when is not None else None
    measure = typer.value(text.measure) if text.measure is not None else None
    lines = [_line(bench, number, line, text, measure, typer) for number, line in enumerate(text.lines, 1)]
    missing = _missing(bench, text)
    because = _because(bench, text)
    since, until = _effective(bench, text)
    damaged = text.id in bench.book.damaged
    if damaged or any(not d.code.startswith("W") for d in bench.found[before:]) or None in lines:
        return None
    words = {c.word: c.values for c in text.clauses}
    return ir.Rule(
        text.id,
        text.kind,
        text.title,
        bench.book.name,
        words["on"][0],
        words.get("mode", ("enforced",))[0],
        words.get("scope", ()),
        since,
        until,
        when,
        measure,
        needs,
        missing,
        tuple(line for line in lines if line),
        because,
        words["cite"],
        words["owner"][0],
        text.doc,
        text.span,
    )


def _check_clauses(bench: Workbench, text: s.RuleText) -> None:
    for span in text.crowded:
        bench.say("W601", "a clause begins its own line", span, "break the line before it; the formatter does")
    for said in text.clauses:
        if said.word in ("cite", "because") and not all(value.strip() for value in said.values):
            bench.say("E120", f"the `{said.word}` of {text.id} is empty", said.span, "say it in words")
    for word, span in text.repeated:
        bench.say("E111", f"`{word}` is written twice in {text.id}", span, "keep one of them")
    if text.id in bench.book.damaged:
        return
    for word, example in (
        ("on", "on pre_trade"),
        ("cite", 'cite "Risk Policy 4.2"'),
        ("owner", "owner risk"),
        ("because", 'because "why, with values in braces like {intent.quantity}"'),
    ):
        if text.clause(word) is None:
            bench.say("E110", f"{text.id} has no `{word}`", text.span, f"add `{example}`")
    if text.kind == "limit" and text.measure is None:
        bench.say("E110", f"{text.id} has no `measure`", text.span, "add `measure` and what is measured")
    if not text.lines:
        bench.say(
            "E110",
            f"{text.id} has no effect",
            text.span,
            "add a line such as `reject above …`" if text.kind == "limit" else "add a line such as `reject when …`",
        )
    on = text.clause("on")
    if on and bench.book.name and on.values[0] != bench.book.stage:
        bench.say(
            "E104",
            f"{text.id} is on {on.values[0]}, its rulebook is {bench.book.name}",
            on.span,
            f"write `on {bench.book.stage}` or move the rule",
        )
    elif on and on.values[0] in STAGES and on.values[0] not in JUDGED_STAGES:
        message = f"stage {on.values[0]} is not judged by this language version"
        bench.say("E112", message, on.span, "write it `on pre_trade`, or keep it for a later version")
    for word, allowed in (("mode", MODES), ("scope", SCOPES)):
        clause = text.clause(word)
        for value in clause.values if clause else ():
            if clause and value not in allowed:
                bench.say("E116", f"`{value}` is not a {word}", clause.span, "one of " + ", ".join(allowed))


def _needs(bench: Workbench, text: s.RuleText) -> tuple[tuple[ir.Need, ...], Typer]:
    needs: list[ir.Need] = []
    positive: set[str] = set()
    for need in text.needs:
        fact = bench.typer.value(s.Name(need.span, need.path))
        if fact is None:
            continue
        if not isinstance(fact, ir.FactRef):
            bench.say("E301", f"`{need.path}` is not a fact", need.span, "needs names facts, lists and windows")
            continue
        bound = None
        if need.operator and need.bound is not None:
            bound = bench.typer.condition(
                s.Comparison(need.span, need.operator, s.Name(need.span, need.path), need.bound)
            )
            if (
                isinstance(bound, ir.Compare)
                and isinstance(bound.right, ir.Const)
                and isinstance(bound.right.value, Fraction)
            ):
                least = bound.right.value
                if (need.operator == ">" and least >= 0) or (need.operator == ">=" and least > 0):
                    positive.add(fact.path)
        age = bench.age(need.fresh) if need.fresh else None
        _check_tightens(bench, need, fact, age)
        needs.append(ir.Need(fact, age, bound))
    return tuple(needs), bench.typer.with_positive(frozenset(positive))


def _check_tightens(bench: Workbench, need: s.Need, fact: ir.FactRef, age: Age | None) -> None:
    """Warn of a freshness bound the contract's own, being tighter, makes idle."""
    known = bench.contracts.facts.get(fact.path)
    bound = known.max_age if known else None
    if age is not None and bound is not None and age.kind == bound.kind and age.count > bound.count:
        bench.say(
            "W604", f"`{need.path}` is stale after {bound} already", need.span, "leave `fresh` out, or tighten it"
        )


def _line(
    bench: Workbench, number: int, line: s.EffectLine, text: s.RuleText, measure: ir.Expr | None, typer: Typer
) -> ir.Line | None:
    unless = bench.typer.condition(line.unless) if line.unless is not None else None
    if text.kind == "limit" and line.bound is None:
        bench.say(
            "E117",
            "a limit's line compares its measure",
            line.span,
            "write `reject above …`, or use a rule",
        )
        return None
    if text.kind == "rule" and line.bound is not None:
        bench.say("E117", "a rule has no measure to compare", line.span, "write `reject when …`, or use a limit")
        return None
    relation: str | None = None
    bounds: tuple[ir.Expr, ...] = ()
    condition: ir.Expr | None = None
    if line.when is not None:
        condition = typer.condition(line.when)
    elif line.bound is not None and measure is not None:
        relation = line.bound[0]
        typed = tuple(typer.value(b, measure.type) for b in line.bound[1])
        bounds = tuple(b for b in typed if b is not None)
        if len(bounds) == len(typed):
            condition = _relation(relation, measure, bounds, line.span)
    approval = _approval(bench, line)
    if condition is None or (line.unless is not None and unless is None):
        return None
    if line.effect == "clip" and not _is_clippable(bench, measure, relation, bounds):
        bench.say(
            "E218",
            f"`clip` in {text.id} has no proven direction",
            line.span,
            "clip `above` a bound that does not move, on a measure that can only grow with intent.quantity",
        )
    code = line.code or text.id.replace("-", "_")
    return ir.Line(number, line.effect, code, condition, relation, bounds, unless, approval, line.span)


def _is_clippable(bench: Workbench, measure: ir.Expr | None, relation: str | None, bounds: tuple[ir.Expr, ...]) -> bool:
    facts = bench.contracts.facts
    return (
        measure is not None
        and relation in ("above", "at or above")
        and direction(measure, facts, bench.bounds) in (RISING, CONSTANT)
        and all(direction(b, facts, bench.bounds) in (CONSTANT, FALLING) for b in bounds)
    )


def _approval(bench: Workbench, line: s.EffectLine) -> ir.Approval | None:
    if (line.effect == "hold") != (line.approval is not None):
        bench.say(
            "E118",
            "a hold says who approves it, and only a hold does",
            line.span,
            "write `hold above X for 1 risk_officer within 10 min`",
        )
        return None
    if line.approval is None:
        return None
    if line.approval.role not in ROLES:
        bench.say(
            "E116",
            f"`{line.approval.role}` is not a role",
            line.approval.span,
            "one of " + ", ".join(ROLES),
        )
    if line.approval.count > 1 and not line.approval.distinct:
        bench.say(
            "E118",
            f"{line.approval.count} approvals could be one person's",
            line.approval.span,
            f"write `for {line.approval.count} distinct {line.approval.role}`",
        )
    within = bench.typer.value(line.approval.within, t.DURATION)
    if not isinstance(within, ir.Const) or not isinstance(within.value, Fraction):
        return None
    return ir.Approval(line.approval.count, line.approval.distinct, line.approval.role, int(within.value * 1_000_000))


def _missing(bench: Workbench, text: s.RuleText) -> ir.MissingPolicy:
    if text.missing is None:
        return ir.MissingPolicy("reject", None, False)
    missing = text.missing
    if missing.effect not in _MISSING_EFFECTS:
        bench.say(
            "E309",
            f"an unknown fact cannot `{missing.effect}`",
            missing.span,
            "one of " + ", ".join(_MISSING_EFFECTS),
        )
    if missing.even_reducing and missing.effect != "reject":
        message = "`even reducing` belongs to `missing reject`"
        bench.say("E309", message, missing.span, "leave it out, or write `missing reject even reducing`")
    unless = bench.typer.condition(missing.unless) if missing.unless is not None else None
    return ir.MissingPolicy(missing.effect, unless, missing.even_reducing)


def _because(bench: Workbench, text: s.RuleText) -> ir.Because:
    clause = text.clause("because")
    pieces: list[str | ir.Expr] = []
    for value in clause.values if clause else ():
        at = 0
        for hole in _HOLE.finditer(value):
            pieces.append(value[at : hole.start()])
            at = hole.end()
            if hole[0] in ("{{", "}}"):
                pieces.append(hole[0][0])
                continue
            typed = _hole(bench, hole[1], clause.span if clause else text.span, bench.typer)
            if typed is not None:
                pieces.append(typed)
        pieces.append(value[at:])
    return ir.Because(tuple(p for p in pieces if p != ""))


def _hole(bench: Workbench, inside: str, span: Span, typer: Typer) -> ir.Expr | None:
    written, problems = parse_expression(inside)
    if written is None:
        bench.say("E119", f"`{{{inside}}}` is not an expression", span, problems[0].help if problems else "")
        return None
    mark = len(bench.found)
    typed = typer.value(written)
    bench.found[mark:] = [Diagnostic(d.code, d.message, span, d.label, d.help) for d in bench.found[mark:]]
    return typed


def _effective(bench: Workbench, text: s.RuleText) -> tuple[str | None, str | None]:
    clause = text.clause("effective")
    if clause is None:
        return None, None
    since, until = (value or None for value in clause.values)
    for value in (since, until):
        if value and not is_date(value):
            bench.say("E213", f"`{value}` does not exist", clause.span, "correct the day or the month")
    if since and until and until < since:
        message = f"{text.id} ends on {until}, before it begins on {since}"
        bench.say("E114", message, clause.span, "put the earlier date behind `from`")
    return since, until


def _relation(relation: str, measure: ir.Expr, bounds: tuple[ir.Expr, ...], span: Span) -> ir.Expr:
    if relation == "outside":
        low = ir.Compare(t.BOOL, span, "<", measure, bounds[0])
        return ir.Logic(t.BOOL, span, "or", (low, ir.Compare(t.BOOL, span, ">", measure, bounds[1])))
    operator = {"above": ">", "at or above": ">=", "below": "<", "at or below": "<="}[relation]
    return ir.Compare(t.BOOL, span, operator, measure, bounds[0])
