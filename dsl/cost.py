"""Static cost: how many steps a rule can take at most, bounded before anything runs."""

from collections.abc import Mapping

from dsl import ir
from dsl.contracts import Contracts
from dsl.diagnostics import Diagnostic
from dsl.reads import rule_expressions

BUDGET = 100_000
"""Steps one rule may take on one intent."""
DEFAULT_ROWS = 1_000
MAX_EXPANDED = 20_000
"""Operations one expression may stand for with all it names written out: what bounds every pass over rules."""


def expanded(expr: ir.Expr, lets: Mapping[str, int]) -> int:
    """Return how many operations an expression stands for; `lets` says it of every let and table.

    What stands for too many is not walked to its end: any number beyond the limit then.
    """
    size, waiting = 0, [expr]
    while waiting and size <= MAX_EXPANDED:
        part = waiting.pop()
        size += 1
        if isinstance(part, ir.LetRef):
            size += lets.get(part.name, 0)
        else:
            waiting += ir.children(part)
    return size


def check_cost(ruleset: ir.Ruleset, contracts: Contracts) -> list[Diagnostic]:
    """Return an error for every rule whose worst case is over the budget."""
    found = []
    named: dict[str, int] = {}
    for rule in ruleset.rules:
        steps = rule_cost(rule, ruleset, contracts, named)
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


def rule_cost(rule: ir.Rule, ruleset: ir.Ruleset, contracts: Contracts, named: dict[str, int] | None = None) -> int:
    """Return the most steps the rule can take; a step is one operation of the interpreter.

    `named` remembers what lets cost from one rule to the next.
    """
    costs: dict[str, int] = {} if named is None else named
    return sum(_cost(expr, ruleset, contracts, costs) for expr in rule_expressions(rule))


def _cost(expr: ir.Expr, ruleset: ir.Ruleset, contracts: Contracts, named: dict[str, int]) -> int:
    if isinstance(expr, ir.LetRef):
        if expr.name not in named:
            named[expr.name] = 1 + _cost(ruleset.lets[expr.name], ruleset, contracts, named)
        return named[expr.name]
    if isinstance(expr, ir.Aggregate):
        fact = contracts.facts.get(expr.source.path)
        rows = (fact.max_items if fact else None) or DEFAULT_ROWS
        inner = sum(_cost(part, ruleset, contracts, named) for part in (expr.body, expr.where) if part is not None)
        return 1 + rows * inner
    return 1 + sum(_cost(child, ruleset, contracts, named) for child in ir.children(expr))
