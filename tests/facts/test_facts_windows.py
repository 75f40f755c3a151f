"""Windows as the snapshot sees them."""

from dsl.windows import Happening
from engine.model.time import SECOND
from tests.facts.facts_desk import NOW, FactsDesk


def happening(at: int, account: str = "account") -> Happening:
    return Happening("intent.allowed", at, {"account": account})


def test_a_window_leaves_its_far_edge_out_and_takes_its_near_edge_in() -> None:
    desk = FactsDesk()
    desk.windows.observe(happening(NOW - 60 * SECOND))
    desk.windows.observe(happening(NOW - 60 * SECOND + 1))
    desk.windows.observe(happening(NOW))
    assert desk.value("window:pre_trade.facts.orders") == 2
    assert desk.value("window:pre_trade.facts.orders", NOW + 1) == 1


def test_a_count_of_nothing_is_nought_and_known() -> None:
    desk = FactsDesk()
    assert (desk.value("window:pre_trade.facts.orders"), desk.reasons()) == (0, {})


def test_a_window_counts_its_own_key_only() -> None:
    desk = FactsDesk()
    desk.windows.observe(happening(NOW, "another"))
    assert desk.value("window:pre_trade.facts.orders") == 0
