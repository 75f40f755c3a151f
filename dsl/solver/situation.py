"""A situation: what every fact says and how far it can be relied on, in the form snapshots store."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from dsl import ir
from dsl.contracts import Age, Fact
from dsl.interpret import Interpreter, judge
from dsl.judgement import Judgement
from dsl.scenarios import is_valid
from dsl.snapshot import Reason, Snapshot
from dsl.solver.meaning import Side


@dataclass(frozen=True, slots=True)
class Told:
    """One fact. `value` None is absent; `is_broken` says it cannot be used whatever it says; `late` are the
    freshness bounds it is older than."""

    value: Any
    is_broken: bool = False
    late: frozenset[Age] = frozenset()


ABSENT = Told(None)


@dataclass(frozen=True, slots=True)
class Situation:
    """Facts by the key both sides of a question know them under. A fact that is not here is absent."""

    facts: Mapping[str, Told] = field(default_factory=dict)

    def over(self, base: "Situation") -> "Situation":
        """Return this situation with what it leaves open as in another."""
        return Situation({**base.facts, **self.facts})


KeyOf = Callable[[str], str]
"""From a path of a program to the key of its fact."""


def snapshot_of(side: Side, key_of: KeyOf, situation: Situation) -> Snapshot:
    """Return the snapshot a side would be given in a situation."""
    program = side.program
    values: list[Any] = []
    reasons: dict[int, Reason] = {}
    for slot in program.slots:
        told = situation.facts.get(key_of(slot.path), ABSENT)
        value, reason = seen(side, slot.path, slot.fact, told)
        values.append(value)
        if reason is not None:
            reasons[slot.index] = reason
    late = 0
    for number, check in enumerate(program.ages):
        told = situation.facts.get(key_of(program.slots[check.slot].path), ABSENT)
        late |= (check.age in told.late) << number
    return Snapshot(tuple(values), sum(1 << at for at in reasons), late, reasons)


def seen(side: Side, path: str, fact: Fact, told: Told) -> tuple[Any, Reason | None]:
    """Return a fact's value as a side sees it, and why it is unknown where it is."""
    if told.value is None:
        return None, None if fact.optional else Reason.MISSING
    if fact.max_age is not None and fact.max_age in told.late:
        return None, Reason.STALE
    if told.is_broken or not is_valid(told.value, fact):
        return None, Reason.INVALID
    if fact.type.values and told.value not in fact.type.values:
        return None, Reason.INVALID
    if isinstance(told.value, frozenset | tuple) and len(told.value) < side.least_rows(path):
        return None, Reason.MISSING
    return told.value, None


def replay(side: Side, key_of: KeyOf, situation: Situation, only: frozenset[str] | None = None) -> Judgement:
    """Return what the interpreter says of a situation."""
    return judge(side.program, snapshot_of(side, key_of, situation), only)


def evaluate(side: Side, key_of: KeyOf, situation: Situation, expr: ir.Expr) -> Any:
    """Return an expression's exact value in a situation, or Unknown."""
    return Interpreter(side.program, snapshot_of(side, key_of, situation)).evaluate(expr, kleene=True)


def nearest_stored(value: Fraction, scale: int) -> int:
    """Return a number in stored form, rounded to the nearest count."""
    scaled = value * scale + Fraction(1, 2)
    return scaled.numerator // scaled.denominator
