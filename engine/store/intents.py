"""Intents as they were received, before anything was decided about them."""

from dataclasses import dataclass

from sqlalchemy import Connection, Table, UniqueConstraint, select

from engine.store.errors import ConstraintViolated
from engine.store.schema import METADATA, content, integer, reference, text
from engine.store.writing import insert_if_new, values_of

INTENTS = Table(
    "intents",
    METADATA,
    text("intent_id", key=True),
    reference("run_key", "runs.run_key"),
    integer("seq"),
    integer("at"),
    text("strategy"),
    text("symbol"),
    content("payload"),
    UniqueConstraint("run_key", "seq"),
)


@dataclass(frozen=True, slots=True)
class IntentRow:
    """One intent; `seq` is its place within the run, `payload` canonical JSON."""

    intent_id: str
    run_key: str
    seq: int
    at: int
    strategy: str
    symbol: str
    payload: bytes


class Intents:
    """The intents of every run."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, intent: IntentRow) -> bool:
        """Add an intent; return False when the same intent is there already.

        Raises ConstraintViolated when its id stands for another one or its place in the run is taken.
        """
        if insert_if_new(self._connection, INTENTS, values_of(INTENTS, intent), "intent_id"):
            return True
        if self.get(intent.intent_id) != intent:
            raise ConstraintViolated("unique", "pk_intents")
        return False

    def get(self, intent_id: str) -> IntentRow | None:
        row = self._connection.execute(select(INTENTS).where(INTENTS.c.intent_id == intent_id)).first()
        return None if row is None else IntentRow(*row)

    def list(self, run_key: str) -> tuple[IntentRow, ...]:
        """Return the intents of a run in order."""
        statement = select(INTENTS).where(INTENTS.c.run_key == run_key).order_by(INTENTS.c.seq)
        return tuple(IntentRow(*row) for row in self._connection.execute(statement))
