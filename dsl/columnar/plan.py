"""A plan: the machine that judges every block of one shape, and where it leaves what each rule needs to know."""

from dataclasses import dataclass
from functools import cached_property

from dsl.columnar.block import Block, Form
from dsl.columnar.emit import Emitter, Truth, Unsupported
from dsl.columnar.machine import Machine, assemble
from dsl.columnar.ranges import Range, widened
from dsl.columnar.rules import RulePlan, Translated


@dataclass(frozen=True, slots=True)
class Shape:
    """What a plan may rely on: a range for every number slot, and the slots with absent cells."""

    ranges: tuple[tuple[int, Range], ...]
    gaps: frozenset[int]

    def covers(self, other: "Shape") -> bool:
        """Return whether a plan of this shape also judges blocks of the other."""
        if not other.gaps <= self.gaps:
            return False
        pairs = zip(self.ranges, other.ranges, strict=True)
        return all(mine[1][0] <= theirs[1][0] and theirs[1][1] <= mine[1][1] for mine, theirs in pairs)

    def joined(self, other: "Shape") -> "Shape":
        """Return the shape that covers both."""
        ranges = tuple(
            (slot, (min(a[0], b[0]), max(a[1], b[1])))
            for (slot, a), (_, b) in zip(self.ranges, other.ranges, strict=True)
        )
        return Shape(ranges, self.gaps | other.gaps)


def shape_of(block: Block) -> Shape:
    """Return the shape of a block, its ranges widened so that blocks alike share a plan."""
    numbers = [(at, c) for at, c in enumerate(block.columns) if c.form is Form.NUMBER]
    gaps = frozenset(at for at, column in enumerate(block.columns) if column.states is not None)
    return Shape(tuple((at, widened((column.low, column.high))) for at, column in numbers), gaps)


@dataclass(frozen=True, slots=True)
class RuleCode:
    """A rule's truths after a run; open rows are told by `guard_open` and, where the guard holds, `rest_open`."""

    rule: RulePlan
    guard: Truth
    guard_open: tuple[Truth, ...]
    rest_open: tuple[Truth, ...]

    def truths(self) -> tuple[Truth, ...]:
        return self.guard, *self.guard_open, *self.rest_open


@dataclass(frozen=True)
class Plan:
    """How blocks of a shape are judged; `left` rules stay with the scalar judge."""

    shape: Shape
    machine: Machine
    rules: tuple[RuleCode, ...]
    left: tuple[int, ...]

    @cached_property
    def doubtful(self) -> tuple[RuleCode, ...]:
        """The rules that may be open on a row though every fact is known."""
        return tuple(code for code in self.rules if any(t is not False for t in (*code.guard_open, *code.rest_open)))


def make_plan(translated: Translated, shape: Shape) -> Plan:
    """Return the plan of a program for blocks of a shape."""
    emitter = Emitter(translated, dict(shape.ranges), shape.gaps)
    left = list(translated.left)
    rules: list[RuleCode] = []
    fires: dict[int, Truth] = {}
    for rule in translated.rules:
        try:
            found = _rule(emitter, translated, rule)
        except (Unsupported, RecursionError):
            left.append(rule.at)
            continue
        rules.append(found)
        fires |= {line: emitter.truth(node) for line, node in rule.fires}
    machine = assemble(emitter.code, len(translated.lines), fires, [truth for code in rules for truth in code.truths()])
    return Plan(shape, machine, tuple(_placed(code, machine) for code in rules), tuple(sorted(left)))


def _rule(emitter: Emitter, translated: Translated, rule: RulePlan) -> RuleCode:
    graph = translated.translator.graph
    at_guard = graph.below([rule.guard, rule.guard_open])
    at_rest = graph.below([rule.rest_open, *(node for _, node in rule.fires)])
    emitter.check(at_guard | at_rest)
    guard, guard_open, rest_open = map(emitter.truth, (rule.guard, rule.guard_open, rule.rest_open))
    for _, node in rule.fires:
        emitter.truth(node)
    doubted = sorted(node for node in emitter.doubts if node in at_guard)
    doubted_rest = sorted(node for node in emitter.doubts if node in at_rest)
    return RuleCode(
        rule, guard, (guard_open, *(emitter.doubts[node] for node in doubted)),
        (rest_open, *(emitter.doubts[node] for node in doubted_rest)),
    )  # fmt: skip


def _placed(code: RuleCode, machine: Machine) -> RuleCode:
    place = machine.placed
    return RuleCode(code.rule, place(code.guard), tuple(map(place, code.guard_open)), tuple(map(place, code.rest_open)))
