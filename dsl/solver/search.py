"""Is there a situation such that …: answered by a proof that there is none, by one that was replayed, or by `unknown`.

First the question alone, over reals, with everything that is not linear opaque: that there is no model then is a
proof. Else a situation is looked for that differs little from an ordinary one, exact and on the grid of stored
values; what z3 finds counts only when the interpreter agrees. Work is counted by z3 itself, not by a clock, so an
answer is the same on every machine.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Any

import z3

from dsl.solver.amounts import growing, term
from dsl.solver.facts import FactVar
from dsl.solver.ordinary import usual
from dsl.solver.reading import situation_of
from dsl.solver.rows import MOST, row_axioms
from dsl.solver.rowwise import between_aggregates
from dsl.solver.situation import Situation, Told
from dsl.solver.words import Formula, is_amount, is_real, is_word
from dsl.solver.world import EXACT, Opaque, World, name_of
from dsl.statistics import is_finite
from dsl.types import Kind, scale_of

WORK = 3_000_000
"""What one call of z3 may spend, in z3's own resource units."""
PATIENCE = 60_000
"""Milliseconds after which a call is given up although its units are not spent: the backstop, not the budget."""


class Verdict(StrEnum):
    """What became of a question."""

    NEVER = "never"
    """No situation does: proven."""
    FOUND = "found"
    """One does: replayed."""
    UNKNOWN = "unknown"
    """Neither was shown within the work allowed."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A verdict; the situations where some were found (one a world), else why nothing is known."""

    verdict: Verdict
    situations: tuple[Situation, ...] = ()
    why: str = ""


Confirm = Callable[[tuple[Situation, ...]], bool]


@dataclass(eq=False)
class _Mentioned:
    """What a question mentions, directly or through what it mentions."""

    facts: dict[str, FactVar] = field(default_factory=dict)
    opaques: dict[str, Opaque] = field(default_factory=dict)


class Search:
    """Answers questions over one world, or over several situations at once."""

    def __init__(
        self,
        worlds: Sequence[World],
        ordinary: Mapping[str, Told],
        work: int = WORK,
        about: frozenset[str] = frozenset(),
    ) -> None:
        """`about` are the keys of the facts a question is about: they are the first to be other than usual."""
        self._worlds, self._ordinary, self._work, self.about = worlds, ordinary, work, about

    def never(self, goal: Formula) -> bool | None:
        """Return whether no situation satisfies the goal; None where that was not decided.

        True is a proof. False means that there is a model, which nobody replayed: it claims nothing.
        """
        if self._is_plain_no(goal):
            return True
        found = self.mentioned([goal], True)
        said = self._exact(goal, found).check()
        return None if said == z3.unknown else bool(said == z3.unsat)

    def find(self, goal: Formula, confirm: Confirm) -> Answer:
        """Return a situation that satisfies the goal and that `confirm` agrees with, or that there is none."""
        if self._is_plain_no(goal):
            return Answer(Verdict.NEVER)
        answer = _Hunt(self, goal, confirm).run()
        # A hunt ends empty-handed for many reasons; that there is nothing to find is proven without it, or not at all.
        if answer.verdict is Verdict.UNKNOWN and self._is_exact_no(goal):
            return Answer(Verdict.NEVER)
        return answer

    def _is_plain_no(self, goal: Formula) -> bool:
        """Return whether there is no model over reals even while everything that is not linear may be anything."""
        if z3.is_false(z3.simplify(goal)):
            return True
        solver = self.solver()
        solver.add(goal, *self.always(self.mentioned([goal], False)))
        return bool(solver.check() == z3.unsat)

    def _is_exact_no(self, goal: Formula) -> bool:
        """Return whether there is no model once products and roundings are what they are; then, on the grid."""
        found = self.mentioned([goal], True)
        solver = self._exact(goal, found)
        if solver.check() == z3.unsat:
            return True
        solver.add(*(each for var in found.facts.values() for each in var.on_grid()))
        return bool(solver.check() == z3.unsat)

    def _exact(self, goal: Formula, found: _Mentioned) -> Any:
        solver = self.solver()
        solver.add(goal, *self.always(found))
        solver.add(*(each for o in found.opaques.values() if o.how == EXACT for each in o.definition()))
        return solver

    # ---------------------------------------------------------------------------------- parts of a question
    def solver(self) -> Any:
        solver = z3.Solver()
        solver.set("rlimit", self._work)
        solver.set("timeout", PATIENCE)
        return solver

    def mentioned(self, formulas: Iterable[Formula], with_definitions: bool) -> _Mentioned:
        """Return every fact and opaque value the formulas lead to."""
        out = _Mentioned()
        waiting = list(formulas)
        while waiting:
            batch, waiting = waiting, []
            for world in self._worlds:
                for name in sorted(world.mentioned(batch)):
                    thing = world.names.get(name)
                    if isinstance(thing, FactVar) and thing.label not in out.facts:
                        out.facts[thing.label] = thing
                        waiting += [key.given for key in thing.keys]
                    elif isinstance(thing, Opaque) and name not in out.opaques:
                        out.opaques[name] = thing
                        waiting += thing.axioms
                        waiting += thing.definition() if with_definitions else []
        return out

    def below(self, formula: Formula) -> frozenset[str]:
        """Return the labels of every fact a term leads to, through definitions too."""
        return frozenset(self.mentioned([formula], True).facts)

    def always(self, found: _Mentioned) -> list[Formula]:
        """Return what holds of what was mentioned, whatever the question."""
        out = [axiom for var in found.facts.values() for axiom in var.axioms()]
        out += [axiom for opaque in found.opaques.values() for axiom in opaque.axioms]
        out += growing([(o.symbol, *o.factors) for o in found.opaques.values() if o.factors is not None])
        for world in self._worlds:
            own = [var for var in found.facts.values() if world.facts.get(var.key) is var]
            out += world.between_facts(own)
            out += between_aggregates(world, found.opaques.values())
        return out

    def situations(self, model: Any, found: _Mentioned) -> tuple[Situation, ...]:
        """Return a model as one situation a world; what the question leaves open is as usual."""
        base = Situation(self._ordinary)
        out = []
        for world in self._worlds:
            own = [var for var in found.facts.values() if world.facts.get(var.key) is var]
            out.append(situation_of(model, own, self.usual).over(base))
        return tuple(out)

    def usual(self, var: FactVar) -> Told:
        """Return what a fact ordinarily says."""
        return self._ordinary.get(var.key) or usual(var)


