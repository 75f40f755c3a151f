"""Mutants of conditions and values: comparators, thresholds by a tick, connectives, units."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction

from dsl import ir
from dsl.cover.disturb import Shifted, Stuck
from dsl.cover.lines import Lets, as_line, step_of
from dsl.cover.obligation import Probe
from dsl.cover.wording import Wording
from dsl.mutation.mutant import Kind, Mutant
from dsl.rewrite import Change
from dsl.ticks import tick_of
from dsl.types import Kind as Sort
from dsl.types import show

Exchange = Callable[[ir.Expr, ir.Expr], Change]
"""From a node and what stands in its place to the changed bundle."""

_EDGE = {">": ">=", ">=": ">", "<": "<=", "<=": "<"}
_BACK = {">": "<=", ">=": "<", "<": ">=", "<=": ">", "==": "!=", "!=": "=="}
_TURNED = {"any": "every", "every": "any", "min": "max", "max": "min"}
_WORDS = {"==": "is", "!=": "is not"}
_BESIDE = {
    "%": ("bps", Fraction(1, 100)), "bps": ("%", Fraction(100)), "ms": ("s", Fraction(1000)),
    "s": ("min", Fraction(60)), "min": ("s", Fraction(1, 60)), "h": ("min", Fraction(1, 60)),
    "day": ("h", Fraction(1, 24)), "days": ("h", Fraction(1, 24)),
}  # fmt: skip
"""The unit a number may be mistaken to be in, and how much larger it then is."""


def of_expressions(
    exprs: list[ir.Expr], exchange: Exchange, rules: tuple[str, ...], lets: Lets, words: Wording
) -> Iterator[Mutant]:
    """Yield the mutants of every node of expressions, each node once."""
    seen: list[ir.Expr] = []
    bounds: list[ir.Expr] = []
    for node in (node for expr in exprs for node in ir.walk(expr)):
        if any(node is known for known in seen):
            continue
        seen.append(node)
        if isinstance(node, ir.Compare | ir.RealCompare) and as_line(node, lets):
            bounds.append(node.right)
        for kind, label, new, aim in _of_node(node, lets, words):
            if kind is Kind.TICK and any(node is bound for bound in bounds):
                continue  # the comparison moves its line already
            yield Mutant(kind, node.span, label, rules, exchange(node, new), aim)


_Found = tuple[Kind, str, ir.Expr, Probe | None]


def _of_node(node: ir.Expr, lets: Lets, words: Wording) -> Iterator[_Found]:
    match node:
        case ir.Compare() | ir.RealCompare():
            yield from _of_comparison(node, lets, words)
        case ir.Const(value=Fraction() as value) if node.type.kind in (Sort.NUMBER, Sort.REAL):
            yield from _of_number(node, value, words.text(node.span))
        case ir.Member():
            said = words.of(node)
            yield Kind.LOGIC, f"not `{said}`", ir.Not(node.type, node.span, node), Stuck(node, False)
            if isinstance(node.container, ir.Const) and isinstance(node.container.value, frozenset):
                yield from _of_set(node, node.container, node.container.value, said)
        case ir.Logic():
            other = "or" if node.operator == "and" else "and"
            yield Kind.LOGIC, f"`{other}` in `{words.text(node.span)}`", replace(node, operator=other), None
        case ir.Not():
            yield Kind.LOGIC, f"`{words.text(node.span)}` without `not`", node.operand, Stuck(node, True)
        case ir.Apply() if node.function in _TURNED:
            turned = _TURNED[node.function]
            yield Kind.LOGIC, f"`{turned}` in `{words.text(node.span)}`", replace(node, function=turned), None
        case ir.Aggregate():
            said = words.text(node.span)
            if node.function in _TURNED:
                turned = _TURNED[node.function]
                yield Kind.LOGIC, f"`{turned}` in `{said}`", replace(node, function=turned), None
            if node.where is not None:
                yield Kind.DROPPED, f"`{said}` without `where`", replace(node, where=None), None
        case _:
            return


def _of_comparison(node: ir.Compare | ir.RealCompare, lets: Lets, words: Wording) -> Iterator[_Found]:
    said = words.of(node)
    line = as_line(node, lets)
    if line is not None:
        step = step_of(line, lets)
        edge = _EDGE[node.operator]
        yield Kind.COMPARATOR, f"`{said}` with `{edge}`", replace(node, operator=edge), Shifted(node, _away(step, edge))
        for by, word in ((step, "higher"), (-step, "lower")):
            moved = replace(node, right=_plus(node.right, by))
            yield Kind.TICK, f"`{said}` a tick {word}", moved, Shifted(node, by)
    back = _BACK[node.operator]
    yield Kind.COMPARATOR, f"`{said}` with `{_WORDS.get(back, back)}`", replace(node, operator=back), Stuck(node, False)


def _away(step: Fraction, edge: str) -> Fraction:
    """Return the move of a line that tells apart whether its own point belongs to it."""
    return {">=": -step, ">": step, "<=": step, "<": -step}[edge]


def _plus(expr: ir.Expr, by: Fraction) -> ir.Expr:
    if isinstance(expr, ir.Const) and isinstance(expr.value, Fraction):
        return replace(expr, value=expr.value + by)
    kind = ir.RealArithmetic if expr.type.kind is Sort.REAL else ir.Arithmetic
    return kind(expr.type, expr.span, "+", expr, ir.Const(expr.type, expr.span, by))


def _of_number(node: ir.Const, value: Fraction, said: str) -> Iterator[_Found]:
    tick = tick_of(node.type)
    for by, word in ((tick, "more"), (-tick, "less")):
        yield Kind.TICK, f"`{said}` a tick {word}", replace(node, value=value + by), None
    beside = in_unit_beside(said, value)
    if beside is not None:
        unit, other = beside
        yield Kind.UNIT, f"`{said}` in `{unit}`", replace(node, value=other), None


def in_unit_beside(said: str, value: Fraction) -> tuple[str, Fraction] | None:
    """Return a number in the unit beside the one it is written in, None where its unit has none beside it."""
    unit = "%" if said.endswith("%") else said.rpartition(" ")[2]
    if value == 0 or unit not in _BESIDE:
        return None
    other, times = _BESIDE[unit]
    return other, value * times


def _of_set(node: ir.Member, container: ir.Const, items: frozenset[object], said: str) -> Iterator[_Found]:
    if len(items) < 2:
        return
    for item in sorted(items, key=str):
        rest = replace(container, value=items - {item})
        label = f"`{said}` without {show(item, node.item.type)}"
        yield Kind.LOGIC, label, replace(node, container=rest), None
