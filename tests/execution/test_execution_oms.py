"""Laws of the order state machine (BEHAVIOUR 9, 17; the reference's mistakes of 22.8 corrected)."""

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.brokers.messages import (
    Ack,
    BrokerEvent,
    CancelAck,
    CancelReject,
    Expired,
    FinalFill,
    PartialFill,
    Reject,
    ReplaceAck,
    ReplaceReject,
)
from engine.execution.oms import (
    FILLS_AT_MOST,
    MESSAGES_REMEMBERED,
    CancelRequested,
    OmsCode,
    OmsFault,
    Order,
    OrderEvent,
    ReplaceRequested,
    adjust_for_split,
    apply,
    is_late_fill,
)
from engine.model.numbers import MICRO, Money, Price, Quantity
from engine.model.order import OrderState, OrderType, Side
from engine.model.time import Timestamp

S = OrderState
AT = Timestamp(1_767_625_200_000_000)
COID, BID = "MAIN_00000001_abc", "broker-1"


def shares(count: int) -> Quantity:
    return Quantity(count * MICRO)


def order(count: int = 100, **changes: object) -> Order:
    made = Order(COID, "i1", "SPY", Side.BUY, OrderType.LIMIT, shares(count), Price(500 * MICRO))
    return replace(made, **changes)


def trade(kind: type[PartialFill] | type[FinalFill], count: int, key: str | None, message: str = "") -> BrokerEvent:
    return kind(message or f"m-{key}", COID, BID, AT, key, shares(count), Price(499 * MICRO), Money(0))


def partial(count: int, key: str | None, message: str = "") -> BrokerEvent:
    return trade(PartialFill, count, key, message)


def final(count: int, key: str | None, message: str = "") -> BrokerEvent:
    return trade(FinalFill, count, key, message)


def ack(key: str = "ack") -> Ack:
    return Ack(key, COID, BID, AT)


def ask_cancel(key: str = "ask-c") -> CancelRequested:
    return CancelRequested(key, COID, None, AT)


def ask_replace(count: int, key: str = "ask-r") -> ReplaceRequested:
    return ReplaceRequested(key, COID, None, AT, shares(count), None, None)


def cancelled(key: str = "c") -> CancelAck:
    return CancelAck(key, COID, BID, AT)


def cancel_refused(key: str = "cr") -> CancelReject:
    return CancelReject(key, COID, BID, AT, "too late")


def replaced(count: int, key: str = "r") -> ReplaceAck:
    return ReplaceAck(key, COID, BID, AT, shares(count), None, None)


def replace_refused(key: str = "rr") -> ReplaceReject:
    return ReplaceReject(key, COID, BID, AT, "no")


def rejected(key: str = "x") -> Reject:
    return Reject(key, COID, BID, AT, "NO", "no")


def expired(key: str = "e") -> Expired:
    return Expired(key, COID, BID, AT, "closed")


def run(start: Order, *events: OrderEvent) -> Order:
    for event in events:
        after = apply(start, event)
        assert isinstance(after, Order), after
        start = after
    return start


def fault(start: Order, event: OrderEvent) -> OmsCode:
    result = apply(start, event)
    assert isinstance(result, OmsFault), result
    assert result.client_order_id == start.client_order_id and result.message
    return result.code


# -- pending requests ------------------------------------------------------------------------


def test_partial_fill_does_not_forget_a_pending_cancel() -> None:
    pending = run(order(), ask_cancel(), partial(30, "f1"))
    assert (pending.state, pending.leaves) == (S.CANCEL_PENDING, shares(70))
    done = run(pending, cancelled())
    assert (done.state, done.filled, done.leaves) == (S.CANCELLED, shares(30), 0)


def test_partial_fill_does_not_forget_a_pending_replace() -> None:
    pending = run(order(), ask_replace(65), partial(40, "f1"))
    assert pending.state is S.REPLACE_PENDING
    done = run(pending, replaced(65), final(25, "f2"))
    assert (done.state, done.filled, done.quantity) == (S.FILLED, shares(65), shares(65))


