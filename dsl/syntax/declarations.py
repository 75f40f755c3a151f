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
class RowSource:
    """Where a keyed param's rows are kept: a list, its value column, and its columns for date and citation."""

    span: Span
    listed: str
    column: str
    dated: str | None
    cited: str | None


@dataclass(frozen=True, slots=True)
class Param(Declaration):
    name: str
    type: TypeName
    low: Expr | None
    high: Expr | None
    direction: str | None
    per: tuple[str, ...]
    rows: tuple[DatedValue, ...]
    source: RowSource | None = None


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
    origin: tuple[str, str] | None
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
    over: Number | None
    since: str | None
    per: tuple[str, ...]
    where: Expr | None


@dataclass(frozen=True, slots=True)
class Cell:
    """What one row of a table asks of one input: `relation` is any, is, in, .. or a comparison."""

    span: Span
    relation: str
    values: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class TableRow:
    span: Span
    cells: tuple[Cell, ...]
    value: Expr


@dataclass(frozen=True, slots=True)
class TableVersion:
    """The rows in force from a day on (None: always)."""

    span: Span
    since: str | None
    cite: str | None
    rows: tuple[TableRow, ...]


@dataclass(frozen=True, slots=True)
class Table(Declaration):
    name: str
    title: str
    inputs: tuple[Expr, ...]
    type: TypeName | None
    versions: tuple[TableVersion, ...]
    cite: tuple[str, ...]
    owner: str | None
    repeated: tuple[str, ...] = ()
