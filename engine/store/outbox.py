"""The outbox: what was allowed to leave, in the same transaction that allowed it.

A row is found by its state and never by its position: on PostgreSQL numbers are drawn before the
commit, and a reader that remembers the last number loses rows (RELIABILITY 0.1).
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Connection,
    Index,
    Table,
    UniqueConstraint,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
)

from engine.store.broker_orders import BROKER_ORDER_MAP, BrokerOrders
from engine.store.errors import ConstraintViolated, ContentMismatch, InvalidTransition
from engine.store.schema import METADATA, content, integer, keyed, one_of, text, within_run
from engine.store.scope import Scope
from engine.store.writing import insert_if_new, update, values_of


class Action(StrEnum):
    SUBMIT = "SUBMIT"
    CANCEL = "CANCEL"
    REPLACE = "REPLACE"


class OutboxStatus(StrEnum):
    PENDING = "PENDING"
    CLAIMED = "CLAIMED"
    DISPATCHING = "DISPATCHING"
    SENT = "SENT"
    ACKED = "ACKED"
    FAILED = "FAILED"
    AMBIGUOUS = "AMBIGUOUS"


_UNDER_WAY = (OutboxStatus.PENDING, OutboxStatus.CLAIMED, OutboxStatus.DISPATCHING)
_AT_BROKER = (OutboxStatus.SENT, OutboxStatus.DISPATCHING)

OUTBOX = Table(
    "outbox",
    METADATA,
    text("client_order_id"),
    text("run_key"),
    integer("seq"),
    text("order_id"),
    text("decision_id"),
    text("intent_id"),
    text("action"),
    content("payload"),
    text("payload_hash"),
    text("status"),
    text("claimed_by", null=True),
    text("claim_token", null=True),
    integer("claimed_at", null=True),
    integer("dispatching_at", null=True),
    integer("sent_at", null=True),
    integer("attempts"),
    text("last_error", null=True),
    keyed("client_order_id"),
    within_run("decision_id", "decisions.decision_id"),
    UniqueConstraint("run_key", "seq"),
    UniqueConstraint("claim_token"),
    one_of("action", Action),
    one_of("status", OutboxStatus),
    CheckConstraint(
        "status <> 'CLAIMED' OR (claimed_by IS NOT NULL AND claim_token IS NOT NULL AND claimed_at IS NOT NULL)",
        name="claimed_has_claim",
    ),
    CheckConstraint(
        "status <> 'PENDING' OR (claimed_by IS NULL AND claim_token IS NULL AND claimed_at IS NULL "
        "AND dispatching_at IS NULL)",
        name="pending_has_no_claim",
    ),
    CheckConstraint("status <> 'DISPATCHING' OR dispatching_at IS NOT NULL", name="dispatching_has_time"),
    CheckConstraint("status <> 'SENT' OR sent_at IS NOT NULL", name="sent_has_time"),
    CheckConstraint("action <> 'SUBMIT' OR order_id = client_order_id", name="submit_names_itself"),
    CheckConstraint("attempts >= 0", name="attempts"),
    Index(None, "run_key", "status", "seq"),
    Index(None, "run_key", "order_id"),
)

_ONE = select(OUTBOX).where(OUTBOX.c.run_key == bindparam("run"), OUTBOX.c.client_order_id == bindparam("order"))


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One effect on a broker. `order_id` is the order it is about: its own id for a SUBMIT.

    `payload` is canonical JSON and `payload_hash` its SHA-256; `seq` orders the rows of a run.
    """

    client_order_id: str
    run_key: str
    seq: int
    order_id: str
    decision_id: str
    intent_id: str
    action: Action
    payload: bytes
    payload_hash: str
    status: OutboxStatus = OutboxStatus.PENDING
    claimed_by: str | None = None
    claim_token: str | None = None
    claimed_at: int | None = None
    dispatching_at: int | None = None
    sent_at: int | None = None
    attempts: int = 0
    last_error: str | None = None