PRESENCE, VALUE, UNIT = "presence", "value", "unit"
FAR = 10
"""How much later what a question is not about is let go."""


@dataclass(frozen=True, slots=True)
class _Pin:
    """The wish that something of one fact is as usual, or at least plain. `rank`: which wish is given up first."""

    literal: Any
    label: str
    rank: tuple[int, str]
    then: "_Pin | None" = None
    """What is wished for once this one was given up."""
    is_last: bool = False
    """Without it the value is free."""


class _Hunt:
    """Looks for a situation near the ordinary one: what stands in the way of the goal is let go, wish by wish.

    An amount goes from its usual value to one unit before it goes free, so that few factors of a product are
    free at once: z3 is quick while what is left is linear.
    """

    def __init__(self, search: Search, goal: Formula, confirm: Confirm) -> None:
        self._search, self._confirm = search, confirm
        self._found = search.mentioned([goal], True)
        self._solver = search.solver()
        self._solver.add(goal, *search.always(self._found))
        self._rows, self._grid, self._said = (z3.Bool(f"?{name}") for name in ("rows", "grid", "said"))
        self._define()

    def _define(self) -> None:
        add = self._solver.add
        for opaque in self._found.opaques.values():
            for each in opaque.definition():
                add(each if opaque.how == EXACT else z3.Implies(self._rows, each))
        for var in self._found.facts.values():
            if var.fact.type.kind is Kind.LIST:
                add(*(z3.Implies(self._rows, each) for each in row_axioms(var, var.words)))
            add(*(z3.Implies(self._grid, each) for each in var.on_grid()))
            add(*(z3.Implies(self._said, each) for each in var.can_be_said()))

    def _pins(self) -> list[_Pin]:
        out = []
        for label, var in self._found.facts.items():
            told = self._search.usual(var)
            far = 0 if var.key in self._search.about else FAR
            rank = _value_rank(var) + far
            out.append(self._pin(PRESENCE, label, _same_presence(var, told), 6 + var.is_counted + far))
            unit = None
            if is_amount(var.fact.type):
                unit = self._pin(UNIT, label, var.value == 1, rank + 1, is_last=True)
            same = _same_value(var, told.value) if told.value is not None else None
            if same is not None:
                out.append(self._pin(VALUE, label, same, rank, unit))
            elif unit is not None:
                out.append(unit)
        return out

    def _pin(
        self, word: str, label: str, wish: Formula, rank: int, then: _Pin | None = None, is_last: bool = False
    ) -> _Pin:
        literal = z3.Bool(f"?{word} {label}")
        self._solver.add(z3.Implies(literal, wish))
        return _Pin(literal, label, (rank, label), then, is_last)

    def _factors(self) -> list[tuple[frozenset[str], frozenset[str]]]:
        """Return which facts stand on either side of each product."""
        labels = frozenset(self._found.facts)
        return [
            (self._search.below(opaque.factors[0]) & labels, self._search.below(opaque.factors[1]) & labels)
            for opaque in self._found.opaques.values()
            if opaque.factors is not None
        ]

    # ---------------------------------------------------------------------------------- the hunt
    def run(self) -> Answer:
        """Return what was found."""
        pins, fixed = self._pins(), [self._rows, self._grid, self._said]
        gone: list[_Pin] = []
        products, free = self._factors(), set[str]()

        def cost(pin: _Pin) -> tuple[bool, tuple[int, str]]:
            is_hard = pin.is_last and any(
                (pin.label in ours and free & theirs) or (pin.label in theirs and free & ours)
                for ours, theirs in products
            )
            return is_hard, pin.rank

        while True:
            pins.sort(key=cost)
            said = self._solver.check(*fixed, *(pin.literal for pin in pins))
            if said == z3.unknown:
                return Answer(Verdict.UNKNOWN, why="the solver gave up")
            if said == z3.sat:
                situations = self._search.situations(self._solver.model(), self._found)
                if self._confirm(situations):
                    return Answer(Verdict.FOUND, self._nearer(situations, pins, gone, fixed))
                return Answer(Verdict.UNKNOWN, why="what the solver found does not replay")
            core = {name_of(literal) for literal in self._solver.unsat_core()}
            first = next((pin for pin in pins if name_of(pin.literal) in core), None)
            if first is not None:
                pins.remove(first)
                pins += [first.then] if first.then is not None else []
                gone.append(first)
                free |= {first.label} if first.is_last else set()
            elif name_of(self._said) in core:
                fixed.remove(self._said)
            elif name_of(self._rows) in core:
                return Answer(Verdict.UNKNOWN, why=f"no list of up to {MOST} rows does, and longer ones were not tried")
            else:
                return Answer(Verdict.UNKNOWN, why="nothing stands in the way, and nothing was found")

    def _nearer(
        self, situations: tuple[Situation, ...], pins: list[_Pin], gone: list[_Pin], fixed: list[Any]
    ) -> tuple[Situation, ...]:
        """Return the nearest confirmed situations: wishes that were given up in vain are granted again."""
        kept = list(pins)
        for pin in reversed(gone):
            others = [other for other in kept if other is not pin.then]
            if pin.is_last or self._solver.check(*fixed, pin.literal, *(o.literal for o in others)) != z3.sat:
                continue
            nearer = self._search.situations(self._solver.model(), self._found)
            if self._confirm(nearer):
                kept = [*others, pin]
                situations = nearer
        return situations


