"""Params whose rows are kept in a list: opaque at first, then the row of a list of at most a few."""

from typing import TYPE_CHECKING, Any

import z3

from dsl import ir
from dsl.reads import expression_facts
from dsl.solver import rows
from dsl.solver.amounts import Quotient, constant
from dsl.solver.meaning import Side
from dsl.solver.words import Formula, is_amount
from dsl.solver.world import ROWS

if TYPE_CHECKING:
    from dsl.solver.translate import Rows, Term, Translator


def lookup(translator: "Translator", side: Side, expr: ir.Lookup, kleene: bool, inside: "Rows | None") -> "Term":
    """Return a kept number as a term: one value for the same list, key and date, whatever the list holds."""
    from dsl.solver.translate import Term

    world = translator.world
    keys, today, asked = _asked(translator, side, expr, kleene, inside)
    if inside is not None:
        value, is_there = _in_force(translator, side, expr, keys, today)
        return Term(value, z3.And(asked, is_there, *_within(translator, expr, value)))
    number = world.meanings.of(side, expr)
    at = f"{number}{'?' if kleene else ''}{world.mark}"
    is_known = z3.Bool(f"lookup {at} known")
    symbol = z3.Real(f"lookup {at}") if is_amount(expr.type) else z3.Int(f"lookup {at}")
    held: Any = Quotient(symbol) if is_amount(expr.type) else symbol
    axioms = [z3.Implies(is_known, z3.And(asked, *_within(translator, expr, held)))]

    def define() -> list[Formula]:
        value, is_there = _in_force(translator, side, expr, keys, today)
        known = z3.And(asked, is_there, *_within(translator, expr, value))
        return [is_known == known, z3.Implies(is_known, translator.same(held, value))]

    reads = frozenset(expression_facts(expr, side.program.lets))
    world.opaque(("lookup known", number, kleene), is_known, axioms, ROWS, list, reads=reads)
    world.opaque(("lookup", number, kleene), symbol, axioms, ROWS, define, reads=reads)
    return Term(held, is_known)


def is_row_there(translator: "Translator", side: Side, expr: ir.Lookup, kleene: bool, inside: "Rows | None") -> "Term":
    """Return whether a key has a row in force; unknown where its number is outside its range."""
    from dsl.solver.translate import Term

    keys, today, asked = _asked(translator, side, expr, kleene, inside)
    known = lookup(translator, side, expr, kleene, inside).known
    if inside is not None:
        is_there = _in_force(translator, side, expr, keys, today)[1]
        return Term(is_there, z3.And(asked, z3.Or(z3.Not(is_there), known)))
    number = translator.world.meanings.of(side, expr)
    symbol = z3.Bool(f"lookup {number}{'?' if kleene else ''}{translator.world.mark} there")

    def define() -> list[Formula]:
        return [symbol == _in_force(translator, side, expr, keys, today)[1]]

    reads = frozenset(expression_facts(expr, side.program.lets))
    axioms = [z3.Implies(known, symbol)]
    translator.world.opaque(("lookup there", number, kleene), symbol, axioms, ROWS, define, reads=reads)
    return Term(symbol, z3.And(asked, z3.Or(z3.Not(symbol), known)))


def _asked(
    translator: "Translator", side: Side, expr: ir.Lookup, kleene: bool, inside: "Rows | None"
) -> "tuple[list[Term], Term | None, Formula]":
    """Return the keys and the date a row is looked for by, and the condition that they and the list are known."""
    keys = [translator.term(side, key, kleene, inside) for _, key in expr.keys]
    today = translator.term(side, expr.today, kleene, inside) if expr.today is not None else None
    parts = [translator.term(side, expr.source), *keys, *([today] if today is not None else [])]
    return keys, today, z3.And(*(part.known for part in parts))


def _in_force(
    translator: "Translator", side: Side, expr: ir.Lookup, keys: "list[Term]", today: "Term | None"
) -> tuple[Any, Formula]:
    """Return the value of the row of a key in force, of several the latest, and whether there is one that has it."""
    amounts, var = translator.amounts, translator.world.fact(side, expr.source.path)
    found: Formula = z3.BoolVal(False)
    known: Formula = z3.BoolVal(False)
    latest, best = constant(0), None
    for at in range(rows.MOST):
        row = rows.row_of(side, var, at, translator.world.words)
        own = [z3.And(row[name].known, translator.same(row[name].value, key.value))
               for (name, _), key in zip(expr.keys, keys, strict=True)]  # fmt: skip
        matches = z3.And(var.rows > at, *own)
        since = constant(0)
        if expr.dated is not None and today is not None:
            dated = row[expr.dated]
            since = amounts.choose(dated.known, dated.value, constant(0))
            matches = z3.And(matches, amounts.compare("<=", since, today.value))
        wins = z3.And(matches, amounts.compare(">=", since, latest))
        cell = row[expr.column]
        best = cell.value if best is None else translator.choose(wins, cell.value, best)
        known, found = z3.If(wins, cell.known, known), z3.Or(found, wins)
        latest = amounts.choose(wins, since, latest)
    return best, z3.And(found, known)


def _within(translator: "Translator", expr: ir.Lookup, value: Any) -> list[Formula]:
    """Return that a value lies in the range of its param."""
    if not isinstance(value, Quotient):
        return []
    out = [translator.amounts.compare(">=", value, constant(expr.low))] if expr.low is not None else []
    return out + ([translator.amounts.compare("<=", value, constant(expr.high))] if expr.high is not None else [])
