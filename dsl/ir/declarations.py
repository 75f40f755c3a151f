"""What rules read beside facts: params, windows and lists."""

from dataclasses import dataclass
from dataclasses import field as attribute
from fractions import Fraction

from dsl.contracts import Age
from dsl.ir.expressions import Expr, Value
from dsl.text import Span
from dsl.types import Type


@dataclass(frozen=True, slots=True)
class ParamRow:
    """One dated value: row key, first day in force (None: always), exact value, citation, place."""

    key: tuple[str, ...]
    since: str | None
    value: Value
    cite: str
    span: Span = attribute(compare=False)


@dataclass(frozen=True, slots=True)
class RowSource:
    """The list a keyed param's rows are kept in: its slot path and columns."""

    listed: str
    column: str
    dated: str | None
    cited: str | None


@dataclass(frozen=True, slots=True)
class Param:
    """A named number. Its rows are written with it, or kept in the list `source` names."""

    name: str
    type: Type
    low: Fraction | None
    high: Fraction | None
    direction: str | None
    per: tuple[str, ...]
    rows: tuple[ParamRow, ...]
    doc: str
    span: Span = attribute(compare=False)
    source: RowSource | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """An aggregate over events. `event` is an event name, `field` what is summed or kept; `where` reads the
    event through FieldRef('event', …). It reaches back by `duration` microseconds, over `sessions` sessions
    (the current one among them), or to the last event of the name `since`: one of the three.

    `is_market` events are known only once a whole stretch has been watched; our own from the account's start.
    """

    name: str
    function: str
    event: str
    field: str | None
    duration: int
    sessions: int
    calendar: str
    since: str | None
    is_market: bool
    per: tuple[str, ...]
    where: Expr | None
    type: Type
    span: Span = attribute(compare=False)


@dataclass(frozen=True, slots=True)
class ListUse:
    """A maintained list: its element or columns, freshness and least number of rows.

    `origin` says where its content is kept, `file` or `database`, and `place` under which name there.
    """

    name: str
    title: str
    origin: str
    place: str
    type: Type
    age: Age | None
    minimum_rows: int
    owner: str
    span: Span = attribute(compare=False)


@dataclass(frozen=True, slots=True)
class TableVersion:
    """A table as it stands from a day on (None: always): one expression over its inputs."""

    since: str | None
    body: Expr
    cite: str
    span: Span = attribute(compare=False)


@dataclass(frozen=True, slots=True)
class Table:
    """A decision table. Its versions are proven to give exactly one value for every input."""

    name: str
    title: str
    type: Type
    inputs: tuple[Expr, ...]
    versions: tuple[TableVersion, ...]
    cite: tuple[str, ...]
    owner: str
    doc: str
    span: Span = attribute(compare=False)
