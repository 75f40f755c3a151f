"""Orders and fills: where each order stands and every execution, once."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import CheckConstraint, Connection, Index, Table, select

from engine.model.order import OrderState, OrderType, Side
from engine.store.schema import METADATA, integer, keyed, one_of, text, within_run
from engine.store.scope import Scope
from engine.store.writing import insert_if_new, insert_or_update, values_of

ORDERS = Table(
    "orders",
    METADATA,
    text("client_order_id"),
    text("run_key"),
    text("intent_id"),
    text("symbol"),
    text("side"),
    text("type"),
    integer("quantity"),
    integer("filled"),
    integer("limit_price", null=True),
    text("state"),
    text("pending", null=True),
    integer("updated_at"),
    keyed("client_order_id"),
    within_run("intent_id", "intents.intent_id"),
    one_of("side", Side),
    one_of("type", OrderType),
    one_of("state", OrderState),
    CheckConstraint("quantity >= 0 AND filled >= 0 AND filled <= quantity", name="never_overfilled"),
    Index(None, "run_key", "state"),
)

FILLS = Table(
    "fills",
    METADATA,
    text("run_key"),
    text("fill_id"),
    text("client_order_id"),
    text("symbol"),
    text("side"),
    integer("quantity"),
    integer("price"),
    integer("fee"),
    integer("at"),
    integer("seq"),
    keyed("fill_id"),
    within_run("client_order_id", "orders.client_order_id"),
    one_of("side", Side),
    CheckConstraint("quantity > 0 AND price >= 0 AND fee >= 0", name="amounts"),
    Index(None, "run_key", "client_order_id"),
)

_TERMINAL = tuple(state for state in OrderState if state.is_terminal)


@dataclass(frozen=True, slots=True)
class OrderRow:
    """Where an order stands; quantities in micro-shares, prices in micros, `pending` what is asked of it."""

    client_order_id: str
    run_key: str
    intent_id: str
    symbol: str
    side: Side
    type: OrderType
    quantity: int
    filled: int
    limit_price: int | None
    state: OrderState
    pending: str | None
    updated_at: int


@dataclass(frozen=True, slots=True)
class FillRow:
    """One execution; `seq` is the event of the run that applied it."""

    run_key: str
    fill_id: str
    client_order_id: str
    symbol: str
    side: Side
    quantity: int
    price: int
    fee: int
    at: int
    seq: int


def _read_order(row: Any) -> OrderRow:
    fields = row._asdict()
    return OrderRow(
        **fields
        | {
            "side": Side(fields["side"]),
            "type": OrderType(fields["type"]),
            "state": OrderState(fields["state"]),
        }
    )


def _read_fill(row: Any) -> FillRow:
    fields = row._asdict()
    return FillRow(**fields | {"side": Side(fields["side"])})


class Orders:
    """The orders of the bound run."""

    def __init__(self, connection: Connection, scope: Scope) -> None:
        self._connection = connection
        self._scope = scope

    def upsert(self, order: OrderRow) -> None:
        """Note where an order stands now. Raises ConstraintViolated for an overfilled one."""
        self._scope.agree(order.run_key)
        insert_or_update(self._connection, ORDERS, order, "run_key", "client_order_id")

    def get(self, client_order_id: str) -> OrderRow | None:
        where = (ORDERS.c.run_key == self._scope.run_key, ORDERS.c.client_order_id == client_order_id)
        statement = select(ORDERS).where(*where)
        row = self._connection.execute(statement).first()
        return None if row is None else _read_order(row)

    def open(self, run_key: str) -> tuple[OrderRow, ...]:
        """Return the orders of a run that may still trade, by id."""
        return self._list(ORDERS.c.run_key == self._scope.agree(run_key), ORDERS.c.state.not_in(_TERMINAL))

    def list(self, run_key: str) -> tuple[OrderRow, ...]:
        """Return the orders of a run by id."""
        return self._list(ORDERS.c.run_key == self._scope.agree(run_key))

    def _list(self, *where: Any) -> tuple[OrderRow, ...]:
        statement = select(ORDERS).where(*where).order_by(ORDERS.c.client_order_id)
        return tuple(_read_order(row) for row in self._connection.execute(statement))


class Fills:
    """The executions of the bound run."""

    def __init__(self, connection: Connection, scope: Scope) -> None:
        self._connection = connection
        self._scope = scope

    def insert(self, fill: FillRow) -> bool:
        """Keep an execution of a known order; return False when it is known already."""
        self._scope.agree(fill.run_key)
        return insert_if_new(self._connection, FILLS, values_of(FILLS, fill), "run_key", "fill_id")

    def list(self, run_key: str) -> tuple[FillRow, ...]:
        """Return the executions of a run in the order they were applied."""
        where = FILLS.c.run_key == self._scope.agree(run_key)
        statement = select(FILLS).where(where).order_by(FILLS.c.seq, FILLS.c.fill_id)
        return tuple(_read_fill(row) for row in self._connection.execute(statement))
