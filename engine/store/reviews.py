"""Reviews: what was proposed for a target, who signed which step, what is in force, which rule ids are retired.

A target is what one thing at a time is in force for: the desk's rules, or one maintained list. The audit
chain holds every step too; these tables are its view, kept for the laws a database can hold by itself.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Connection,
    Index,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    bindparam,
    select,
)
from sqlalchemy import text as sql

from engine.store.documents import Document, Documents
from engine.store.errors import InvalidTransition
from engine.store.schema import METADATA, content, integer, one_of, reference, text
from engine.store.writing import insert, insert_if_new, update


class ReviewState(StrEnum):
    DRAFT = "DRAFT"
    PROPOSED = "PROPOSED"
    APPROVED = "APPROVED"
    ACTIVE = "ACTIVE"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"
    SUPERSEDED = "SUPERSEDED"


OPEN = (ReviewState.DRAFT, ReviewState.PROPOSED, ReviewState.APPROVED)
AWAITED = (ReviewState.PROPOSED, ReviewState.APPROVED)
"""Open and compared with what is in force: these expire, and a new activation supersedes them."""

EDGES = frozenset(
    {
        (ReviewState.DRAFT, ReviewState.PROPOSED),
        (ReviewState.PROPOSED, ReviewState.APPROVED),
        (ReviewState.APPROVED, ReviewState.ACTIVE),
        (ReviewState.ACTIVE, ReviewState.SUPERSEDED),
        *((state, ReviewState.WITHDRAWN) for state in OPEN),
        *((state, ReviewState.REJECTED) for state in AWAITED),
        *((state, ReviewState.EXPIRED) for state in AWAITED),
        *((state, ReviewState.SUPERSEDED) for state in AWAITED),
    }
)
"""Every move there is."""

STEPS = ("draft", "propose", "approve", "deny", "withdraw", "activate")
"""What a principal signs."""

_IS_ACTIVE = sql("state = 'ACTIVE'")
_WAS_ACTIVATED = sql("activated_at IS NOT NULL")
_IS_APPROVAL = sql("step = 'approve'")

PROPOSALS = Table(
    "proposals",
    METADATA,
    text("proposal_id", key=True),
    text("target"),
    reference("subject", "documents.sha256"),
    integer("version"),
    text("author"),
    content("seal", null=True),
    text("reason"),
    text("cite"),
    integer("opened_at"),
    text("state"),
    text("base", null=True),
    text("relation", null=True),
    integer("quorum", null=True),
    content("findings", null=True),
    integer("proposed_at", null=True),
    integer("expires_at", null=True),
    integer("activated_at", null=True),
    integer("closed_at", null=True),
    one_of("state", ReviewState),
    CheckConstraint("version >= 1", name="version"),
    CheckConstraint("quorum IS NULL OR quorum >= 1", name="quorum"),
    CheckConstraint(
        "state IN ('DRAFT', 'WITHDRAWN') OR (relation IS NOT NULL AND quorum IS NOT NULL AND findings IS NOT NULL "
        "AND proposed_at IS NOT NULL AND expires_at IS NOT NULL)",
        name="compared",
    ),
    CheckConstraint("state <> 'ACTIVE' OR activated_at IS NOT NULL", name="activated"),
    Index("uq_proposals_active", "target", unique=True, sqlite_where=_IS_ACTIVE, postgresql_where=_IS_ACTIVE),
    Index(
        "uq_proposals_activated",
        "target",
        "version",
        unique=True,
        sqlite_where=_WAS_ACTIVATED,
        postgresql_where=_WAS_ACTIVATED,
    ),
    Index(None, "target", "state"),
)

REVIEW_STEPS = Table(
    "review_steps",
    METADATA,
    reference("proposal_id", "proposals.proposal_id"),
    integer("ord"),
    text("step"),
    text("principal"),
    integer("at"),
    content("statement"),
    text("signature"),
    PrimaryKeyConstraint("proposal_id", "ord"),
    UniqueConstraint("signature"),
    one_of("step", STEPS),
    Index(
        "uq_review_steps_approver",
        "proposal_id",
        "principal",
        unique=True,
        sqlite_where=_IS_APPROVAL,
        postgresql_where=_IS_APPROVAL,
    ),
)

REVIEW_HEADS = Table(
    "review_heads",
    METADATA,
    text("target", key=True),
    text("proposal_id", null=True),
    text("subject", null=True),
    integer("version"),
    integer("moved_at"),
    CheckConstraint("version >= 0", name="version"),
)

RETIRED_RULES = Table(
    "retired_rules",
    METADATA,
    text("rule_id"),
    integer("version"),
    reference("bundle", "documents.sha256"),
    integer("at"),
    PrimaryKeyConstraint("rule_id", "version"),
)

# On SQLite the transaction holds the write lock from its start; FOR UPDATE renders there as nothing.
_LOCK = select(REVIEW_HEADS).where(REVIEW_HEADS.c.target == bindparam("target")).with_for_update()


@dataclass(frozen=True, slots=True)
class Proposal:
    """Something proposed for a target; `subject` is its document, `seal` a bundle's own signature.

    What it was compared with (`base`, None: nothing was in force), how it compares (`relation`), the words
    for it (`findings`, a canonical JSON list) and how many must approve (`quorum`) are set when it is proposed.
    """

    proposal_id: str
    target: str
    subject: str
    version: int
    author: str
    seal: bytes | None
    reason: str
    cite: str
    opened_at: int
    state: ReviewState = ReviewState.DRAFT
    base: str | None = None
    relation: str | None = None
    quorum: int | None = None
    findings: bytes | None = None
    proposed_at: int | None = None
    expires_at: int | None = None
    activated_at: int | None = None
    closed_at: int | None = None


@dataclass(frozen=True, slots=True)
class StepRow:
    """One signed step; `statement` is the canonical JSON the signature is over."""

    proposal_id: str
    ord: int
    step: str
    principal: str
    at: int
    statement: bytes
    signature: str


@dataclass(frozen=True, slots=True)
class Head:
    """What is in force for a target; `moved_at` is the instant of the last step taken on it."""

    target: str
    proposal_id: str | None
    subject: str | None
    version: int
    moved_at: int


@dataclass(frozen=True, slots=True)
class RetiredRule:
    """A rule id that left with `version`; `bundle` is the last one that had it."""

    rule_id: str
    version: int
    bundle: str
    at: int


def list_target(name: str) -> str:
    """Return the target that a maintained list is."""
    return f"list:{name}"


def _read(row: Any) -> Proposal:
    fields = row._asdict()
    return Proposal(**fields | {"state": ReviewState(fields["state"])})


class Reviews:
    """Proposals, their signed steps, the heads and the retired rule ids of this database."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lock(self, target: str) -> Head:
        """Return a target's head and keep every other writer off it until the transaction ends.

        What was read of the target before this call must not be decided upon. Raises Contention.
        """
        values = {"target": target, "proposal_id": None, "subject": None, "version": 0, "moved_at": 0}
        insert_if_new(self._connection, REVIEW_HEADS, values, "target")
        return Head(*self._connection.execute(_LOCK, {"target": target}).one())

    def head(self, target: str) -> Head | None:
        """Return what is in force for a target, None when nothing was ever proposed for it."""
        row = self._connection.execute(select(REVIEW_HEADS).where(REVIEW_HEADS.c.target == target)).first()
        return None if row is None else Head(*row)

    def heads(self) -> tuple[Head, ...]:
        """Return the heads of every target by name."""
        return tuple(Head(*row) for row in self._connection.execute(select(REVIEW_HEADS).order_by("target")))

    def list_document(self, name: str) -> Document | None:
        """Return the version of a maintained list that is in force, None when none went through review.

        Raises ContentMismatch when its bytes were altered.
        """
        head = self.head(list_target(name))
        return None if head is None or head.subject is None else Documents(self._connection).get(head.subject)

    def move_head(self, head: Head) -> None:
        """Set the head of a locked target."""
        changes = {name: getattr(head, name) for name in Head.__slots__ if name != "target"}
        update(self._connection, REVIEW_HEADS, REVIEW_HEADS.c.target == head.target, **changes)

    def open(self, proposal: Proposal) -> None:
        """Add a proposal, as a draft or as proposed. Raises ConstraintViolated for a known id."""
        if proposal.state not in (ReviewState.DRAFT, ReviewState.PROPOSED):
            raise InvalidTransition("proposal", proposal.proposal_id, None, proposal.state)
        insert(self._connection, PROPOSALS, proposal)

    def get(self, proposal_id: str) -> Proposal | None:
        row = self._connection.execute(select(PROPOSALS).where(PROPOSALS.c.proposal_id == proposal_id)).first()
        return None if row is None else _read(row)

    def list(self, target: str | None = None, *states: ReviewState) -> tuple[Proposal, ...]:
        """Return proposals by age: of one target, in one of some states."""
        statement = select(PROPOSALS).order_by(PROPOSALS.c.opened_at, PROPOSALS.c.proposal_id)
        if target is not None:
            statement = statement.where(PROPOSALS.c.target == target)
        if states:
            statement = statement.where(PROPOSALS.c.state.in_(states))
        return tuple(_read(row) for row in self._connection.execute(statement))

    def move(self, proposal: Proposal, to: ReviewState, **changes: Any) -> bool:
        """Move a proposal on from the state it is known in; return whether it still stood there.

        Raises InvalidTransition for a move the review lacks.
        """
        if (proposal.state, to) not in EDGES:
            raise InvalidTransition("proposal", proposal.proposal_id, proposal.state, to)
        where = (PROPOSALS.c.proposal_id == proposal.proposal_id, PROPOSALS.c.state == proposal.state)
        return update(self._connection, PROPOSALS, *where, state=to, **changes) == 1

    def shorten(self, proposal_id: str, expires_at: int) -> None:
        """Let an awaited proposal expire no later than `expires_at`."""
        where = (PROPOSALS.c.proposal_id == proposal_id, PROPOSALS.c.expires_at > expires_at)
        update(self._connection, PROPOSALS, *where, expires_at=expires_at)

    def add_step(self, proposal_id: str, step: str, principal: str, at: int, statement: bytes, signature: str) -> None:
        """Add a signed step. Raises ConstraintViolated (uq_review_steps_approver) for a second approval by one."""
        ord = len(self.steps(proposal_id)) + 1
        insert(self._connection, REVIEW_STEPS, StepRow(proposal_id, ord, step, principal, at, statement, signature))

    def steps(self, proposal_id: str) -> tuple[StepRow, ...]:
        """Return the signed steps of a proposal in order."""
        statement = select(REVIEW_STEPS).where(REVIEW_STEPS.c.proposal_id == proposal_id)
        return tuple(StepRow(*row) for row in self._connection.execute(statement.order_by(REVIEW_STEPS.c.ord)))

    def retire(self, rule: RetiredRule) -> None:
        """Note that a rule id has left. Raises ConstraintViolated when it left with that version already."""
        insert(self._connection, RETIRED_RULES, rule)

    def retired(self) -> tuple[RetiredRule, ...]:
        """Return the retired rule ids, each with the last bundle that had it."""
        statement = select(RETIRED_RULES).order_by(RETIRED_RULES.c.rule_id, RETIRED_RULES.c.version)
        return tuple(RetiredRule(*row) for row in self._connection.execute(statement))
