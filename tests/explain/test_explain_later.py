"""When a refused order passes by itself, on hand-made cases: what leaves, what ends, and what cannot be foreseen."""

import json
from typing import Any

import pytest

from dsl.bundle import Bundle
from dsl.pipeline import compile_rules
from dsl.text import Source
from engine.decision.explain import Almanac, Explanation, why
from engine.marketdata.calendar import as_rule_calendars, load_calendar
from engine.model.time import MINUTE, SECOND, parse_timestamp
from engine.shipped import shipped
from tests.explain.judged_desk import LISTED, RESTRICTED, JudgedDesk, sources

CALENDAR = load_calendar()
EXTRA = """rulebook pre_trade.extra "Extra"
calendar XNYS zone "America/New_York"
uses intent, market, session, account
{declared}
rule EXT-01 "Extra" {{
  on       pre_trade
  {clauses}
  cite     "Test"
  owner    house
  because  "it is so"
}}
"""


def bundle_with(clauses: str, declared: str = "", *, alone: bool = False) -> Bundle:
    """Return the shipped rules and one more; `alone` leaves the shipped ones out but for the list."""
    schemas = {
        file.name.removesuffix(".schema.json"): json.loads(file.read_text(encoding="utf-8"))
        for file in shipped("specs").glob("*.schema.json")
    }
    kept = [source for source in sources() if not alone or "restricted" in source.name]
    text = EXTRA.format(clauses=clauses, declared=declared)
    bundle, found = compile_rules([*kept, Source("rules/pre_trade/extra.rules", text)], schemas)
    assert bundle is not None, found
    return bundle


def told(desk: JudgedDesk, record: dict[str, Any]) -> Explanation:
    calendars = as_rule_calendars(CALENDAR)
    return why(record, desk.bundle, desk.overlays, {LISTED: RESTRICTED}, calendars, Almanac(CALENDAR))


def refused(bundle: Bundle) -> Explanation:
    desk = JudgedDesk(bundle)
    return told(desk, desk.judge(desk.intent("BUY", 10, "ALFA", "52.00")))


def test_a_rule_that_ends_stops_blocking_with_the_session_after_its_last_day() -> None:
    explained = refused(bundle_with('reject when intent.symbol is "ALFA"\n  effective until 2026-11-06'))
    assert explained.flips.at == "2026-11-06T21:00:00.000001Z" and explained.flips.is_first
    assert explained.changes[1].endswith("if nothing else changes: EXT-01 is no longer in force")


def test_windows_the_record_does_not_hold_are_empty_once_their_stretch_is_over() -> None:
    bundle = bundle_with('reject when intent.symbol is "ALFA"\n  effective until 2026-11-06')
    desk = JudgedDesk(bundle)
    record = desk.judge(desk.intent("BUY", 10, "ALFA", "52.00"))
    assert "windows" not in record and any(f["path"].startswith("window:") for f in record["facts"])
    assert told(desk, record).flips.at == "2026-11-06T21:00:00.000001Z"


def test_a_number_of_another_date_lets_it_pass_and_is_named() -> None:
    declared = (
        "param most: quantity within 1 share .. 100 shares tighter when lower {\n"
        '  always = 5 shares cite "C"\n  2026-11-10 = 50 shares cite "D"\n}'
    )
    explained = refused(bundle_with("reject when intent.quantity > most", declared, alone=True))
    assert explained.flips.at == "2026-11-09T21:00:00.000001Z"
    assert explained.changes[1].endswith("if nothing else changes: most is 50 shares")


LATER = (
    'reject when intent.symbol is "ALFA"\n  effective until 2026-11-06\n  cite "T"\n  owner t\n  because "b"\n}}\n'
    'rule EXT-02 "Later" {{\n  on pre_trade\n  effective from 2026-11-09\n  reject when {condition}'
)


@pytest.mark.parametrize(
    ("condition", "lacking"),
    [
        ("market.prior_close > 5 USD/share", "market.prior_close"),
        ("(seen otherwise 1 USD/share) > 5 USD/share", "seen"),
        ("not known(seen)", "seen"),
    ],
)
def test_what_only_a_later_rule_reads_is_not_guessed(condition: str, lacking: str) -> None:
    declared = "window seen = last of fill.price since intent.allowed per symbol"
    explained = refused(bundle_with(LATER.format(condition=condition), declared, alone=True))
    assert explained.flips.at == ""
    assert explained.changes[1] == (
        "no time is known at which it passes: from 2026-11-06T21:00:00.000001Z on the rules rest on "
        f"{lacking}, of which this record says nothing"
    )


