"""Worst-case exposure and the proof that an order reduces: CONTROLS 3.12, 6.2 and 6.3."""

import json
from dataclasses import fields
from pathlib import Path

import pytest

from engine.model.numbers import Price, Quantity
from engine.model.order import Side
from engine.portfolio.amount import Amount, amount_of
from engine.portfolio.book import Book, Projection
from engine.portfolio.ledger import Ledger
from engine.portfolio.working import Terms, WorkingOrder
from tests.portfolio.portfolio_builders import fill, instrument, intent, micros

INSTRUMENTS = {
    each.symbol: each
    for each in (
        instrument("SPY", "BROAD_INDEX"),
        instrument("AAPL", "TECHNOLOGY"),
        instrument("GOOG", "TECHNOLOGY", "Alphabet"),
        instrument("GOOGL", "TECHNOLOGY", "Alphabet"),
        instrument("XOM", "ENERGY"),
        instrument("ES", "BROAD_INDEX", multiplier=50),
    )
}


def book(position: str | int = 0, mark: str | int = 1, cash: int = 100_000, symbol: str = "SPY") -> Book:
    made = Book(INSTRUMENTS, amount_of(micros(cash)))
    made.set_mark(symbol, Price(micros(mark)))
    made.set_position(symbol, micros(position))
    return made


def work(made: Book, order_id: str, side: str, quantity: str | int, **more: str | int) -> WorkingOrder:
    order = WorkingOrder.of(intent(order_id, side, quantity, **more))  # type: ignore[arg-type]
    made.put_order(order)
    return order


# -- CONTROLS 3.12: limit 1,000, mark 1 so that shares and money agree ---------------------------


def test_working_buys_and_the_new_buy_add_to_the_position() -> None:
    made = book(800)
    work(made, "w", "BUY", 150)
    assert made.project(intent("n", "BUY", 100)).position_notional == micros(1_050)
    assert made.project(intent("n", "BUY", 50)).position_notional == micros(1_000)


def test_a_working_sell_does_not_net_a_buy() -> None:
    made = book(800)
    work(made, "w", "BUY", 150)
    work(made, "s", "SELL", 300)
    seen = made.project(intent("n", "BUY", 100))
    assert (seen.long_quantity, seen.position_notional) == (micros(1_050), micros(1_050))
    assert seen.short_quantity == 0


def test_a_replace_counts_the_larger_version_until_it_is_acknowledged() -> None:
    made = book(800)
    order = work(made, "w", "BUY", 150)
    change = intent("r", "BUY", 200, kind="REPLACE", target="w")
    assert made.project(change).position_notional == micros(1_000)
    made.put_order(order.replacing(change))
    assert made.project(intent("n", "BUY", 100)).position_notional == micros(1_100)
    shrink = intent("r2", "BUY", 10, kind="REPLACE", target="w")
    assert made.project(shrink).position_notional == micros(1_000)
    made.put_order(order.settled(Terms(Quantity(micros(10)), None)))
    assert made.project(intent("n", "BUY", 100)).position_notional == micros(910)


def test_of_two_sixty_lots_under_a_limit_of_a_hundred_the_second_sees_the_first() -> None:
    made = book(0)
    assert made.project(intent("a", "BUY", 60)).position_notional == micros(60)
    work(made, "a", "BUY", 60)
    assert made.project(intent("b", "BUY", 60)).position_notional == micros(120)


def test_an_order_counts_from_its_reservation_to_its_confirmed_end() -> None:
    made = book(0)
    work(made, "a", "BUY", 60)
    cancel = intent("c", "BUY", 60, kind="CANCEL", target="a")
    assert made.project(cancel).position_notional == micros(60)
    assert made.remove_order("a")
    assert not made.remove_order("a")
    assert made.project(cancel).position_notional == 0
    assert made.project(intent("b", "BUY", 10)).position_notional == micros(10)


def test_selling_more_than_is_held_is_not_reducing_and_the_reducible_part_is_known() -> None:
    made = book(100)
    assert not made.reduces_only(intent("n", "SELL", 500))
    assert made.reducible("SPY", Side.SELL) == micros(100)
    assert made.reduces_only(intent("n", "SELL", 100))
    assert made.reducible("SPY", Side.BUY) == 0


def test_a_buy_from_flat_is_not_reducing() -> None:
    assert not book(0).reduces_only(intent("n", "BUY", 1))
    assert not book(0).reduces_only(intent("n", "SELL", 1))


