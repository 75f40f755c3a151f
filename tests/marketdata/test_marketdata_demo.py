"""The demo's files are what their script makes, and what they make the desk see."""

import runpy
from itertools import pairwise
from pathlib import Path

import pytest

from engine.marketdata.calendar import load_calendar
from engine.marketdata.classification import read_classification
from engine.marketdata.corporate_actions import Dividend, Split, adjusted_closes
from engine.marketdata.feed import BarClosed, market_events
from engine.marketdata.ingest import IngestResult, ingest
from engine.marketdata.lists import read_list
from engine.marketdata.quality import FeedState

CHECKOUT = Path(__file__).resolve().parents[2]
DEMO = CHECKOUT / "tests" / "fixtures" / "demo"
SYMBOLS = ("ALFA", "BRVO", "CHRL", "DLTA")
XNYS = load_calendar()


def demo(symbol: str) -> IngestResult:
    return ingest(DEMO / f"{symbol}.csv", XNYS)


def test_the_script_makes_the_committed_files() -> None:
    made = runpy.run_path(str(CHECKOUT / "scripts" / "make_demo_bars.py"))["documents"]()
    assert {path.name: path.read_bytes() for path in DEMO.glob("*.csv")} == {
        name: text.encode() for name, text in made.items()
    }


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_each_symbol_has_ninety_sessions_without_a_fault(symbol: str) -> None:
    result = demo(symbol)
    assert result.report.faults == ()
    assert [len(result.bars), str(XNYS.session_date(result.bars[0].end_ts))] == [90, "2026-01-05"]
    assert result.report.series[0].missing_bars == 0


def test_the_only_finding_is_the_outlying_day() -> None:
    findings = [finding for symbol in SYMBOLS for finding in demo(symbol).report.findings]
    assert [(finding.symbol, finding.state) for finding in findings] == [("DLTA", FeedState.OUTLIER)]


def test_the_only_actions_are_a_split_and_a_dividend() -> None:
    split, dividend = (action for symbol in SYMBOLS for action in demo(symbol).actions)
    assert isinstance(split, Split) and (split.symbol, split.factor) == ("BRVO", 2)
    assert isinstance(dividend, Dividend) and (dividend.symbol, dividend.cash * 4) == ("CHRL", 1)


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_adjusted_closes_agree_with_the_files(symbol: str) -> None:
    result = demo(symbol)
    ours = adjusted_closes(result.bars, result.actions, XNYS)
    theirs = [result.vendor_closes[bar.symbol, bar.timeframe, bar.end_ts] for bar in result.bars]
    assert max(abs(a - b) for a, b in zip(ours, theirs, strict=True)) * 2 * 10**10 <= 1


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_trends_turn_often_enough_to_trade(symbol: str) -> None:
    result = demo(symbol)
    worth = adjusted_closes(result.bars, result.actions, XNYS)
    signs = [worth[at] > sum(worth[at - 20 : at]) / 20 for at in range(20, len(worth))]
    turns = sum(before != after for before, after in pairwise(signs))
    assert turns >= 3
    assert {True, False} == set(signs)


def test_the_four_symbols_make_one_stream() -> None:
    results = {symbol: demo(symbol) for symbol in SYMBOLS}
    actions = [action for result in results.values() for action in result.actions]
    series = {symbol: result.bars for symbol, result in results.items()}
    events = list(market_events(series, actions, XNYS))
    assert len(events) == 4 * 90 * 2 + 2
    assert sum(isinstance(event, BarClosed) for event in events) == 360


def test_every_demo_symbol_is_classified_and_zulu_is_restricted_untraded() -> None:
    classified = read_classification(DEMO / "instruments.csv")
    restricted = read_list(DEMO / "restricted.csv")
    assert tuple(classified.instruments) == (*SYMBOLS, "ZULU")
    assert restricted.name == "restricted"
    assert restricted.column("symbol") == ("CHRL", "ZULU")
    assert not (DEMO / "ZULU.csv").exists()
