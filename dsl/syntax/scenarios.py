"""Fixtures and tests as written."""

from dataclasses import dataclass

from dsl.syntax.declarations import Declaration
from dsl.syntax.expressions import Expr, Moment, Number
from dsl.text import Span


@dataclass(frozen=True, slots=True)
class Assignment:
    """A fixture fact or a param override; `age` only on facts."""

    span: Span
    target: str
    is_param: bool
    key: tuple[str, ...]
    value: Expr
    age: Number | None


@dataclass(frozen=True, slots=True)
class Fixture(Declaration):
    name: str
    assignments: tuple[Assignment, ...]


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An event a scenario lets happen at one or more offsets from its start."""

    span: Span
    event: str
    fields: tuple[Assignment, ...]
    at: Number
    until: Number | None
    every: Number | None


@dataclass(frozen=True, slots=True)
class ExpectedOutcome:
    span: Span
    effect: str
    code: str | None
    rule: str | None


@dataclass(frozen=True, slots=True)
class Scenario:
    span: Span
    fixture: str
    assignments: tuple[Assignment, ...]
    without: tuple[str, ...]
    occurrences: tuple[Occurrence, ...]
    judged_at: Number | None
    instant: Moment | None
    outcomes: tuple[ExpectedOutcome, ...]


@dataclass(frozen=True, slots=True)
class Test(Declaration):
    __test__ = False
    title: str
    rules: tuple[tuple[str, Span], ...]
    scenarios: tuple[Scenario, ...]
