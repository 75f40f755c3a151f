"""An order of the desk's state as the store keeps it."""

from engine.execution.oms import Order
from engine.model.time import Timestamp
from engine.store.orders import OrderRow


def order_row(run_key: str, order: Order, at: Timestamp) -> OrderRow:
    """Return the row of an order; its quantity is the larger of the terms in force and those asked for."""
    pending = "CANCEL" if order.is_cancel_pending else "REPLACE" if order.replacing is not None else None
    return OrderRow(
        order.client_order_id, run_key, order.intent_id, order.symbol, order.side, order.type,
        max(order.quantity, order.replacing or 0), order.filled, order.limit_price, order.state, pending, at,
    )  # fmt: skip
