"""Laws of snapshot order: time only moves forward (BEHAVIOUR 13)."""

from dataclasses import replace

import pytest

from engine.model.time import Timestamp
from engine.reconcile.compare import ReconcileState, Report, reconcile
from engine.reconcile.freshness import RefusalCode, SnapshotRefusal, Watermark

NOW = Timestamp(1_000)


def attempt(desk, watermark, captured_at, **broker):
    books = desk.books({}, broker)
    snapshot = replace(books.broker, captured_at=captured_at)
    return reconcile(desk.config, watermark, books.local, snapshot, NOW)


def test_newer_and_equal_snapshots_are_compared_and_move_the_watermark(desk):
    watermark = Watermark()
    for at in (100, 200, 200, 1_000):
        watermark, report = attempt(desk, watermark, Timestamp(at))
        assert isinstance(report, Report)
        assert watermark.at == at


@pytest.mark.parametrize(
    ("captured_at", "code"),
    [
        (None, RefusalCode.NO_TIMESTAMP),
        (0, RefusalCode.NO_TIMESTAMP),
        (-5, RefusalCode.NO_TIMESTAMP),
        (199, RefusalCode.STALE),
        (1_001, RefusalCode.FUTURE),
    ],
)
def test_refused_snapshot_is_not_compared_and_never_moves_the_watermark(desk, captured_at, code):
    before = Watermark(Timestamp(200))
    after, refusal = attempt(desk, before, captured_at)
    assert isinstance(refusal, SnapshotRefusal)
    assert refusal.code is code
    assert after == before


def test_first_snapshot_without_a_time_is_refused(desk):
    watermark, refusal = attempt(desk, Watermark(), None)
    assert (watermark.at, refusal.code) == (None, RefusalCode.NO_TIMESTAMP)


def test_one_dirty_comparison_after_many_clean_ones_is_drift_and_a_later_clean_one_is_clean(desk):
    watermark, states = Watermark(), []
    for at in range(1, 8):
        dirty = {"positions": (desk.holding("SPY", 1),)} if at == 5 else {}
        watermark, report = attempt(desk, watermark, Timestamp(at), **dirty)
        states.append(report.state)
    assert states == [ReconcileState.CLEAN] * 4 + [ReconcileState.DRIFT] + [ReconcileState.CLEAN] * 2
