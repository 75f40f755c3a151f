"""Rules, limits, switches, checklists and gates: clauses checked, lines typed, reasons read."""

from fractions import Fraction

from dsl import ir
from dsl import syntax as s
from dsl.contracts import Age
from dsl.expressions import Typer
from dsl.keywords import MISSING_EFFECTS, MODES, MOMENTS, SCOPES, STAGE_OF, STAGES
from dsl.lower_lines import check_rounding, lower_line
from dsl.lower_switches import lower_own
from dsl.reach import ALWAYS, out_of_reach
from dsl.reasons_text import lower_reason
from dsl.workbench import Workbench, is_date

_LINE_EXAMPLE = {
    "limit": "reject above …", "rule": "reject when …", "switch": "trips when … as CODE",
    "checklist": 'require "label": …', "gate": 'require "label": …',
}  # fmt: skip


def lower_rule(bench: Workbench, text: s.RuleText) -> ir.Rule | None:
    """Return the rule, or None when anything in it does not fit (reported)."""
    before = len(bench.found)
    stage, each = _stage(bench, text)
    bench.names.subject = "intent" if stage == "pre_trade" else "scope"
    bench.names.admits_reals = text.kind == "gate"
    _check_clauses(bench, text)
    needs, typer = _needs(bench, text)
    # Guards and exceptions are decided before `needs`, and reasons are told even when it fails: what
    # a need proves positive counts for the lines alone.
    when = bench.typer.condition(text.when) if text.when is not None else None
    if when is not None:
        check_rounding(bench, when, True)
    measure = typer.value(text.measure) if text.measure is not None else None
    lines = [lower_line(bench, n, line, text, stage, measure, typer) for n, line in enumerate(text.lines, 1)]
    missing = _missing(bench, text, stage)
    clause = text.clause("because")
    because = lower_reason(bench, clause.values if clause else (), clause.span if clause else text.span)
    since, until = _effective(bench, text)
    own = lower_own(bench, text)
    damaged = text.id in bench.book.damaged
    if damaged or any(not d.code.startswith("W") for d in bench.found[before:]) or None in lines:
        return None
    words = {c.word: c.values for c in text.clauses}
    rule = ir.Rule(
        text.id, text.kind, text.title, bench.book.name, stage, words.get("mode", ("enforced",))[0],
        _scope(text, words), since, until, when, measure, needs, missing, tuple(line for line in lines if line),
        because, words["cite"], words["owner"][0], text.doc, text.span, each, own,
    )  # fmt: skip
    return rule if _is_within_reach(bench, rule, text) else None


def _stage(bench: Workbench, text: s.RuleText) -> tuple[str, str]:
    """Return the stage, and for post-trade rules the moment, a declaration is judged at."""
    on = text.clause("on")
    stage = on.values[0] if on else STAGE_OF.get(text.kind, bench.book.stage)
    each = on.values[1] if on and len(on.values) > 1 else ""
    if on is None:
        if text.kind not in STAGE_OF and text.id not in bench.book.damaged:
            bench.say("E110", f"{text.id} has no `on`", text.span, f"add `on {bench.book.stage or 'pre_trade'}`")
        return stage, each
    own = STAGE_OF.get(text.kind)
    if own is not None and stage != own:
        bench.say("E104", f"a {text.kind} is always on {own}", on.span, f"write `on {own}`, or leave it out")
    elif bench.book.name and stage != bench.book.stage and own is None:
        bench.say(
            "E104",
            f"{text.id} is on {stage}, its rulebook is {bench.book.name}",
            on.span,
            f"write `on {bench.book.stage}` or move the rule",
        )
        stage, each = bench.book.stage, ""
    if stage not in STAGES:
        return "pre_trade", ""
    if stage == "post_trade" and each not in MOMENTS:
        help_ = "write `on post_trade each fill`, `each session end` or `each month end`"
        bench.say("E122", f"{text.id} does not say when it is judged", on.span, help_)
    elif stage != "post_trade" and each:
        bench.say("E122", f"a rule on {stage} is not judged `each {each}`", on.span, f"write `on {stage}`")
    return stage, each


def _scope(text: s.RuleText, words: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    return ("strategy",) if text.kind == "gate" else words.get("scope", ())


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
        ("cite", 'cite "Risk Policy 4.2"'),
        ("owner", "owner risk"),
        ("because", 'because "why, with values in braces like {intent.quantity}"'),
    ):
        if text.clause(word) is None:
            bench.say("E110", f"{text.id} has no `{word}`", text.span, f"add `{example}`")
    if text.kind == "limit" and text.measure is None:
        bench.say("E110", f"{text.id} has no `measure`", text.span, "add `measure` and what is measured")
    is_manual = isinstance(text.own, s.SwitchText) and text.own.manual
    if not text.lines and not is_manual:
        bench.say("E110", f"{text.id} has no effect", text.span, f"add a line such as `{_LINE_EXAMPLE[text.kind]}`")
    for word, allowed in (("mode", MODES), ("scope", SCOPES)):
        clause = text.clause(word)
        for value in clause.values if clause else ():
            if clause and value not in allowed:
                bench.say("E116", f"`{value}` is not a {word}", clause.span, "one of " + ", ".join(allowed))


def _is_within_reach(bench: Workbench, rule: ir.Rule, text: s.RuleText) -> bool:
    """Report facts the rule cannot have and scopes it must say; return whether there were none."""
    before = len(bench.found)
    is_keyed = rule.stage != "pre_trade" or any(line.posture or line.trips or line.actions for line in rule.lines)
    if is_keyed and not rule.scope:
        message = f"{rule.id} does not say for whom it is judged"
        bench.say("E122", message, text.span, "add `scope account`, or the keys it is judged for one by one")
        return False
    for path, reason in out_of_reach(rule, bench.lets, bench.windows_by_name(), bench.contracts):
        bench.say("E313", f"`{path}` {reason}", text.span, "read another fact, or widen the scope")
    for line in rule.lines:
        for name in line.trips:
            lacking = [key for key in bench.scope_of(name) if key not in (*rule.scope, *ALWAYS)]
            if lacking and rule.stage != "pre_trade":
                message = f"{name} is per {lacking[0]}, and {rule.id} has no {lacking[0]} to trip it for"
                bench.say("E122", message, line.span, f"add `{lacking[0]}` to the scope")
    return len(bench.found) == before


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


def _missing(bench: Workbench, text: s.RuleText, stage: str) -> ir.MissingPolicy:
    allowed = ("trip",) if text.kind == "switch" else MISSING_EFFECTS.get(stage, ("reject",))
    if text.missing is None:
        if stage == "kill" and text.kind in ("rule", "limit") and text.id not in bench.book.damaged:
            help_ = "add `missing flag`, or write a switch, which trips when its facts are missing"
            bench.say("E110", f"{text.id} does not say what an unknown fact does", text.span, help_)
        return ir.MissingPolicy(allowed[0], None, False)
    missing = text.missing
    if missing.effect not in allowed:
        bench.say(
            "E309", f"an unknown fact cannot `{missing.effect}` here", missing.span, "one of " + ", ".join(allowed)
        )
    if missing.even_reducing and missing.effect != "reject":
        message = "`even reducing` belongs to `missing reject`"
        bench.say("E309", message, missing.span, "leave it out, or write `missing reject even reducing`")
    unless = bench.typer.condition(missing.unless) if missing.unless is not None else None
    if unless is not None:
        check_rounding(bench, unless, False)
    return ir.MissingPolicy(missing.effect, unless, missing.even_reducing)


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
