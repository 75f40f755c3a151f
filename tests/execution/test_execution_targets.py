"""Laws of the way from targets to orders (BEHAVIOUR 9, CONTROLS 6.2)."""

from hypothesis import given
from hypothesis import strategies as st

from engine.execution.targets import (
    CancelDraft,
    Draft,
    OrderDraft,
    Standing,
    Target,
    TargetFault,
    Working,
    draft_intents,
)
from engine.model.numbers import MICRO, Quantity
from engine.model.order import Side

B, S = Side.BUY, Side.SELL


def shares(count: int) -> Quantity:
    return Quantity(count * MICRO)


def working(count: int, side: Side, key: str = "w1", is_cancelling: bool = False) -> Working:
    return Working(key, side, shares(count), is_cancelling)


def at(position: int, *orders: Working, symbol: str = "SPY") -> Standing:
    return Standing(symbol, shares(position), orders)


def drafts(target: int, standing: Standing, lot: int = 1) -> tuple[Draft, ...]:
    made = draft_intents([Target("SPY", shares(target))], [standing], {"SPY": Quantity(lot)})
    assert not isinstance(made, TargetFault)
    return made


def new(count: int, side: Side, is_reducing: bool, symbol: str = "SPY") -> OrderDraft:
    return OrderDraft(symbol, side, shares(count), is_reducing)


def test_orders_lead_from_positions_to_targets_in_symbol_order() -> None:
    standings = [at(-10, symbol="TSLA"), at(50, symbol="AAPL"), at(0, symbol="MSFT")]
    targets = [Target("TSLA", 0), Target("MSFT", shares(20)), Target("AAPL", 0)]
    assert draft_intents(targets, standings) == (
        new(50, S, True, "AAPL"),
        new(20, B, False, "MSFT"),
        new(10, B, True, "TSLA"),
    )


def test_held_symbol_without_a_target_is_wanted_flat() -> None:
    assert draft_intents([], [at(5)]) == (new(5, S, True),)


def test_flip_through_zero_is_one_reducing_and_one_opening_order() -> None:
    assert drafts(-50, at(100)) == (new(100, S, True), new(50, S, False))
    assert drafts(50, at(-100)) == (new(100, B, True), new(50, B, False))


def test_working_orders_that_cover_the_difference_draft_nothing() -> None:
    assert drafts(100, at(0, working(100, B))) == ()
    assert drafts(100, at(40, working(25, B), working(35, B, "w2"))) == ()
    assert drafts(100, at(40, working(25, B))) == (new(35, B, False),)


def test_order_on_the_wrong_side_is_cancelled_and_the_opening_waits_for_it() -> None:
    assert drafts(100, at(0, working(30, S))) == (CancelDraft("SPY", "w1"),)
    assert drafts(0, at(0, working(30, B))) == (CancelDraft("SPY", "w1"),)


def test_reducing_does_not_wait_for_a_cancel() -> None:
    assert drafts(-20, at(100, working(30, B))) == (CancelDraft("SPY", "w1"), new(100, S, True))


def test_order_that_overshoots_is_cancelled() -> None:
    assert drafts(50, at(0, working(40, B), working(40, B, "w2"))) == (CancelDraft("SPY", "w2"),)


def test_cancel_under_way_is_not_asked_again_and_its_order_may_still_fill() -> None:
    assert drafts(100, at(0, working(100, B, is_cancelling=True))) == ()
    # 60 of the 100 held may still be sold by the order being cancelled: only 40 surely reduce.
    assert drafts(0, at(100, working(60, S, is_cancelling=True))) == (new(40, S, True),)


def test_opening_is_cut_to_whole_lots_and_closing_is_not() -> None:
    half = Quantity(MICRO // 2)
    assert drafts(-10, Standing("SPY", half), MICRO) == (
        OrderDraft("SPY", S, half, True),
        new(10, S, False),
    )
    made = draft_intents([Target("SPY", shares(3) + half)], [], {"SPY": shares(1)})
    assert made == (new(3, B, False),)


def test_two_targets_of_a_symbol_are_an_error_and_name_it() -> None:
    fault = draft_intents([Target("SPY", 1), Target("QQQ", 1), Target("SPY", 1)], [])
    assert isinstance(fault, TargetFault) and (fault.code, fault.symbol) == ("TARGET_DUPLICATE", "SPY")
    fault = draft_intents([], [at(1), at(2)])
    assert isinstance(fault, TargetFault) and fault.code == "STANDING_DUPLICATE"


QUANTITIES = st.integers(-300, 300)
ORDERS = st.lists(
    st.builds(working, st.integers(1, 100), st.sampled_from([B, S]), st.uuids().map(str), st.booleans()),
    max_size=4,
)


@given(QUANTITIES, QUANTITIES, ORDERS)
def test_working_off_the_drafts_reaches_the_target_and_asks_no_more(
    target: int, position: int, orders: list[Working]
) -> None:
    for _ in range(4):
        made = drafts(target, at(position, *orders))
        gone = {draft.target for draft in made if isinstance(draft, CancelDraft)}
        sent = [draft for draft in made if isinstance(draft, OrderDraft)]
        is_settled = not gone and not any(order.is_cancelling for order in orders)
        orders = [order for order in orders if order.intent_id not in gone and not order.is_cancelling]
        orders += [Working(f"sent-{count}", draft.side, draft.quantity) for count, draft in enumerate(sent)]
        if is_settled:
            assert drafts(target, at(position, *orders)) == ()
        position += sum(order.side.sign * order.leaves // MICRO for order in orders)
        orders = []
    assert position == target


@given(QUANTITIES, QUANTITIES, ORDERS)
def test_reducing_draft_never_crosses_zero_whatever_else_fills(
    target: int, position: int, orders: list[Working]
) -> None:
    for draft in drafts(target, at(position, *orders)):
        if isinstance(draft, OrderDraft) and draft.is_reducing:
            same = sum(o.leaves for o in orders if o.side is draft.side)
            assert draft.quantity + same <= abs(shares(position))
            assert draft.side.sign * position < 0
