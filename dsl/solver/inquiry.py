"""Bundles ready to be asked: translated once, law date by law date, every answer replayed in the interpreter."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date

import z3

from dsl import ir
from dsl.bundle import Bundle
from dsl.calendars import PLAIN, WEEKDAYS
from dsl.interpret import Unknown
from dsl.judgement import Judgement
from dsl.program import Program, Slot, fact_of, in_force
from dsl.reads import expression_facts, rule_expressions
from dsl.solver.meaning import Meanings, Side
from dsl.solver.ordinary import ordinary_facts
from dsl.solver.outcome import Outcome, Parts, outcome_of, together
from dsl.solver.search import WORK, Answer, Search
from dsl.solver.situation import Situation, Told, evaluate, replay
from dsl.solver.translate import Translator
from dsl.solver.words import Formula, Words
from dsl.solver.world import World
from dsl.text import NOWHERE

LAW_DATE, NOW = "law_date", "now"
Days = tuple[date | None, date | None]
"""First and last law date a question is about, None without end."""


class Inquiry:
    """One or two bundles in one table of meanings, so that what they share is one term."""

    def __init__(self, bundles: Sequence[Bundle], work: int = WORK, is_free: bool = False) -> None:
        self.bundles, self.work, self._is_free = tuple(bundles), work, is_free
        self.meanings = Meanings()
        self.words = Words()
        self.world = World(self.words, self.meanings)
        self.translator = Translator(self.world)

    def on(self, stage: str, day: date, days: Days, reads: Sequence[ir.Expr] = ()) -> "Moment":
        """Return the bundles' rules of a stage on a law date, for questions about `days`.

        `reads` are expressions beside the rules whose facts a situation must know too.
        """
        programs = (in_force(bundle, stage, day, calendars=PLAIN) for bundle in self.bundles)
        sides = tuple(Side(_widened(program, reads), self._is_free) for program in programs)
        return Moment(self, sides, day, days)


class Moment:
    """The bundles on one law date."""

    def __init__(self, inquiry: Inquiry, sides: tuple[Side, ...], day: date, days: Days) -> None:
        self.inquiry, self.sides, self.day, self._days = inquiry, sides, day, days
        self.rules = tuple({rule.id: rule for rule in side.program.rules} for side in sides)
        self._outcomes: dict[tuple[int, str], Outcome] = {}

    # ---------------------------------------------------------------------------------- rules
    def meaning(self, at: int, rule_id: str) -> int | None:
        """Return the number of what a rule does on side `at`, None when it is not in force there."""
        rule = self.rules[at].get(rule_id)
        return None if rule is None else self.inquiry.meanings.rule(self.sides[at], rule)

    def beyond(self, at: int, rule_id: str) -> tuple[tuple[str, object], ...]:
        """Return what a rule in force says beyond the order at hand, by name; nothing where it is not in force."""
        rule = self.rules[at].get(rule_id)
        return () if rule is None else self.inquiry.meanings.beyond(self.sides[at], rule)

    def outcome(self, at: int, rule_ids: Iterable[str]) -> Outcome:
        """Return what rules say together on side `at`; one that is not in force says nothing."""
        return together([self._outcome(at, rule_id) for rule_id in rule_ids if rule_id in self.rules[at]])

    def _outcome(self, at: int, rule_id: str) -> Outcome:
        found = self._outcomes.get((at, rule_id))
        if found is None:
            found = outcome_of(self.inquiry.translator, self.sides[at], self.rules[at][rule_id])
            self._outcomes[at, rule_id] = found
        return found

    def parts(self, at: int, rule_id: str) -> Parts:
        """Return the conditions a rule is made of."""
        return Parts(self.inquiry.translator, self.sides[at], self.rules[at][rule_id])

    def holds(self, at: int, condition: ir.Expr) -> Formula:
        """Return the condition that an expression is known and true."""
        found = self.inquiry.translator.term(self.sides[at], condition, kleene=True)
        return z3.And(found.known, found.value)

    def together(self, *conditions: Formula) -> Formula:
        """Return the condition that all of several hold."""
        return z3.And(*conditions)

    def any_of(self, *conditions: Formula) -> Formula:
        """Return the condition that any of several holds."""
        return z3.Or(*conditions)

    def negated(self, condition: Formula) -> Formula:
        """Return the condition that another does not hold."""
        return z3.Not(condition)

    def undisturbed(self, is_complete: bool) -> Formula:
        """Return the condition that no fact is stale or disputed and no window has counted anything.

        With `is_complete` nothing is absent either that a contract says is always there.
        """
        parts: list[Formula] = []
        for side in self.sides:
            for path in side.program.index:
                fact = side.fact(path)
                self.inquiry.translator.term(side, ir.FactRef(fact.type, NOWHERE, path))
                var = self.inquiry.world.fact(side, path)
                parts += [z3.Not(var.broken), *(z3.Not(late) for late in var.lates.values())]
                if var.is_counted:
                    parts.append(z3.Not(var.given) if fact.optional else z3.Implies(var.given, var.value == 0))
                elif is_complete and not fact.optional:
                    parts.append(var.given)
        return z3.And(*parts)

    # ---------------------------------------------------------------------------------- questions
    def find(
        self,
        goal: Formula,
        confirm: Callable[[Situation], bool],
        books: tuple[str, ...] = (),
        about: Iterable[str] = (),
    ) -> Answer:
        """Return a situation of these law dates that satisfies the goal and that `confirm` agrees with.

        What the question leaves open is as the fixtures say, those of the rulebooks named first before others.
        `about` are the rules it is about, whose facts are the first to be other than usual.
        """
        search = Search([self.inquiry.world], self.ordinary(books), self.inquiry.work, self.facts_of(about))
        return search.find(self.dated(goal), lambda situations: confirm(situations[0]))

    def never(self, goal: Formula) -> bool | None:
        """Return whether no situation of these law dates satisfies the goal; None where that was not decided."""
        return Search([self.inquiry.world], {}, self.inquiry.work).never(self.dated(goal))

    def dated(self, goal: Formula) -> Formula:
        """Return a goal about the law dates of this moment alone."""
        world = self.inquiry.world
        keys = [self.inquiry.meanings.key(side, LAW_DATE) for side in self.sides if LAW_DATE in side.program.index]
        first, last = self._days
        parts = [goal]
        for key in dict.fromkeys(keys):
            if key in world.facts and first is not None:
                parts.append(world.facts[key].value >= first.toordinal())
            if key in world.facts and last is not None:
                parts.append(world.facts[key].value <= last.toordinal())
        return z3.And(*parts)

    def facts_of(self, rule_ids: Iterable[str]) -> frozenset[str]:
        """Return the keys of the facts some rules read on any side."""
        keys: set[str] = set()
        for at, side in enumerate(self.sides):
            rules = [self.rules[at][rule_id] for rule_id in rule_ids if rule_id in self.rules[at]]
            paths = [p for r in rules for e in rule_expressions(r) for p in expression_facts(e, side.program.lets)]
            keys.update(self.key(at, path) for path in paths)
        return frozenset(keys)

    def ordinary(self, books: tuple[str, ...] = ()) -> dict[str, Told]:
        """Return what facts ordinarily say on this date, by the fixtures of every side."""
        out: dict[str, Told] = {}
        for side in reversed(self.sides):
            for key, told in ordinary_facts(self.inquiry.meanings, side, books).items():
                out.setdefault(key, told)
            out.setdefault(self.inquiry.meanings.key(side, LAW_DATE), Told(self.day.toordinal()))
            out.setdefault(self.inquiry.meanings.key(side, NOW), Told(WEEKDAYS.opening(self.day)))
        return out

    # ---------------------------------------------------------------------------------- the interpreter
    def key(self, at: int, path: str) -> str:
        """Return the key side `at` knows a fact under."""
        return self.inquiry.meanings.key(self.sides[at], path)

    def replay(self, at: int, situation: Situation, rule_ids: Iterable[str] | None = None) -> Judgement:
        """Return what the interpreter says on side `at`, of these rules or of all."""
        only = None if rule_ids is None else frozenset(rule_ids)
        return replay(self.sides[at], lambda path: self.key(at, path), situation, only)

    def is_true(self, at: int, situation: Situation, condition: ir.Expr) -> bool:
        """Return whether a condition is known and true in a situation."""
        value = evaluate(self.sides[at], lambda path: self.key(at, path), situation, condition)
        return not isinstance(value, Unknown) and value is True


def _widened(program: Program, reads: Sequence[ir.Expr]) -> Program:
    """Return a program whose snapshots also hold what these expressions read."""
    wanted: dict[str, None] = {}
    waiting = list(reads)
    while waiting:
        for part in ir.walk(waiting.pop()):
            if isinstance(part, ir.FactRef):
                wanted[part.path] = None
            elif isinstance(part, ir.LetRef):
                waiting.append(program.lets[part.name])
    paths = sorted({*wanted, *program.index})
    if len(paths) == len(program.index):
        return program
    slots = tuple(Slot(at, path, fact_of(program.bundle, path)) for at, path in enumerate(paths))
    index = {slot.path: slot.index for slot in slots}
    ages = tuple(replace(check, slot=index[program.slots[check.slot].path]) for check in program.ages)
    return replace(program, slots=slots, ages=ages, index=index)
