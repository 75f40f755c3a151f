"""Holds and approvals: intents that wait for people, and what each person said once."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Connection, Index, Table, UniqueConstraint, select

from engine.store.errors import InvalidTransition
from engine.store.schema import METADATA, integer, keyed, one_of, text, within_run
from engine.store.scope import Scope
from engine.store.writing import insert, insert_if_new, update

ACTIONS = ("approve", "deny")


class HoldState(StrEnum):
    OPEN = "OPEN"
    APPROVED = "APPROVED"
    DENIED = "DENIED"
    EXPIRED = "EXPIRED"


HOLDS = Table(
    "holds",
    METADATA,
    text("hold_id"),
    text("intent_id"),
    text("decision_id"),
    text("run_key"),
    text("rule"),
    text("strategy"),
    text("symbol"),
    integer("nth"),
    integer("quorum"),
    text("role"),
    integer("opened_at"),
    integer("expires_at"),
    text("approved_value", null=True),
    text("state"),
    integer("resolved_at", null=True),
    keyed("hold_id"),
    within_run("intent_id", "intents.intent_id"),
    within_run("decision_id", "decisions.decision_id"),
    UniqueConstraint("run_key", "rule", "strategy", "symbol", "nth"),
    one_of("state", HoldState),
    CheckConstraint("nth >= 1", name="nth"),
    CheckConstraint("quorum >= 1", name="quorum"),
    CheckConstraint("(state = 'OPEN') = (resolved_at IS NULL)", name="resolved_once"),
    Index(None, "run_key", "state"),
)

APPROVALS = Table(
    "approvals",
    METADATA,
    text("run_key"),
    text("hold_id"),
    text("principal"),
    integer("at"),
    text("action"),
    keyed("hold_id", "principal"),
    within_run("hold_id", "holds.hold_id"),
    one_of("action", ACTIONS),
)


@dataclass(frozen=True, slots=True)
class Hold:
    """An intent waiting for `quorum` principals with `role`; `nth` counts from 1 within the run."""

    hold_id: str
    intent_id: str
    decision_id: str
    run_key: str
    rule: str
    strategy: str
    symbol: str
    nth: int
    quorum: int
    role: str
    opened_at: int
    expires_at: int
    approved_value: str | None = None
    state: HoldState = HoldState.OPEN
    resolved_at: int | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """What one principal said about a hold; `action` is one of ACTIONS."""

    hold_id: str
    principal: str
    at: int
    action: str


def _read(row: Any) -> Hold:
    fields = row._asdict()
    return Hold(**fields | {"state": HoldState(fields["state"])})


_SAID = tuple(APPROVALS.c[name] for name in Approval.__slots__)


class Holds:
    """The holds of the bound run and the approvals given to them."""

    def __init__(self, connection: Connection, scope: Scope) -> None:
        self._connection = connection
        self._scope = scope

    def open(self, hold: Hold) -> None:
        """Add an open hold. Raises ConstraintViolated when its place within the run is taken."""
        if hold.state is not HoldState.OPEN:
            raise InvalidTransition("hold", hold.hold_id, None, hold.state)
        self._scope.agree(hold.run_key)
        insert(self._connection, HOLDS, hold)

    def get(self, hold_id: str) -> Hold | None:
        row = self._connection.execute(select(HOLDS).where(*self._named(hold_id))).first()
        return None if row is None else _read(row)

    def find(self, run_key: str, rule: str, strategy: str, symbol: str, nth: int) -> Hold | None:
        """Return the hold an approvals line names by its place within the run."""
        statement = select(HOLDS).where(
            HOLDS.c.run_key == self._scope.agree(run_key),
            HOLDS.c.rule == rule,
            HOLDS.c.strategy == strategy,
            HOLDS.c.symbol == symbol,
            HOLDS.c.nth == nth,
        )
        row = self._connection.execute(statement).first()
        return None if row is None else _read(row)

    def resolve(self, hold_id: str, to: HoldState, at: int, approved_value: str | None = None) -> bool:
        """Move an open hold to `to`; return False when it is not open any more.

        Raises InvalidTransition for a move back to OPEN.
        """
        if to is HoldState.OPEN:
            raise InvalidTransition("hold", hold_id, None, to)
        where = (*self._named(hold_id), HOLDS.c.state == HoldState.OPEN)
        changes = {"state": to, "resolved_at": at, "approved_value": approved_value}
        return update(self._connection, HOLDS, *where, **changes) == 1

    def open_holds(self, run_key: str) -> tuple[Hold, ...]:
        """Return the open holds of a run by age."""
        return self._list(HOLDS.c.run_key == self._scope.agree(run_key), HOLDS.c.state == HoldState.OPEN)

    def list(self, run_key: str) -> tuple[Hold, ...]:
        """Return every hold of a run by age."""
        return self._list(HOLDS.c.run_key == self._scope.agree(run_key))

    def record_approval(self, approval: Approval) -> bool:
        """Note what a principal said; return False when that principal has spoken already."""
        values = {name: getattr(approval, name) for name in Approval.__slots__}
        return insert_if_new(self._connection, APPROVALS, {"run_key": self._scope.run_key} | values)

    def approvals(self, hold_id: str) -> tuple[Approval, ...]:
        """Return what was said about a hold, in order of time."""
        where = (APPROVALS.c.run_key == self._scope.run_key, APPROVALS.c.hold_id == hold_id)
        statement = select(*_SAID).where(*where).order_by(APPROVALS.c.at, APPROVALS.c.principal)
        return tuple(Approval(*row) for row in self._connection.execute(statement))

    def _named(self, hold_id: str) -> tuple[Any, ...]:
        return (HOLDS.c.run_key == self._scope.run_key, HOLDS.c.hold_id == hold_id)

    def _list(self, *where: Any) -> tuple[Hold, ...]:
        statement = select(HOLDS).where(*where).order_by(HOLDS.c.opened_at, HOLDS.c.hold_id)
        return tuple(_read(row) for row in self._connection.execute(statement))
