"""Numbers near a line: one variable is moved until both sides of a comparison meet."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from dsl.cover.disturb import NodeProbe
from dsl.cover.lines import Line
from dsl.interpret import Unknown
from dsl.skeleton.draft import Draft
from dsl.skeleton.ordinary import ordinary
from dsl.skeleton.variables import ORDERED, Variable, WindowVariable, in_base_units
from dsl.skeleton.world import World
from dsl.statistics import is_statistic
from dsl.ticks import tick_of
from dsl.types import Kind

ROUNDS = 12
_FINEST = Fraction(1, 1_000_000)


def near(world: World, draft: Draft, line: Line, variable: Variable, probe: NodeProbe | None = None) -> Iterator[Draft]:
    """Yield drafts in which a variable brings both sides of a comparison together, and a little past it either way.

    In plain numbers first. With a probe the comparison is the one of the disturbed judgement.
    """
    if variable.fact.type.kind not in ORDERED:
        return
    met = _meeting(world, draft, line, variable, probe)
    if met is None:
        return
    tried: list[Fraction] = []
    for grid in _grids(variable):
        below = (met // grid) * grid
        for value in (below, below + grid, below - grid, below + 2 * grid):
            if value not in tried:
                tried.append(value)
                moved = variable.put(world, draft, value)
                if moved is not None:
                    yield moved


def _grids(variable: Variable) -> list[Fraction]:
    kind = variable.fact.type
    tick = tick_of(kind)
    is_whole = kind.kind in (Kind.DATE, Kind.SESSIONS) or (variable.fact.scale == 1 and kind.kind is not Kind.REAL)
    return [Fraction(1)] if is_whole else [tick] if tick == _FINEST else [tick, _FINEST]


def _meeting(world: World, draft: Draft, line: Line, variable: Variable, probe: NodeProbe | None) -> Fraction | None:
    """Return the value at which both sides meet, None where the variable does not bring them there."""

    def gap(value: Fraction) -> Fraction | None:
        moved = variable.put(world, draft, value)
        return None if moved is None else gap_of(world, moved, line, probe)

    one = _start(world, draft, variable)
    first = gap(one)
    if isinstance(variable, WindowVariable) and first is None:
        one = Fraction(0)
        first = gap(one)
    tick = tick_of(variable.fact.type)
    # Beside it, wherever the contract leaves room.
    two, second = next(
        ((at, found) for at in (one + 1, one - 1, one + tick, one - tick) if (found := gap(at)) is not None),
        (one, None),
    )
    for _ in range(ROUNDS):
        if first is None or second is None or first == second:
            return None
        met = one - first * (two - one) / (second - first)
        rounded = _on_grid(met, variable)
        one, first = two, second
        two, second = rounded, gap(rounded)
        if second is None:
            return met  # out of the contract's bounds just there; a step beside it may not be
        if second == 0 or met == one or rounded == one:
            return met
    return two


def _on_grid(value: Fraction, variable: Variable) -> Fraction:
    grid = _grids(variable)[-1]
    return (value // grid) * grid


def _start(world: World, draft: Draft, variable: Variable) -> Fraction:
    known = variable.get(world, draft)
    if known is None:
        usual = ordinary(variable.fact, draft.day, world.opening(draft.day))
        known = in_base_units(usual, variable.fact)
    return Fraction(known if known is not None else 1)


def gap_of(world: World, draft: Draft, line: Line, probe: NodeProbe | None = None) -> Fraction | None:
    """Return by how much the left side of a comparison is above the right one, None where either is unknown."""
    sides: list[Any] = [world.evaluate(draft, side, probe) for side in (line.left, line.right)]
    if any(isinstance(side, Unknown) for side in sides):
        return None
    left, right = (Fraction(side) if is_statistic(side) else side for side in sides)
    return Fraction(left - right)
