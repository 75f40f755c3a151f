"""Mutants of dated values and windows."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from fractions import Fraction

from dsl import ir
from dsl import syntax as s
from dsl.cover import numbers, times
from dsl.cover.disturb import Otherwise
from dsl.cover.wording import Wording
from dsl.mutation.clauses import as_mutants
from dsl.mutation.expressions import in_unit_beside
from dsl.mutation.mutant import Kind, Mutant
from dsl.rewrite import Change, with_param
from dsl.ticks import tick_of

Rules = tuple[str, ...]


def of_param(param: ir.Param, rules: Rules, words: Wording) -> Iterator[Mutant]:
    """Yield the mutants of a param: each value by a tick and in another unit, each date by a day, each row."""
    yield from as_mutants(numbers.of_param(param, rules, words), Kind.DATE)
    for at, row in enumerate(param.rows):
        if isinstance(row.value, Fraction):
            for label, value in _others(param, row, row.value, words):
                rows = (*param.rows[:at], replace(row, value=value), *param.rows[at + 1 :])
                kind = Kind.UNIT if " in `" in label else Kind.TICK
                change = _with(replace(param, rows=rows))
                # On its first day a value is in force for certain; one that always was, on any.
                day = date.fromisoformat(row.since) if row.since is not None else None
                yield Mutant(kind, row.span, label, rules, change, Otherwise(change, day))


def _others(param: ir.Param, row: ir.ParamRow, value: Fraction, words: Wording) -> Iterator[tuple[str, Fraction]]:
    name = param.name.rpartition(".")[2] + (f"[{', '.join(row.key)}]" if row.key else "")
    when = f" of {row.since}" if row.since is not None else ""
    tick = tick_of(param.type)
    yield f"`{name}`{when} a tick more", value + tick
    yield f"`{name}`{when} a tick less", value - tick
    written = words.text(row.span).partition(" cite ")[0].rpartition("= ")[2].strip()
    beside = in_unit_beside(written, value)
    if beside is not None:
        yield f"`{name}`{when} in `{beside[0]}`", beside[1]


def of_window(window: ir.Window, written: s.Window, rules: Rules, words: Wording) -> Iterator[Mutant]:
    """Yield the mutants of a window: how far it reaches, what it is kept by, and what it counts."""
    yield from as_mutants(times.of_window(window, written, rules, words), Kind.TIME)


def of_table(table: ir.Table, rules: Rules) -> Iterator[Mutant]:
    """Yield the mutants of a table's dates; its rows are mutated as expressions."""
    yield from as_mutants(numbers.of_table(table, rules), Kind.DATE)


def _with(param: ir.Param) -> Change:
    return lambda bundle: with_param(bundle, param)
