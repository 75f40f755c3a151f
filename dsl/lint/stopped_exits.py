"""W632: a rule that can stop an exit, and no test that says so."""

from collections.abc import Iterator, Mapping

from dsl import ir
from dsl.cases import Case
from dsl.diagnostics import Diagnostic
from dsl.lint.subject import HARD, INCREASES, Judged, Subject
from dsl.lint.unexpected_lines import expects
from dsl.program import REDUCES

_REMEDY = "guard it by `when intent.increases_risk` or `unless intent.reduces_only`, or show an exit being stopped"


def stopped_exits(subject: Subject) -> Iterator[Diagnostic]:
    """Report hard lines that also judge proven-reducing orders where no scenario shows one being stopped.

    Such a line can lock the desk inside a losing position. Sometimes that is meant; then a test says so.
    """
    for judged in subject.rules():
        rule = judged.rule
        if rule.stage != "pre_trade" or rule.mode != "enforced":
            continue
        exits = [case for case in subject.cases_of(rule.id) if _is_exit(case)]
        for line in rule.lines:
            if line.effect not in HARD or _spares(rule, line, subject.lets):
                continue
            if not any(expects(case, rule, line) for case in exits):
                message = f"`{line.effect} {line.code}` also stops an order that reduces, and no test says so"
                yield Diagnostic("W632", message, line.span, help=_REMEDY)
        yield from _blind(judged, exits, subject.lets)


def _blind(judged: Judged, exits: list[Case], lets: Mapping[str, ir.Expr]) -> Iterator[Diagnostic]:
    """Report `missing reject even reducing` that no scenario shows."""
    rule, missing = judged.rule, judged.text.missing
    if missing is None or not rule.missing.even_reducing or _needs_increase(rule.when, lets):
        return
    refusals = [one.code or "" for case in exits for one in case.outcomes if one.effect == "reject"]
    if not any(code.startswith("FACT_") for code in refusals):
        message = f"an unknown fact keeps {rule.id} from letting an exit go, and no test says so"
        yield Diagnostic("W632", message, missing.span, help="leave out `even reducing`, or add the scenario")


def _is_exit(case: Case) -> bool:
    """Return whether a scenario is about an order proven to reduce."""
    reduces, increases = case.settings.get(REDUCES), case.settings.get(INCREASES)
    return (reduces is not None and reduces.value is True) or (increases is not None and increases.value is False)


def _spares(rule: ir.Rule, line: ir.Line, lets: Mapping[str, ir.Expr]) -> bool:
    return (
        _needs_increase(rule.when, lets)
        or _needs_increase(line.condition, lets)
        or (line.unless is not None and _covers_exits(line.unless, lets))
    )


def _needs_increase(expr: ir.Expr | None, lets: Mapping[str, ir.Expr]) -> bool:
    """Return whether a condition plainly holds for no order that reduces."""
    match expr:
        case ir.FactRef(path="intent.increases_risk"):
            return True
        case ir.Const(value=False):
            return True
        case ir.Not():
            return _covers_exits(expr.operand, lets)
        case ir.Logic():
            parts = [_needs_increase(part, lets) for part in expr.parts]
            return any(parts) if expr.operator == "and" else all(parts)
        case ir.If():
            branches = [_needs_increase(part, lets) for part in (expr.then, expr.otherwise)]
            return all(branches) or (branches[1] and _needs_increase(expr.condition, lets))
        case ir.LetRef():
            return _needs_increase(lets.get(expr.name), lets)
        case _:
            return False


def _covers_exits(expr: ir.Expr | None, lets: Mapping[str, ir.Expr]) -> bool:
    """Return whether a condition plainly holds for every order that reduces."""
    match expr:
        case ir.FactRef(path="intent.reduces_only"):
            return True
        case ir.Not():
            return _needs_increase(expr.operand, lets)
        case ir.Logic():
            parts = [_covers_exits(part, lets) for part in expr.parts]
            return any(parts) if expr.operator == "or" else all(parts)
        case ir.LetRef():
            return _covers_exits(lets.get(expr.name), lets)
        case _:
            return False
