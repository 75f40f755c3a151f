"""Expressions as written."""

from dataclasses import dataclass
from fractions import Fraction

from dsl.text import Span


@dataclass(frozen=True, slots=True)
class Expr:
    span: Span


@dataclass(frozen=True, slots=True)
class Number(Expr):
    """A literal: `value` as written, `unit` its suffix ('' for a bare number, '%' for a percentage)."""

    value: Fraction
    unit: str


@dataclass(frozen=True, slots=True)
class TextLiteral(Expr):
    value: str


@dataclass(frozen=True, slots=True)
class Truth(Expr):
    value: bool


@dataclass(frozen=True, slots=True)
class Moment(Expr):
    """A date, timestamp or time of day; `kind` says which, `text` is as written."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Code(Expr):
    """An UPPERCASE word: an enum value or a currency."""

    name: str


@dataclass(frozen=True, slots=True)
class Name(Expr):
    path: str


@dataclass(frozen=True, slots=True)
class Index(Expr):
    name: str
    keys: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Call(Expr):
    function: str
    arguments: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Aggregate(Expr):
    function: str
    body: Expr
    variable: str
    source: Expr
    where: Expr | None
    otherwise: Expr | None


@dataclass(frozen=True, slots=True)
class SetLiteral(Expr):
    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Records(Expr):
    """Rows of a list as a scenario sets them: each a field after the other with its value."""

    rows: tuple[tuple[tuple[str, Expr], ...], ...]


@dataclass(frozen=True, slots=True)
class Negate(Expr):
    operand: Expr


@dataclass(frozen=True, slots=True)
class Binary(Expr):
    """Arithmetic: + - * /."""

    operator: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class BusinessDays(Expr):
    """`date + 3 business days of XNYS`, or minus: `count` carries the sign."""

    operand: Expr
    count: int
    calendar: str


@dataclass(frozen=True, slots=True)
class Comparison(Expr):
    """One of < <= > >= is is_not in not_in multiple."""

    operator: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Between(Expr):
    operand: Expr
    low: Expr
    high: Expr


@dataclass(frozen=True, slots=True)
class Not(Expr):
    operand: Expr


@dataclass(frozen=True, slots=True)
class Logic(Expr):
    """`and` or `or` over two or more parts."""

    operator: str
    parts: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class If(Expr):
    condition: Expr
    then: Expr
    otherwise: Expr


@dataclass(frozen=True, slots=True)
class Otherwise(Expr):
    operand: Expr
    default: Expr