# -- 6.2 ------------------------------------------------------------------------------------------


def test_what_other_orders_may_already_close_cannot_be_closed_again() -> None:
    made = book(100)
    work(made, "s", "SELL", 70)
    work(made, "b", "BUY", 500)
    assert made.reducible("SPY", Side.SELL) == micros(30)
    assert made.reduces_only(intent("n", "SELL", 30))
    assert not made.reduces_only(intent("n", "SELL", "30.000001"))


def test_covering_a_short_is_reducing_as_selling_a_long_is() -> None:
    made = book(-100)
    work(made, "b", "BUY", 60)
    assert made.reduces_only(intent("n", "BUY", 40))
    assert not made.reduces_only(intent("n", "BUY", 41))
    assert not made.reduces_only(intent("n", "SELL", 1))


def test_a_replace_is_judged_by_what_can_still_fill_with_its_own_reservation_credited() -> None:
    made = book(100)
    order = work(made, "s", "SELL", 90)
    assert made.reduces_only(intent("r", "SELL", 100, kind="REPLACE", target="s"))
    assert not made.reduces_only(intent("r", "SELL", 101, kind="REPLACE", target="s"))
    made.record_fill("s", fill("1", "SELL", 40, 1))
    assert order.order_id == "s"
    assert made.reduces_only(intent("r", "SELL", 100, kind="REPLACE", target="s"))
    assert not made.reduces_only(intent("r", "SELL", 101, kind="REPLACE", target="s"))
    assert not made.reduces_only(intent("r", "SELL", 10, kind="REPLACE", target="unknown"))
    assert not made.reduces_only(intent("r", "BUY", 10, kind="REPLACE", target="s"))


def test_nothing_is_proven_from_positions_nobody_confirms() -> None:
    made = book(100)
    made.set_reconciled(False)
    assert not made.reduces_only(intent("n", "SELL", 10))
    assert made.reducible("SPY", Side.SELL) == 0
    made.set_reconciled(True)
    assert made.reduces_only(intent("n", "SELL", 10))


def test_a_cancel_never_increases_risk() -> None:
    assert book(0).reduces_only(intent("c", "BUY", 1, kind="CANCEL", target="x"))


# -- 6.3 ------------------------------------------------------------------------------------------


def test_the_short_side_counts_when_it_is_the_larger_one() -> None:
    made = book(100, mark=10)
    work(made, "s", "SELL", 300)
    seen = made.project(intent("n", "SELL", 50))
    assert (seen.long_quantity, seen.short_quantity) == (micros(100), micros(250))
    assert (seen.position_notional, seen.short_notional, seen.long_notional) == (
        micros(2_500),
        micros(2_500),
        micros(1_000),
    )


@pytest.mark.parametrize(("limit", "price"), [(None, 10), (9, 10), (11, 11)])
def test_an_order_counts_at_the_worse_of_mark_and_limit(limit: int | None, price: int) -> None:
    made = book(100, mark=10)
    seen = made.project(intent("n", "BUY", 10, limit=limit))
    assert seen.position_notional == micros(1_000 + 10 * price)
    assert seen.cash == micros(100_000 - 10 * price)


@pytest.mark.parametrize(("limit", "stop", "price"), [(None, 12, 12), (11, 12, 12), (12, 11, 12), (8, 9, 10)])
def test_a_stop_counts_at_the_worst_of_mark_limit_and_stop(limit: int | None, stop: int, price: int) -> None:
    seen = book(0, mark=10).project(intent("n", "BUY", 10, limit=limit, stop=stop))
    assert seen.position_notional == micros(10 * price)


def test_orders_against_the_position_leave_the_dearest_shares() -> None:
    """Short 100, buys of 100 at 10 and 100 at 20: after both, the 100 that remain may cost 20."""
    made = book(-100, mark=10)
    work(made, "cheap", "BUY", 100, limit=10)
    seen = made.project(intent("n", "BUY", 100, limit=20))
    assert (seen.long_quantity, seen.long_notional) == (micros(100), micros(2_000))


def test_two_versions_of_an_order_never_count_less_than_either_and_not_their_product() -> None:
    """100 at 10 replaced by 50 at 30: 1,000 or 1,500; the envelope is 50 at 30 and 50 at 10."""
    made = book(0, mark=10)
    work(made, "w", "BUY", 100, limit=10)
    seen = made.project(intent("r", "BUY", 50, limit=30, kind="REPLACE", target="w"))
    assert (seen.long_quantity, seen.position_notional) == (micros(100), micros(2_000))