_MINT = object()


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to dispatch one row. Only `Outbox.claim` gives it out: anything else raises TypeError."""

    row: OutboxRow
    token: str = field(repr=False)
    mint: object = field(repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.mint is not _MINT:
            raise TypeError("a claim comes from the outbox and cannot be made")

    @property
    def client_order_id(self) -> str:
        return self.row.client_order_id


def _read(row: Any) -> OutboxRow:
    fields = row._asdict()
    return OutboxRow(**fields | {"action": Action(fields["action"]), "status": OutboxStatus(fields["status"])})


def _identity(row: OutboxRow) -> tuple[str, str, str]:
    return (row.run_key, row.decision_id, row.payload_hash)


class Outbox:
    """The effects of the bound run. `draw` gives the unforgeable token of a claim."""

    def __init__(self, connection: Connection, scope: Scope, draw: Callable[[], str]) -> None:
        self._connection = connection
        self._scope = scope
        self._draw = draw
        self._broker_orders = BrokerOrders(connection, scope)

    def enqueue(self, row: OutboxRow) -> bool:
        """Add a pending row; return False, changing nothing, when the same row is there already.

        An id that stands for another decision or payload is not a repeat: that raises
        ConstraintViolated, so that a legitimate later order is never swallowed.
        Raises ContentMismatch when the payload does not have its hash and ConstraintViolated when
        its place in the run is taken.
        """
        run_key = self._scope.agree(row.run_key)
        actual = hashlib.sha256(row.payload).hexdigest()
        if actual != row.payload_hash:
            raise ContentMismatch(row.payload_hash, actual)
        if row.status is not OutboxStatus.PENDING:
            raise InvalidTransition("outbox row", row.client_order_id, None, row.status)
        if insert_if_new(self._connection, OUTBOX, values_of(OUTBOX, row), "run_key", "client_order_id"):
            return True
        known = self._find(run_key, row.client_order_id)
        if known is None or _identity(known) != _identity(row):
            raise ConstraintViolated("unique", "pk_outbox")
        return False

    def claim(self, run_key: str, worker: str, at: int) -> Claim | None:
        """Claim the first pending row of a run whose order has nothing earlier under way.

        Rows another worker is claiming at this moment are passed over (SKIP LOCKED). A quarantined
        row holds back what follows for its order, except a cancel.
        """
        statement = (
            select(OUTBOX)
            .where(
                OUTBOX.c.run_key == self._scope.agree(run_key), OUTBOX.c.status == OutboxStatus.PENDING, ~_held_back()
            )
            .order_by(OUTBOX.c.seq)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        found = self._connection.execute(statement).first()
        if found is None:
            return None
        token = self._draw()
        changes = {"claimed_by": worker, "claim_token": token, "claimed_at": at}
        if not self._move(found.client_order_id, OutboxStatus.PENDING, OutboxStatus.CLAIMED, **changes):
            return None
        row = self._find(run_key, found.client_order_id)
        return None if row is None else Claim(row, token, _MINT)

    def dispatching(self, claim: Claim, at: int) -> bool:
        """Mark, before the broker is called, that it is about to be; return False on a lost claim."""
        return self._move_claimed(
            claim,
            (OutboxStatus.CLAIMED,),
            OutboxStatus.DISPATCHING,
            dispatching_at=at,
            attempts=OUTBOX.c.attempts + 1,
        )

    def sent(self, claim: Claim, broker_order_id: str, at: int) -> bool:
        """Mark a row as accepted by the broker and note the broker's id for it; False on a lost claim.

        Raises ConstraintViolated when the broker's id stands for another order already.
        """
        sources = (OutboxStatus.CLAIMED, OutboxStatus.DISPATCHING)
        moved = self._move_claimed(claim, sources, OutboxStatus.SENT, sent_at=at)
        if moved:
            self._broker_orders.register(claim.client_order_id, broker_order_id, at)
        return moved

    def failed(self, claim: Claim, error: str) -> bool:
        """Mark a row as refused by the gateway or the broker; return False on a lost claim."""
        sources = (OutboxStatus.CLAIMED, OutboxStatus.DISPATCHING)
        return self._move_claimed(claim, sources, OutboxStatus.FAILED, last_error=error)

    def ambiguous(self, claim: Claim, error: str) -> bool:
        """Quarantine a row nobody knows the fate of; return False on a lost claim."""
        sources = (OutboxStatus.DISPATCHING,)
        return self._move_claimed(claim, sources, OutboxStatus.AMBIGUOUS, last_error=error)

    def release(self, claim: Claim) -> bool:
        """Give a claimed row back before anything was dispatched; return False on a lost claim."""
        return self._move_claimed(claim, (OutboxStatus.CLAIMED,), OutboxStatus.PENDING, **_NO_CLAIM)

    def acked(self, client_order_id: str) -> bool:
        """Mark a row as acknowledged; False when it is acknowledged or unknown already.

        Raises InvalidTransition unless it was sent or is being dispatched.
        """
        if self._move(client_order_id, _AT_BROKER, OutboxStatus.ACKED):
            return True
        status = self._status(client_order_id)
        if status is None or status is OutboxStatus.ACKED:
            return False
        raise InvalidTransition("outbox row", client_order_id, status, OutboxStatus.ACKED)

    def return_to_pending(self, client_order_id: str, proof: str) -> bool:
        """Give back a row that was being dispatched and provably never arrived.

        `proof` is kept as the row's last error. Return False when the row is not DISPATCHING.
        """
        return self._move_proven(client_order_id, OutboxStatus.DISPATCHING, OutboxStatus.PENDING, proof)

    def reset_ambiguous(self, client_order_id: str, proof: str) -> bool:
        """Give back a quarantined row; the one way out of quarantine that may lead to another send."""
        return self._move_proven(client_order_id, OutboxStatus.AMBIGUOUS, OutboxStatus.PENDING, proof)

    def quarantine(self, client_order_id: str, reason: str) -> bool:
        """Mark a row found DISPATCHING after a restart as ambiguous; its claim died with the process."""
        where = (OutboxStatus.DISPATCHING,)
        return self._move(client_order_id, where, OutboxStatus.AMBIGUOUS, last_error=reason)

    def found_at_broker(self, client_order_id: str, broker_order_id: str, at: int) -> bool:
        """Mark as sent a row of unknown fate the broker was found to hold; the first time is kept.

        From DISPATCHING, AMBIGUOUS or SENT without a broker's id. Return False otherwise.
        """
        sources = (*_AT_BROKER, OutboxStatus.AMBIGUOUS)
        if self._broker_orders.broker_order_id(client_order_id) is not None:
            return False
        sent_at = func.coalesce(OUTBOX.c.sent_at, at)
        moved = self._move(client_order_id, sources, OutboxStatus.SENT, sent_at=sent_at)
        if moved:
            self._broker_orders.register(client_order_id, broker_order_id, at)
        return moved

    def release_stale(self, run_key: str, before: int) -> int:
        """Give back rows claimed before an instant and never dispatched; return how many."""
        where = (
            OUTBOX.c.run_key == self._scope.agree(run_key),
            OUTBOX.c.status == OutboxStatus.CLAIMED,
            OUTBOX.c.claimed_at < before,
        )
        return update(self._connection, OUTBOX, *where, status=OutboxStatus.PENDING, **_NO_CLAIM)

    def get(self, client_order_id: str) -> OutboxRow | None:
        return self._find(self._scope.run_key, client_order_id)

    def list(self, run_key: str, status: OutboxStatus | None = None) -> tuple[OutboxRow, ...]:
        """Return the rows of a run in order, or those with one status."""
        return self._list(run_key, *(() if status is None else (OUTBOX.c.status == status,)))

    def unsettled(self, run_key: str) -> tuple[OutboxRow, ...]:
        """Return the rows of a run the broker has not acknowledged, in order."""
        return self._list(run_key, OUTBOX.c.status != OutboxStatus.ACKED)

    def unresolved(self, run_key: str) -> tuple[OutboxRow, ...]:
        """Return the rows whose fate a restart must find out: dispatching, ambiguous, sent without an id."""
        mapped = exists().where(
            BROKER_ORDER_MAP.c.run_key == OUTBOX.c.run_key,
            BROKER_ORDER_MAP.c.client_order_id == OUTBOX.c.client_order_id,
        )
        unknown = OUTBOX.c.status.in_((OutboxStatus.DISPATCHING, OutboxStatus.AMBIGUOUS))
        return self._list(run_key, or_(unknown, and_(OUTBOX.c.status == OutboxStatus.SENT, ~mapped)))

    def _list(self, run_key: str, *where: ColumnElement[bool]) -> tuple[OutboxRow, ...]:
        in_run = OUTBOX.c.run_key == self._scope.agree(run_key)
        statement = select(OUTBOX).where(in_run, *where).order_by(OUTBOX.c.seq)
        return tuple(_read(row) for row in self._connection.execute(statement))

    def _find(self, run_key: str, client_order_id: str) -> OutboxRow | None:
        row = self._connection.execute(_ONE, {"run": run_key, "order": client_order_id}).first()
        return None if row is None else _read(row)

    def _status(self, client_order_id: str) -> OutboxStatus | None:
        row = self.get(client_order_id)
        return None if row is None else row.status

    def _move(
        self,
        client_order_id: str,
        sources: OutboxStatus | tuple[OutboxStatus, ...],
        to: OutboxStatus,
        *where: ColumnElement[bool],
        **changes: Any,
    ) -> bool:
        allowed = (sources,) if isinstance(sources, OutboxStatus) else sources
        named = (
            OUTBOX.c.run_key == self._scope.run_key,
            OUTBOX.c.client_order_id == client_order_id,
            OUTBOX.c.status.in_(allowed),
            *where,
        )
        return update(self._connection, OUTBOX, *named, status=to, **changes) == 1

    def _move_claimed(self, claim: Claim, sources: tuple[OutboxStatus, ...], to: OutboxStatus, **changes: Any) -> bool:
        self._scope.agree(claim.row.run_key)
        held = OUTBOX.c.claim_token == claim.token
        return self._move(claim.client_order_id, sources, to, held, **changes)

    def _move_proven(self, client_order_id: str, source: OutboxStatus, to: OutboxStatus, proof: str) -> bool:
        if not proof.strip():
            raise InvalidTransition("outbox row", client_order_id, f"{source} without proof", to)
        return self._move(client_order_id, source, to, last_error=proof, **_NO_CLAIM)


_NO_CLAIM: dict[str, None] = {
    "claimed_by": None,
    "claim_token": None,
    "claimed_at": None,
    "dispatching_at": None,
}


def _held_back() -> ColumnElement[bool]:
    """Return the condition that something earlier about the same order is still under way."""
    earlier = OUTBOX.alias("earlier")
    quarantined = and_(earlier.c.status == OutboxStatus.AMBIGUOUS, OUTBOX.c.action != Action.CANCEL)
    return exists().where(
        earlier.c.run_key == OUTBOX.c.run_key,
        earlier.c.order_id == OUTBOX.c.order_id,
        earlier.c.seq < OUTBOX.c.seq,
        or_(earlier.c.status.in_(_UNDER_WAY), quarantined),
    )