def _value_rank(var: FactVar) -> int:
    """Return how early the value of a fact is given up: amounts before words, the order's own first."""
    if is_amount(var.fact.type):
        return 0 if var.path.startswith("intent.") else 2
    return 5


def _same_presence(var: FactVar, told: Told) -> Formula:
    given = var.given if told.value is not None else z3.Not(var.given)
    lates = [late if age in told.late else z3.Not(late) for age, late in var.lates.items()]
    return z3.And(given, var.broken == told.is_broken, *lates)


def _same_value(var: FactVar, value: Any) -> Formula | None:
    kind = var.fact.type
    if kind.kind is Kind.SET:
        element = kind.element
        if element is None or is_amount(element):
            return None
        codes = [var.words.code(str(word)) for word in sorted(value)]
        inside = [var.value(item) == z3.Or(*(item == code for code in codes)) for item in var.items]
        return z3.And(var.rows == len(value), *inside)
    if kind.kind is Kind.LIST:
        return var.rows == 0 if not value else None
    if is_amount(kind):
        return var.value == term(Fraction(value, scale_of(kind)))
    if is_real(kind):
        return var.value == z3.RealVal(Fraction(value)) if is_finite(value) else None
    if is_word(kind):
        return var.value == var.words.code(value)
    return var.value if value else z3.Not(var.value)
