"""What a lint looks at: compiled rulebooks, the scenarios that test them, and the date it is."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TypeVar

from dsl import ir
from dsl import syntax as s
from dsl.bundle import Bundle
from dsl.cases import Case, Expected
from dsl.edits import part_of
from dsl.intervals import Bounds, Interval
from dsl.lint.reach import deciding, params_in
from dsl.names import Rulebook
from dsl.text import Span

_T = TypeVar("_T")

INCREASES = "intent.increases_risk"
SOFT = ("note", "warn", "flag")
HARD = ("clip", "hold", "reject")
"""Effects that keep an order, or a part of it, from going."""
DECISIVE = (*HARD, "trip")
"""Effects somebody will ask the reason of."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A rule as it is written and as it is judged."""

    book: Rulebook
    text: s.RuleText
    rule: ir.Rule


@dataclass(frozen=True, slots=True)
class Declared:
    """A param as it is written and as it is read."""

    book: Rulebook
    text: s.Param
    param: ir.Param


@dataclass(frozen=True)
class Subject:
    """`cases` are the scenarios of rule files and of the scenario files beside them; `fixtures` those the latter name.

    A fixture is named by its rulebook and its own name.
    """

    bundle: Bundle
    cases: tuple[Case, ...]
    fixtures: frozenset[tuple[str, str]]
    on: date

    @property
    def books(self) -> tuple[Rulebook, ...]:
        return self.bundle.books

    @property
    def lets(self) -> Mapping[str, ir.Expr]:
        return self.bundle.ruleset.lets

    def rules(self, *kinds: str) -> Iterator[Judged]:
        """Yield every rule, or those of some kinds (limit, switch, gate …), in the order of the files."""
        known = {rule.id: rule for rule in self.bundle.ruleset.rules}
        for book in self.books:
            for text in book.rules.values():
                if text.id in known and (not kinds or text.kind in kinds):
                    yield Judged(book, text, known[text.id])

    def params(self) -> Iterator[Declared]:
        """Yield every param in the order of the files."""
        known = self.bundle.ruleset.params
        for book in self.books:
            for text in book.params.values():
                param = known.get(f"{book.name}.{text.name}")
                if param is not None:
                    yield Declared(book, text, param)

    def numbers(self) -> Iterator[Declared]:
        """Yield every param that is a number."""
        return (declared for declared in self.params() if declared.param.type.is_number)

    def readers(self, param: str) -> tuple[Judged, ...]:
        """Return the rules that a param helps to decide, in the order of the files."""
        return self._readers.get(param, ())

    def cases_of(self, rule_id: str) -> tuple[Case, ...]:
        """Return the cases that judge a rule by itself or among the rules they name."""
        return self._cases.get(rule_id, ())

    def general(self, stage: str) -> tuple[Case, ...]:
        """Return the cases that judge every rule of a stage together."""
        return tuple(case for case in self.cases if not case.rules and case.stage == stage)

    @cached_property
    def _cases(self) -> Mapping[str, tuple[Case, ...]]:
        return _grouped((rule, case) for case in self.cases for rule in dict.fromkeys(case.rules))

    @cached_property
    def _readers(self) -> Mapping[str, tuple[Judged, ...]]:
        return _grouped((name, one) for one in self.rules() for name in params_in(deciding(one.rule), self.lets))

    def bounds(self) -> Bounds:
        """Return what values can be, by contract and by the ranges of params."""
        ranges = {name: Interval(param.low, param.high) for name, param in self.bundle.ruleset.params.items()}
        return Bounds(self.bundle.contracts.facts, ranges, self.lets.get)

    def said(self, span: Span) -> str:
        """Return the text of a place, as it is written."""
        return part_of(self.bundle.sources.get(span.file, ""), span)


def looks_of(case: Case) -> list[tuple[Expected, ...]]:
    """Return what a case expects at each look: once, or again after each step."""
    return [case.outcomes, *(step.outcomes for step in case.steps)]


def _grouped(pairs: Iterable[tuple[str, _T]]) -> dict[str, tuple[_T, ...]]:
    groups: dict[str, list[_T]] = {}
    for name, one in pairs:
        groups.setdefault(name, []).append(one)
    return {name: tuple(group) for name, group in groups.items()}
