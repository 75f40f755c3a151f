"""Which rules provably get no easier as an order grows: a clip may search those by halving."""

from dsl.intervals import Bounds, Interval
from dsl.monotone import holds_upward
from dsl.program import Program


def monotone_rules(program: Program) -> frozenset[str]:
    """Return the rules proven to get no easier as the quantity rises."""
    facts = {slot.path: slot.fact for slot in program.slots}
    ranges = {name: Interval(param.low, param.high) for name, param in program.bundle.ruleset.params.items()}
    bounds = Bounds(facts, ranges, program.lets.get)
    out = set()
    for rule in program.rules:
        tests = [rule.when] if rule.when is not None else []
        tests += [line.condition for line in rule.lines]
        fixed = all(line.unless is None for line in rule.lines) and not any(need.bound for need in rule.needs)
        if fixed and all(holds_upward(test, facts, bounds) for test in tests):
            out.add(rule.id)
    return frozenset(out)
