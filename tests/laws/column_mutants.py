"""Planted mutants of the columnar back end, each one plausible slip: the proof of agreement has to catch every one."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from dsl.columnar import (
    alike,
    emit,
    errors,
    judge,
    judged,
    layout,
    machine,
    numbers,
    plan,
    ranges,
    rules,
    steps,
    tables,
    translate,
)
from dsl.columnar.block import Form, State
from dsl.columnar.membership import Membership, Translation
from dsl.columnar.nodes import Graph, Op
from dsl.columnar.numbers import Number

Patch = pytest.MonkeyPatch
Mutant = Callable[[Patch], None]
MUTANTS: dict[str, Mutant] = {}


def mutant(plant: Mutant) -> Mutant:
    """Register a mutant under its name."""
    MUTANTS[plant.__name__] = plant
    return plant


# ------------------------------------------------------------------------------------------ the graph
@mutant
def a_constant_below_a_multiple_is_rounded_up(patch: Patch) -> None:
    def wrong(self: Graph, left: int, right: int) -> int:
        a = self.constant(left)
        node, by = self._scaled(right)
        if a is not None and by > 1:
            return self._less(self.whole(-(-a // by)), node)
        return self.make(Op.LESS, left, right)

    patch.setattr(Graph, "_less", wrong)


@mutant
def at_most_becomes_below(patch: Patch) -> None:
    patch.setattr(Graph, "_at_most", Graph._less)


@mutant
def equal_to_a_multiple_forgets_the_rest(patch: Patch) -> None:
    def wrong(self: Graph, left: int, right: int) -> int:
        for one, other in ((left, right), (right, left)):
            constant, (node, by) = self.constant(one), self._scaled(other)
            if constant is not None and by > 1:
                return self._same(node, self.whole(constant // by))
        return self.make(Op.SAME, *sorted((left, right)))

    patch.setattr(Graph, "_same", wrong)


@mutant
def a_negated_comparison_keeps_its_bound_out(patch: Patch) -> None:
    real = Graph.negation

    def wrong(self: Graph, node: int) -> int:
        made = self.made[node]
        return self.make(Op.LESS, made.args[1], made.args[0]) if made.op is Op.LESS else real(self, node)

    patch.setattr(Graph, "negation", wrong)


@mutant
def a_choice_of_truths_takes_the_other(patch: Patch) -> None:
    real = Graph.choose
    patch.setattr(Graph, "choose", lambda self, c, a, b: real(self, c, b, a))


# ------------------------------------------------------------------------------------------ numbers
@mutant
def alignment_takes_the_wrong_factor(patch: Patch) -> None:
    real = numbers.aligned

    def wrong(graph: Graph, left: Number, right: Number) -> Any:
        a, b, factor, under = real(graph, left, right)
        return a, graph.scale(b, 10) if left.factor != right.factor else b, factor, under

    patch.setattr(numbers, "aligned", wrong)


@mutant
def the_denominator_is_dropped(patch: Patch) -> None:
    real = numbers.divide
    patch.setattr(numbers, "divide", lambda g, a, b: replace(real(g, a, b), under=a.under))


@mutant
def a_product_forgets_the_second_factor(patch: Patch) -> None:
    real = numbers.multiply
    patch.setattr(numbers, "multiply", lambda g, a, b: replace(real(g, a, b), factor=a.factor))


@mutant
def branches_of_a_number_are_swapped(patch: Patch) -> None:
    real = numbers.choose
    patch.setattr(numbers, "choose", lambda g, c, a, b: real(g, c, b, a))


@mutant
def both_branches_are_divided_by_both_divisors(patch: Patch) -> None:
    def wrong(graph: Graph, condition: int, then: Number, otherwise: Number) -> Number:
        a, b, factor, _ = numbers.aligned(graph, then, otherwise)
        under = then.under if then.under is not None else otherwise.under
        return Number(graph.make(Op.PICK, condition, a, b), factor, under)

    patch.setattr(numbers, "choose", wrong)


@mutant
def least_and_greatest_are_swapped(patch: Patch) -> None:
    real = numbers.extreme
    patch.setattr(numbers, "extreme", lambda g, f, a, b: real(g, "max" if f == "min" else "min", a, b))


def _round_as(patch: Patch, mode: str, instead: str) -> None:
    real = numbers.rounded
    patch.setattr(numbers, "rounded", lambda g, v, s, m: real(g, v, s, instead if m == mode else m))


@mutant
def half_up_rounds_half_even(patch: Patch) -> None:
    _round_as(patch, "half_up", "half_even")


@mutant
def half_even_rounds_half_up(patch: Patch) -> None:
    _round_as(patch, "half_even", "half_up")


@mutant
def up_rounds_down(patch: Patch) -> None:
    _round_as(patch, "up", "down")


@mutant
def a_multiple_is_tested_on_the_wrong_scale(patch: Patch) -> None:
    real = numbers.quotient
    patch.setattr(numbers, "quotient", lambda g, v, s: real(g, replace(v, factor=v.factor * Fraction(1, 2)), s))


# ------------------------------------------------------------------------------------------ translation
@mutant
def presence_is_not_tested(patch: Patch) -> None:
    patch.setattr(translate.Translator, "presence", lambda self, ref: self.graph.yes)


@mutant
def presence_of_the_taken_branch_is_not_tested(patch: Patch) -> None:
    real = translate.Translator._chosen
    patch.setattr(
        translate.Translator, "_chosen",
        lambda self, c, a, b: replace(real(self, c, a, b), needs=self.graph.yes),
    )  # fmt: skip


@mutant
def a_missing_row_of_a_param_may_be_used(patch: Patch) -> None:
    real = translate.Translator._row
    patch.setattr(translate.Translator, "_row", lambda self, *a: replace(real(self, *a), needs=self.graph.yes))


@mutant
def a_divisor_need_not_be_above_zero(patch: Patch) -> None:
    real = translate.Translator._operation

    def wrong(self: Any, expr: Any) -> Any:
        out = real(self, expr)
        needs = [self.emit(child).needs for child in translate.ir.children(expr)]
        return replace(out, needs=self.graph.both(*needs))

    patch.setattr(translate.Translator, "_operation", wrong)


@mutant
def unless_is_dropped(patch: Patch) -> None:
    real = rules._rule

    def wrong(translator: Any, program: Any, at: int, rule: Any, numbered: Any) -> Any:
        lines = tuple(replace(line, unless=None) for line in rule.lines)
        return real(translator, program, at, replace(rule, lines=lines), numbered)

    patch.setattr(rules, "_rule", wrong)


@mutant
def a_need_keeps_no_bound(patch: Patch) -> None:
    patch.setattr(rules, "_needs", lambda translator, rule: translator.graph.yes)


# ------------------------------------------------------------------------------------------ tables and words
@mutant
def a_table_reads_the_row_beside(patch: Patch) -> None:
    real = tables.Table.read

    def wrong(self: Any, codes: Any) -> Any:
        values, has = real(self, codes)
        return np.roll(values, 1) if np.ndim(values) else values, has

    patch.setattr(tables.Table, "read", wrong)


@mutant
def the_last_of_a_run_of_codes_is_left_out(patch: Patch) -> None:
    real = Membership.__init__

    def wrong(self: Any, codes: Any) -> None:
        real(self, codes)
        self._runs = [(first, max(first, last - 1)) for first, last in self._runs]

    patch.setattr(Membership, "__init__", wrong)


@mutant
def texts_of_two_slots_are_compared_by_their_codes(patch: Patch) -> None:
    patch.setattr(Translation, "equal", lambda self, left, right, out: np.equal(left, right, out))


@mutant
def every_row_has_the_set_of_the_first(patch: Patch) -> None:
    real = Translation.contains
    patch.setattr(
        Translation, "contains",
        lambda self, items, sets, out: real(self, items, np.full_like(sets, sets[0] if len(sets) else 0), out),
    )  # fmt: skip


# ------------------------------------------------------------------------------------------ layout
@mutant
def an_absent_cell_is_held(patch: Patch) -> None:
    real = layout.Layout.dense

    def wrong(self: Any, at: int, cells: Any, states: Any = None, foreign: Any = None) -> Any:
        column = real(self, at, cells, states, foreign)
        if column.states is None:
            return column
        return replace(column, states=np.where(column.states == State.ABSENT, State.HELD, column.states))

    patch.setattr(layout.Layout, "dense", wrong)


@mutant
def a_value_beyond_64_bits_is_cut(patch: Patch) -> None:
    real = layout.Layout.column

    def wrong(self: Any, at: int, values: Any, states: Any = None) -> Any:
        if self.forms[at] is Form.NUMBER:
            values = [v if type(v) is not int else (v + 2**63) % 2**64 - 2**63 for v in values]
        return real(self, at, values, states)

    patch.setattr(layout.Layout, "column", wrong)


@mutant
def the_bounds_of_a_column_are_those_of_its_first_cell(patch: Patch) -> None:
    real = layout.Layout.dense

    def wrong(self: Any, at: int, cells: Any, states: Any = None, foreign: Any = None) -> Any:
        column = real(self, at, cells, states, foreign)
        if column.form is not Form.NUMBER or not len(cells):
            return column
        return replace(column, low=int(column.cells[0]), high=int(column.cells[0]))

    patch.setattr(layout.Layout, "dense", wrong)


# ------------------------------------------------------------------------------------------ ranges and filters
@mutant
def a_product_is_taken_to_fit(patch: Patch) -> None:
    patch.setattr(emit, "fits", lambda between: True)


@mutant
def the_least_of_a_product_is_that_of_the_least(patch: Patch) -> None:
    patch.setattr(ranges, "_corners", lambda parts: (parts[0][0] * parts[1][0], max(parts[0][1] * parts[1][1], 0)))


@mutant
def a_float_is_never_off(patch: Patch) -> None:
    patch.setattr(errors, "rounded_up", lambda bound: np.float64(0))


@mutant
def doubts_are_dropped(patch: Patch) -> None:
    real = plan._rule

    def wrong(emitter: Any, translated: Any, rule: Any) -> Any:
        code = real(emitter, translated, rule)
        return replace(code, guard_open=code.guard_open[:1], rest_open=code.rest_open[:1])

    patch.setattr(plan, "_rule", wrong)


@mutant
def touching_ranges_are_taken_for_apart(patch: Patch) -> None:
    real = emit._decided

    def wrong(op: Op, left: Any, right: Any) -> bool | None:
        return True if op is Op.LESS and left[1] == right[0] else real(op, left, right)

    patch.setattr(emit, "_decided", wrong)


@mutant
def a_plan_judges_blocks_it_does_not_cover(patch: Patch) -> None:
    patch.setattr(plan.Shape, "covers", lambda self, other: True)


# ------------------------------------------------------------------------------------------ steps and buffers
def _step(patch: Patch, op: Op, instead: Any) -> None:
    patch.setitem(steps._BINARY, op, instead)


@mutant
def less_includes_its_bound(patch: Patch) -> None:
    _step(patch, Op.LESS, np.less_equal)


@mutant
def a_quotient_is_cut_towards_zero(patch: Patch) -> None:
    def cut(a: Any, b: Any, out: Any) -> None:
        np.copyto(out, np.where(a < 0, -(-a // b), a // b))

    _step(patch, Op.FLOOR, cut)


@mutant
def what_is_taken_off_is_kept(patch: Patch) -> None:
    real = steps.without
    patch.setattr(steps, "without", lambda left, right, out: real(right, left, out))


@mutant
def a_tie_goes_up_when_the_floor_is_even(patch: Patch) -> None:
    def wrong(above: int, below: int, scratch: int, out: int) -> steps.Step:
        def step(r: Any) -> None:
            floor = r[above] // r[below]
            rest = r[above] - floor * r[below]
            np.copyto(r[out], floor + ((2 * rest > r[below]) | ((2 * rest == r[below]) & (floor & 1 == 0))))

        return step

    patch.setattr(steps, "half_even", wrong)


@mutant
def a_buffer_is_freed_one_use_early(patch: Patch) -> None:
    real = machine._Assembly._step

    def wrong(self: Any, at: int, one: Any, last: Any) -> Any:
        first: dict[int, int] = {}
        for number, instruction in enumerate(self._code.instructions):
            for register in instruction.uses:
                first.setdefault(register, number)
        return real(self, at, one, first)

    patch.setattr(machine._Assembly, "_step", wrong)


# ------------------------------------------------------------------------------------------ judging
@mutant
def a_reader_of_an_unknown_fact_is_overlooked(patch: Patch) -> None:
    real = judge._open_rows_of

    def wrong(code: Any, unknown: Any, block: Any, space: Any) -> Any:
        slots = sorted(code.rule.rest_slots)[1:]
        return real(replace(code, rule=replace(code.rule, rest_slots=frozenset(slots))), unknown, block, space)

    patch.setattr(judge, "_open_rows_of", wrong)


@mutant
def late_facts_are_taken_for_fresh(patch: Patch) -> None:
    real = judge._open_rows
    patch.setattr(judge, "_open_rows", lambda plan, block, space: real(plan, replace(block, late=None), space))


@mutant
def a_rule_is_looked_at_only_where_a_fact_is_unknown(patch: Patch) -> None:
    patch.setattr(plan.Plan, "doubtful", ())


@mutant
def an_unknown_guard_is_taken_for_false(patch: Patch) -> None:
    real = judge._open_rows_of

    def wrong(code: Any, *rest: Any) -> Any:
        rule = replace(code.rule, guard_slots=frozenset())
        return real(replace(code, guard_open=(), rule=rule), *rest)

    patch.setattr(judge, "_open_rows_of", wrong)


@mutant
def open_rows_also_keep_what_columns_said(patch: Patch) -> None:
    real = judge.ColumnJudge.judge

    def wrong(self: Any, block: Any) -> Any:
        said = real(self, block)
        return replace(said, bits=np.packbits(self._spaces[-1].run(block), axis=1))

    patch.setattr(judge.ColumnJudge, "judge", wrong)


@mutant
def eight_lines_share_a_byte_and_seven_are_kept(patch: Patch) -> None:
    real = alike.packed
    patch.setattr(alike, "packed", lambda truths: real(truths) & 127)
    patch.setattr(judged, "packed", lambda truths: real(truths) & 127)


@mutant
def the_last_of_the_rules_left_is_not_asked(patch: Patch) -> None:
    real = judge.ColumnJudge._take
    patch.setattr(
        judge.ColumnJudge, "_take",
        lambda self, by_rule, left, found: real(self, by_rule, left, list(found)[:-1]),
    )  # fmt: skip


# ------------------------------------------------------------------------------------------ rows alike
def _likeness(patch: Patch, **changed: Any) -> None:
    real = judge.likeness

    def wrong(translated: Any, program: Any, at: int) -> Any:
        found = real(translated, program, at)
        return found and replace(found, **{name: change(found) for name, change in changed.items()})

    patch.setattr(judge, "likeness", wrong)


@mutant
def rows_are_alike_whatever_their_conditions(patch: Patch) -> None:
    _likeness(patch, truths=lambda found: found.truths[:1])


@mutant
def rows_are_alike_whether_they_reduce_or_not(patch: Patch) -> None:
    _likeness(patch, truths=lambda found: found.truths[:-1])


@mutant
def rows_are_alike_whatever_is_late(patch: Patch) -> None:
    _likeness(patch, checks=lambda found: ())


@mutant
def rows_are_alike_whyever_a_fact_is_unknown(patch: Patch) -> None:
    real = alike.numbered
    patch.setattr(alike, "numbered", lambda columns: real(np.where(columns > State.MISSING, 0, columns)))


@mutant
def a_doubtful_row_is_taken_for_its_like(patch: Patch) -> None:
    patch.setattr(alike.Likeness, "_sound", lambda self, part, proven, doubts: np.ones(part.size, np.bool_))


@mutant
def the_first_row_of_its_like_is_another(patch: Patch) -> None:
    real = judge.ColumnJudge._ask
    patch.setattr(judge.ColumnJudge, "_ask", lambda self, at, block, row: real(self, at, block, 0))
