"""Laws of provable repairs: only what the broker's answer alone settles (BEHAVIOUR 13, 22 item 15)."""

import pytest

from engine.model.numbers import MICRO, Quantity
from engine.reconcile.book import OrderStatus, PendingChange
from engine.reconcile.repair import Repair

Status = OrderStatus


def repairs(desk, here, there, **broker):
    return desk.books({"orders": (here,)}, {"orders": (there,), **broker}).run().repairs


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (Status.NEW, Status.ACCEPTED),
        (Status.NEW, Status.CANCELED),
        (Status.ACCEPTED, Status.CANCELED),
    ],
)
def test_unfilled_order_moves_forward_to_what_the_broker_shows(desk, before, after):
    there = desk.order(status=after, broker_order_id="B1")
    assert repairs(desk, desk.order(status=before), there) == (Repair("MAIN_1", before, after, "B1"),)


@pytest.mark.parametrize(
    ("before", "after", "filled"),
    [
        (Status.ACCEPTED, Status.NEW, 0),
        (Status.CANCELED, Status.ACCEPTED, 0),
        (Status.ACCEPTED, Status.PARTIALLY_FILLED, 4),
        (Status.ACCEPTED, Status.FILLED, 10),
        (Status.PARTIALLY_FILLED, Status.CANCELED, 4),
        (Status.NEW, Status.REJECTED, 0),
        (Status.UNKNOWN, Status.ACCEPTED, 0),
    ],
)
def test_move_that_needs_judgement_is_never_a_repair(desk, before, after, filled):
    amount = Quantity(filled * MICRO)
    here = desk.order(status=before, filled=amount, pending=PendingChange.CANCEL)
    assert repairs(desk, here, desk.order(status=after, filled=amount)) == ()


def test_order_that_differs_otherwise_is_not_repaired(desk):
    there = desk.order(quantity=Quantity(9 * MICRO))
    assert repairs(desk, desk.order(status=Status.NEW), there) == ()


def test_cancel_that_fills_contradict_is_not_repaired(desk):
    there = desk.order(status=Status.CANCELED)
    assert repairs(desk, desk.order(), there, fills=(desk.fill(),)) == ()


def test_partial_reading_proves_nothing(desk):
    there = desk.order(status=Status.ACCEPTED)
    assert repairs(desk, desk.order(status=Status.NEW), there, unread=1) == ()


def test_repairs_stay_within_our_prefix(desk):
    here, there = desk.order("EXP_1", status=Status.NEW), desk.order("EXP_1")
    assert repairs(desk, here, there) == ()


def test_repairs_are_sorted_by_order(desk):
    names = ("MAIN_3", "MAIN_1", "MAIN_2")
    report = desk.books(
        {"orders": tuple(desk.order(name, status=Status.NEW) for name in names)},
        {"orders": tuple(desk.order(name) for name in names)},
    ).run()
    assert [repair.client_order_id for repair in report.repairs] == sorted(names)


def test_repairable_lag_is_no_drift(desk):
    report = desk.books({"orders": (desk.order(status=Status.NEW),)}, {"orders": (desk.order(),)}).run()
    assert (report.mismatches, len(report.repairs)) == (0, 1)