def test_a_replace_of_another_symbol_or_of_nothing_counts_as_a_new_order() -> None:
    made = book(0, mark=1)
    work(made, "w", "BUY", 100)
    made.set_mark("XOM", Price(micros(1)))
    other = made.project(intent("r", "BUY", 40, symbol="XOM", kind="REPLACE", target="w"))
    assert (other.position_notional, other.gross_notional) == (micros(40), micros(140))
    nothing = made.project(intent("r", "BUY", 40, kind="REPLACE", target="gone"))
    assert nothing.position_notional == micros(140)


def test_sells_add_no_cash_and_every_working_buy_takes_some() -> None:
    made = book(100, mark=10, cash=5_000)
    made.set_mark("XOM", Price(micros(20)))
    work(made, "s", "SELL", 100)
    work(made, "b", "BUY", 10, symbol="XOM", limit=21)
    assert made.project(intent("n", "BUY", 5)).cash == micros(5_000 - 210 - 50)
    assert made.project(intent("n", "SELL", 5)).cash == micros(5_000 - 210)


def test_sector_issuer_and_gross_sum_the_worse_sides() -> None:
    made = book(10, mark=100, symbol="AAPL")
    for symbol, quantity in (("GOOG", 5), ("GOOGL", -7), ("XOM", 3)):
        made.set_mark(symbol, Price(micros(100)))
        made.set_position(symbol, micros(quantity))
    seen = made.project(intent("n", "BUY", 1, symbol="GOOG"))
    assert seen.sector_notional == micros(1_000 + 600 + 700)
    assert seen.issuer_notional == micros(600 + 700)
    assert seen.gross_notional == micros(1_000 + 600 + 700 + 300)
    assert (seen.long_notional, seen.short_notional) == (micros(1_900), micros(700))


def test_a_contract_multiplier_counts_in_notional() -> None:
    """CONTROLS 3.3: ES 3 x 6,800.25 x 50 = 1,020,037.50."""
    seen = book(0, mark="6800.25", symbol="ES").project(intent("n", "BUY", 3, symbol="ES"))
    assert seen.position_notional == micros("1020037.5")


def test_exposure_rounds_up_and_cash_down() -> None:
    made = Book(INSTRUMENTS, Amount(amount_of(0)))
    made.set_mark("SPY", Price(1))
    seen = made.project(intent("n", "BUY", "0.000001"))
    assert (seen.position_notional, seen.cash) == (1, -1)


def test_an_unknown_mark_makes_unknown_what_depends_on_it_and_nothing_else() -> None:
    made = book(10, mark=100, symbol="AAPL")
    made.set_position("XOM", micros(5))
    seen = made.project(intent("n", "BUY", 1, symbol="AAPL"))
    assert (seen.gross_notional, seen.long_notional, seen.positions) == (None, None, None)
    assert seen.position_notional == micros(1_100)
    assert seen.sector_notional == micros(1_100)
    assert seen.short_notional == 0
    assert seen.cash == micros(100_000 - 100)
    blind = made.project(intent("n", "BUY", 1, symbol="XOM", limit=50))
    assert (blind.position_notional, blind.sector_notional, blind.cash) == (None, None, None)
    assert blind.long_quantity == micros(6)
    made.set_mark("XOM", Price(micros(1)))
    assert made.project(intent("n", "BUY", 1, symbol="XOM")).gross_notional == micros(1_006)
    made.set_mark("XOM", None)
    assert made.project(intent("n", "BUY", 1, symbol="XOM")).gross_notional is None


def test_a_position_without_a_classification_makes_every_sector_unknown() -> None:
    made = book(10, mark=100, symbol="AAPL")
    made.set_mark("NEW", Price(micros(1)))
    made.set_position("NEW", micros(1))
    seen = made.project(intent("n", "BUY", 1, symbol="AAPL"))
    assert (seen.sector_notional, seen.issuer_notional, seen.gross_notional) == (None, None, None)
    assert seen.position_notional == micros(1_100)


def test_a_holding_without_a_classification_stops_counting_when_it_is_gone() -> None:
    made = book(10, mark=100, symbol="AAPL")
    made.set_mark("NEW", Price(micros(1)))
    look = intent("n", "BUY", 1, symbol="AAPL")
    for _ in range(2):
        made.set_position("NEW", micros(1))
        assert made.project(look).sector_notional is None
        made.set_position("NEW", micros(2))
        assert made.project(look).sector_notional is None
        made.set_position("NEW", 0)
        assert made.project(look).sector_notional == micros(1_100)


