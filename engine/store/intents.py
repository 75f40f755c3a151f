"""Intents as they were received, before anything was decided about them."""

from dataclasses import dataclass

from sqlalchemy import Connection, Table, UniqueConstraint, bindparam, select

from engine.store.errors import ConstraintViolated
from engine.store.schema import METADATA, content, integer, keyed, reference, text
from engine.store.scope import Scope
from engine.store.writing import insert_if_new, values_of

INTENTS = Table(
    "intents",
    METADATA,
    text("intent_id"),
    reference("run_key", "runs.run_key"),
    integer("seq"),
    integer("at"),
    text("strategy"),
    text("symbol"),
    content("payload"),
    keyed("intent_id"),
    UniqueConstraint("run_key", "seq"),
)

_ONE = select(INTENTS).where(INTENTS.c.run_key == bindparam("run"), INTENTS.c.intent_id == bindparam("intent"))


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
    """The intents of the bound run."""

    def __init__(self, connection: Connection, scope: Scope) -> None:
        self._connection = connection
        self._scope = scope

    def put(self, intent: IntentRow) -> bool:
        """Add an intent; return False when the same intent is there already.

        Raises ConstraintViolated when its id stands for another one or its place in the run is taken.
        """
        run_key = self._scope.agree(intent.run_key)
        if insert_if_new(self._connection, INTENTS, values_of(INTENTS, intent), "run_key", "intent_id"):
            return True
        if self._find(run_key, intent.intent_id) != intent:
            raise ConstraintViolated("unique", "pk_intents")
        return False

    def get(self, intent_id: str) -> IntentRow | None:
        return self._find(self._scope.run_key, intent_id)

    def list(self, run_key: str) -> tuple[IntentRow, ...]:
        """Return the intents of a run in order."""
        where = INTENTS.c.run_key == self._scope.agree(run_key)
        statement = select(INTENTS).where(where).order_by(INTENTS.c.seq)
        return tuple(IntentRow(*row) for row in self._connection.execute(statement))

    def _find(self, run_key: str, intent_id: str) -> IntentRow | None:
        row = self._connection.execute(_ONE, {"run": run_key, "intent": intent_id}).first()
        return None if row is None else IntentRow(*row)
