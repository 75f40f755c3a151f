"""Our book beside the broker's: the snapshot as reconcile reads it, and the facts that follow."""

from collections.abc import Iterable, Mapping

from engine.brokers.contract import BrokerSnapshot, Unavailable
from engine.execution.gateway import Gateway
from engine.model.event import EventType
from engine.model.numbers import Money
from engine.model.order import Fill
from engine.model.time import SECOND, Duration, Timestamp
from engine.portfolio.amount import money_nearest
from engine.reconcile.book import BrokerBook, LocalBook, OrderLine, PendingChange, PositionLine, status_of
from engine.reconcile.compare import ReconcileState, Report, reconcile
from engine.reconcile.difference import Subject
from engine.reconcile.freshness import SnapshotRefusal, Watermark
from engine.reconcile.scope import ReconcileConfig
from engine.runtime.entry import Entry
from engine.runtime.state import DeskState
from engine.runtime.tracked import Tracked

MAX_LISTED = 20
"""Differences an entry lists; the count is always whole."""
CASH_TOLERANCE = Money(10_000)
"""A cent: whoever rounds each fill to micros drifts by less."""
ACK_BOUND = Duration(5 * SECOND)


def scope_of(engine: str) -> ReconcileConfig:
    """Return how the books of an engine are compared."""
    return ReconcileConfig(engine, CASH_TOLERANCE, ACK_BOUND)


def working_book(state: DeskState) -> LocalBook:
    """Return our book as far as it is still open: working orders, positions, cash."""
    return _book_of(state, state.tracked.values(), ())


def whole_book(state: DeskState) -> LocalBook:
    """Return our whole book: every order that was sent and every fill too."""
    return _book_of(state, (*state.finished.values(), *state.tracked.values()), tuple(state.fills))


class Comparison:
    """Compares the books at a stated instant. Fills are compared through positions and cash."""

    def __init__(self, state: DeskState, gateway: Gateway, config: ReconcileConfig) -> None:
        self._state, self._gateway, self._config = state, gateway, config
        self._watermark = Watermark(Timestamp(0))

    def compare(self, at: Timestamp, due: Timestamp) -> Entry:
        """Return the entry of a comparison; a snapshot that cannot be had or trusted is drift."""
        snapshot = self._gateway.snapshot(at)
        if isinstance(snapshot, Unavailable):
            return self._entry(at, due, 1, [snapshot.reason], None)
        local, theirs = working_book(self._state), _broker(snapshot, at)
        self._watermark, result = reconcile(self._config, self._watermark, local, theirs, at)
        if isinstance(result, SnapshotRefusal):
            return self._entry(at, due, 1, [str(result)], None)
        assert isinstance(result, Report)
        clean = result.state is ReconcileState.CLEAN
        told = [f"{d.severity} {d.code} {d.id} {d.field} ours {d.local} theirs {d.broker}" for d in result.differences]
        doubted = _doubted(result, {o.client_order_id: o.symbol for o in (*local.orders, *theirs.orders)})
        return self._entry(at, due, 0 if clean else max(result.mismatches, 1), told, doubted)

    def _entry(
        self, at: Timestamp, due: Timestamp, mismatches: int, told: list[str], doubted: list[str] | None
    ) -> Entry:
        """Return the entry; `doubted` names the symbols whose position is not confirmed, None when none is."""
        kind = EventType.RECON_DRIFT if mismatches else EventType.RECON_CLEAN
        body = {"mismatches": mismatches, "due": due, "differences": told[:MAX_LISTED]}
        return Entry(kind, at, body | {"compared": doubted is not None, "doubted": doubted or []})


def _book_of(state: DeskState, known: Iterable[Tracked], fills: tuple[Fill, ...]) -> LocalBook:
    orders = tuple(_line(t) for t in known if t.order is not None and t.client_order_id is not None)
    positions = tuple(PositionLine(p.symbol, p.quantity) for p in state.parts.ledger.positions())
    return LocalBook(orders, fills, positions, money_nearest(state.parts.ledger.cash))


def _doubted(report: Report, symbols: Mapping[str, str]) -> list[str] | None:
    """Return the symbols a difference is about, None when one cannot be laid at any symbol's door."""
    doubted: dict[str, None] = {}
    for difference in report.differences:
        if not difference.is_mismatch or difference.subject is Subject.CASH:
            continue
        symbol = difference.id if difference.subject is Subject.POSITION else symbols.get(difference.id)
        if symbol is None:
            return None
        doubted[symbol] = None
    return sorted(doubted)


def _line(tracked: Tracked) -> OrderLine:
    order = tracked.order
    assert order is not None
    pending = PendingChange.CANCEL if order.is_cancel_pending else PendingChange.NONE
    return OrderLine(
        order.client_order_id, order.symbol, order.side, order.type, order.quantity, order.filled,
        status_of(order.state, order.filled, order.is_acked), order.limit_price, order.stop_price,
        order.broker_order_id or "", tracked.submitted_at, pending,
    )  # fmt: skip


def _broker(snapshot: BrokerSnapshot, since: Timestamp) -> BrokerBook:
    orders = tuple(
        OrderLine(
            o.client_order_id, o.symbol, o.side, o.type, o.quantity, o.filled, status_of(o.state, o.filled, True),
            o.limit_price, o.stop_price, o.broker_order_id,
        )
        for o in snapshot.orders
    )  # fmt: skip
    positions = tuple(PositionLine(p.symbol, p.quantity) for p in snapshot.positions)
    return BrokerBook(snapshot.captured_at, orders, (), positions, snapshot.account.cash, since)
