"""Atomic conditions: what is true or false and is made of nothing smaller that is."""

from collections.abc import Iterator, Mapping

from dsl import ir
from dsl.types import Kind

ORDERED = ("<", "<=", ">", ">=")
_AS_ROWS = ("any", "every", "count")


def atoms(expr: ir.Expr) -> Iterator[ir.Expr]:
    """Yield the atomic conditions inside an expression, in reading order; named expressions stay closed."""
    match expr:
        case ir.Logic():
            for part in expr.parts:
                yield from atoms(part)
        case ir.Not():
            yield from atoms(expr.operand)
        case ir.If():
            for part in (expr.condition, expr.then, expr.otherwise):
                yield from atoms(part)
        case ir.Known() | ir.FactRef() | ir.LetRef() | ir.FieldRef():
            yield from [expr] if expr.type.kind is Kind.BOOL else []
        case ir.Aggregate():
            yield from [expr] if expr.type.kind is Kind.BOOL else []
            yield from atoms(expr.where) if expr.where is not None else ()
            # What is counted row by row is a condition of its own where it is not simply every row.
            yield from atoms(expr.body)
        case _:
            yield from [expr] if expr.type.kind is Kind.BOOL and not isinstance(expr, ir.Const) else []
            for child in ir.children(expr):
                yield from atoms(child)


def opened(exprs: list[ir.Expr], lets: Mapping[str, ir.Expr]) -> list[str]:
    """Return the names of all named expressions that expressions come down to, each once, outermost first."""
    found: list[str] = []
    waiting = list(exprs)
    while waiting:
        for part in ir.walk(waiting.pop(0)):
            if isinstance(part, ir.LetRef) and part.name not in found:
                found.append(part.name)
                waiting.append(lets[part.name])
    return found