def test_positions_are_known_again_once_the_mark_is() -> None:
    made = book(10, mark=100, symbol="AAPL")
    look = intent("n", "BUY", 1, symbol="AAPL")
    made.set_position("XOM", micros(5))
    assert made.project(look).positions is None
    made.set_mark("XOM", Price(micros(2)))
    rows = made.project(look).positions
    assert rows is not None
    assert [row.symbol for row in rows] == ["AAPL", "XOM"]


def test_a_new_mark_reaches_orders_of_symbols_that_are_not_held() -> None:
    made = book(0, mark=10)
    work(made, "w", "BUY", 10)
    look = intent("n", "BUY", 1, symbol="AAPL", limit=1)
    assert made.project(look).cash is None
    made.set_mark("AAPL", Price(micros(1)))
    assert made.project(look).gross_notional == micros(101)
    made.set_mark("SPY", Price(micros(20)))
    assert made.project(look).gross_notional == micros(201)


def test_an_order_told_under_another_symbol_leaves_the_first_one() -> None:
    made = book(0, mark=10)
    made.set_mark("AAPL", Price(micros(10)))
    work(made, "w", "BUY", 10)
    work(made, "w", "BUY", 10, symbol="AAPL")
    assert made.orders("SPY") == ()
    assert made.project(intent("n", "BUY", 1)).gross_notional == micros(110)
    assert made.project(intent("n", "BUY", 1)).position_notional == micros(10)


def test_positions_list_every_symbol_held_or_working_at_mark() -> None:
    made = book(10, mark=100, symbol="AAPL")
    made.set_mark("XOM", Price(micros(50)))
    made.set_mark("SPY", Price(micros(10)))
    work(made, "w", "SELL", 4, symbol="XOM", limit=60)
    seen = made.project(intent("n", "BUY", 2, symbol="SPY"))
    assert seen.positions is not None
    assert [(row.symbol, row.worst_quantity, row.worst_notional) for row in seen.positions] == [
        ("AAPL", micros(10), micros(1_000)),
        ("SPY", micros(2), micros(20)),
        ("XOM", micros(4), micros(200)),
    ]
    assert made.project(intent("n", "BUY", 2), with_positions=False).positions is None


def test_a_fill_moves_from_the_reservation_to_the_position_in_one_step() -> None:
    made = book(0, mark=10, cash=1_000)
    work(made, "w", "BUY", 10, limit=10)
    look = intent("n", "BUY", 1)
    before = made.project(look)
    made.record_fill("w", fill("1", "BUY", 4, 10))
    after = made.project(look)
    assert (after.long_quantity, after.position_notional, after.cash) == (
        before.long_quantity,
        before.position_notional,
        before.cash,
    )
    assert made.quantity("SPY") == micros(4)
    known = made.order("w")
    assert known is not None
    assert known.leaves == micros(6)


def test_book_and_ledger_agree_after_the_same_fills() -> None:
    made, ledger = book(0, mark=10, cash=1_000), Ledger(micros(1_000))  # type: ignore[arg-type]
    for one in (
        fill("1", "BUY", "7.3", "9.99", fee="0.35"),
        fill("2", "SELL", 10, "10.01", fee="0.5"),
        fill("3", "BUY", "0.000001", "10.333333"),
    ):
        made.record_fill(None, one)
        ledger.apply_fill(one)
    assert (made.cash, made.quantity("SPY")) == (ledger.cash, ledger.quantity("SPY"))
    fresh = Book(INSTRUMENTS, Amount(0))
    fresh.set_position("XOM", 5)
    fresh.take_over(ledger)
    assert (fresh.cash, fresh.quantity("SPY"), fresh.quantity("XOM")) == (
        ledger.cash,
        ledger.quantity("SPY"),
        0,
    )


def test_a_projection_has_the_fields_of_its_contract() -> None:
    root = Path(__file__).parents[2]
    contract = json.loads((root / "specs" / "projected.schema.json").read_text())
    assert {field.name for field in fields(Projection)} == set(contract["properties"])
    made = book(10, mark=100, symbol="AAPL")
    seen = made.project(intent("n", "BUY", 1, symbol="AAPL"))
    assert seen.positions is not None
    row = contract["properties"]["positions"]["items"]["properties"]
    assert {field.name for field in fields(seen.positions[0])} == set(row)
