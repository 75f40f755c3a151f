"""Laws of the comparison with the broker's book (BEHAVIOUR 13, 22 item 15)."""

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest

from engine.model.numbers import MICRO, Quantity
from engine.model.order import OrderState, OrderType, Side
from engine.model.time import SECOND, Timestamp
from engine.reconcile.book import OrderStatus, PendingChange, status_of
from engine.reconcile.compare import ReconcileState
from engine.reconcile.difference import DifferenceCode, Severity
from engine.reconcile.scope import Owner, ReconcileConfig

SCHEMA = Path(__file__).parents[2] / "specs" / "reconcile.schema.json"
INFO, WARN, CRITICAL = Severity.INFO, Severity.WARN, Severity.CRITICAL
Code = DifferenceCode
Status = OrderStatus


def found(report):
    return [(item.code, item.severity, item.field) for item in report.differences]


def both(desk, here, there):
    """Compare one order as both sides have it."""
    return desk.books({"orders": (here,)}, {"orders": (there,)}).run()


def test_states_are_those_of_the_contract():
    states = json.loads(SCHEMA.read_text())["properties"]["state"]["enum"]
    assert sorted(ReconcileState) == sorted(states)


def test_books_that_agree_are_clean(desk):
    parts = {
        "orders": (desk.order(),),
        "fills": (desk.fill(),),
        "positions": (desk.holding("SPY", 10),),
    }
    report = desk.books(parts, parts).run()
    assert (report.state, report.mismatches, report.differences) == (ReconcileState.CLEAN, 0, ())
    assert report.worst is None


class TestPositions:
    @pytest.mark.parametrize(("ours", "theirs"), [(10, 8), (10, 9), (10, -10), (-5, 0)])
    def test_holding_that_differs_is_critical(self, desk, ours, theirs):
        report = desk.books(
            {"positions": (desk.holding("SPY", ours),)}, {"positions": (desk.holding("SPY", theirs),)}
        ).run()
        assert found(report) == [(Code.POSITION_MISMATCH, CRITICAL, "quantity")]
        assert (report.state, report.mismatches) == (ReconcileState.DRIFT, 1)
        assert (report.differences[0].local, report.differences[0].broker) == (str(ours), str(theirs))

    def test_one_micro_share_is_a_difference(self, desk):
        theirs = replace(desk.holding("SPY", 10), quantity=Quantity(10 * MICRO + 1))
        report = desk.books({"positions": (desk.holding("SPY", 10),)}, {"positions": (theirs,)}).run()
        assert report.state is ReconcileState.DRIFT

    def test_holding_only_the_broker_has_is_unknown(self, desk):
        report = desk.books({}, {"positions": (desk.holding("QQQ", 3),)}).run()
        assert found(report) == [(Code.POSITION_UNKNOWN, CRITICAL, "quantity")]

    def test_zero_holding_is_no_holding(self, desk):
        assert desk.books({"positions": (desk.holding("SPY", 0),)}, {}).run().state is ReconcileState.CLEAN

    def test_symbol_reported_twice_is_never_overwritten(self, desk):
        twice = (desk.holding("SPY", 10), desk.holding("SPY", 7))
        report = desk.books({"positions": (desk.holding("SPY", 10),)}, {"positions": twice}).run()
        assert found(report) == [(Code.POSITION_DUPLICATE, CRITICAL, "broker")]


class TestUnknownAndForeignOrders:
    @pytest.mark.parametrize(
        ("status", "filled", "severity"),
        [
            (Status.NEW, 0, CRITICAL),
            (Status.ACCEPTED, 0, CRITICAL),
            (Status.PARTIALLY_FILLED, 4, CRITICAL),
            (Status.FILLED, 10, CRITICAL),
            (Status.CANCELED, 4, CRITICAL),
            (Status.UNKNOWN, 0, CRITICAL),
            (Status.CANCELED, 0, WARN),
            (Status.REJECTED, 0, WARN),
        ],
    )
    def test_order_under_our_prefix_that_we_do_not_know_is_drift(self, desk, status, filled, severity):
        line = desk.order("MAIN_9", status=status, filled=Quantity(filled * MICRO))
        report = desk.books({}, {"orders": (line,)}).run()
        assert found(report) == [(Code.ORDER_UNKNOWN, severity, "")]

    def test_order_of_another_engine_is_not_ours_to_judge(self, desk):
        report = desk.books({}, {"orders": (desk.order("EXP_1"),)}).run()
        assert found(report) == [(Code.ORDER_FOREIGN, INFO, "")]
        assert report.state is ReconcileState.CLEAN

    @pytest.mark.parametrize("name", ["", "manual-7", "MAIN", "main_1", "xMAIN_1"])
    def test_order_without_an_engine_is_a_warning(self, desk, name):
        line = desk.order(name, broker_order_id="B7")
        assert found(desk.books({}, {"orders": (line,)}).run()) == [(Code.ORDER_FOREIGN, WARN, "")]

    def test_engine_whose_name_begins_like_ours_is_another_engine(self, desk):
        assert desk.config.owner("MAIN2_1") is Owner.OTHER_ENGINE
        assert desk.config.owner("MAIN_1") is Owner.OURS

    def test_our_own_list_is_scoped_too(self, desk):
        assert desk.books({"orders": (desk.order("EXP_1"),)}, {}).run().differences == ()

    def test_order_id_reported_twice_is_never_overwritten(self, desk):
        twice = (desk.order(), desk.order(quantity=Quantity(99 * MICRO)))
        report = desk.books({"orders": (desk.order(),)}, {"orders": twice}).run()
        assert found(report) == [(Code.ORDER_DUPLICATE, CRITICAL, "broker")]
        assert report.repairs == ()


