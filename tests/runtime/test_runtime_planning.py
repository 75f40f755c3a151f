"""From targets to orders: one order per wish, whoever says it how often, and none while one is under way."""

from collections.abc import Mapping

import pytest

from engine.model.event import EventType
from engine.runtime import composition
from tests.runtime.proof_market import Desk, Plan, registry_of, renamed
from tests.runtime.record import record_of


@pytest.fixture
def asked(small: Desk, monkeypatch: pytest.MonkeyPatch) -> "Asked":
    return Asked(small, monkeypatch)


class Asked:
    """What the desk asks for when its strategies follow a plan: intents per instant, symbol, side and shares."""

    def __init__(self, desk: Desk, patch: pytest.MonkeyPatch) -> None:
        self._desk, self._patch = desk, patch

    def by(self, plans: Mapping[str, Plan]) -> list[tuple[str, str, str, int]]:
        self._patch.setattr(composition, "builtin_registry", registry_of(plans))
        desk = Desk(renamed(self._desk.inputs, "plan", script=()), self._desk.database, self._desk.folder)
        record = record_of(desk.database, desk.run().run_key)
        emitted = [e for e in record if e.kind is EventType.SIGNAL_INTENT_EMITTED]
        return [
            (intent["kind"], intent["symbol"], intent["side"], intent["quantity"] // 1_000_000)
            for entry in emitted
            for intent in entry.body["intents"]
        ]


def test_a_strategy_that_says_the_same_on_the_bars_of_two_symbols_asks_once(asked: Asked) -> None:
    both = {"AAA": 10, "BBB": 5}
    assert asked.by({"alpha": {"AAA": {0: both}, "BBB": {0: both}}}) == [
        ("NEW", "AAA", "BUY", 10),
        ("NEW", "BBB", "BUY", 5),
    ]


def test_of_two_targets_said_at_one_instant_the_last_is_meant(asked: Asked) -> None:
    plan: Plan = {"AAA": {0: {"AAA": 10, "BBB": 5}}, "BBB": {0: {"AAA": 12}}}
    assert asked.by({"alpha": plan}) == [("NEW", "BBB", "BUY", 5), ("NEW", "AAA", "BUY", 12)]


def test_a_target_repeated_while_its_order_works_asks_for_nothing(asked: Asked) -> None:
    assert asked.by({"hourly": {"HHH": {n: {"HHH": 150} for n in range(6)}}}) == [("NEW", "HHH", "BUY", 150)]


def test_a_target_repeated_while_its_order_is_held_asks_for_nothing(asked: Asked) -> None:
    held: Plan = {"AAA": {0: {"AAA": 250}}, "BBB": {0: {"AAA": 250}}}
    assert asked.by({"alpha": held}) == [("NEW", "AAA", "BUY", 250)]


def test_two_strategies_hold_their_own_positions_of_one_symbol(asked: Asked) -> None:
    plans: dict[str, Plan] = {
        "alpha": {"AAA": {0: {"AAA": 50}, 2: {"AAA": 0}}},
        "broken": {"AAA": {0: {"AAA": 20}, 2: {"AAA": 30}}},
    }
    assert asked.by(plans) == [
        ("NEW", "AAA", "BUY", 50),
        ("NEW", "AAA", "BUY", 20),
        ("NEW", "AAA", "SELL", 50),
        ("NEW", "AAA", "BUY", 10),
    ]


def test_turning_round_cancels_what_works_first(asked: Asked) -> None:
    plan: Plan = {"HHH": {0: {"HHH": 180}, 1: {"HHH": -20}, 2: {"HHH": -20}}}
    assert asked.by({"hourly": plan}) == [
        ("NEW", "HHH", "BUY", 180),
        ("CANCEL", "HHH", "BUY", 180),
        ("NEW", "HHH", "SELL", 100),
        ("NEW", "HHH", "SELL", 20),
    ]
