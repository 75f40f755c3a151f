"""The syntax tree: what the author wrote, frozen, every node with its place."""

from dataclasses import dataclass, fields, is_dataclass
from fractions import Fraction

from dsl.text import Span

# ------------------------------------------------------------------------------------------ expressions


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
class Negate(Expr):
    operand: Expr


@dataclass(frozen=True, slots=True)
class Binary(Expr):
    """Arithmetic: + - * /."""

    operator: str
    left: Expr
    right: Expr


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


# ------------------------------------------------------------------------------------------ declarations


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


@dataclass(frozen=True, slots=True)
class Approval:
    """`for 2 distinct risk_officer within 10 min`."""

    span: Span
    count: int
    distinct: bool
    role: str
    within: Number


@dataclass(frozen=True, slots=True)
class EffectLine:
    """A line of a rule (`when` set) or of a limit (`bound` set) that can have an effect."""

    span: Span
    effect: str
    when: Expr | None
    bound: tuple[str, tuple[Expr, ...]] | None
    unless: Expr | None
    approval: Approval | None
    code: str | None


@dataclass(frozen=True, slots=True)
class Need:
    span: Span
    path: str
    operator: str | None
    bound: Expr | None
    fresh: Freshness | None


@dataclass(frozen=True, slots=True)
class Missing:
    span: Span
    effect: str
    unless: Expr | None
    even_reducing: bool


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause whose content is plain text or words: on, mode, owner, cite, because, scope, effective."""

    span: Span
    word: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RuleText(Declaration):
    """A `rule` or a `limit` as written; which clauses are required is checked by the resolver."""

    kind: str
    id: str
    title: str
    clauses: tuple[Clause, ...]
    when: Expr | None
    needs: tuple[Need, ...]
    missing: Missing | None
    measure: Expr | None
    lines: tuple[EffectLine, ...]
    repeated: tuple[tuple[str, Span], ...]
    crowded: tuple[Span, ...] = ()
    """Clauses that do not begin their own line."""

    def clause(self, word: str) -> Clause | None:
        """Return the clause of that word, if written."""
        return next((c for c in self.clauses if c.word == word), None)


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


@dataclass(frozen=True, slots=True)
class Prove(Declaration):
    """A promise about every order: of a rule, or of all rules of the stage under a title.

    `claim` is never_looser, never_allow (with `condition`), tighter_as (with `fact` and its `direction`) or
    some_passes.
    """

    rule: str | None
    title: str
    claim: str
    fact: Name | None = None
    direction: str = ""
    condition: Expr | None = None


@dataclass(frozen=True, slots=True)
class File:
    """One parsed rule file: every declaration that could be read, in order.

    `damaged` names those that were read only in part, or not at all, and `unread` the kinds of those
    not read at all, so that later stages blame nobody else for it.
    """

    name: str
    declarations: tuple[Declaration, ...]
    damaged: frozenset[str] = frozenset()
    unread: frozenset[str] = frozenset()


def depth_of(node: object) -> int:
    """Return how many expressions nest inside one another at most; walks without recursion."""
    deepest = 0
    waiting: list[tuple[object, int]] = [(node, 0)]
    while waiting:
        at, depth = waiting.pop()
        if isinstance(at, tuple):
            waiting += [(item, depth) for item in at]
        elif is_dataclass(at) and not isinstance(at, Span):
            depth += isinstance(at, Expr)
            deepest = max(deepest, depth)
            waiting += [(getattr(at, field.name), depth) for field in fields(at)]
    return deepest
