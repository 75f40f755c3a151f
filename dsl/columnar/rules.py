"""Rules over the graph: the guard, what keeps a row open, and a truth for every line that fires."""

from collections.abc import Iterable
from dataclasses import dataclass

from dsl import ir
from dsl.columnar.layout import Layout
from dsl.columnar.nodes import Node
from dsl.columnar.numbering import Numbering
from dsl.columnar.numbers import NotColumnar
from dsl.columnar.tables import Table
from dsl.columnar.translate import Translator
from dsl.program import Program
from dsl.scalar.lines import Place, lines_in_order

STAGES = ("pre_trade",)
"""Stages whose rules columns judge; what another one means is left to whoever knows it."""


@dataclass(frozen=True, slots=True)
class RulePlan:
    """One rule in columns.

    A row is open, and left to the interpreter, where `guard_open` holds or an unknown slot is among
    `guard_slots`, and where the guard holds and the same is so of the rest or an age check of `checks`
    failed. On other rows line n fires where `fires[n]` holds; the number is its place among all lines.
    """

    at: int
    guard: Node
    guard_open: Node
    rest_open: Node
    guard_slots: frozenset[int]
    rest_slots: frozenset[int]
    checks: tuple[int, ...]
    fires: tuple[tuple[int, Node], ...]


@dataclass(frozen=True, slots=True)
class Translated:
    """A program in columns: its graph, the rules that could be said, and those left to the scalar judge."""

    translator: Translator
    rules: tuple[RulePlan, ...]
    left: tuple[int, ...]
    lines: tuple[Place, ...]

    @property
    def tables(self) -> list[Table]:
        return self.translator.tables

    @property
    def pairs(self) -> list[tuple[Numbering[object], Numbering[object]]]:
        return self.translator.pairs


def translate(program: Program, layout: Layout) -> Translated:
    """Return a program in columns; every rule is in it or left."""
    translator = Translator(program, layout)
    lines = lines_in_order(program)
    numbers = {place: number for number, place in enumerate(lines)}
    rules: list[RulePlan] = []
    left: list[int] = []
    for at, rule in enumerate(program.rules):
        try:
            rules.append(_rule(translator, program, at, rule, numbers))
        except (NotColumnar, RecursionError):
            left.append(at)
    return Translated(translator, tuple(rules), tuple(left), lines)


def _rule(translator: Translator, program: Program, at: int, rule: ir.Rule, numbers: dict[Place, int]) -> RulePlan:
    if rule.stage not in STAGES:
        raise NotColumnar(f"stage {rule.stage}")
    graph = translator.graph
    guard, guard_needs = (graph.yes, graph.yes) if rule.when is None else translator.condition(rule.when)
    needed = _needs(translator, rule)
    open_lines: list[Node] = []
    fires: list[tuple[int, Node]] = []
    for line in rule.lines:
        if line.infinities:
            raise NotColumnar("an infinite statistic")
        exception, exception_needs = graph.no, graph.yes
        if line.unless is not None:
            exception, exception_needs = translator.condition(line.unless)
        speaks = graph.negation(exception)
        holds, needs = translator.condition(line.condition)
        lacking = graph.negation(graph.both(needed, needs))
        open_lines.append(graph.either(graph.negation(exception_needs), graph.both(speaks, lacking)))
        fires.append((numbers[at, line.number], graph.both(guard, speaks, holds)))
    return RulePlan(
        at, guard, graph.negation(guard_needs), graph.either(*open_lines),
        slots_of(program, [] if rule.when is None else [rule.when]), slots_of(program, deciding(rule)),
        tuple(program.age_check(program.index[n.fact.path], n.age) for n in rule.needs if n.age is not None),
        tuple(fires),
    )  # fmt: skip


def _needs(translator: Translator, rule: ir.Rule) -> Node:
    """Return where every fact of the rule's `needs` is there and keeps its bound."""
    graph = translator.graph
    out = graph.yes
    for need in rule.needs:
        out = graph.both(out, translator.presence(need.fact))
        if need.bound is not None:
            holds, needs = translator.condition(need.bound)
            out = graph.both(out, needs, holds)
    return out


def deciding(rule: ir.Rule) -> list[ir.Expr]:
    """Return every expression but the guard that decides whether a line fires."""
    out: list[ir.Expr] = []
    for need in rule.needs:
        out += [need.fact] if need.bound is None else [need.fact, need.bound]
    for line in rule.lines:
        out += [line.condition] if line.unless is None else [line.condition, line.unless]
    return out


def readers(program: Program) -> dict[str, tuple[str, ...]]:
    """Return the ids of the rules that read each fact to decide."""
    out: dict[str, list[str]] = {slot.path: [] for slot in program.slots}
    for rule in program.rules:
        for at in sorted(slots_of(program, [*([] if rule.when is None else [rule.when]), *deciding(rule)])):
            out[program.slots[at].path].append(rule.id)
    return {path: tuple(rules) for path, rules in out.items()}


def slots_of(program: Program, exprs: Iterable[ir.Expr]) -> frozenset[int]:
    """Return the slots expressions read, lets included."""
    out: set[int] = set()
    seen: set[str] = set()
    waiting = list(exprs)
    while waiting:
        for part in ir.walk(waiting.pop()):
            if isinstance(part, ir.FactRef):
                out.add(program.index[part.path])
            elif isinstance(part, ir.LetRef) and part.name not in seen:
                seen.add(part.name)
                waiting.append(program.lets[part.name])
    return frozenset(out)
