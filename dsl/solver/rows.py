"""Aggregates over lists: opaque at first, then defined over a list of at most a few rows.

What is shown over opaque aggregates holds of lists of any length. An example is looked for among short lists;
that there is none among them proves nothing.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import z3

from dsl import ir
from dsl.contracts import Fact
from dsl.reads import expression_facts
from dsl.solver.amounts import Quotient, constant
from dsl.solver.facts import FactVar
from dsl.solver.meaning import Side
from dsl.solver.rowwise import RowWise
from dsl.solver.words import Formula, Words, is_amount
from dsl.solver.world import ROWS
from dsl.types import Kind

if TYPE_CHECKING:
    from dsl.solver.translate import Rows, Term, Translator

MOST = 2
"""Rows of the longest list an example is looked for in."""


def aggregate(translator: "Translator", side: Side, expr: ir.Aggregate, rows: "Rows | None") -> "Term":
    """Return an aggregate as a term: opaque outside other aggregates, row by row inside one."""
    from dsl.solver.translate import Term

    world = translator.world
    source = translator.term(side, expr.source)
    if rows is not None:
        value, known = _over_rows(translator, side, expr, rows)
        return Term(value, z3.And(source.known, known))
    number = world.meanings.of(side, expr)
    at = f"{number}{world.mark}"
    is_known = z3.Bool(f"aggregate {at} known")
    symbol = z3.Bool(f"aggregate {at}") if expr.type.kind is Kind.BOOL else z3.Real(f"aggregate {at}")
    axioms = [z3.Implies(is_known, source.known)]
    if expr.function == "count":
        axioms.append(symbol >= 0)

    def define() -> list[Formula]:
        value, known = _over_rows(translator, side, expr, {})
        equal = translator.same(Quotient(symbol) if isinstance(value, Quotient) else symbol, value)
        return [is_known == z3.And(source.known, known), z3.Implies(is_known, equal)]

    reads = frozenset(expression_facts(expr, side.program.lets))
    world.opaque(("aggregate known", number), is_known, axioms, ROWS, list, reads=reads)
    row = _any_row(translator, side, expr, is_known, source.known)
    found = world.opaque(("aggregate", number), symbol, axioms, ROWS, define, reads=reads, row=row)
    return Term(found if expr.type.kind is Kind.BOOL else Quotient(found), is_known)


ANY = "any"
"""The place of the row that may be any."""


def _any_row(
    translator: "Translator", side: Side, expr: ir.Aggregate, is_known: Formula, is_there: Formula
) -> RowWise | None:
    """Return what an aggregate asks of one row; None where that takes another list, which is only read in part."""
    if any(isinstance(part, ir.Aggregate | ir.Lookup) for part in _opened(side, expr.body)):
        return None
    world = translator.world
    meant = [world.meanings.of(side, each) if each is not None else -1 for each in (expr.where, expr.otherwise)]
    var = world.fact(side, expr.source.path)
    rows = {expr.variable: row_of(side, var, ANY, world.words)}
    body = translator.term(side, expr.body, rows=rows)

    def at_most(a: Any, b: Any) -> Formula:
        if z3.is_bool(a):
            return z3.Implies(a, b)
        mine, theirs = (each if isinstance(each, Quotient) else Quotient(each) for each in (a, b))
        return translator.amounts.compare("<=", mine, theirs)

    return RowWise((expr.function, var.label, *meant), body.value, body.known, is_known, is_there, at_most)


def _opened(side: Side, expr: ir.Expr) -> Iterator[ir.Expr]:
    """Yield every part of an expression, those of named expressions too."""
    for part in ir.walk(expr):
        yield part
        if isinstance(part, ir.LetRef):
            yield from _opened(side, side.program.lets[part.name])


def _over_rows(translator: "Translator", side: Side, expr: ir.Aggregate, rows: "Rows") -> tuple[Any, Formula]:
    """Return value and presence of an aggregate over a list of at most `MOST` rows."""
    var = translator.world.fact(side, expr.source.path)
    amounts = translator.amounts
    taken: list[tuple[Formula, Any]] = []
    lacking: list[Formula] = []
    for at in range(MOST):
        is_there = var.rows > at
        inner = {**rows, expr.variable: row_of(side, var, at, translator.world.words)}
        where = translator.term(side, expr.where, rows=inner) if expr.where is not None else None
        body = translator.term(side, expr.body, rows=inner)
        wanted = z3.And(is_there, where.value) if where is not None else is_there
        if where is not None:
            lacking.append(z3.And(is_there, z3.Not(where.known)))
        lacking.append(z3.And(wanted, z3.Not(body.known)))
        taken.append((wanted, body.value))
    value = _combine(amounts, expr.function, taken)
    known = z3.Not(z3.Or(*lacking))
    if expr.otherwise is not None:
        default = translator.term(side, expr.otherwise, rows=rows)
        is_empty = z3.Not(z3.Or(*(wanted for wanted, _ in taken)))
        known = z3.And(known, z3.Or(z3.Not(is_empty), default.known))
        if isinstance(value, Quotient):
            value = amounts.choose(is_empty, default.value, value)
        else:
            value = z3.If(is_empty, default.value, value)
    return value, known


def _combine(amounts: Any, function: str, taken: list[tuple[Formula, Any]]) -> Any:
    if function == "any":
        return z3.Or(*(z3.And(wanted, value) for wanted, value in taken))
    if function == "every":
        return z3.And(*(z3.Implies(wanted, value) for wanted, value in taken))
    zero = constant(0)
    if function in ("count", "sum"):
        total = zero
        for wanted, value in taken:
            part = amounts.choose(z3.And(wanted, value), constant(1), zero) if function == "count" else value
            total = amounts.add(total, amounts.choose(wanted, part, zero))
        return total
    is_any, best = taken[0]
    for wanted, value in taken[1:]:
        is_better = z3.Or(z3.Not(is_any), amounts.compare("<" if function == "min" else ">", value, best))
        best = amounts.choose(z3.And(wanted, is_better), value, best)
        is_any = z3.Or(is_any, wanted)
    return best


def row_of(side: Side, var: FactVar, at: int | str, words: Words) -> dict[str, "Term"]:
    """Return the fields of one row as terms."""
    from dsl.solver.translate import Term

    out = {}
    for column in columns_of(side.fact(var.path)):
        cell = cell_of(var, at, column, words)
        if column.type.kind not in (Kind.SET, Kind.LIST):
            value: Any = Quotient(cell.value) if is_amount(column.type) else cell.value
            out[column.path] = Term(value, cell.given)
    return out


def columns_of(fact: Fact) -> tuple[Fact, ...]:
    """Return the columns of a list fact, of a maintained list those of its type."""
    return fact.fields or tuple(Fact(name, kind) for name, kind in fact.type.fields)


def cell_of(var: FactVar, at: int | str, column: Fact, words: Words) -> FactVar:
    """Return the variables of one cell: a fact of its own, without age or dispute."""
    return FactVar(column.path, f"{var.label}[{at}].{column.path}", words, [column])


def row_axioms(var: FactVar, words: Words) -> list[Formula]:
    """Return what holds of the rows of a list: how many there are, and what their cells may be."""
    out = [var.rows >= 0, var.rows <= MOST]
    for at in range(MOST):
        for column in columns_of(var.fact):
            cell = cell_of(var, at, column, words)
            out += [z3.Not(cell.broken), *cell.axioms(), *cell.on_grid()]
            if not column.optional:
                out.append(cell.given)
    return out
