"""Planted mutants of the compiler, each one plausible slip: the proof of agreement has to catch every one."""

import ast
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from dsl import ir
from dsl.scalar import code, compile, emit, judge
from dsl.scalar.code import Number, Plain

Patch = pytest.MonkeyPatch
Mutant = Callable[[Patch], None]
MUTANTS: dict[str, Mutant] = {}


def mutant(plant: Mutant) -> Mutant:
    """Register a mutant under its name."""
    MUTANTS[plant.__name__] = plant
    return plant


def _flip(patch: Patch, operator: str, into: type[ast.cmpop]) -> None:
    patch.setitem(code._OPERATORS, operator, into)


@mutant
def above_becomes_at_or_above(patch: Patch) -> None:
    _flip(patch, ">", ast.GtE)


@mutant
def at_or_below_becomes_below(patch: Patch) -> None:
    _flip(patch, "<=", ast.Lt)


@mutant
def equal_becomes_at_or_above(patch: Patch) -> None:
    _flip(patch, "==", ast.GtE)


@mutant
def alignment_takes_the_wrong_factor(patch: Patch) -> None:
    real = emit.aligned

    def wrong(left: Number, right: Number) -> Any:
        a, b, factor = real(left, right)
        return (a, code.times(b, 10) if left.factor != right.factor else b, factor)

    patch.setattr(emit, "aligned", wrong)


@mutant
def the_denominator_is_dropped(patch: Patch) -> None:
    real = emit.divide
    patch.setattr(emit, "divide", lambda a, b: Number(real(a, b).node, real(a, b).factor, a.under))


@mutant
def a_sum_subtracts_when_units_differ(patch: Patch) -> None:
    real = emit.add
    patch.setattr(emit, "add", lambda a, b, sign: real(a, b, -sign if a.factor != b.factor else sign))


@mutant
def a_product_forgets_the_second_factor(patch: Patch) -> None:
    real = emit.multiply
    patch.setattr(emit, "multiply", lambda a, b: Number(real(a, b).node, a.factor, real(a, b).under))


@mutant
def branches_are_swapped(patch: Patch) -> None:
    real = emit._choose
    patch.setattr(emit, "_choose", lambda test, then, otherwise: real(test, otherwise, then))


@mutant
def presence_of_the_taken_branch_is_not_tested(patch: Patch) -> None:
    patch.setattr(emit.Emitter, "_branch_needs", lambda *_: [])


@mutant
def presence_is_not_tested(patch: Patch) -> None:
    patch.setattr(compile, "_when_present", lambda needs, body, pending: body)


@mutant
def absent_is_taken_for_silent(patch: Patch) -> None:
    real = compile._when_present
    patch.setattr(compile, "_when_present", lambda needs, body, pending: real(needs, body, ast.Pass()))


@mutant
def and_decides_on_its_first_part(patch: Patch) -> None:
    real = emit.Emitter._emit

    def wrong(self: Any, expr: ir.Expr, scope: Any) -> Any:
        out = real(self, expr, scope)
        if isinstance(expr, ir.Logic) and expr.operator == "and":
            out.code = Plain(out.code.node.values[0])
        return out

    patch.setattr(emit.Emitter, "_emit", wrong)


@mutant
def or_becomes_and(patch: Patch) -> None:
    real = emit.Emitter._emit

    def wrong(self: Any, expr: ir.Expr, scope: Any) -> Any:
        out = real(self, expr, scope)
        if isinstance(expr, ir.Logic) and expr.operator == "or":
            out.code = Plain(ast.BoolOp(ast.And(), out.code.node.values))
        return out

    patch.setattr(emit.Emitter, "_emit", wrong)


def _round_as(patch: Patch, mode: str, instead: str) -> None:
    real = emit._rounded
    patch.setattr(emit, "_rounded", lambda value, step, m: real(value, step, instead if m == mode else m))


@mutant
def half_up_rounds_down(patch: Patch) -> None:
    _round_as(patch, "half_up", "down")


@mutant
def half_even_rounds_half_up(patch: Patch) -> None:
    _round_as(patch, "half_even", "half_up")


@mutant
def up_is_one_too_far_on_a_multiple(patch: Patch) -> None:
    real = emit._rounded

    def wrong(value: Number, step: Number, mode: str) -> Number:
        if mode != "up":
            return real(value, step, mode)
        down = real(value, step, "down")
        return code.add(down, step, 1)

    patch.setattr(emit, "_rounded", wrong)


