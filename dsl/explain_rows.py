"""Why an aggregate came to what it did: the rows that decided, a few of them, and how many there are beside."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from dsl import ir
from dsl.branches import Branch, Origin, written
from dsl.interpret import Interpreter, Unknown
from dsl.program import Program
from dsl.types import Kind, show

SHOWN = 3
"""Rows shown at most."""
Explain = Callable[[Program, Interpreter, ir.Expr, Origin], Branch]
"""What explains an expression that is no aggregate."""
_NAMING = (Kind.TEXT, Kind.SYMBOL, Kind.ENUM)


@dataclass(frozen=True, slots=True)
class _Judged:
    """One row with what its filter and its body came to."""

    row: Mapping[str, Any]
    wanted: Any
    value: Any

    @property
    def is_unknown(self) -> bool:
        return isinstance(self.wanted, Unknown) or isinstance(self.value, Unknown)


def explain_rows(
    program: Program, interpreter: Interpreter, expr: ir.Aggregate, shown: str, origin: Origin, explain: Explain
) -> Branch:
    """Return an aggregate with the rows that decided it."""
    text, unit = written(program, expr.span), str(expr.type)
    rows = interpreter.evaluate(expr.source)
    if isinstance(rows, Unknown):
        return Branch(text, shown, origin(expr.source.path), (), unit)
    judged = [_judge(interpreter, expr, row) for row in rows]
    unknown = [one for one in judged if one.is_unknown]
    counted = [one for one in judged if one.wanted is True and not one.is_unknown]
    decisive = unknown[:1] or _decisive(expr.function, counted, interpreter.evaluate(expr))
    rest = [one for one in counted if all(one is not other for other in decisive)]
    told = f"{len(judged)} row{'' if len(judged) == 1 else 's'}"
    if expr.where is not None and not unknown:
        told += f", {len(counted)} that count{'s' if len(counted) == 1 else ''}"
    branches = [_row(program, interpreter, expr, one, origin, explain) for one in decisive]
    left = "" if unknown else _left(expr, decisive, rest)
    if left:
        branches.append(Branch("…", left, "", (), unit))
    if not counted and not unknown and expr.otherwise is not None:
        branches.append(explain(program, interpreter, expr.otherwise, origin))
    return Branch(text, shown, f"{told}; {origin(expr.source.path)}", tuple(branches), unit)


def _judge(interpreter: Interpreter, expr: ir.Aggregate, row: Mapping[str, Any]) -> _Judged:
    inner = interpreter.within(expr.variable, row)
    wanted = inner.evaluate(expr.where) if expr.where is not None else True
    return _Judged(row, wanted, inner.evaluate(expr.body) if wanted is True else None)


def _decisive(function: str, counted: list[_Judged], result: Any) -> list[_Judged]:
    """Return the rows that made the result what it is; none where no row could."""
    match function:
        case "any" | "count":
            found = [one for one in counted if one.value]
            return found[: 1 if function == "any" else SHOWN]
        case "every":
            return [one for one in counted if not one.value][:SHOWN]
        case "min" | "max":
            return [one for one in counted if one.value == result][:1]
        case _:
            return sorted(counted, key=lambda one: -abs(one.value))[:SHOWN]


def _left(expr: ir.Aggregate, decisive: list[_Judged], rest: list[_Judged]) -> str:
    """Return what is to be said of the rows that are not shown."""
    if not rest:
        return ""
    if expr.function == "sum":
        worth = show(sum((one.value for one in rest), Fraction(0)), expr.type)
        return f"{len(rest)} more, together {worth}"
    if expr.function == "count":
        more = sum(1 for one in rest if one.value)
        return f"{more} more" if more else ""
    if expr.function == "every" and decisive:
        more = sum(1 for one in rest if not one.value)
        return f"{more} more" if more else ""
    if expr.function in ("any", "every") and not decisive:
        return f"{'none' if expr.function == 'any' else 'all'} of {len(rest)}"
    return ""


def _row(
    program: Program, interpreter: Interpreter, expr: ir.Aggregate, one: _Judged, origin: Origin, explain: Explain
) -> Branch:
    inner = interpreter.within(expr.variable, one.row)
    named = [show(one.row[name], kind) for name, kind in expr.source.type.fields
             if kind.kind in _NAMING and one.row.get(name) is not None]  # fmt: skip
    parts = [part for part in (expr.where, expr.body) if part is not None and not isinstance(part, ir.Const)]
    if isinstance(one.wanted, Unknown):
        parts = parts[:1]
    body = explain(program, inner, parts[-1] if one.wanted is True else parts[0], origin) if parts else None
    value = body.value if body is not None else show(one.value, expr.body.type)
    branches = (body,) if body is not None and (body.branches or body.text != value) else ()
    return Branch(f"row {' '.join(named)}".strip() or "row", value, "", branches, str(expr.body.type))
