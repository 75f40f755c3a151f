"""Why an order exists is derived from the book and the order, and no order says it of itself."""

from dataclasses import fields, replace

import pytest

from engine.facts.derived import IntentFacts
from engine.model.numbers import MICRO, Quantity
from engine.model.order import EmergencyExit, Intent, IntentKind, OrderType, Side
from engine.portfolio.amount import amount_of
from engine.portfolio.book import Book

SOLD = Intent(
    "intent-1", "engine", "account", "strategy", "principal", IntentKind.NEW, "AAPL", Side.SELL, OrderType.MARKET,
    Quantity(5 * MICRO),
)  # fmt: skip


def purpose(intent: Intent, held: int = 5) -> str:
    book = Book({}, amount_of(0))
    book.set_position("AAPL", held * MICRO)
    return IntentFacts(intent, book, wants_positions=False).purpose()


@pytest.mark.parametrize("kind", OrderType)
def test_what_reduces_is_an_exit_and_a_stop_loss_where_it_waits_for_its_price(kind: OrderType) -> None:
    waits = kind in (OrderType.STOP, OrderType.STOP_LIMIT)
    assert purpose(replace(SOLD, type=kind)) == ("STOP_LOSS" if waits else "EXIT")


@pytest.mark.parametrize("kind", OrderType)
def test_what_is_not_proven_to_reduce_is_an_entry_whatever_its_type(kind: OrderType) -> None:
    assert purpose(replace(SOLD, type=kind), held=4) == "ENTRY"
    assert purpose(replace(SOLD, type=kind, side=Side.BUY)) == "ENTRY"


@pytest.mark.parametrize("kind", OrderType)
def test_the_desks_own_way_out_is_an_emergency_exit_whatever_its_type(kind: OrderType) -> None:
    own = EmergencyExit(**{each.name: getattr(SOLD, each.name) for each in fields(SOLD)})
    assert purpose(replace(own, type=kind)) == "EMERGENCY_EXIT"
    assert purpose(replace(own, type=kind), held=4) == "ENTRY"
