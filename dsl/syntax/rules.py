"""Rules and limits as written."""

from dataclasses import dataclass

from dsl.syntax.declarations import Declaration, Freshness
from dsl.syntax.expressions import Expr, Number
from dsl.text import Span


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
