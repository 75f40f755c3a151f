"""Why a line fired: its expression as written, with the value of every part beneath it."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

from dsl import ir
from dsl.branches import Branch, Origin, show_value, written
from dsl.explain_rows import explain_rows
from dsl.interpret import Interpreter, Unknown
from dsl.program import Program, version_in_force
from dsl.rows import row_in_force
from dsl.text import Span
from dsl.types import show, show_apart

__all__ = ["Branch", "Origin", "apart", "explain", "row_hit"]


def explain(
    program: Program, interpreter: Interpreter, expr: ir.Expr, origin: Origin, kleene: bool = False
) -> Branch:  # fmt: skip
    """Return the tree of an expression with values; literals and repeated facts stay leaves.

    `kleene` is how guards and exceptions are decided: what is unknown beside what decides does not matter.
    """
    value = interpreter.evaluate(expr, kleene)
    shown, unit = show_value(value, expr), str(expr.type)
    match expr:
        case ir.FactRef():
            return Branch(expr.path.rpartition(":")[2], shown, origin(expr.path), (), unit)
        case ir.ParamRef():
            return Branch(expr.name, shown, number_origin(program, interpreter, expr), (), unit)
        case ir.Lookup():
            return Branch(expr.name, shown, _row_origin(program, interpreter, expr, origin), (), unit)
        case ir.LetRef() if expr.name in program.bundle.ruleset.tables:
            return _table(program, interpreter, expr, shown, origin)
        case ir.LetRef():
            body = program.lets[expr.name]
            inner = explain(program, interpreter, body, origin, kleene)
            name = expr.name.rpartition(".")[2]
            below = inner.branches or ((inner,) if inner.origin else ())
            return Branch(f"{name} = {inner.text}", shown, "", below, unit)
        case ir.If():
            return _branching(program, interpreter, expr, shown, origin, kleene)
        case ir.Aggregate():
            return explain_rows(program, interpreter, expr, shown, origin, explain)
    parts = [child for child in ir.children(expr) if not isinstance(child, ir.Const)]
    branches = tuple(explain(program, interpreter, part, origin, kleene) for part in parts)
    if isinstance(expr, ir.Compare):
        branches = apart(branches, parts, interpreter, ir.children(expr))
    return Branch(written(program, expr.span), shown, "", branches, unit)


def apart(
    branches: tuple[Branch, ...], exprs: "list[ir.Expr] | tuple[ir.Expr, ...]", interpreter: Interpreter,
    compared: "tuple[ir.Expr, ...]",
) -> tuple[Branch, ...]:  # fmt: skip
    """Return branches with as many digits as it takes to tell the values that are `compared` from one another."""
    values = [interpreter.evaluate(expr) for expr in compared]
    numbers = [value for value in values if isinstance(value, Fraction)]
    if len(numbers) < 2 or not all(expr.type.is_number for expr in compared):
        return branches
    texts = dict(zip(numbers, show_apart(numbers, compared[0].type), strict=True))
    out = []
    for branch, expr in zip(branches, exprs, strict=True):
        value = interpreter.evaluate(expr)
        out.append(replace(branch, value=texts.get(value, branch.value)) if isinstance(value, Fraction) else branch)
    return tuple(out)


def _branching(
    program: Program, interpreter: Interpreter, expr: ir.If, shown: str, origin: Origin, kleene: bool
) -> Branch:  # fmt: skip
    """Only the branch that was taken is explained; the other was never needed."""
    condition = explain(program, interpreter, expr.condition, origin, kleene)
    decided = interpreter.evaluate(expr.condition, kleene)
    taken: tuple[Branch, ...] = ()
    if not isinstance(decided, Unknown):
        chosen = expr.then if decided else expr.otherwise
        if not isinstance(chosen, ir.Const):
            taken = (explain(program, interpreter, chosen, origin, kleene),)
    return Branch(written(program, expr.span), shown, "", (condition, *taken), str(expr.type))


# ------------------------------------------------------------------------------------------ numbers
def number_origin(program: Program, interpreter: Interpreter, expr: ir.ParamRef) -> str:
    """Return where a number comes from: since when, by whose word, and the file and line or the layer."""
    key = tuple(interpreter.evaluate(part) for part in expr.keys)
    shown = f" for {', '.join(map(str, key))}" if key else ""
    number = program.numbers[expr.name].get(key)
    if number is None:
        return f"no row{shown}"
    since = f"since {number.since}" if number.since else "always"
    where = str(number.span) if number.origin == "rule file" else number.origin
    told = f'{since}{shown}, cite "{number.cite}", {where}'
    if number.origin == "rule file" or number.span.line < 1:
        return told
    loosened = _dated(program, expr.name, key)
    if loosened is None:
        return told
    return f"{told}; tightens {show(loosened.value, expr.type)} of {loosened.span}"


def _dated(program: Program, name: str, key: tuple[Any, ...]) -> ir.ParamRow | None:
    """Return the dated value in force under a key, layers left out."""
    day = program.law_date.isoformat()
    rows = [row for row in program.bundle.ruleset.params[name].rows if row.key == key and (row.since or "") <= day]
    return rows[-1] if rows else None


def _row_origin(program: Program, interpreter: Interpreter, expr: ir.Lookup, origin: Origin) -> str:
    """Return which row of a list a number comes from."""
    rows, keys = interpreter.evaluate(expr.source), [interpreter.evaluate(key) for _, key in expr.keys]
    today = interpreter.evaluate(expr.today) if expr.today else 0
    heard = origin(expr.source.path)
    if any(isinstance(value, Unknown) for value in (rows, today, *keys)):
        return heard
    shown = ", ".join(map(str, keys))
    row = row_in_force(rows, tuple(column for column, _ in expr.keys), tuple(keys), expr.dated, today)
    if row is None:
        return f"no row for {shown} of {len(rows)}; {heard}"
    words = [f"row {next(at for at, one in enumerate(rows, 1) if one is row)} of {len(rows)}, for {shown}"]
    if expr.dated:
        begins = row.get(expr.dated)
        fields = dict(expr.source.type.fields)
        words.append(f"since {show(begins, fields[expr.dated])}" if begins else "always")
    source = program.bundle.ruleset.params[expr.name].source
    cited = row.get(source.cited) if source is not None and source.cited else None
    return ", ".join([*words, *([f'cite "{cited}"'] if cited else [])]) + f"; {heard}"


# ------------------------------------------------------------------------------------------ tables
def _table(program: Program, interpreter: Interpreter, expr: ir.LetRef, shown: str, origin: Origin) -> Branch:
    """Return a table with its inputs, and the one row that was hit."""
    table = program.bundle.ruleset.tables[expr.name]
    inputs = tuple(explain(program, interpreter, one, origin) for one in table.inputs)
    version = version_in_force(table, program.law_date.isoformat())
    unit = str(expr.type)
    if version is None:
        return Branch(expr.name, shown, f"no version is in force on {program.law_date.isoformat()}", inputs, unit)
    since = f"since {version.since}" if version.since else "always"
    cite = version.cite or "; ".join(table.cite)
    row = row_hit(version.body, interpreter)
    if row is None:
        return Branch(expr.name, shown, f'{since}, cite "{cite}", {table.span}', inputs, unit)
    text = program.bundle.sources.get(row.file, "").split("\n")[row.line - 1].strip()
    return Branch(expr.name, shown, f'{text}, {since}, cite "{cite}", {row.file}:{row.line}', inputs, unit)


def row_hit(body: ir.Expr, interpreter: Interpreter) -> Span | None:
    """Return the place of the row of a table that was hit, None where an input is unknown."""
    while isinstance(body, ir.If):
        decided = interpreter.evaluate(body.condition)
        if isinstance(decided, Unknown):
            return None
        body = body.then if decided else body.otherwise
    return body.span
