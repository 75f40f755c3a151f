"""Why a line fired: its expression as written, with the value of every part beneath it."""

from collections.abc import Callable
from dataclasses import dataclass

from dsl import ir
from dsl.interpret import Interpreter, Unknown
from dsl.program import Program
from dsl.text import Span
from dsl.types import show


@dataclass(frozen=True, slots=True)
class Branch:
    """One part of an explanation: what was written, what it came to, where that comes from."""

    text: str
    value: str
    origin: str
    branches: "tuple[Branch, ...]" = ()


Origin = Callable[[str], str]
"""From a fact's path to its provenance in words: key, age, provider."""


def explain(program: Program, interpreter: Interpreter, expr: ir.Expr, origin: Origin) -> Branch:
    """Return the tree of an expression with values; literals and repeated facts stay leaves."""
    value = interpreter.evaluate(expr)
    shown = _unknown(value) if isinstance(value, Unknown) else show(value, expr.type)
    match expr:
        case ir.FactRef():
            return Branch(expr.path.rpartition(":")[2], shown, origin(expr.path))
        case ir.ParamRef():
            return Branch(expr.name, shown, _number_origin(program, interpreter, expr))
        case ir.LetRef():
            body = program.lets[expr.name]
            inner = explain(program, interpreter, body, origin)
            name = expr.name.rpartition(".")[2]
            return Branch(f"{name} = {inner.text}", shown, "", inner.branches or ((inner,) if inner.origin else ()))
        case ir.If():
            return _branching(program, interpreter, expr, shown, origin)
        case ir.Aggregate():
            return Branch(_written(program, expr.span), shown, origin(expr.source.path))
    parts = [child for child in ir.children(expr) if not isinstance(child, ir.Const)]
    branches = tuple(explain(program, interpreter, part, origin) for part in parts)
    return Branch(_written(program, expr.span), shown, "", branches)


def _branching(program: Program, interpreter: Interpreter, expr: ir.If, shown: str, origin: Origin) -> Branch:
    """Only the branch that was taken is explained; the other was never needed."""
    condition = explain(program, interpreter, expr.condition, origin)
    decided = interpreter.evaluate(expr.condition)
    taken: tuple[Branch, ...] = ()
    if not isinstance(decided, Unknown):
        chosen = expr.then if decided else expr.otherwise
        if not isinstance(chosen, ir.Const):
            taken = (explain(program, interpreter, chosen, origin),)
    return Branch(_written(program, expr.span), shown, "", (condition, *taken))


def _unknown(value: Unknown) -> str:
    return "unknown: " + ", ".join(f"{path} {reason}" for path, reason in value.facts)


def _number_origin(program: Program, interpreter: Interpreter, expr: ir.ParamRef) -> str:
    key = tuple(interpreter.evaluate(part) for part in expr.keys)
    number = program.numbers[expr.name].get(key)
    if number is None:
        return f"no row for {', '.join(map(str, key))}"
    since = f"since {number.since}" if number.since else "always"
    where = str(number.span) if number.origin == "rule file" else number.origin
    return f'{since}, cite "{number.cite}", {where}'


def _written(program: Program, span: Span) -> str:
    """Return the source text of a span on one line."""
    text = program.bundle.sources.get(span.file, "")
    lines = text.split("\n")[span.line - 1 : span.end_line]
    if not lines:
        return "…"
    if len(lines) == 1:
        return lines[0][span.column - 1 : span.end_column - 1]
    whole = [lines[0][span.column - 1 :], *lines[1:-1], lines[-1][: span.end_column - 1]]
    return " ".join(part.strip() for part in whole)
