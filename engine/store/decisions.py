"""Decisions and their findings: what was judged, by which rules, never changed afterwards."""

from dataclasses import dataclass

from sqlalchemy import Connection, Index, Table, UniqueConstraint, exists, func, select
from sqlalchemy import text as sql

from engine.store.schema import METADATA, content, integer, reference, text
from engine.store.writing import insert, insert_all

_FIRST = sql("supersedes IS NULL")

DECISIONS = Table(
    "decisions",
    METADATA,
    text("decision_id", key=True),
    reference("intent_id", "intents.intent_id"),
    reference("run_key", "runs.run_key"),
    integer("seq"),
    integer("at"),
    text("verdict"),
    content("record"),
    text("record_hash"),
    reference("supersedes", "decisions.decision_id", null=True),
    UniqueConstraint("run_key", "seq"),
    UniqueConstraint("supersedes"),
    Index("uq_decisions_first", "intent_id", unique=True, sqlite_where=_FIRST, postgresql_where=_FIRST),
    Index(None, "intent_id"),
)

FINDINGS = Table(
    "findings",
    METADATA,
    reference("decision_id", "decisions.decision_id", key=True),
    integer("ord", key=True),
    text("rule"),
    integer("line", null=True),
    text("effect"),
    text("code"),
    text("mode"),
    Index(None, "rule"),
)


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


class Decisions:
    """The decisions of every run."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, decision: DecisionRow, findings: tuple[FindingRow, ...] = ()) -> None:
        """Add a decision with its findings.

        An intent is decided once and a decision superseded once: raises ConstraintViolated
        (uq_decisions_first, uq_decisions_supersedes) otherwise.
        """
        insert(self._connection, DECISIONS, decision)
        insert_all(self._connection, FINDINGS, findings)

    def get(self, decision_id: str) -> DecisionRow | None:
        statement = select(DECISIONS).where(DECISIONS.c.decision_id == decision_id)
        row = self._connection.execute(statement).first()
        return None if row is None else DecisionRow(*row)

    def findings(self, decision_id: str) -> tuple[FindingRow, ...]:
        """Return the findings of a decision in order."""
        statement = select(FINDINGS).where(FINDINGS.c.decision_id == decision_id).order_by(FINDINGS.c.ord)
        return tuple(FindingRow(*row) for row in self._connection.execute(statement))

    def by_intent(self, intent_id: str) -> tuple[DecisionRow, ...]:
        """Return the decisions about an intent in order; the last one is in force."""
        statement = select(DECISIONS).where(DECISIONS.c.intent_id == intent_id).order_by(DECISIONS.c.seq)
        return tuple(DecisionRow(*row) for row in self._connection.execute(statement))

    def list(
        self,
        run_key: str,
        verdict: str | None = None,
        rule: str | None = None,
        after_seq: int | None = None,
        limit: int | None = None,
    ) -> tuple[DecisionRow, ...]:
        """Return decisions of a run in order: with that verdict, a finding of that rule, after that place."""
        statement = select(DECISIONS).where(DECISIONS.c.run_key == run_key)
        if verdict is not None:
            statement = statement.where(DECISIONS.c.verdict == verdict)
        if rule is not None:
            found = (FINDINGS.c.decision_id == DECISIONS.c.decision_id, FINDINGS.c.rule == rule)
            statement = statement.where(exists().where(*found))
        if after_seq is not None:
            statement = statement.where(DECISIONS.c.seq > after_seq)
        statement = statement.order_by(DECISIONS.c.seq).limit(limit)
        return tuple(DecisionRow(*row) for row in self._connection.execute(statement))

    def count_by_verdict(self, run_key: str) -> dict[str, int]:
        """Return how many decisions of a run have each verdict, by verdict."""
        statement = (
            select(DECISIONS.c.verdict, func.count())
            .where(DECISIONS.c.run_key == run_key)
            .group_by(DECISIONS.c.verdict)
        )
        return dict(sorted((row[0], row[1]) for row in self._connection.execute(statement)))

    def count_by_code(self, run_key: str) -> dict[str, int]:
        """Return how many findings of a run have each code, by code."""
        statement = (
            select(FINDINGS.c.code, func.count())
            .join(DECISIONS, DECISIONS.c.decision_id == FINDINGS.c.decision_id)
            .where(DECISIONS.c.run_key == run_key)
            .group_by(FINDINGS.c.code)
        )
        return dict(sorted((row[0], row[1]) for row in self._connection.execute(statement)))
