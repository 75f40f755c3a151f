"""Expressions judged on a draft: what a rule would see if the scenario were run."""

from collections.abc import Mapping
from typing import Any

from dsl import ir
from dsl.bundle import Bundle
from dsl.calendars import WEEKDAYS, Calendars, sessions_of
from dsl.case_facts import snapshot_of
from dsl.case_programs import Programs
from dsl.cases import Case
from dsl.collect import BY_HAND
from dsl.contracts import Fact
from dsl.cover.atoms import opened
from dsl.cover.conditions import deciding
from dsl.cover.disturb import Disturbed, NodeProbe
from dsl.cover.facts import read_by
from dsl.interpret import Interpreter, Unknown
from dsl.names import Rulebook
from dsl.program import fact_of
from dsl.skeleton.draft import Draft, Opening, case_of

_NOT_JUDGED = Unknown((("rule", "not judged"),))


class World:
    """One rule of a bundle, and what its conditions come to on a draft."""

    def __init__(self, programs: Programs, rule: ir.Rule) -> None:
        self.programs, self.rule = programs, rule
        self.book: Rulebook = next(book for book in self.bundle.books if book.name == rule.rulebook)
        self.opening = opening_of(self.book, programs.calendars)
        self.events: Mapping[str, Mapping[str, Fact]] = {**self.bundle.contracts.events, **BY_HAND}

    @property
    def bundle(self) -> Bundle:
        return self.programs.bundle

    @property
    def lets(self) -> Mapping[str, ir.Expr]:
        """Every named expression."""
        return self.bundle.ruleset.lets

    def lets_on(self, draft: Draft) -> Mapping[str, ir.Expr]:
        """Return every named expression, tables as they stand on the day of a draft."""
        return self.programs.of(self.case(draft)).lets

    def case(self, draft: Draft) -> Case:
        """Return a draft as a case without expectations."""
        return case_of(draft, self.events, self.opening)

    def interpreter(self, draft: Draft, probe: NodeProbe | None = None) -> Interpreter:
        """Return an interpreter over the facts of a draft as it is first judged, disturbed where a probe is given."""
        case = self.case(draft)
        program = self.programs.of(case, self.rule.scope if case.stage != "pre_trade" else None)
        snapshot = snapshot_of(program, case)
        if probe is None:
            return Interpreter(program, snapshot)
        return Disturbed(program, snapshot, probe.node, probe)

    def evaluate(self, draft: Draft, expr: ir.Expr, probe: NodeProbe | None = None) -> Any:
        """Return what an expression comes to on a draft; Unknown also where the rule is not judged."""
        rows: dict[str, Any] = {}
        for variable in free_rows(expr):
            path = self.list_of(variable)
            setting = draft.settings.get(path)
            if setting is None or not setting.value:
                return Unknown(((f"row:{path}", "no row"),))
            rows[variable] = setting.value[0]
        try:
            interpreter = self.interpreter(draft, probe)
            for variable, row in rows.items():
                interpreter = interpreter.within(variable, row)
            return interpreter.evaluate(expr)
        except (KeyError, ZeroDivisionError):
            return _NOT_JUDGED

    def list_of(self, variable: str) -> str:
        """Return the list whose rows the rule's aggregates call by a name."""
        named = (p for expr in self.expressions() for p in ir.walk(expr) if isinstance(p, ir.Aggregate))
        return next(one.source.path for one in named if one.variable == variable)

    def paths(self) -> tuple[str, ...]:
        """Return the facts that decide the rule, and those its windows are kept by."""
        keys = [f"{self.space}.{name}" for window in self.windows().values() for name in window.per]
        return tuple(dict.fromkeys([*(path for path in self._read() if not path.startswith("window:")), *keys]))

    def windows(self) -> dict[str, ir.Window]:
        """Return the windows the rule reads, by path."""
        read = [path for path in self._read() if path.startswith("window:")]
        return {path: self.bundle.ruleset.windows[path.removeprefix("window:")] for path in read}

    def _read(self) -> list[str]:
        refs = (part for expr in self.expressions() for part in ir.walk(expr) if isinstance(part, ir.FactRef))
        return sorted({ref.path for ref in refs})

    @property
    def space(self) -> str:
        """Where the rule's keys come from: the order, or its scope."""
        return "intent" if self.rule.stage == "pre_trade" else "scope"

    def fact(self, path: str) -> Fact:
        """Return the contract of a fact."""
        return fact_of(self.bundle, path)

    def conditions(self) -> list[ir.Expr]:
        """Return the conditions of the rule, named expressions opened after them."""
        own = deciding(self.rule)
        return [*own, *(self.lets[name] for name in opened(own, self.lets))]

    def expressions(self) -> list[ir.Expr]:
        """Return everything that decides the rule, named expressions opened."""
        own = read_by(self.rule)
        return [*own, *(self.lets[name] for name in opened(own, self.lets))]


def free_rows(expr: ir.Expr) -> list[str]:
    """Return the names of rows an expression reads that no aggregate inside it gives."""
    match expr:
        case ir.FieldRef():
            return [expr.variable]
        case ir.Aggregate():
            inner = [name for part in ir.children(expr) for name in free_rows(part)]
            return [name for name in dict.fromkeys(inner) if name != expr.variable]
        case _:
            return list(dict.fromkeys(name for part in ir.children(expr) for name in free_rows(part)))


def opening_of(book: Rulebook, calendars: Calendars) -> Opening:
    """Return when the sessions of a rulebook's calendar open: where its scenarios begin."""
    own = sessions_of(calendars, book.calendar.code) if book.calendar else None
    return (own or next(iter(calendars.values()), WEEKDAYS)).opening
