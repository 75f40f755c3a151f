"""Static cost: how many steps a rule can take at most, bounded before anything runs."""

from dsl import ir
from dsl.contracts import Contracts
from dsl.diagnostics import Diagnostic
from dsl.reads import rule_expressions

BUDGET = 100_000
"""Steps one rule may take on one intent."""
DEFAULT_ROWS = 1_000


def check_cost(ruleset: ir.Ruleset, contracts: Contracts) -> list[Diagnostic]:
    """Return an error for every rule whose worst case is over the budget."""
    found = []
    for rule in ruleset.rules:
        steps = rule_cost(rule, ruleset, contracts)
        if steps > BUDGET:
            found.append(
                Diagnostic(
                    "E501",
                    f"{rule.id} can take {steps} steps, {BUDGET} are allowed",
                    rule.span,
                    help="nest fewer lists, or bound them tighter in the contract",
                )
            )
    return found


def rule_cost(rule: ir.Rule, ruleset: ir.Ruleset, contracts: Contracts) -> int:
    """Return the most steps the rule can take; a step is one operation of the interpreter."""
    return sum(_cost(expr, ruleset, contracts) for expr in rule_expressions(rule))


def _cost(expr: ir.Expr, ruleset: ir.Ruleset, contracts: Contracts) -> int:
    if isinstance(expr, ir.LetRef):
        return 1 + _cost(ruleset.lets[expr.name], ruleset, contracts)
    if isinstance(expr, ir.Aggregate):
        fact = contracts.facts.get(expr.source.path)
        rows = (fact.max_items if fact else None) or DEFAULT_ROWS
        inner = sum(_cost(part, ruleset, contracts) for part in (expr.body, expr.where) if part is not None)
        return 1 + rows * inner
    return 1 + sum(_cost(child, ruleset, contracts) for child in ir.children(expr))
