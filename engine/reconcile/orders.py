"""Orders on both sides: unknown, missing, differing, and how far each is."""

from collections.abc import Iterator

from engine.model.numbers import format_decimal
from engine.model.order import OrderType
from engine.model.time import Timestamp
from engine.reconcile.book import OrderLine, OrderStatus, PendingChange
from engine.reconcile.difference import Difference, DifferenceCode, Severity, Subject
from engine.reconcile.scope import Owner, ReconcileConfig, index

_PROTECTIVE = frozenset({OrderType.STOP, OrderType.STOP_LIMIT})
_UNFILLED = frozenset({OrderStatus.NEW, OrderStatus.ACCEPTED})


def compare_orders(
    config: ReconcileConfig,
    local: tuple[OrderLine, ...],
    broker: tuple[OrderLine, ...],
    captured_at: Timestamp,
) -> Iterator[Difference]:
    """Yield the differences between two sets of orders, matched by client order id."""
    ours, twice_here = index((line for line in local if config.owner(line.client_order_id) is Owner.OURS), _client_id)
    theirs, twice_there = index(broker, _broker_key)
    for side, repeated in (("local", twice_here), ("broker", twice_there)):
        for name in repeated:
            yield _order(Severity.CRITICAL, name, DifferenceCode.ORDER_DUPLICATE, field=side)
    for name in sorted(ours.keys() | theirs.keys()):
        here, there = ours.get(name), theirs.get(name)
        if there is None and here is not None:
            yield from _absent_at_broker(config, here, captured_at)
        elif here is None and there is not None:
            yield _absent_here(config, name, there)
        elif here is not None and there is not None:
            yield from _differing(here, there)


def _client_id(line: OrderLine) -> str:
    return line.client_order_id


def _broker_key(line: OrderLine) -> str:
    return line.client_order_id or f"broker:{line.broker_order_id}"


def _absent_here(config: ReconcileConfig, name: str, line: OrderLine) -> Difference:
    owner = config.owner(line.client_order_id)
    if owner is not Owner.OURS:
        severity = Severity.INFO if owner is Owner.OTHER_ENGINE else Severity.WARN
        return _order(severity, name, DifferenceCode.ORDER_FOREIGN, broker=line.status)
    # A dead order without fills moved nothing; any other one under our prefix acts without our record.
    is_inert = line.status.is_terminal and line.filled == 0
    severity = Severity.WARN if is_inert else Severity.CRITICAL
    return _order(severity, name, DifferenceCode.ORDER_UNKNOWN, broker=line.status)


def _absent_at_broker(config: ReconcileConfig, line: OrderLine, captured_at: Timestamp) -> Iterator[Difference]:
    if line.status.is_terminal:
        return
    name, status = line.client_order_id, line.status
    if line.submitted_at is not None:
        age = captured_at - line.submitted_at
        if age < 0 or (status is OrderStatus.NEW and age <= config.ack_bound):
            yield _order(Severity.INFO, name, DifferenceCode.ORDER_IN_FLIGHT, local=status)
            return
    if line.type in _PROTECTIVE:
        yield _order(Severity.CRITICAL, name, DifferenceCode.PROTECTION_MISSING, local=status)
    else:
        yield _order(Severity.WARN, name, DifferenceCode.ORDER_MISSING, local=status)


def _differing(here: OrderLine, there: OrderLine) -> Iterator[Difference]:
    name = here.client_order_id
    is_changing = here.pending is PendingChange.REPLACE
    of_terms = Severity.WARN if is_changing else Severity.CRITICAL
    fields = (
        ("symbol", Severity.CRITICAL, here.symbol, there.symbol),
        ("side", Severity.CRITICAL, here.side, there.side),
        ("type", Severity.CRITICAL, here.type, there.type),
        ("quantity", of_terms, _text(here.quantity), _text(there.quantity)),
        ("limit_price", of_terms, _text(here.limit_price), _text(there.limit_price)),
        ("stop_price", of_terms, _text(here.stop_price), _text(there.stop_price)),
        ("filled", Severity.CRITICAL, _text(here.filled), _text(there.filled)),
    )
    for field, severity, ours, theirs in fields:
        if ours != theirs:
            yield _order(severity, name, DifferenceCode.ORDER_MISMATCH, field, ours, theirs)
    if there.filled > there.quantity:
        yield _order(
            Severity.CRITICAL,
            name,
            DifferenceCode.ORDER_OVERFILLED,
            "filled",
            _text(there.quantity),
            _text(there.filled),
        )
    if here.status is not there.status:
        code, severity = _judge_status(here, there)
        yield _order(severity, name, code, "status", here.status, there.status)


def _judge_status(here: OrderLine, there: OrderLine) -> tuple[DifferenceCode, Severity]:
    """Return how bad it is that two matched orders stand differently."""
    if here.status in _UNFILLED and there.status in _UNFILLED:
        return DifferenceCode.STATUS_BEHIND, Severity.INFO
    if OrderStatus.UNKNOWN not in (here.status, there.status):
        if here.status.is_terminal and not there.status.is_terminal:
            return DifferenceCode.STATUS_MISMATCH, Severity.CRITICAL
        if not here.status.is_terminal and there.status is OrderStatus.CANCELED:
            was_asked = here.pending is PendingChange.CANCEL and here.filled == there.filled
            return DifferenceCode.STATUS_BEHIND, Severity.INFO if was_asked else Severity.WARN
    return DifferenceCode.STATUS_MISMATCH, Severity.WARN


def _text(value: int | None) -> str:
    return "" if value is None else format_decimal(value)


def _order(
    severity: Severity, name: str, code: DifferenceCode, field: str = "", local: str = "", broker: str = ""
) -> Difference:
    return Difference(severity, Subject.ORDER, name, code, field, str(local), str(broker))