def test_cancel_may_be_asked_while_a_replace_is_pending_and_both_are_answered() -> None:
    both = run(order(), ask_replace(80), ask_cancel())
    assert both.state is S.CANCEL_PENDING
    assert run(both, replaced(80), cancelled()).state is S.CANCELLED
    assert run(both, replace_refused(), cancel_refused()).state is S.OPEN
    crossed = run(both, cancelled(), replaced(80))
    assert (crossed.state, crossed.quantity) == (S.CANCELLED, shares(80))


@pytest.mark.parametrize(("filled", "state"), [(0, S.OPEN), (40, S.PARTIALLY_FILLED)])
def test_refused_request_restores_the_state_the_fills_imply(filled: int, state: OrderState) -> None:
    start = run(order(), partial(filled, "f1")) if filled else order()
    assert run(start, ask_cancel(), cancel_refused()).state is state
    assert run(start, ask_replace(70), replace_refused()).state is state


def test_fill_during_a_pending_cancel_completes_the_order() -> None:
    done = run(order(), ask_cancel(), partial(40, "f1"), final(60, "f2"))
    assert (done.state, done.is_cancel_pending) == (S.FILLED, False)
    assert run(done, cancel_refused()) == replace(done, message_ids=(*done.message_ids, "cr"))


def test_reserve_of_a_pending_replace_is_the_larger_total() -> None:
    assert run(order(), ask_replace(150)).worst_leaves == shares(150)
    assert run(order(), ask_replace(50)).worst_leaves == shares(100)
    assert run(order(), ask_replace(150), ask_cancel("k"), cancelled()).worst_leaves == 0


def test_replace_below_filled_quantity_is_refused() -> None:
    start = run(order(), partial(40, "f1"))
    assert fault(start, ask_replace(39)) is OmsCode.REPLACE_BELOW_FILLED
    pending = run(start, ask_replace(60), partial(30, "f2"))
    assert fault(pending, replaced(60)) is OmsCode.REPLACE_BELOW_FILLED


def test_replace_down_to_what_has_filled_completes_the_order() -> None:
    assert run(order(), ask_replace(65), partial(65, "f1"), replaced(65)).state is S.FILLED


def test_fill_may_overtake_the_answer_to_a_replace() -> None:
    up = run(order(), ask_replace(150), partial(120, "f1"))
    assert up.state is S.REPLACE_PENDING
    assert run(up, replaced(150), final(30, "f2")).state is S.FILLED
    assert fault(up, replace_refused()) is OmsCode.OVERFILL
    down = run(order(), partial(40, "f1"), ask_replace(65), final(25, "f2"))
    assert (down.state, down.quantity) == (S.FILLED, shares(65))
    assert run(down, replaced(65)).state is S.FILLED


def test_old_total_reached_while_a_larger_is_pending_waits_for_the_answer() -> None:
    waiting = run(order(), ask_replace(150), partial(100, "f1"))
    assert waiting.state is S.REPLACE_PENDING
    assert run(waiting, replace_refused()).state is S.FILLED
    assert run(waiting, replaced(150)).state is S.PARTIALLY_FILLED


# -- fills -----------------------------------------------------------------------------------


def test_partial_fill_reaching_the_total_is_filled() -> None:
    assert run(order(), partial(40, "f1"), partial(60, "f2")).state is S.FILLED


@pytest.mark.parametrize("make", [partial, final])
def test_overfill_is_never_silent(make: object) -> None:
    start = run(order(), partial(60, "f1"))
    assert fault(start, make(41, "f2")) is OmsCode.OVERFILL  # type: ignore[operator]
    full = run(order(), final(100, "f1"))
    assert fault(full, make(1, "f2")) is OmsCode.OVERFILL  # type: ignore[operator]


