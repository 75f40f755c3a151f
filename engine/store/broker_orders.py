"""Which order of ours a broker's id stands for."""

from sqlalchemy import Connection, Table, UniqueConstraint, select

from engine.store.schema import METADATA, integer, reference, text

BROKER_ORDER_MAP = Table(
    "broker_order_map",
    METADATA,
    reference("client_order_id", "outbox.client_order_id", key=True),
    text("broker_order_id"),
    integer("registered_at"),
    UniqueConstraint("broker_order_id"),
)


class BrokerOrders:
    """The two names of every order a broker accepted; neither ever means another order."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def register(self, client_order_id: str, broker_order_id: str, at: int) -> None:
        """Note the broker's id of an order in the outbox. Raises ConstraintViolated when either is taken."""
        values = {
            "client_order_id": client_order_id,
            "broker_order_id": broker_order_id,
            "registered_at": at,
        }
        self._connection.execute(BROKER_ORDER_MAP.insert(), values)

    def broker_order_id(self, client_order_id: str) -> str | None:
        """Return the broker's id of one of our orders."""
        where = BROKER_ORDER_MAP.c.client_order_id == client_order_id
        return self._connection.execute(select(BROKER_ORDER_MAP.c.broker_order_id).where(where)).scalar()

    def client_order_id(self, broker_order_id: str) -> str | None:
        """Return our id of an order the broker names."""
        where = BROKER_ORDER_MAP.c.broker_order_id == broker_order_id
        return self._connection.execute(select(BROKER_ORDER_MAP.c.client_order_id).where(where)).scalar()
