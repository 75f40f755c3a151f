"""Which rules provably get no easier as an order grows, and which say the same of every size."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction

from dsl import ir
from dsl.contracts import Fact
from dsl.intervals import Bounds, Interval
from dsl.monotone import CONSTANT, REDUCING, holds_upward, is_fixed
from dsl.program import REDUCES, Program


def monotone_rules(program: Program) -> frozenset[str]:
    """Return the rules proven to get no easier as the quantity rises: what blocks a size blocks every larger one."""
    facts = _facts(program)
    bounds = _bounds(program, facts)

    def is_monotone(rule: ir.Rule) -> bool:
        fixed = all(is_fixed(expr, facts, bounds) for expr in _beside(rule))
        fixed = fixed and all(
            _is_reducing(line.unless) or is_fixed(line.unless, facts, bounds) for line in rule.lines if line.unless
        )
        needed = replace(bounds, positive=frozenset(_positive(rule)))
        guard = rule.when is None or holds_upward(rule.when, facts, bounds)
        return fixed and guard and all(holds_upward(line.condition, facts, needed) for line in rule.lines)

    return _those(program, is_monotone)


def fixed_rules(program: Program, is_settled: bool) -> frozenset[str]:
    """Return the rules that say the same of every size.

    `is_settled` says that no size of this order reduces: what is derived from that is then fixed too.
    """
    facts = _facts(program)
    if is_settled:
        facts |= {path: replace(facts[path], monotone=CONSTANT) for path in REDUCING if path in facts}
    bounds = _bounds(program, facts)

    def is_indifferent(rule: ir.Rule) -> bool:
        read = [*_beside(rule), *([rule.when] if rule.when is not None else [])]
        for line in rule.lines:
            read += [line.condition, *([line.unless] if line.unless is not None else [])]
        return all(is_fixed(expr, facts, bounds) for expr in read)

    return _those(program, is_indifferent)


def _those(program: Program, test: Callable[[ir.Rule], bool]) -> frozenset[str]:
    return frozenset(rule.id for rule in program.rules if test(rule))


def _beside(rule: ir.Rule) -> Iterator[ir.Expr]:
    """Yield what decides whether a rule can be judged at all: its needs, and when a missing fact is excepted."""
    for need in rule.needs:
        yield need.fact
        if need.bound is not None:
            yield need.bound
    if rule.missing.unless is not None:
        yield rule.missing.unless


def _positive(rule: ir.Rule) -> Iterator[str]:
    """Yield the facts a rule needs to be positive: its lines are only judged while they are."""
    for need in rule.needs:
        match need.bound:
            case ir.Compare(operator=">" | ">=" as operator, right=ir.Const(value=Fraction() as least)):
                if least > 0 or (operator == ">" and least == 0):
                    yield need.fact.path


def _is_reducing(expr: ir.Expr | None) -> bool:
    return isinstance(expr, ir.FactRef) and expr.path == REDUCES


def _facts(program: Program) -> dict[str, Fact]:
    return {slot.path: slot.fact for slot in program.slots}


def _bounds(program: Program, facts: dict[str, Fact]) -> Bounds:
    ranges = {name: Interval(param.low, param.high) for name, param in program.bundle.ruleset.params.items()}
    return Bounds(facts, ranges, program.lets.get)
