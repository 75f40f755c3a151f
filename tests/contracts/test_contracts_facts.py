"""Facts from outside are judged by the contract of their namespace; derived ones are never accepted."""

from typing import Any

import pytest

from engine.contracts import FactLine, fact_fields, fact_from, load_json
from engine.model.bar import Timeframe
from engine.model.time import parse_timestamp
from tests.contracts.contracts_oracle import examples

BASE = examples("fact")[0]


def code_of(line: Any) -> tuple[str, str]:
    result = fact_from(line)
    assert isinstance(result, list), result
    return result[0].code, result[0].pointer


def test_fact_arrives_in_scaled_integers_with_its_key() -> None:
    at = parse_timestamp("2026-01-05T21:00:00Z")
    assert fact_from(BASE) == FactLine(at, "market.ask", ("SPY",), 470_920_000, at, "bar_quote", Timeframe.DAY_1)


def test_every_example_line_is_a_fact() -> None:
    facts = [fact_from(line) for line in examples("fact")]
    assert [fact.key for fact in facts if isinstance(fact, FactLine)] == [("SPY",), (), ("ACC-1", "SPY"), ("SPY",)]
    assert isinstance(facts[3], FactLine)
    assert facts[3].value is None


@pytest.mark.parametrize("change, code, pointer", [
    ({"path": "market.aks"}, "C015", "/path"),
    ({"path": "projected.cash"}, "C010", "/path"),
    ({"path": "session.is_open", "value": True}, "C010", "/path"),
    ({"path": "intent.reduces_only", "value": True}, "C010", "/path"),
    ({"path": "intent.quantity", "value": "1"}, "C010", "/path"),
    ({"key": ["ACC-1", "SPY"]}, "C016", "/key"),
    ({"path": "runtime.armed", "value": True}, "C016", "/key"),
    ({"value": "0"}, "C007", "/value"),
    ({"value": "470.9200001"}, "C008", "/value"),
    ({"value": 470}, "C001", "/value"),
    ({"value": True}, "C001", "/value"),
    ({"value": 470.92}, "C001", "/value"),
    ({"value": ["1"]}, "C001", "/value"),
    ({"path": "integrity.state", "value": "FINE"}, "C004", "/value"),
    ({"path": "integrity.missing_bars", "value": -1}, "C007", "/value"),
    ({"type": "event"}, "C004", "/type"),
    ({"v": 2}, "C004", "/v"),
    ({"v": True}, "C004", "/v"),
    ({"as_of": "yesterday"}, "C009", "/as_of"),
])  # fmt: skip
def test_fact_its_contract_does_not_know_is_refused(change: dict[str, Any], code: str, pointer: str) -> None:
    assert code_of({**BASE, **change}) == (code, pointer)


def test_keyed_fact_without_its_key_is_refused() -> None:
    line = {name: value for name, value in BASE.items() if name != "key"}
    assert code_of(line) == ("C016", "/key")


def test_fault_of_a_fact_stands_where_the_line_says_it() -> None:
    loaded = load_json('{"v":1,"type":"fact","at":"2026-01-05T21:00:00Z","path":"market.aks","key":"SPY",\n'
                       '"value":"1","as_of":"2026-01-05T21:00:00Z","provider":"p"}', "s", first_line=7)  # fmt: skip
    faults = fact_from(loaded)
    assert isinstance(faults, list)
    assert (faults[0].line, faults[0].column, faults[0].help) == (7, 57, "did you mean market.ask?")


def test_facts_know_whose_they_are_and_how_long_they_last() -> None:
    fields = fact_fields()
    assert list(fields) == sorted(fields)
    assert fields["market.ask"].key == ("symbol",)
    assert fields["market.prior_close"].max_age == "2 sessions"
    assert fields["portfolio.position_quantity"].key == ("account", "symbol")
    assert fields["instrument.tick"].max_age == "400 sessions"
    assert fields["account.equity"].scale == 6
    assert fields["integrity.missing_bars"].scale is None
    assert {path for path, field in fields.items() if not field.is_computed} >= {"account.equity", "runtime.armed"}
