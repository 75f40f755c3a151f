"""What must be so for a part of a rule to decide what the rule says: the other conditions on the way to it."""

from collections.abc import Iterator, Mapping

from dsl import ir
from dsl.skeleton.force import Goal

Lets = Mapping[str, ir.Expr]
Way = list[Goal]


def ways_to(rule: ir.Rule, node: ir.Expr, lets: Lets) -> Iterator[Way]:
    """Yield the goals under which a node, that very object, decides: one list for each place it is read at."""
    applies = [Goal(rule.when, True)] if rule.when is not None else []
    bounds = [Goal(need.bound, True) for need in rule.needs if need.bound is not None]
    for line in rule.lines:
        spared = [Goal(line.unless, False)] if line.unless is not None else []
        speaks = Goal(line.condition, True)
        if rule.when is not None:
            for way in inside(rule.when, node, lets):
                yield [*way, *bounds, *spared, speaks]
        for need in rule.needs:
            if need.bound is not None:
                for way in inside(need.bound, node, lets):
                    yield [*applies, *spared, *way]
            if need.fact is node:
                yield [*applies, *spared]
        if line.unless is not None:
            for way in inside(line.unless, node, lets):
                yield [*applies, *bounds, *way, speaks]
        for way in inside(line.condition, node, lets):
            yield [*applies, *bounds, *spared, *way]
            # Of `if x then y else false`, x decides only where y would have spoken.
            yield [*applies, *bounds, *spared, *way, speaks]
    if rule.missing.unless is not None:
        for way in inside(rule.missing.unless, node, lets):
            yield [*applies, *way]


def inside(expr: ir.Expr, node: ir.Expr, lets: Lets) -> Iterator[Way]:
    """Yield the goals under which an expression comes out by a node inside it."""
    if expr is node:
        yield []
        return
    match expr:
        case ir.Logic():
            for at, part in enumerate(expr.parts):
                beside = [other for number, other in enumerate(expr.parts) if number != at]
                for way in inside(part, node, lets):
                    yield [*(Goal(other, expr.operator == "and") for other in beside), *way]
        case ir.If():
            yield from inside(expr.condition, node, lets)
            for side, branch in ((True, expr.then), (False, expr.otherwise)):
                for way in inside(branch, node, lets):
                    yield [Goal(expr.condition, side), *way]
        case ir.LetRef():
            if expr.name in lets:
                yield from inside(lets[expr.name], node, lets)
        case ir.Aggregate():
            yield from _of_rows(expr, node, lets)
        case _:
            for child in ir.children(expr):
                yield from inside(child, node, lets)


def _of_rows(expr: ir.Aggregate, node: ir.Expr, lets: Lets) -> Iterator[Way]:
    """Yield the goals of one row, under which an aggregate comes out by a node it asks of every row."""
    picked = [Goal(expr.where, True)] if expr.where is not None else []
    holds = [Goal(expr.body, True)] if expr.function == "any" else []
    for way in inside(expr.body, node, lets):
        yield [*picked, *way]
    for way in inside(expr.where, node, lets) if expr.where is not None else ():
        yield [*holds, *way]
        yield way
    if expr.source is node:
        yield []
    for way in inside(expr.otherwise, node, lets) if expr.otherwise is not None else ():
        yield way
