"""Two situations of one program that differ in one fact, and in what the contracts say moves with it."""

from collections.abc import Callable

import z3

from dsl.monotone import CONSTANT, FALLING, QUANTITY, RISING, fact_direction
from dsl.solver.facts import FactVar
from dsl.solver.inquiry import Moment
from dsl.solver.outcome import Outcome, outcome_of, together
from dsl.solver.rows import MOST, cell_of, columns_of
from dsl.solver.search import Answer, Search
from dsl.solver.situation import Situation
from dsl.solver.translate import Translator
from dsl.solver.words import Formula
from dsl.solver.world import World
from dsl.types import Kind

SECOND = "'"
"""Marks the variables of the second situation."""
INTENT_BOUND = ("intent.reduces_only", "intent.increases_risk")


class Pair:
    """The rules of one side in two situations: before a fact moved, and after."""

    def __init__(self, moment: Moment, at: int) -> None:
        self._moment, self._at, self._side = moment, at, moment.sides[at]
        inquiry = moment.inquiry
        self.first = inquiry.world
        self.second = World(inquiry.words, inquiry.meanings, SECOND)
        self._translators = (inquiry.translator, Translator(self.second))

    def outcome(self, rule_ids: tuple[str, ...], is_second: bool) -> Outcome:
        """Return what rules say together in one of the situations."""
        rules = self._moment.rules[self._at]
        translator = self._translators[is_second]
        return together([outcome_of(translator, self._side, rules[rule_id]) for rule_id in rule_ids])

    def moved(self, path: str, rises: bool) -> Formula:
        """Return the condition that a fact rose (or fell, weakly) from the first situation to the second.

        All else is equal; but what a contract says moves with `intent.quantity` moves its own way with it, and an
        order that grows may cease to reduce.
        """
        parts: list[Formula] = []
        for slot in self._side.program.slots:
            one, other = (world.fact(self._side, slot.path) for world in (self.first, self.second))
            parts += self._presence(one, other)
            if slot.path == path:
                parts += [one.given, other.given, _goes(one, other, rises)]
            else:
                parts += self._value(slot.path, path, rises, one, other)
        parts += self._aggregates(path)
        return z3.And(*parts)

    def _presence(self, one: FactVar, other: FactVar) -> list[Formula]:
        ages = [one.late(age) == other.late(age) for age in {**one.lates, **other.lates}]
        return [one.given == other.given, one.broken == other.broken, *ages]

    def _value(self, path: str, moved: str, rises: bool, one: FactVar, other: FactVar) -> list[Formula]:
        direction = self._direction(path, moved)
        kind = one.fact.type.kind
        if direction in (RISING, FALLING):
            return [_goes(one, other, rises == (direction == RISING))]
        if direction is None and path in INTENT_BOUND:
            # An order that grows may cease to be proven to reduce, never the other way round.
            grows = rises == (path == "intent.increases_risk")
            return [z3.Implies(one.value, other.value) if grows else z3.Implies(other.value, one.value)]
        if direction is None:
            return []
        if kind is Kind.SET:
            items = [*one.items, *(item for item in other.items if not any(item.eq(known) for known in one.items))]
            return [one.rows == other.rows, *(one.value(item) == other.value(item) for item in items)]
        if kind is Kind.LIST:
            return [one.rows == other.rows, *self._cells(one, other)]
        return [one.value == other.value]

    def _direction(self, path: str, moved: str) -> str | None:
        """Return how a fact goes when another rises: constant, its own way, or None where it may go anywhere."""
        if moved != QUANTITY:
            return CONSTANT
        if path.startswith("window:"):
            return CONSTANT  # counted before the order, whatever its size
        return fact_direction(path, {slot.path: slot.fact for slot in self._side.program.slots})

    def _cells(self, one: FactVar, other: FactVar) -> list[Formula]:
        out: list[Formula] = []
        for at in range(MOST):
            for column in columns_of(one.fact):
                if column.type.kind not in (Kind.SET, Kind.LIST):
                    a, b = (cell_of(var, at, column, var.words) for var in (one, other))
                    out += [a.given == b.given, a.value == b.value]
        return out

    def _aggregates(self, moved: str) -> list[Formula]:
        """Return that aggregates over what did not move come to the same."""
        out = []
        for key, opaque in self.first.opaques.items():
            twin = self.second.opaques.get(key)
            if (
                twin is not None
                and opaque.reads
                and not any(path == moved or self._direction(path, moved) != CONSTANT for path in opaque.reads)
            ):
                out.append(opaque.symbol == twin.symbol)
        return out

    def find(
        self, goal: Formula, confirm: Callable[[Situation, Situation], bool], path: str, books: tuple[str, ...] = ()
    ) -> Answer:
        """Return two situations that satisfy the goal and that `confirm` agrees with, or that there are none.

        `path` is the fact that moves.
        """
        about = frozenset((self._moment.key(self._at, path),))
        search = Search([self.first, self.second], self._moment.ordinary(books), self._moment.inquiry.work, about)
        return search.find(self._moment.dated(goal), lambda both: confirm(both[0], both[1]))


def _goes(one: FactVar, other: FactVar, up: bool) -> Formula:
    return other.value >= one.value if up else other.value <= one.value