def test_fill_that_does_not_complete_is_an_error_until_the_rest_arrives() -> None:
    early = final(60, "f2")
    assert fault(order(), early) is OmsCode.UNDER_COMPLETE
    done = run(order(), partial(40, "f1"), early)
    assert (done.state, done.filled) == (S.FILLED, shares(100))


def test_fault_leaves_the_order_and_does_not_consume_the_id() -> None:
    start = run(order(), partial(60, "f1"))
    assert fault(start, partial(50, "f2")) is OmsCode.OVERFILL
    assert run(start, partial(40, "f2")).state is S.FILLED


def test_repeated_trade_id_counts_once_whatever_its_envelope() -> None:
    once = run(order(), partial(1, "f1"))
    again = run(once, *(partial(1, "f1", f"envelope-{n}") for n in range(50)))
    assert again is once


def test_trade_without_an_id_is_known_by_its_message() -> None:
    done = run(order(), partial(10, None, "m1"), partial(10, None, "m1"), partial(10, None, "m2"))
    assert done.filled == shares(20)


def test_fill_after_a_cancel_is_booked_and_flagged() -> None:
    before = run(order(), ask_cancel(), cancelled())
    after = run(before, partial(30, "f1"))
    assert (after.state, after.filled, after.late_filled) == (S.CANCELLED, shares(30), shares(30))
    assert is_late_fill(before, after) and not is_late_fill(after, run(after, partial(30, "f1")))
    assert run(after, partial(70, "f2")).state is S.FILLED
    assert fault(after, partial(71, "f2")) is OmsCode.OVERFILL
    assert run(run(order(), expired()), partial(5, "f1")).late_filled == shares(5)


def test_fill_of_a_rejected_order_is_a_contradiction() -> None:
    assert fault(run(order(), rejected()), partial(1, "f1")) is OmsCode.ILLEGAL_TRANSITION


@pytest.mark.parametrize(("quantity", "price", "fee"), [(0, 1, 0), (-1, 1, 0), (1, 0, 0), (1, -1, 0), (1, 1, -1)])
def test_impossible_trade_is_refused(quantity: int, price: int, fee: int) -> None:
    event = PartialFill("m", COID, BID, AT, "f", Quantity(quantity), Price(price), Money(fee))
    assert fault(order(), event) is OmsCode.IMPOSSIBLE_TRADE


# -- acknowledgements and ends ---------------------------------------------------------------


@pytest.mark.parametrize(
    "before",
    [
        [],
        [partial(10, "f")],
        [ask_cancel()],
        [ask_replace(50)],
        [final(100, "f")],
        [ask_cancel(), cancelled()],
    ],
)
def test_late_acknowledgement_is_legal_in_every_state(before: list[OrderEvent]) -> None:
    start = run(order(), *before)
    after = run(start, ack())
    assert after.is_acked and after.broker_order_id == BID
    assert (after.state, after.filled) == (start.state, start.filled)


def test_stale_cancel_acknowledgement_after_the_fill_is_an_error() -> None:
    done = run(order(), ask_cancel(), final(100, "f1"))
    assert fault(done, cancelled()) is OmsCode.ILLEGAL_TRANSITION


@pytest.mark.parametrize("event", [cancelled(), cancel_refused(), replaced(50), replace_refused()])
def test_answer_nobody_asked_for_is_an_error(event: OrderEvent) -> None:
    assert fault(order(), event) is OmsCode.ILLEGAL_TRANSITION


@pytest.mark.parametrize("end", [[final(100, "f")], [ask_cancel(), cancelled()], [rejected()], [expired()]])
@pytest.mark.parametrize("ask", [ask_cancel("late"), ask_replace(50, "late")])
def test_nothing_is_asked_of_an_order_that_is_over(end: list[OrderEvent], ask: OrderEvent) -> None:
    assert fault(run(order(), *end), ask) is OmsCode.ILLEGAL_TRANSITION


