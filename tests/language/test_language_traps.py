"""The ways a rule could fail open, or lock the desk in: each is closed, from its text to the decision."""

import itertools
import json
from collections.abc import Callable
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from engine.model.time import parse_timestamp
from engine.runtime.halt import RunRefused
from engine.service.promotion import PromotionRequest, judge_promotion
from engine.service.stream_world import StreamRequest, read_house
from tests.cli.stream_script import fact, fill, intent
from tests.cli.test_cli_promotion import line as evaluation
from tests.language.trap_desk import AT, CALENDAR, TODAY, TrapDesk, aged, withdrawn

Build = Callable[..., TrapDesk]
RESTRICTED = """list restricted of symbol "Restricted" {
  from file "restricted.csv"
  fresh 1 session
  at least 1 row
  owner tests
}
"""
OPTIONAL_LIST = RESTRICTED.replace("at least 1 row", "may be empty")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Build:
    return lambda lines, declared="": TrapDesk(tmp_path, monkeypatch, lines, declared)


def test_a_weak_missing_does_not_mask_a_strong_line(desk: Build) -> None:
    two_lines = desk("""
      missing  warn
      reject   when intent.quantity > 100 shares as TOO_MANY
      reject   when market.last > 1_000 USD/share as TOO_DEAR
    """)
    unknown = withdrawn("market.last")
    assert two_lines.ask(unknown, quantity="101") == ("reject", {"TOO_MANY", "FACT_MISSING"})
    assert two_lines.ask(unknown, quantity="100") == ("warn", {"FACT_MISSING"})
    assert two_lines.ask(fact("market.last", "1000.01", AT)) == ("reject", {"TOO_DEAR"})


def test_a_stale_list_stops_what_adds_risk_and_not_what_reduces(desk: Build) -> None:
    old = CALENDAR.sessions[-TODAY - 2].close
    spared = desk("reject when intent.symbol in restricted as RESTRICTED", RESTRICTED)
    spared.keep_list("restricted", ("ZULU",), old)
    assert spared.ask(side="BUY") == ("reject", {"FACT_STALE"})
    assert spared.ask(held=1, side="SELL") == ("flag", {"FACT_STALE"})
    bound = desk("missing reject even reducing\nreject when intent.symbol in restricted as RESTRICTED", RESTRICTED)
    assert bound.ask(held=1, side="SELL") == ("reject", {"FACT_STALE"})


def test_a_fresh_list_that_names_the_symbol_stops_what_reduces_too(desk: Build) -> None:
    named = desk("reject when intent.symbol in restricted as RESTRICTED", RESTRICTED)
    named.keep_list("restricted", ("AAPL",))
    assert named.ask(held=1, side="SELL") == ("reject", {"RESTRICTED"})
    named.keep_list("restricted", ("ZULU",))
    assert named.ask(side="BUY") == ("allow", set())


def test_negative_equity_is_no_divisor(desk: Build) -> None:
    leverage = "reject when projected.gross_notional / account.equity > 2 x as LEVERAGE"
    assert desk(leverage).complaints() == {"E205"}
    needed = desk(f"needs account.equity > 0 USD\n{leverage}")
    assert needed.complaints() == set()
    assert needed.ask(fact("account.equity", "50", AT)) == ("allow", set())
    assert needed.ask(fact("account.equity", "49.99", AT)) == ("reject", {"LEVERAGE"})
    for nothing in ("0", "-0.01", "-1000000"):
        assert needed.ask(fact("account.equity", nothing, AT)) == ("reject", {"FACT_INVALID"})


@pytest.mark.parametrize(
    "condition",
    [
        "(account.iml_adopted_on otherwise 2020-01-01) > 2026-01-01",
        "known(account.iml_adopted_on) and account.iml_adopted_on > 2026-01-01",
        "(if known(account.iml_adopted_on) then account.iml_adopted_on > 2026-01-01 else false)",
    ],
)
def test_what_stands_in_for_an_absent_fact_does_not_stand_in_for_a_stale_one(desk: Build, condition: str) -> None:
    asked = desk(f"reject when {condition} as ADOPTED")
    assert asked.ask() == ("allow", set())
    assert asked.ask(fact("account.iml_adopted_on", "2026-01-02", AT)) == ("reject", {"ADOPTED"})
    assert asked.ask(aged("account.iml_adopted_on", "2020-01-01", 400)) == ("reject", {"FACT_STALE"})
    assert asked.ask(aged("account.iml_adopted_on", "2020-01-01", 399)) == ("allow", set())


