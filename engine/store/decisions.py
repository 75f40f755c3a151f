"""Decisions and their findings: what was judged, by which rules, never changed afterwards."""

from dataclasses import dataclass

from sqlalchemy import Connection, Index, Table, UniqueConstraint, and_, bindparam, exists, func, select
from sqlalchemy import text as sql

from engine.store.schema import METADATA, content, integer, keyed, text, within_run
from engine.store.scope import Scope
from engine.store.writing import insert, insert_all

_FIRST = sql("supersedes IS NULL")

DECISIONS = Table(
    "decisions",
    METADATA,
    text("decision_id"),
    text("intent_id"),
    text("run_key"),
    integer("seq"),
    integer("at"),
    text("verdict"),
    content("record"),
    text("record_hash"),
    text("supersedes", null=True),
    keyed("decision_id"),
    within_run("intent_id", "intents.intent_id"),
    within_run("supersedes", "decisions.decision_id"),
    UniqueConstraint("run_key", "seq"),
    UniqueConstraint("run_key", "supersedes"),
    Index("uq_decisions_first", "run_key", "intent_id", unique=True, sqlite_where=_FIRST, postgresql_where=_FIRST),
    Index(None, "run_key", "intent_id", "seq"),
)

FINDINGS = Table(
    "findings",
    METADATA,
    text("run_key"),
    text("decision_id"),
    integer("ord"),
    text("rule"),
    integer("line", null=True),
    text("effect"),
    text("code"),
    text("mode"),
    keyed("decision_id", "ord"),
    within_run("decision_id", "decisions.decision_id"),
    Index(None, "run_key", "rule"),
)

_IN_RUN = DECISIONS.c.run_key == bindparam("run")
_ONE = select(DECISIONS).where(_IN_RUN, DECISIONS.c.decision_id == bindparam("decision"))
_BELONGS = and_(FINDINGS.c.run_key == DECISIONS.c.run_key, FINDINGS.c.decision_id == DECISIONS.c.decision_id)
_OF_INTENT = select(DECISIONS).where(_IN_RUN, DECISIONS.c.intent_id == bindparam("intent")).order_by(DECISIONS.c.seq)


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One finding of a decision; `ord` is its place in the record's fixed order."""

    decision_id: str
    ord: int
    rule: str
    line: int | None
    effect: str
    code: str
    mode: str


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """One decision; `record` is canonical JSON, `supersedes` the decision it re-evaluates."""

    decision_id: str
    intent_id: str
    run_key: str
    seq: int
    at: int
    verdict: str
    record: bytes
    record_hash: str
    supersedes: str | None = None


_FOUND = tuple(FINDINGS.c[name] for name in FindingRow.__slots__)


class Decisions:
    """The decisions of the bound run."""

    def __init__(self, connection: Connection, scope: Scope) -> None:
        self._connection = connection
        self._scope = scope

    def put(self, decision: DecisionRow, findings: tuple[FindingRow, ...] = ()) -> None:
        """Add a decision with its findings.

        An intent is decided once and a decision superseded once: raises ConstraintViolated
        (uq_decisions_first, uq_decisions_run_key_supersedes) otherwise.
        """
        run_key = self._scope.agree(decision.run_key)
        insert(self._connection, DECISIONS, decision)
        found = [{"run_key": run_key} | {name: getattr(row, name) for name in FindingRow.__slots__} for row in findings]
        insert_all(self._connection, FINDINGS, found)

    def get(self, decision_id: str) -> DecisionRow | None:
        row = self._connection.execute(_ONE, {"run": self._scope.run_key, "decision": decision_id}).first()
        return None if row is None else DecisionRow(*row)

    def findings(self, decision_id: str) -> tuple[FindingRow, ...]:
        """Return the findings of a decision in order."""
        where = (FINDINGS.c.run_key == self._scope.run_key, FINDINGS.c.decision_id == decision_id)
        statement = select(*_FOUND).where(*where).order_by(FINDINGS.c.ord)
        return tuple(FindingRow(*row) for row in self._connection.execute(statement))

    def by_intent(self, intent_id: str) -> tuple[DecisionRow, ...]:
        """Return the decisions about an intent in order; the last one is in force."""
        found = self._connection.execute(_OF_INTENT, {"run": self._scope.run_key, "intent": intent_id})
        return tuple(DecisionRow(*row) for row in found)

    def list(
        self,
        run_key: str,
        verdict: str | None = None,
        rule: str | None = None,
        after_seq: int | None = None,
        limit: int | None = None,
    ) -> tuple[DecisionRow, ...]:
        """Return decisions of a run in order: with that verdict, a finding of that rule, after that place."""
        statement = select(DECISIONS).where(DECISIONS.c.run_key == self._scope.agree(run_key))
        if verdict is not None:
            statement = statement.where(DECISIONS.c.verdict == verdict)
        if rule is not None:
            statement = statement.where(exists().where(_BELONGS, FINDINGS.c.rule == rule))
        if after_seq is not None:
            statement = statement.where(DECISIONS.c.seq > after_seq)
        statement = statement.order_by(DECISIONS.c.seq).limit(limit)
        return tuple(DecisionRow(*row) for row in self._connection.execute(statement))

    def count_by_verdict(self, run_key: str) -> dict[str, int]:
        """Return how many decisions of a run have each verdict, by verdict."""
        statement = (
            select(DECISIONS.c.verdict, func.count())
            .where(DECISIONS.c.run_key == self._scope.agree(run_key))
            .group_by(DECISIONS.c.verdict)
        )
        return dict(sorted((row[0], row[1]) for row in self._connection.execute(statement)))

    def count_by_code(self, run_key: str) -> dict[str, int]:
        """Return how many findings of a run have each code, by code."""
        statement = (
            select(FINDINGS.c.code, func.count())
            .where(FINDINGS.c.run_key == self._scope.agree(run_key))
            .group_by(FINDINGS.c.code)
        )
        return dict(sorted((row[0], row[1]) for row in self._connection.execute(statement)))
