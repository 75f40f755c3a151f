"""The rule IR: typed, no sugar, exact rationals, every fact explicit. All back ends start here."""

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field as attribute
from fractions import Fraction

from dsl.contracts import Age
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
    fact: FactRef


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
        case Arithmetic() | Compare():
            return (expr.left, expr.right)
        case Negate() | Not():
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


# ------------------------------------------------------------------------------------------ rules


@dataclass(frozen=True, slots=True)
class Approval:
    """Who may approve a hold: `count` principals of `role` within `within` microseconds."""

    count: int
    distinct: bool
    role: str
    within: int


@dataclass(frozen=True, slots=True)
class Line:
    """One effect line. A limit's line compares `measure` with `bounds` by `relation`; a rule's has
    only a condition. `condition` is what decides in both."""

    number: int
    effect: str
    code: str
    condition: Expr
    relation: str | None
    bounds: tuple[Expr, ...]
    unless: Expr | None
    approval: Approval | None
    span: Span = attribute(compare=False)


@dataclass(frozen=True, slots=True)
class Need:
    """A fact every line needs, with a tighter age or a bound its value must keep."""

    fact: FactRef
    age: Age | None
    bound: Expr | None


@dataclass(frozen=True, slots=True)
class MissingPolicy:
    """What an unknown fact does: the effect, its exception, and whether it binds reducing orders too."""

    effect: str
    unless: Expr | None
    even_reducing: bool


@dataclass(frozen=True, slots=True)
class Because:
    """The reason text: literal pieces and named values in turn."""

    pieces: tuple[str | Expr, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule or limit, ready for any back end. `since` and `until` are ISO dates, both inclusive."""

    id: str
    kind: str
    title: str
    rulebook: str
    stage: str
    mode: str
    scope: tuple[str, ...]
    since: str | None
    until: str | None
    when: Expr | None
    measure: Expr | None
    needs: tuple[Need, ...]
    missing: MissingPolicy
    lines: tuple[Line, ...]
    because: Because
    cite: tuple[str, ...]
    owner: str
    doc: str
    span: Span = attribute(compare=False)


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


@dataclass(frozen=True, slots=True)
class Proof:
    """A promise about every order, kept by one rule, or by all rules of a stage under a title.

    `claim` is never_looser, never_allow (with `condition`), tighter_as (with `fact`, which `rises` or falls) or
    some_passes.
    """

    claim: str
    rule: str | None
    title: str
    rulebook: str
    stage: str
    fact: FactRef | None
    rises: bool
    condition: Expr | None
    doc: str
    span: Span = attribute(compare=False)


@dataclass(frozen=True, slots=True)
class Ruleset:
    """Everything a bundle can judge with, in a fixed order."""

    rules: tuple[Rule, ...]
    params: dict[str, Param]
    lets: dict[str, Expr]
    windows: dict[str, Window]
    lists: dict[str, ListUse]
    zone: str
    proofs: tuple[Proof, ...] = ()


TRUE = Const(BOOL, Span("", 1, 1, 1, 1), True)