class TestMissingOrders:
    @pytest.mark.parametrize(
        ("status", "age", "code", "severity"),
        [
            (Status.NEW, 5 * SECOND, Code.ORDER_IN_FLIGHT, INFO),
            (Status.NEW, 5 * SECOND + 1, Code.ORDER_MISSING, WARN),
            (Status.NEW, -1, Code.ORDER_IN_FLIGHT, INFO),
            (Status.ACCEPTED, 0, Code.ORDER_MISSING, WARN),
            (Status.ACCEPTED, -1, Code.ORDER_IN_FLIGHT, INFO),
            (Status.PARTIALLY_FILLED, 60 * SECOND, Code.ORDER_MISSING, WARN),
            (Status.UNKNOWN, 60 * SECOND, Code.ORDER_MISSING, WARN),
        ],
    )
    def test_working_order_absent_at_the_broker(self, desk, status, age, code, severity):
        line = desk.order(status=status, submitted_at=Timestamp(desk.captured - age))
        assert found(desk.books({"orders": (line,)}, {}).run()) == [(code, severity, "")]

    def test_order_of_unknown_age_is_not_in_flight(self, desk):
        report = desk.books({"orders": (desk.order(status=Status.NEW),)}, {}).run()
        assert found(report) == [(Code.ORDER_MISSING, WARN, "")]

    @pytest.mark.parametrize("kind", [OrderType.STOP, OrderType.STOP_LIMIT])
    def test_missing_protective_order_is_critical(self, desk, kind):
        report = desk.books({"orders": (desk.order(type=kind),)}, {}).run()
        assert found(report) == [(Code.PROTECTION_MISSING, CRITICAL, "")]

    @pytest.mark.parametrize("status", [Status.FILLED, Status.CANCELED, Status.REJECTED])
    def test_finished_order_need_not_be_listed(self, desk, status):
        assert desk.books({"orders": (desk.order(status=status),)}, {}).run().differences == ()


