"""The inbox: what a broker said, kept once before anything is made of it."""

from dataclasses import dataclass

from sqlalchemy import Column, Connection, Index, Table, UniqueConstraint, select
from sqlalchemy import text as sql

from engine.store.schema import ARRIVAL, METADATA, content, integer, reference, text
from engine.store.scope import Scope
from engine.store.writing import insert_if_new, update

_HAS_FILL = sql("fill_id IS NOT NULL")
_UNAPPLIED = sql("applied_at IS NULL")

INBOX = Table(
    "inbox",
    METADATA,
    Column("arrival", ARRIVAL, primary_key=True, autoincrement=True),
    reference("run_key", "runs.run_key"),
    text("message_id"),
    text("fill_id", null=True),
    text("client_order_id"),
    text("kind"),
    integer("at"),
    content("payload"),
    integer("received_at"),
    integer("applied_at", null=True),
    UniqueConstraint("run_key", "message_id"),
    Index("uq_inbox_fill", "run_key", "fill_id", unique=True, sqlite_where=_HAS_FILL, postgresql_where=_HAS_FILL),
    Index("ix_inbox_unapplied", "run_key", "arrival", sqlite_where=_UNAPPLIED, postgresql_where=_UNAPPLIED),
)


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a broker; `fill_id` names the execution it reports, `payload` is canonical JSON."""

    run_key: str
    message_id: str
    fill_id: str | None
    client_order_id: str
    kind: str
    at: int
    payload: bytes
    received_at: int
    applied_at: int | None = None


_FIELDS = tuple(INBOX.c[name] for name in Message.__slots__)


class Inbox:
    """The messages the bound run received."""

    def __init__(self, connection: Connection, scope: Scope) -> None:
        self._connection = connection
        self._scope = scope

    def insert(self, message: Message) -> bool:
        """Keep a message; return False when its id or its fill is known in the run already."""
        self._scope.agree(message.run_key)
        values = {name: getattr(message, name) for name in Message.__slots__}
        return insert_if_new(self._connection, INBOX, values)

    def get(self, run_key: str, message_id: str) -> Message | None:
        where = (INBOX.c.run_key == self._scope.agree(run_key), INBOX.c.message_id == message_id)
        statement = select(*_FIELDS).where(*where)
        row = self._connection.execute(statement).first()
        return None if row is None else Message(*row)

    def unapplied(self, run_key: str) -> tuple[Message, ...]:
        """Return the messages nothing was made of yet, in order of arrival."""
        where = (INBOX.c.run_key == self._scope.agree(run_key), INBOX.c.applied_at.is_(None))
        statement = select(*_FIELDS).where(*where).order_by(INBOX.c.arrival)
        return tuple(Message(*row) for row in self._connection.execute(statement))

    def list(self, run_key: str) -> tuple[Message, ...]:
        """Return every message of a run in order of arrival."""
        statement = select(*_FIELDS).where(INBOX.c.run_key == self._scope.agree(run_key)).order_by(INBOX.c.arrival)
        return tuple(Message(*row) for row in self._connection.execute(statement))

    def mark_applied(self, run_key: str, message_id: str, at: int) -> bool:
        """Stamp a message as applied; the second stamp returns False and changes nothing."""
        where = (
            INBOX.c.run_key == self._scope.agree(run_key),
            INBOX.c.message_id == message_id,
            INBOX.c.applied_at.is_(None),
        )
        return update(self._connection, INBOX, *where, applied_at=at) == 1