def test_reject_and_expiry_keep_what_filled() -> None:
    for event, state in ((rejected(), S.REJECTED), (expired(), S.EXPIRED)):
        done = run(order(), partial(40, "f1"), event)
        assert (done.state, done.filled, done.leaves) == (state, shares(40), 0)
        assert run(done, replace(event, message_id="again")).state is state
        assert fault(run(order(), final(100, "f1")), event) is OmsCode.ILLEGAL_TRANSITION


def test_report_of_another_order_is_refused() -> None:
    assert fault(order(), Ack("a", "MAIN_00000002_def", BID, AT)) is OmsCode.OTHER_ORDER


# -- memory, order, splits -------------------------------------------------------------------


def test_memory_for_messages_is_bounded_and_for_trades_refuses_instead_of_forgetting() -> None:
    many = run(order(), *(ack(f"ack-{n}") for n in range(MESSAGES_REMEMBERED * 2)))
    assert len(many.message_ids) == MESSAGES_REMEMBERED
    full = order(fill_ids=frozenset(f"f{n}" for n in range(FILLS_AT_MOST)))
    assert fault(full, partial(1, "one more")) is OmsCode.TOO_MANY_FILLS


SEVEN = [
    ack(),
    ask_cancel(),
    cancel_refused(),
    partial(30, "f1"),
    partial(30, "f1"),
    partial(30, "f2"),
    ack(),
]


def test_every_order_of_seven_reports_ends_alike_once_refused_ones_are_tried_again() -> None:
    ends = set()
    for arrival in permutations(SEVEN):
        current, waiting = order(), list(arrival)
        while waiting:
            refused = []
            for event in waiting:
                after = apply(current, event)
                if isinstance(after, OmsFault):
                    refused.append(event)
                else:
                    current = after
            assert len(refused) < len(waiting)
            waiting = refused
        ends.add((current.state, current.filled, current.is_acked, current.is_cancel_pending))
    assert ends == {(S.PARTIALLY_FILLED, shares(60), True, False)}


REPORTS = st.one_of(
    st.builds(partial, st.integers(1, 60), st.sampled_from("abcdef")),
    st.builds(final, st.integers(1, 100), st.sampled_from("abcdef")),
    st.builds(ask_replace, st.integers(1, 150), st.sampled_from("ghij")),
    st.builds(replaced, st.integers(1, 150), st.sampled_from("klmn")),
    st.sampled_from([ack(), ask_cancel(), cancelled(), cancel_refused(), replace_refused(), rejected(), expired()]),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(REPORTS, max_size=25))
def test_filled_is_the_sum_of_distinct_trades_and_no_report_acts_twice(reports: list[OrderEvent]) -> None:
    current, booked = order(), dict[str, int]()
    for event in reports:
        after = apply(current, event)
        if isinstance(after, OmsFault):
            continue
        if after.filled != current.filled:
            assert isinstance(event, (PartialFill, FinalFill)) and event.fill_id not in booked
            booked[str(event.fill_id)] = event.quantity
        assert apply(after, event) == after
        assert not (current.state.is_terminal and not after.state.is_terminal)
        current = after
    assert current.filled == sum(booked.values())
    assert current.filled <= max(current.quantity, current.replacing or 0)
    assert (current.state is S.FILLED) <= (current.filled == current.quantity)
    assert 0 <= current.leaves <= current.worst_leaves


def test_split_adjusts_what_is_asked_and_what_has_filled_together() -> None:
    start = run(order(), partial(40, "f1"), ask_replace(120))
    after = adjust_for_split(start, 2, 1)
    assert (after.quantity, after.filled, after.replacing) == (shares(200), shares(80), shares(240))
    assert after.limit_price == Price(250 * MICRO) and after.state is S.REPLACE_PENDING
    assert run(after, replaced(240), final(160, "f2")).state is S.FILLED
