"""Reservations: what allowed intents may still use up of a book until they fill or end."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Connection, Index, Table, bindparam, select

from engine.model.order import Side
from engine.store.schema import METADATA, integer, keyed, one_of, reference, text, within_run
from engine.store.scope import Scope
from engine.store.writing import insert, update


class ReservationState(StrEnum):
    """HELD while an approval or the outbox is pending, WORKING at the broker, then RELEASED."""

    HELD = "HELD"
    WORKING = "WORKING"
    RELEASED = "RELEASED"


RESERVATIONS = Table(
    "reservations",
    METADATA,
    text("intent_id"),
    reference("book_id", "books.book_id"),
    text("run_key"),
    text("symbol"),
    text("side"),
    integer("quantity"),
    integer("worst_price"),
    integer("notional"),
    text("state"),
    integer("opened_at"),
    integer("released_at", null=True),
    text("reason", null=True),
    keyed("intent_id"),
    within_run("intent_id", "intents.intent_id"),
    one_of("side", Side),
    one_of("state", ReservationState),
    CheckConstraint("quantity >= 0 AND worst_price >= 0 AND notional >= 0", name="amounts"),
    CheckConstraint(
        "(state = 'RELEASED' AND released_at IS NOT NULL AND reason IS NOT NULL) OR "
        "(state <> 'RELEASED' AND released_at IS NULL AND reason IS NULL)",
        name="released_with_reason",
    ),
    Index(None, "book_id", "state"),
)

_ONE = select(RESERVATIONS).where(
    RESERVATIONS.c.run_key == bindparam("run"), RESERVATIONS.c.intent_id == bindparam("intent")
)


@dataclass(frozen=True, slots=True)
class Reservation:
    """What one intent holds: quantity in micro-shares, worst price and notional in micros."""

    intent_id: str
    book_id: str
    run_key: str
    symbol: str
    side: Side
    quantity: int
    worst_price: int
    notional: int
    state: ReservationState
    opened_at: int
    released_at: int | None = None
    reason: str | None = None


def _read(row: Any) -> Reservation:
    fields = row._asdict()
    return Reservation(**fields | {"side": Side(fields["side"]), "state": ReservationState(fields["state"])})


class Reservations:
    """The reservations of the bound run, and what all runs together hold of a book."""

    def __init__(self, connection: Connection, scope: Scope) -> None:
        self._connection = connection
        self._scope = scope

    def open(self, reservation: Reservation) -> None:
        """Reserve for an intent; it can do so once. Raises ConstraintViolated."""
        self._scope.agree(reservation.run_key)
        insert(self._connection, RESERVATIONS, reservation)

    def get(self, intent_id: str) -> Reservation | None:
        row = self._connection.execute(_ONE, {"run": self._scope.run_key, "intent": intent_id}).first()
        return None if row is None else _read(row)

    def resize(self, intent_id: str, quantity: int, worst_price: int, notional: int) -> bool:
        """Set what an active reservation holds; return False when it is released or unknown."""
        amounts = {"quantity": quantity, "worst_price": worst_price, "notional": notional}
        return update(self._connection, RESERVATIONS, *self._active(intent_id), **amounts) == 1

    def work(self, intent_id: str) -> bool:
        """Mark a held reservation as working at the broker; return False when it was not held."""
        where = (
            *self._named(intent_id),
            RESERVATIONS.c.state == ReservationState.HELD,
        )
        return update(self._connection, RESERVATIONS, *where, state=ReservationState.WORKING) == 1

    def release(self, intent_id: str, at: int, reason: str) -> bool:
        """Give a reservation back; the second release of one returns False and changes nothing."""
        changes = {"state": ReservationState.RELEASED, "released_at": at, "reason": reason}
        return update(self._connection, RESERVATIONS, *self._active(intent_id), **changes) == 1

    def active(self, book_id: str) -> tuple[Reservation, ...]:
        """Return the held and working reservations of a book by age, whichever run made them."""
        statement = (
            select(RESERVATIONS)
            .where(RESERVATIONS.c.book_id == book_id, RESERVATIONS.c.state != ReservationState.RELEASED)
            .order_by(RESERVATIONS.c.opened_at, RESERVATIONS.c.intent_id, RESERVATIONS.c.run_key)
        )
        return tuple(_read(row) for row in self._connection.execute(statement))

    def _active(self, intent_id: str) -> tuple[Any, ...]:
        return (*self._named(intent_id), RESERVATIONS.c.state != ReservationState.RELEASED)

    def _named(self, intent_id: str) -> tuple[Any, ...]:
        return (RESERVATIONS.c.run_key == self._scope.run_key, RESERVATIONS.c.intent_id == intent_id)
