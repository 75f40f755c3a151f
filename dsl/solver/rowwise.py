"""What holds between aggregates over the same rows, shown on one row that may be any.

An aggregate is opaque for lists of any length. Where the body of one implies, or is at most, the body of another on
every row there can be, so it is of the aggregates: their lists are the same, and so are the rows they leave out.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING, Any

import z3

from dsl.solver.words import Formula

if TYPE_CHECKING:
    from dsl.solver.world import Opaque, World

WORK = 300_000
"""What one look at a row may spend, in z3's own resource units."""


@dataclass(frozen=True, slots=True)
class RowWise:
    """What an aggregate asks of a row. `over` says of which rows, and what it says of none: equal for equal rows.

    `body` is a condition, or a numerator over a positive denominator, and `known` that a row has one; `is_known` says
    that the aggregate has a value, and `is_there` that its list is one this side can use. Of the row nothing is
    assumed, not even what its contract says.
    """

    over: tuple[Any, ...]
    body: Any
    known: Formula
    is_known: Formula
    is_there: Formula
    at_most: Any
    """Compares two bodies: the condition that the first is at most the second, or implies it."""


def between_aggregates(world: "World", opaques: Iterable["Opaque"]) -> list[Formula]:
    """Return what holds between the aggregates among some opaque values, whatever the lists are."""
    out: list[Formula] = []
    listed = [opaque for opaque in opaques if opaque.row is not None and world.names.get(_name(opaque)) is opaque]
    for one, other in permutations(listed, 2):
        a, b = one.row, other.row
        if a is None or b is None or a.over != b.over:
            continue
        if _always(world, (one, other, "body"), z3.Implies(z3.And(a.known, b.known), a.at_most(a.body, b.body))):
            out.append(z3.Implies(z3.And(a.is_known, b.is_known), a.at_most(one.symbol, other.symbol)))
        if _always(world, (one, other, "known"), z3.Implies(a.known, b.known)):
            out.append(z3.Implies(z3.And(a.is_known, b.is_there), b.is_known))
    return out


def _name(opaque: "Opaque") -> str:
    return str(opaque.symbol.decl().name())


def _always(world: "World", key: tuple[Any, ...], claim: Formula) -> bool:
    """Return whether a claim about a row holds of every row; looked at once."""
    found = world.rowwise.get(key)
    if found is None:
        solver = z3.Solver()
        solver.set("rlimit", WORK)
        solver.add(*_axioms(world, claim), z3.Not(claim))
        found = world.rowwise[key] = bool(solver.check() == z3.unsat)
    return found


def _axioms(world: "World", claim: Formula) -> list[Formula]:
    """Return what is always so of the opaque values a claim leads to."""
    from dsl.solver.world import Opaque

    out: list[Formula] = []
    seen: set[str] = set()
    waiting = [claim]
    while waiting:
        names = world.mentioned(waiting) - seen
        seen |= names
        opaques = [thing for name in sorted(names) if isinstance(thing := world.names.get(name), Opaque)]
        waiting = [axiom for opaque in opaques for axiom in opaque.axioms]
        out += waiting
    return out