def test_an_empty_list_is_what_the_text_says_it_is(desk: Build) -> None:
    allowed = desk("reject when intent.symbol not in restricted as NOT_ALLOWED", OPTIONAL_LIST)
    allowed.keep_list("restricted", ())
    assert allowed.ask() == ("reject", {"NOT_ALLOWED"})
    kept = desk("reject when intent.symbol not in restricted as NOT_ALLOWED", RESTRICTED)
    with pytest.raises(RunRefused, match="LIST_TOO_SHORT"):
        read_house(StreamRequest(rules=kept.rules, lists=kept.rules.parent))


def test_an_aggregate_over_nobody_says_what_nobody_means(desk: Build) -> None:
    every = "every(p.worst_quantity > 0 shares for each p in projected.positions where p.symbol is not intent.symbol{})"
    assert desk(f"reject when not {every.format('')} as SILENT").complaints() == {"E210"}
    for said, verdict in ((" otherwise false", "reject"), (" otherwise true", "allow")):
        assert desk(f"reject when not {every.format(said)} as SILENT").ask()[0] == verdict


def test_an_unknown_fact_inside_when_is_not_a_rule_that_does_not_apply(desk: Build) -> None:
    guarded = desk("""
      when    market.last > 50 USD/share and intent.quantity > 10 shares
      reject  when intent.side is BUY as GUARDED
    """)
    unknown = withdrawn("market.last")
    assert guarded.ask(quantity="11") == ("reject", {"GUARDED"})
    assert guarded.ask(unknown, quantity="11") == ("reject", {"FACT_MISSING"})
    assert guarded.ask(unknown, quantity="10") == ("allow", set())
    assert guarded.ask(unknown, held=11, quantity="11", side="SELL") == ("flag", {"FACT_MISSING"})


def test_an_unknown_exception_does_not_silence_its_line(desk: Build) -> None:
    excepted = desk("reject when intent.quantity > 10 shares unless market.last > 50 USD/share as TOO_MANY")
    assert excepted.ask(quantity="11") == ("allow", set())
    assert excepted.ask(withdrawn("market.last"), quantity="11")[0] == "reject"


def test_text_outside_an_enum_is_refused_in_a_rule_and_unknown_in_a_fact(desk: Build) -> None:
    assert desk("reject when integrity.state is STALLED as STALE").complaints() == {"E204"}
    rule = desk("reject when integrity.state is STALE as STALE")
    assert rule.ask() == ("allow", set())
    assert rule.ask(fact("integrity.state", "STALE", AT)) == ("reject", {"STALE"})
    for other in ("Stale", "STALE ", "STALLED", ""):
        assert rule.ask(fact("integrity.state", other, AT)) == ("reject", {"FACT_INVALID"})


def test_a_symbol_is_the_same_however_a_rule_spells_it_and_refused_where_an_order_misspells_it(desk: Build) -> None:
    for spelt in ("AAPL", "aapl", " Aapl "):
        named = desk(f'reject when intent.symbol is "{spelt}" as NAMED')
        assert named.ask() == ("reject", {"NAMED"})
        for order in ("aapl", "AAPL ", "ＡＡＰＬ"):
            assert named.ask(symbol=order) == ("reject", {"INTENT_INVALID"})


@pytest.mark.parametrize("row", ["aapl", " AAPL", "AAPL ", "Aapl"])
def test_a_symbol_that_a_list_misspells_is_refused_when_the_list_is_read(desk: Build, row: str) -> None:
    listed = desk("reject when intent.symbol in restricted as RESTRICTED", RESTRICTED)
    listed.keep_list("restricted", (row,))
    with pytest.raises(RunRefused, match="LIST_"):
        listed.ask()


