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
class Param:
    name: str
    type: Type
    low: Fraction | None
    high: Fraction | None
    direction: str | None
    per: tuple[str, ...]
    rows: tuple[ParamRow, ...]
    doc: str
    span: Span = attribute(compare=False)


@dataclass(frozen=True, slots=True)
class Window:
    """An aggregate over events. `duration` is microseconds; `event` an event name, `field` what is
    summed; `where` reads the event through FieldRef('event', …)."""

    name: str
    function: str
    event: str
    field: str | None
    duration: int
    per: tuple[str, ...]
    where: Expr | None
    type: Type
    span: Span = attribute(compare=False)


@dataclass(frozen=True, slots=True)
class ListUse:
    """A maintained list: its file, element or columns, freshness and least number of rows."""

    name: str
    title: str
    file: str
    type: Type
    age: Age | None
    minimum_rows: int
    owner: str
    span: Span = attribute(compare=False)
