"""Repairs that are proven by the broker's answer, as data; whoever holds the store applies them."""

from dataclasses import dataclass

from engine.reconcile.book import BrokerBook, LocalBook, OrderStatus
from engine.reconcile.difference import Difference, DifferenceCode, Subject
from engine.reconcile.scope import Owner, ReconcileConfig

_FORWARD = frozenset(
    {
        (OrderStatus.NEW, OrderStatus.ACCEPTED),
        (OrderStatus.NEW, OrderStatus.CANCELED),
        (OrderStatus.ACCEPTED, OrderStatus.CANCELED),
    }
)


@dataclass(frozen=True, slots=True)
class Repair:
    """Move our record of an order forward to what the broker shows; nothing is sent anywhere."""

    client_order_id: str
    before: OrderStatus
    after: OrderStatus
    broker_order_id: str

    def as_data(self) -> dict[str, str]:
        """Return it as plain data."""
        return {
            "client_order_id": self.client_order_id,
            "before": str(self.before),
            "after": str(self.after),
            "broker_order_id": self.broker_order_id,
        }


def prove_repairs(
    config: ReconcileConfig, local: LocalBook, broker: BrokerBook, differences: tuple[Difference, ...]
) -> tuple[Repair, ...]:
    """Return the repairs that need no judgement, sorted by order.

    An order of ours qualifies when its status is all that differs, nothing of it is filled on either
    side, and the status moves forward: acknowledged, or ended unfilled. A move to a filled status never
    qualifies, since fills and holdings move with it (BEHAVIOUR 22, item 15).
    """
    if broker.unread:
        return ()
    found: dict[str, list[DifferenceCode]] = {}
    for difference in differences:
        if difference.subject is Subject.ORDER:
            found.setdefault(difference.id, []).append(difference.code)
    evidenced = {fill.order_id for fill in broker.fills}
    theirs = {line.client_order_id: line for line in broker.orders}
    repairs = []
    for here in local.orders:
        name = here.client_order_id
        if config.owner(name) is not Owner.OURS or found.get(name) != [DifferenceCode.STATUS_BEHIND]:
            continue
        there = theirs[name]
        is_unfilled = here.filled == there.filled == 0 and name not in evidenced
        if is_unfilled and (here.status, there.status) in _FORWARD:
            repairs.append(Repair(name, here.status, there.status, there.broker_order_id))
    return tuple(sorted(repairs, key=lambda repair: repair.client_order_id))