BOUGHT = """param most: quantity within 1 share .. 1_000 shares tighter when lower {
  always = 100 shares cite "Test"
}
window bought = sum of fill.quantity over 1 h per account, symbol where fill.side is BUY
limit TRAP-02 "Bought within an hour" {
  on       pre_trade
  when     intent.side is BUY
  measure  bought + intent.quantity
  clip     above most as BOUGHT
  cite     "Test"
  owner    tests
  because  "{bought} bought within the hour"
}
"""


def test_a_clip_that_measures_a_window_leaves_exactly_the_room_there_is(desk: Build) -> None:
    limited = desk("reject when intent.quantity > 900 shares as NO_SIZE", BOUGHT)
    for bought, asked, verdict, granted in (
        (40, "60", "allow", "60"),
        (40, "61", "clip", "60"),
        (99, "900", "clip", "1"),
    ):
        entry = [intent("entry", AT, quantity=str(bought)), fill("entry", AT, str(bought))]
        answer = limited.answer(*entry, quantity=asked)
        assert (answer["verdict"], answer["quantity"]) == (verdict, granted)
    full = [intent("entry", AT, quantity="100"), fill("entry", AT, "100")]
    assert limited.answer(*full, quantity="1")["verdict"] == "reject"


JUDGED_ON = date(2026, 3, 10)
JUDGED = parse_timestamp("2026-03-10T20:00:00Z")
GATE = """rulebook promotion.trap "A trap"
uses evaluation

gate PRO-TRAP "The trap" {{
  promotes strategy from research to shadow
  require  "sharpe": evaluation.sharpe >= 1
  score    100 * evaluation.sharpe + evaluation.profit_factor{infinite}
  rank     within 5 points by lowest evaluation.max_drawdown
  cite     "Test"
  owner    tests
  because  "the evaluation does not carry it"
}}
"""


def promote(folder: Path, *lines: Any, infinite: str = "") -> list[tuple[str, bool]]:
    """Return who was judged by the gate, best first, and whether it passes."""
    book = folder / "rules" / "promotion" / "trap.rules"
    book.parent.mkdir(parents=True, exist_ok=True)
    book.write_text(GATE.format(infinite=infinite), encoding="utf-8")
    asked = PromotionRequest(JUDGED, JUDGED_ON, rules=folder / "rules")
    stream = BytesIO("".join(json.dumps(each) + "\n" for each in lines).encode())
    (verdicts,) = judge_promotion(asked, stream, "trap").gates
    return [(standing.strategy, standing.passed) for standing in verdicts.standings]


def test_an_infinite_metric_promotes_nobody_unless_the_gate_says_what_it_counts_as(tmp_path: Path) -> None:
    said = "\n           infinite evaluation.profit_factor counts as 2"
    assert promote(tmp_path, evaluation("s", sharpe="1", profit_factor="1.2")) == [("s", True)]
    for worthless in ("Infinity", "-Infinity", "NaN"):
        assert promote(tmp_path, evaluation("s", sharpe=worthless)) == [("s", False)]
        assert promote(tmp_path, evaluation("s", sharpe=worthless), infinite=said) == [("s", False)]
        assert promote(tmp_path, evaluation("s", profit_factor=worthless)) == [("s", False)]
    assert promote(tmp_path, evaluation("s", profit_factor="Infinity"), infinite=said) == [("s", True)]
    assert promote(tmp_path, evaluation("s", profit_factor="NaN"), infinite=said) == [("s", False)]
    two = (evaluation("endless", profit_factor="Infinity"), evaluation("more", profit_factor="7.1"))
    assert promote(tmp_path, *two, infinite=said) == [("more", True), ("endless", True)]


def test_a_ranking_within_points_is_the_same_whatever_order_it_is_asked_in(tmp_path: Path) -> None:
    # a and b lie within five points, b and c too, a and c do not; each later one fell less than the one before it.
    near = [
        evaluation("a", sharpe="1.08", profit_factor="2", max_drawdown="0.12"),
        evaluation("b", sharpe="1.04", profit_factor="2", max_drawdown="0.08"),
        evaluation("c", sharpe="1.00", profit_factor="2", max_drawdown="0.04"),
    ]
    rankings = {tuple(name for name, _ in promote(tmp_path, *lines)) for lines in itertools.permutations(near)}
    assert rankings == {("b", "a", "c")}
