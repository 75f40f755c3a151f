"""How well a run's orders were filled: one row an order, and the figures of all of them."""

from dataclasses import dataclass
from fractions import Fraction

from engine.artifacts.tables import ExecutionRow
from engine.execution.quality import ExecutionFigures, OrderQuality, Trade, bps, measure_order, summarise
from engine.model.numbers import format_decimal
from engine.model.time import Timestamp
from engine.portfolio.amount import format_amount
from engine.runtime.state import DeskState
from engine.runtime.tracked import Tracked

_MID_PLACES = 7
"""A mid is half of a sum of micros."""


@dataclass(frozen=True, slots=True)
class ExecutionReport:
    """The rows in the order of the orders' ids, and the run's figures."""

    rows: tuple[ExecutionRow, ...]
    figures: ExecutionFigures


def report_execution(state: DeskState) -> ExecutionReport:
    """Return how every order that traded was filled."""
    by_order: dict[str, list[Trade]] = {}
    for trade in state.trades:
        by_order.setdefault(trade.fill.order_id, []).append(trade)
    measured = []
    for order_id, trades in sorted(by_order.items()):
        intent_id = state.by_client_id[order_id]
        tracked = state.finished.get(intent_id) or state.tracked[intent_id]
        measured.append((tracked, measure_order(trades, tracked.submitted_at)))
    rows = tuple(_row(tracked, quality, state.now) for tracked, quality in measured)
    return ExecutionReport(rows, summarise([quality for _, quality in measured]))


def _row(tracked: Tracked, quality: OrderQuality, now: Timestamp) -> ExecutionRow:
    return ExecutionRow(
        Timestamp(tracked.submitted_at or now), quality.order_id, tracked.intent.symbol, tracked.intent.side,
        quality.trades, format_amount(quality.value), _mid(quality.quoted), bps(quality.against_arrival),
        bps(quality.against_limit), None if quality.delay is None else format_decimal(quality.delay),
    )  # fmt: skip


def _mid(quoted: Fraction | None) -> str | None:
    if quoted is None:
        return None
    exact = quoted * 10
    assert exact.denominator == 1, "a mid is half of a sum of micros"
    return format_decimal(exact.numerator, _MID_PLACES)
