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
    """One outcome: `effect` says of what kind, `code` the reason code or name, `rule` whose it is.

    `keys` are those of a posture, or a ranking from the first on.
    """

    span: Span
    effect: str
    code: str | None
    rule: str | None
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """What happens later in a scenario, and what must then hold. `at` None: the desk is started again."""

    span: Span
    at: Number | None
    assignments: tuple[Assignment, ...]
    without: tuple[str, ...]
    occurrences: tuple[Occurrence, ...]
    outcomes: tuple[ExpectedOutcome, ...]


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
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Test(Declaration):
    __test__ = False
    title: str
    rules: tuple[tuple[str, Span], ...]
    scenarios: tuple[Scenario, ...]
