"""Typed expressions, exact rationals, every fact explicit."""

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field as attribute
from fractions import Fraction

from dsl.text import Span
from dsl.types import BOOL, Type

Value = bool | int | Fraction | str | frozenset[object] | tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Expr:
    """An expression: its type, and the place it was written at."""

    type: Type
    span: Span = attribute(compare=False)


@dataclass(frozen=True, slots=True)
class Const(Expr):
    value: Value


@dataclass(frozen=True, slots=True)
class FactRef(Expr):
    """A fact, window (`window:`) or list (`list:`), read from the snapshot by path."""

    path: str


@dataclass(frozen=True, slots=True)
class ParamRef(Expr):
    """A param of a rulebook, with one expression per key."""

    name: str
    keys: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Lookup(Expr):
    """A param whose rows are kept in a list: the row whose key columns equal the keys, the latest in force.

    `keys` pairs a column with its expression; `column` holds the value, `dated` the first day in force, which
    is held against `today`. A value outside `low` .. `high` is invalid.
    """

    name: str
    source: FactRef
    keys: tuple[tuple[str, Expr], ...]
    column: str
    dated: str | None
    today: FactRef | None
    low: Fraction | None
    high: Fraction | None


@dataclass(frozen=True, slots=True)
class Nothing(Expr):
    """A value nothing is in force for, like a table on a day before its first version: always unknown."""

    name: str


@dataclass(frozen=True, slots=True)
class ShiftDate(Expr):
    """A date moved by sessions of a calendar: the n-th session after it, or before it for a negative n."""

    operand: Expr
    count: Expr
    calendar: str


@dataclass(frozen=True, slots=True)
class DaysBetween(Expr):
    """How long after `right` the date `left` is, as a duration of whole days; negative when before."""

    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Widen(Expr):
    """An exact number as a real: a statistic from here on."""

    operand: Expr


@dataclass(frozen=True, slots=True)
class RealArithmetic(Expr):
    """+ - * / on reals. What is not a finite number afterwards is invalid."""

    operator: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Logarithm(Expr):
    operand: Expr


@dataclass(frozen=True, slots=True)
class RealCompare(Expr):
    """< <= > >= on reals, in gates alone."""

    operator: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Exact(Expr):
    """A real rounded to `places` decimals, `down` or `up`: what a rule may decide by."""

    operand: Expr
    direction: str
    places: int


@dataclass(frozen=True, slots=True)
class LetRef(Expr):
    """A named expression; `name` is qualified by its rulebook."""

    name: str


@dataclass(frozen=True, slots=True)
class FieldRef(Expr):
    """A field of the record an aggregate is looking at."""

    variable: str
    field: str


@dataclass(frozen=True, slots=True)
class Arithmetic(Expr):
    """+ - * / on numbers; a divisor is proven positive before it gets here."""

    operator: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Negate(Expr):
    operand: Expr


@dataclass(frozen=True, slots=True)
class Apply(Expr):
    """abs, min, max over one or more operands of one type."""

    function: str
    operands: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Rounded(Expr):
    operand: Expr
    step: Expr
    mode: str


@dataclass(frozen=True, slots=True)
class Compare(Expr):
    """< <= > >= == != on operands of one type."""

    operator: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Member(Expr):
    """Whether `item` is in `container` (a set fact or constant)."""

    item: Expr
    container: Expr


@dataclass(frozen=True, slots=True)
class Multiple(Expr):
    operand: Expr
    step: Expr


@dataclass(frozen=True, slots=True)
class Logic(Expr):
    operator: str
    parts: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Not(Expr):
    operand: Expr


@dataclass(frozen=True, slots=True)
class If(Expr):
    condition: Expr
    then: Expr
    otherwise: Expr


@dataclass(frozen=True, slots=True)
class Known(Expr):
    """Whether something is there: an optional fact or field, or a row of a keyed param for its key."""

    fact: "FactRef | FieldRef | ParamRef | Lookup"


@dataclass(frozen=True, slots=True)
class Otherwise(Expr):
    """The fact, or `default` when it is absent (never when it is stale or invalid)."""

    fact: FactRef
    default: Expr


@dataclass(frozen=True, slots=True)
class Aggregate(Expr):
    """sum count min max any every over the rows of a list."""

    function: str
    variable: str
    source: FactRef
    body: Expr
    where: Expr | None
    otherwise: Expr | None


def children(expr: Expr) -> tuple[Expr, ...]:
    """Return the direct subexpressions, in reading order."""
    match expr:
        case ParamRef():
            return expr.keys
        case Lookup():
            return (expr.source, *(key for _, key in expr.keys), *((expr.today,) if expr.today else ()))
        case ShiftDate():
            return (expr.operand, expr.count)
        case Arithmetic() | Compare() | DaysBetween() | RealArithmetic() | RealCompare():
            return (expr.left, expr.right)
        case Negate() | Not() | Widen() | Logarithm() | Exact():
            return (expr.operand,)
        case Apply():
            return expr.operands
        case Rounded() | Multiple():
            return (expr.operand, expr.step)
        case Member():
            return (expr.item, expr.container)
        case Logic():
            return expr.parts
        case If():
            return (expr.condition, expr.then, expr.otherwise)
        case Known():
            return (expr.fact,)
        case Otherwise():
            return (expr.fact, expr.default)
        case Aggregate():
            rest = tuple(e for e in (expr.where, expr.otherwise) if e is not None)
            return (expr.source, expr.body, *rest)
        case _:
            return ()


def walk(expr: Expr) -> Iterator[Expr]:
    """Yield the expression and everything under it, outermost first."""
    yield expr
    for child in children(expr):
        yield from walk(child)


TRUE = Const(BOOL, Span("", 1, 1, 1, 1), True)
