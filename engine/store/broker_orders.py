"""Which order of ours a broker's id stands for."""

from sqlalchemy import Connection, Table, UniqueConstraint, select

from engine.store.schema import METADATA, integer, keyed, text, within_run
from engine.store.scope import Scope

BROKER_ORDER_MAP = Table(
    "broker_order_map",
    METADATA,
    text("run_key"),
    text("client_order_id"),
    text("broker_order_id"),
    integer("registered_at"),
    keyed("client_order_id"),
    within_run("client_order_id", "outbox.client_order_id"),
    UniqueConstraint("run_key", "broker_order_id"),
)

_MAP = BROKER_ORDER_MAP.c


class BrokerOrders:
    """The two names of every order a broker accepted; within a run neither ever means another order."""

    def __init__(self, connection: Connection, scope: Scope) -> None:
        self._connection = connection
        self._scope = scope

    def register(self, client_order_id: str, broker_order_id: str, at: int) -> None:
        """Note the broker's id of an order in the outbox. Raises ConstraintViolated when either is taken."""
        values = {
            "run_key": self._scope.run_key,
            "client_order_id": client_order_id,
            "broker_order_id": broker_order_id,
            "registered_at": at,
        }
        self._connection.execute(BROKER_ORDER_MAP.insert(), values)

    def broker_order_id(self, client_order_id: str) -> str | None:
        """Return the broker's id of one of our orders."""
        statement = select(_MAP.broker_order_id).where(
            _MAP.run_key == self._scope.run_key, _MAP.client_order_id == client_order_id
        )
        return self._connection.execute(statement).scalar()

    def client_order_id(self, broker_order_id: str) -> str | None:
        """Return our id of an order the broker names."""
        statement = select(_MAP.client_order_id).where(
            _MAP.run_key == self._scope.run_key, _MAP.broker_order_id == broker_order_id
        )
        return self._connection.execute(statement).scalar()