class TestMatchedOrders:
    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("symbol", "QQQ"),
            ("side", Side.SELL),
            ("type", OrderType.STOP_LIMIT),
            ("quantity", Quantity(11 * MICRO)),
            ("filled", Quantity(MICRO)),
            ("limit_price", 471 * MICRO),
            ("limit_price", None),
            ("stop_price", 460 * MICRO),
        ],
    )
    def test_field_that_differs_is_critical_and_blocks(self, desk, field, value):
        report = both(desk, desk.order(), desk.order(**{field: value}))
        assert found(report) == [(Code.ORDER_MISMATCH, CRITICAL, field)]
        assert report.state is ReconcileState.DRIFT

    @pytest.mark.parametrize("field", ["quantity", "limit_price"])
    def test_terms_may_lag_while_a_replace_is_pending_but_still_warn(self, desk, field):
        here = desk.order(pending=PendingChange.REPLACE)
        report = both(desk, here, desk.order(**{field: 9 * MICRO}))
        assert found(report) == [(Code.ORDER_MISMATCH, WARN, field)]

    def test_all_mismatches_of_an_order_are_listed(self, desk):
        there = desk.order(symbol="QQQ", side=Side.SELL, filled=Quantity(MICRO))
        report = both(desk, desk.order(), there)
        assert sorted(item.field for item in report.differences) == ["filled", "side", "symbol"]

    def test_overfill_is_found_even_when_both_sides_agree_on_it(self, desk):
        line = desk.order(filled=Quantity(11 * MICRO), status=Status.FILLED)
        assert found(both(desk, line, line)) == [(Code.ORDER_OVERFILLED, CRITICAL, "filled")]

    @pytest.mark.parametrize(
        ("here", "there", "filled", "pending", "code", "severity"),
        [
            (Status.NEW, Status.ACCEPTED, 0, PendingChange.NONE, Code.STATUS_BEHIND, INFO),
            (Status.ACCEPTED, Status.NEW, 0, PendingChange.NONE, Code.STATUS_BEHIND, INFO),
            (Status.ACCEPTED, Status.CANCELED, 0, PendingChange.NONE, Code.STATUS_BEHIND, WARN),
            (Status.ACCEPTED, Status.CANCELED, 0, PendingChange.CANCEL, Code.STATUS_BEHIND, INFO),
            (Status.PARTIALLY_FILLED, Status.CANCELED, 4, PendingChange.CANCEL, Code.STATUS_BEHIND, INFO),
            (Status.NEW, Status.REJECTED, 0, PendingChange.NONE, Code.STATUS_MISMATCH, WARN),
            (Status.ACCEPTED, Status.FILLED, 10, PendingChange.NONE, Code.STATUS_MISMATCH, WARN),
            (Status.CANCELED, Status.ACCEPTED, 0, PendingChange.NONE, Code.STATUS_MISMATCH, CRITICAL),
            (Status.FILLED, Status.PARTIALLY_FILLED, 4, PendingChange.NONE, Code.STATUS_MISMATCH, CRITICAL),
            (Status.CANCELED, Status.REJECTED, 0, PendingChange.NONE, Code.STATUS_MISMATCH, WARN),
            (Status.UNKNOWN, Status.ACCEPTED, 0, PendingChange.NONE, Code.STATUS_MISMATCH, WARN),
            (Status.ACCEPTED, Status.UNKNOWN, 0, PendingChange.NONE, Code.STATUS_MISMATCH, WARN),
        ],
    )
    def test_status_that_differs_is_as_bad_as_what_it_may_hide(
        self, desk, here, there, filled, pending, code, severity
    ):
        amount = Quantity(filled * MICRO)
        report = both(
            desk,
            desk.order(status=here, filled=amount, pending=pending),
            desk.order(status=there, filled=amount),
        )
        assert found(report) == [(code, severity, "status")]


class TestFills:
    def test_fill_the_broker_has_and_we_do_not_is_critical(self, desk):
        report = desk.books({}, {"fills": (desk.fill(),)}).run()
        assert found(report) == [(Code.FILL_UNKNOWN, CRITICAL, "quantity")]

    def test_fill_we_have_and_the_broker_does_not_is_critical(self, desk):
        report = desk.books({"fills": (desk.fill(),)}, {}).run()
        assert found(report) == [(Code.FILL_MISSING, CRITICAL, "quantity")]

    def test_fill_before_the_snapshot_s_window_is_not_expected(self, desk):
        ours = desk.fill()
        outside = desk.books({"fills": (ours,)}, {"fills_since": ours.at + 1})
        inside = desk.books({"fills": (ours,)}, {"fills_since": ours.at})
        assert outside.run().differences == ()
        assert found(inside.run()) == [(Code.FILL_MISSING, CRITICAL, "quantity")]

    @pytest.mark.parametrize(
        ("field", "value", "severity"),
        [
            ("symbol", "QQQ", CRITICAL),
            ("side", Side.SELL, CRITICAL),
            ("quantity", 9 * MICRO, CRITICAL),
            ("price", 471 * MICRO, CRITICAL),
            ("order_id", "MAIN_2", CRITICAL),
            ("fee", 0, WARN),
        ],
    )
    def test_fill_that_differs_is_drift(self, desk, field, value, severity):
        ours = desk.fill()
        report = desk.books({"fills": (ours,)}, {"fills": (replace(ours, **{field: value}),)}).run()
        assert found(report) == [(Code.FILL_MISMATCH, severity, field)]

    @pytest.mark.parametrize(("order_id", "severity"), [("EXP_1", INFO), ("broker:B7", WARN)])
    def test_fill_of_somebody_else_is_foreign(self, desk, order_id, severity):
        report = desk.books({}, {"fills": (desk.fill(order_id=order_id),)}).run()
        assert found(report) == [(Code.FILL_FOREIGN, severity, "quantity")]

    @pytest.mark.parametrize("side", ["local", "broker"])
    def test_fill_id_listed_twice_is_critical(self, desk, side):
        parts = {"local": {"fills": (desk.fill(),)}, "broker": {"fills": (desk.fill(),)}}
        parts[side] = {"fills": (desk.fill(), desk.fill())}
        report = desk.books(**parts).run()
        assert found(report) == [(Code.FILL_DUPLICATE, CRITICAL, side)]


