"""Rules and limits as written."""

from dataclasses import dataclass

from dsl.syntax.declarations import Declaration, Freshness
from dsl.syntax.expressions import Expr, Number
from dsl.text import Span


@dataclass(frozen=True, slots=True)
class Approval:
    """`for 2 distinct risk_officer within 10 min`; a checklist may leave out how soon."""

    span: Span
    count: int
    distinct: bool
    role: str
    within: Number | None


@dataclass(frozen=True, slots=True)
class Task:
    """`opens task "T" for compliance due fill.date + 5 sessions at 15:30`."""

    span: Span
    title: str
    role: str
    due: Expr
    at: str | None


@dataclass(frozen=True, slots=True)
class Action:
    """What is done when a line begins to hold: `word` with `argument`, or a task."""

    span: Span
    word: str
    argument: str | None = None
    task: Task | None = None


@dataclass(frozen=True, slots=True)
class Posture:
    """`posture reduce_only for 30 min`: `stretch` is how long it outlasts its condition."""

    span: Span
    name: str
    stretch: Number | None


@dataclass(frozen=True, slots=True)
class EffectLine:
    """A line that can have an effect: of a rule (`when` set), of a limit (`bound` set), of a switch, checklist or gate.

    `lasting` is how long the condition must have held, `trips` the switches it trips, `label` a
    requirement's own name.
    """

    span: Span
    effect: str
    when: Expr | None
    bound: tuple[str, tuple[Expr, ...]] | None
    unless: Expr | None
    approval: Approval | None
    code: str | None
    posture: Posture | None = None
    lasting: Number | None = None
    actions: tuple[Action, ...] = ()
    trips: tuple[tuple[str, Span], ...] = ()
    label: str = ""
    throughout: bool = False
    infinities: "tuple[Infinity, ...]" = ()


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
class Infinity:
    """`infinite evaluation.profit_factor counts as 2`."""

    span: Span
    path: str
    value: Expr


@dataclass(frozen=True, slots=True)
class Reset:
    """Who resets a switch, how soon after one another, how long after the trip, and what must hold."""

    span: Span
    count: int
    distinct: bool
    role: str
    excluding: str | None
    within: Number
    after: Number | None
    after_next: str | None
    requires: tuple[tuple[str, Span], ...]
    rebases: str | None


@dataclass(frozen=True, slots=True)
class SwitchText:
    """What a switch has that a rule has not. `missing` is how long facts may be unknown; None: not said."""

    manual: tuple[str, ...]
    missing: "tuple[Span, Number | None] | None"
    posture: str | None
    actions: tuple[Action, ...]
    reset: Reset | None


@dataclass(frozen=True, slots=True)
class ChecklistText:
    """What a checklist has that a rule has not: the text to type, and who signs."""

    confirm: str | None
    signed: Approval | None


@dataclass(frozen=True, slots=True)
class GateText:
    """What a gate has that a rule has not: the rung it promotes from and to, the score, how ties are broken."""

    promotes: tuple[str, str, str] | None
    score: Expr | None
    infinities: tuple[Infinity, ...]
    points: Number | None
    ranked: tuple[tuple[str, str, Span], ...]


@dataclass(frozen=True, slots=True)
class RuleText(Declaration):
    """A rule, limit, switch, checklist or gate as written; which clauses are required is checked by the resolver."""

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
    own: SwitchText | ChecklistText | GateText | None = None

    def clause(self, word: str) -> Clause | None:
        """Return the clause of that word, if written."""
        return next((c for c in self.clauses if c.word == word), None)
