"""What a rule file declares for its rules: numbers, names, lists and windows."""

from dataclasses import dataclass

from dsl.syntax.expressions import Expr, Number
from dsl.text import Span


@dataclass(frozen=True, slots=True)
class TypeName:
    """A written type: `name` and, where given, its unit, element or enum values."""

    span: Span
    name: str
    unit: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Declaration:
    span: Span
    doc: str


@dataclass(frozen=True, slots=True)
class Rulebook(Declaration):
    name: str
    title: str


@dataclass(frozen=True, slots=True)
class CalendarUse(Declaration):
    code: str
    zone: str


@dataclass(frozen=True, slots=True)
class Uses(Declaration):
    names: tuple[tuple[str, Span], ...]


@dataclass(frozen=True, slots=True)
class DatedValue:
    """One line of a param: row key, first day in force (None: always), value, citation."""

    span: Span
    key: tuple[str, ...]
    since: str | None
    value: Expr
    cite: str


@dataclass(frozen=True, slots=True)
class Param(Declaration):
    name: str
    type: TypeName
    low: Expr | None
    high: Expr | None
    direction: str | None
    per: tuple[str, ...]
    rows: tuple[DatedValue, ...]


@dataclass(frozen=True, slots=True)
class Let(Declaration):
    name: str
    type: TypeName | None
    body: Expr


@dataclass(frozen=True, slots=True)
class Freshness:
    """How old a fact may be: a measure, or the current bar when `measure` is None."""

    span: Span
    measure: Number | None


@dataclass(frozen=True, slots=True)
class ListUse(Declaration):
    name: str
    element: str
    title: str
    file: str | None
    columns: tuple[tuple[str, TypeName], ...]
    fresh: Freshness | None
    minimum_rows: int | None
    cite: str | None
    owner: str | None
    repeated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Window(Declaration):
    name: str
    function: str
    event: str
    over: Number
    per: tuple[str, ...]
    where: Expr | None