class TestCash:
    @pytest.mark.parametrize(
        ("off", "code", "severity"),
        [
            (1, Code.CASH_WITHIN_TOLERANCE, INFO),
            (MICRO, Code.CASH_WITHIN_TOLERANCE, INFO),
            (MICRO + 1, Code.CASH_MISMATCH, WARN),
            (-MICRO - 1, Code.CASH_MISMATCH, WARN),
        ],
    )
    def test_cash_counts_beyond_its_tolerance(self, desk, off, code, severity):
        report = desk.books({}, {"cash": 5_000 * MICRO + off}).run()
        assert found(report) == [(code, severity, "")]

    @pytest.mark.parametrize("side", ["local", "broker"])
    def test_unknown_cash_is_never_clean(self, desk, side):
        report = desk.books(**{side: {"cash": None}}).run()
        assert found(report) == [(Code.CASH_UNKNOWN, WARN, "")]
        assert report.state is ReconcileState.DRIFT


def disturbed(desk):
    local = {
        "orders": (desk.order("MAIN_1"), desk.order("MAIN_2"), desk.order("MAIN_3")),
        "fills": (desk.fill("F1"), desk.fill("F2")),
        "positions": (desk.holding("SPY", 10), desk.holding("QQQ", 5)),
    }
    broker = {
        "orders": (
            desk.order("MAIN_2", quantity=Quantity(MICRO), side=Side.SELL),
            desk.order("EXP_7"),
            desk.order("MAIN_9"),
        ),
        "fills": (desk.fill("F2", price=MICRO), desk.fill("F3")),
        "positions": (desk.holding("SPY", 8), desk.holding("IWM", 1)),
        "cash": 0,
    }
    return local, broker


def test_report_does_not_depend_on_the_order_of_the_records(desk):
    local, broker = disturbed(desk)
    expected = desk.books(local, broker).run()
    rng = random.Random(7)

    def shuffled(side):
        return {
            name: tuple(rng.sample(value, len(value))) if isinstance(value, tuple) else value
            for name, value in side.items()
        }

    for _ in range(20):
        assert desk.books(shuffled(local), shuffled(broker)).run() == expected


def test_report_lists_every_mismatch_worst_first(desk):
    report = desk.books(*disturbed(desk)).run()
    ranks = [item.severity.rank for item in report.differences]
    assert ranks == sorted(ranks, reverse=True)
    assert report.worst is CRITICAL
    assert sorted((item.id, item.code.value) for item in report.differences) == [
        ("EXP_7", "ORDER_FOREIGN"),
        ("F1", "FILL_MISSING"),
        ("F2", "FILL_MISMATCH"),
        ("F3", "FILL_UNKNOWN"),
        ("IWM", "POSITION_UNKNOWN"),
        ("MAIN_1", "ORDER_MISSING"),
        ("MAIN_2", "ORDER_MISMATCH"),
        ("MAIN_2", "ORDER_MISMATCH"),
        ("MAIN_3", "ORDER_MISSING"),
        ("MAIN_9", "ORDER_UNKNOWN"),
        ("QQQ", "POSITION_MISMATCH"),
        ("SPY", "POSITION_MISMATCH"),
        ("cash", "CASH_MISMATCH"),
    ]
    assert report.mismatches == 12


def test_a_report_carries_the_full_evidence_as_plain_data(desk):
    report = desk.books(*disturbed(desk)).run()
    data = report.as_data()
    assert (data["state"], data["mismatches"]) == ("DRIFT", report.mismatches)
    assert len(data["differences"]) == len(report.differences)
    assert json.loads(json.dumps(data)) == data
    assert desk.books().run().as_data()["state"] == "CLEAN"


@pytest.mark.parametrize("bound", ["cash_tolerance", "ack_bound"])
def test_bounds_that_mean_nothing_are_refused(desk, bound):
    with pytest.raises(ValueError, match="negative"):
        replace(desk.config, **{bound: -1})
    assert isinstance(replace(desk.config, **{bound: 0}), ReconcileConfig)


@pytest.mark.parametrize(
    ("state", "filled", "is_acknowledged", "status"),
    [
        (OrderState.OPEN, 0, False, Status.NEW),
        (OrderState.OPEN, 0, True, Status.ACCEPTED),
        (OrderState.PARTIALLY_FILLED, 4, True, Status.PARTIALLY_FILLED),
        (OrderState.CANCEL_PENDING, 0, True, Status.ACCEPTED),
        (OrderState.REPLACE_PENDING, 4, True, Status.PARTIALLY_FILLED),
        (OrderState.FILLED, 10, True, Status.FILLED),
        (OrderState.CANCELLED, 4, True, Status.CANCELED),
        (OrderState.EXPIRED, 0, True, Status.CANCELED),
        (OrderState.REJECTED, 0, False, Status.REJECTED),
    ],
)
def test_every_order_state_has_a_comparable_status(state, filled, is_acknowledged, status):
    assert status_of(state, filled, is_acknowledged) is status
