"""The programs cases are judged by: the rules a case is about on its law date, with the numbers it sets."""

from collections.abc import Callable
from dataclasses import replace

from dsl import ir
from dsl.bundle import Bundle
from dsl.calendars import PLAIN, Calendars
from dsl.cases import Case
from dsl.program import Number, Program, in_force

_About = tuple[object, ...]
"""What the program of a case depends on: stage, law date, rules, numbers it sets, scope."""


class Programs:
    """Makes each program once: many cases are about the same rules on the same day."""

    def __init__(self, bundle: Bundle, calendars: Calendars = PLAIN) -> None:
        self.bundle, self.calendars = bundle, calendars
        self._made: dict[_About, Program] = {}

    def of(self, case: Case, scope: tuple[str, ...] | None = None) -> Program:
        """Return the rules a case is about, or those of one scope among them."""
        about = (case.stage, case.law_date, case.rules, case.params, scope)
        if about not in self._made:
            self._made[about] = self._make(case, scope)
        return self._made[about]

    def by_scope(self, case: Case) -> tuple[Program, ...]:
        """Return the rules a case of a watched stage is about, one program for each scope."""
        return tuple(self.of(case, scope) for scope in dict.fromkeys(rule.scope for rule in self.of(case).rules))

    def _make(self, case: Case, scope: tuple[str, ...] | None) -> Program:
        program = in_force(
            self.bundle, case.stage, case.law_date, calendars=self.calendars, only=_picked(case.rules, scope)
        )
        if not case.params:
            return program
        numbers = {name: dict(rows) for name, rows in program.numbers.items()}
        for name, key, value in case.params:
            numbers[name][key] = Number(value, None, "scenario", "scenario", case.span)
        return replace(program, numbers=numbers)


def _picked(rules: tuple[str, ...], scope: tuple[str, ...] | None) -> Callable[[ir.Rule], bool]:
    return lambda rule: (not rules or rule.id in rules) and scope in (None, rule.scope)