@mutant
def min_and_max_are_swapped(patch: Patch) -> None:
    real = emit.Emitter._apply

    def wrong(self: Any, expr: Any, numbers: Any) -> Any:
        if isinstance(expr, ir.Apply) and expr.function == "min":
            expr = ir.Apply(expr.type, expr.span, "max", expr.operands)
        return real(self, expr, numbers)

    patch.setattr(emit.Emitter, "_apply", wrong)


@mutant
def abs_keeps_the_sign_of_its_factor(patch: Patch) -> None:
    real = emit.Emitter._apply

    def wrong(self: Any, expr: Any, numbers: Any) -> Any:
        if isinstance(expr, ir.Apply) and expr.function == "abs":
            return Number(code.call("abs", numbers[0].node), numbers[0].factor, numbers[0].under)
        return real(self, expr, numbers)

    patch.setattr(emit.Emitter, "_apply", wrong)


def _over_rows(patch: Patch, change: Callable[[tuple[Any, ...]], tuple[Any, ...]]) -> None:
    real = emit._over_rows
    patch.setattr(emit, "_over_rows", lambda *parts: real(*change(parts)))


@mutant
def where_is_ignored(patch: Patch) -> None:
    _over_rows(patch, lambda p: (*p[:3], None, *p[4:]))


@mutant
def the_empty_list_has_no_answer_of_its_own(patch: Patch) -> None:
    _over_rows(patch, lambda p: (*p[:5], None))


@mutant
def any_becomes_every(patch: Patch) -> None:
    _over_rows(patch, lambda p: ("every" if p[0] == "any" else p[0], *p[1:]))


@mutant
def the_least_of_negated_rows_is_their_least(patch: Patch) -> None:
    real = emit._over_rows

    def wrong(function: str, *rest: Any) -> Any:
        body = rest[3]
        if function in ("min", "max") and isinstance(body, Number) and body.factor < 0:
            function = {"min": "max", "max": "min"}[function]
        return real(function, *rest)

    patch.setattr(emit, "_over_rows", wrong)


@mutant
def unless_is_dropped(patch: Patch) -> None:
    real = compile._Compiler._sort_rules

    def wrong(self: Any) -> Any:
        simple, guarded = real(self)
        for item in simple:
            item.tests = [
                t for t in item.tests if not (isinstance(t, ir.Not) and t.span == t.operand.span)
            ] or item.tests
        return simple, guarded

    patch.setattr(compile._Compiler, "_sort_rules", wrong)


@mutant
def a_need_keeps_no_bound(patch: Patch) -> None:
    patch.setattr(compile._Compiler, "_rule_needs", lambda self, rule, scope: [])


@mutant
def late_facts_are_taken_for_fresh(patch: Patch) -> None:
    real = judge._readers
    patch.setattr(judge, "_readers", lambda program: (real(program)[0], [set() for _ in program.ages]))


@mutant
def a_reader_of_an_unknown_fact_is_overlooked(patch: Patch) -> None:
    real = judge._readers

    def wrong(program: Any) -> Any:
        by_slot, by_age = real(program)
        return [set(sorted(readers)[1:]) for readers in by_slot], by_age

    patch.setattr(judge, "_readers", wrong)


@mutant
def a_missing_row_of_a_param_is_zero(patch: Patch) -> None:
    real = emit.Emitter._param

    def wrong(self: Any, ref: Any, scope: Any) -> Any:
        out = real(self, ref, scope)
        return emit.Emitted(out.code, []) if not ref.keys else out

    patch.setattr(emit.Emitter, "_param", wrong)


@mutant
def dispatch_sends_a_symbol_to_its_neighbour(patch: Patch) -> None:
    real = compile._dispatchable

    def wrong(items: Any) -> Any:
        dispatch, rest = real(items)
        return [(f, dict(zip(sorted(g), [g[k] for k in sorted(g)][1:], strict=False))) for f, g in dispatch], rest

    patch.setattr(compile, "_dispatchable", wrong)


@mutant
def a_multiple_is_tested_on_the_wrong_scale(patch: Patch) -> None:
    real = emit._quotient

    def wrong(value: Number, step: Number) -> Any:
        return real(Number(value.node, value.factor * Fraction(1, 2), value.under), step)

    patch.setattr(emit, "_quotient", wrong)