@pytest.mark.parametrize(
    ("condition", "passes"),
    [
        ("intent.limit_price > 51 USD/share", False), ("intent.limit_price > 52 USD/share", True),
        ("known(intent.stop_price)", True), ("intent.increases_risk", False),
    ],
)  # fmt: skip
def test_what_the_order_itself_says_is_known_to_later_rules(condition: str, passes: bool) -> None:
    explained = refused(bundle_with(LATER.format(condition=condition), alone=True))
    assert (explained.flips.at == "2026-11-06T21:00:00.000001Z") is passes
    assert passes or "does not change by time alone" in explained.changes[1]


def test_a_rate_limit_names_the_window_and_what_leaves_it() -> None:
    declared = "window recent = count of intent.allowed over 60 s per strategy"
    desk = JudgedDesk(bundle_with("reject when recent >= 2 as OFTEN", declared, alone=True))
    for shares in (10, 11):
        assert desk.judge(desk.intent("BUY", shares, "ALFA", "52.00"))["verdict"] == "allow"
        desk.wait(10 * SECOND)
    record = desk.judge(desk.intent("BUY", 12, "ALFA", "52.00"))
    explained = told(desk, record)
    assert (explained.flips.at, explained.flips.size) == ("2026-11-05T15:01:00Z", "0")
    assert explained.changes == (
        "no smaller size passes",
        "passes from 2026-11-05T15:01:00Z, 40 s later, if nothing else changes: recent is 1",
    )
    (leaf,) = explained.findings[0].parts[0].branch.branches
    assert leaf.origin == (
        "count of intent.allowed over 1 min per strategy [mean_reversion], counted by the desk, events at "
        "2026-11-05T15:00:00Z, 2026-11-05T15:00:10Z; the first leaves at 2026-11-05T15:01:00Z"
    )


def test_a_record_keeps_no_more_events_than_it_may_and_then_no_time_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.decision.record.EVENTS_KEPT", 1)
    declared = "window recent = count of intent.allowed over 60 s per strategy"
    desk = JudgedDesk(bundle_with("reject when recent >= 2 as OFTEN", declared, alone=True))
    for shares in (10, 11, 12):
        record = desk.judge(desk.intent("BUY", shares, "ALFA", "52.00"))
    assert record["windows"] == [{"path": "window:pre_trade.extra.recent", "count": 2}]
    assert told(desk, record).flips.at == "2026-11-05T15:01:00Z"  # by then all of them have left


def test_a_stale_fact_says_that_its_return_cannot_be_foreseen() -> None:
    desk = JudgedDesk()
    desk.wait(6 * MINUTE)
    desk.feed("ALFA", "CLEAN")
    desk.account("100000", "100000", "0")
    explained = told(desk, desk.judge(desk.intent("BUY", 10, "ALFA", "52.00")))
    assert explained.changes[1] == (
        "no time is known at which it passes: market.ask, market.bid, reconcile.state are unknown until told anew, "
        "and when that is cannot be foreseen"
    )


def test_a_session_that_opens_is_named() -> None:
    desk = JudgedDesk(bundle_with("reject when not session.is_open as CLOSED", alone=True))
    desk.now = parse_timestamp("2026-11-05T21:00:00.000001Z")
    listed = desk.engine.ready(CALENDAR.session_date(desk.now)).program
    fact = listed.slots[listed.index[desk.list_path]].fact
    desk.board.put(desk.list_path, (), RESTRICTED, desk.now, "restricted.csv", fact=fact)
    explained = told(desk, desk.judge(desk.intent("BUY", 10, "ALFA", "52.00")))
    assert explained.flips.at == "2026-11-06T14:30:00.000001Z"
    assert explained.changes[1].endswith("if nothing else changes: session.is_open is true")


def test_under_a_stated_law_date_no_date_changes_anything() -> None:
    bundle = bundle_with('reject when intent.symbol is "ALFA"\n  effective until 2026-11-06', alone=True)
    desk = JudgedDesk(bundle)
    record = desk.judge(desk.intent("BUY", 10, "ALFA", "52.00"))
    stated = Almanac(CALENDAR, CALENDAR.session_date(desk.now))
    explained = why(record, bundle, (), {LISTED: RESTRICTED}, as_rule_calendars(CALENDAR), stated)
    assert explained.changes[1] == (
        "no time is known at which it passes: what EXT-01 rests on does not change by time alone"
    )
