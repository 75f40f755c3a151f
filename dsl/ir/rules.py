"""Rules ready for any back end."""

from dataclasses import dataclass
from dataclasses import field as attribute

from dsl.contracts import Age
from dsl.ir.expressions import Expr, FactRef
from dsl.text import Span


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
