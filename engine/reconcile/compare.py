"""The comparison of our book with the broker's: orders, fills, positions, cash."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from engine.model.time import Timestamp, format_timestamp
from engine.reconcile.book import BrokerBook, LocalBook
from engine.reconcile.difference import Difference, DifferenceCode, Severity, Subject
from engine.reconcile.freshness import SnapshotRefusal, Watermark, admit
from engine.reconcile.holdings import compare_cash, compare_fills, compare_positions
from engine.reconcile.orders import compare_orders
from engine.reconcile.repair import Repair, prove_repairs
from engine.reconcile.scope import ReconcileConfig


class ReconcileState(StrEnum):
    """The states of specs/reconcile.schema.json."""

    CLEAN = "CLEAN"
    DRIFT = "DRIFT"


@dataclass(frozen=True, slots=True)
class Report:
    """What one comparison found, the worst first, and what may be repaired without judgement."""

    engine: str
    captured_at: Timestamp
    differences: tuple[Difference, ...]
    repairs: tuple[Repair, ...]

    @property
    def mismatches(self) -> int:
        """The fact `reconcile.mismatches`: differences that count as drift."""
        return sum(difference.is_mismatch for difference in self.differences)

    @property
    def state(self) -> ReconcileState:
        """The fact `reconcile.state`, as of `captured_at`."""
        return ReconcileState.DRIFT if self.mismatches else ReconcileState.CLEAN

    @property
    def worst(self) -> Severity | None:
        """The severity of the worst difference."""
        return self.differences[0].severity if self.differences else None

    def as_data(self) -> dict[str, Any]:
        """Return the full evidence as plain data."""
        return {
            "engine": self.engine,
            "captured_at": format_timestamp(self.captured_at),
            "state": str(self.state),
            "mismatches": self.mismatches,
            "differences": [difference.as_data() for difference in self.differences],
            "repairs": [repair.as_data() for repair in self.repairs],
        }


def reconcile(
    config: ReconcileConfig, watermark: Watermark, local: LocalBook, broker: BrokerBook, now: Timestamp
) -> tuple[Watermark, Report | SnapshotRefusal]:
    """Compare the books if the snapshot is not older than the last, and move the watermark.

    A refusal is no report: the facts of the last comparison simply age.
    """
    admitted = admit(watermark, broker.captured_at, now)
    if isinstance(admitted, SnapshotRefusal):
        return watermark, admitted
    return Watermark(admitted), compare(config, local, broker, admitted)


def compare(config: ReconcileConfig, local: LocalBook, broker: BrokerBook, captured_at: Timestamp) -> Report:
    """Return every difference between the books, sorted, and the repairs they prove.

    Orders and fills are those under the engine's prefix; positions and cash are the whole account's.
    """
    found = [
        *_unread(broker),
        *compare_orders(config, local.orders, broker.orders, captured_at),
        *compare_fills(config, local, broker),
        *compare_positions(local.positions, broker.positions),
        *compare_cash(config, local, broker),
    ]
    differences = tuple(sorted(found, key=lambda difference: difference.sort_key))
    repairs = prove_repairs(config, local, broker, differences)
    return Report(config.engine, captured_at, differences, repairs)


def _unread(broker: BrokerBook) -> tuple[Difference, ...]:
    if not broker.unread:
        return ()
    return (
        Difference(
            Severity.WARN,
            Subject.SNAPSHOT,
            "snapshot",
            DifferenceCode.SNAPSHOT_INCOMPLETE,
            "unread",
            broker=str(broker.unread),
        ),
    )
