"""The bar, broker and fill fixtures say what they are meant to say (BEHAVIOUR 1)."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from engine.marketdata.calendar import load_calendar
from engine.marketdata.faults import FaultCode
from engine.marketdata.ingest import IngestRequest, IngestResult, ingest
from engine.marketdata.quality import FeedState
from engine.marketdata.session_grid import Hours
from engine.model.numbers import parse_decimal
from engine.model.time import format_timestamp, parse_timestamp

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
NAMES = ("chop", "gap_down_stop", "missing_bar_gap", "outlier_spike", "trend_up")
XNYS = load_calendar()


def whole(name: str, hours: Hours = Hours.EXTENDED, *, accept_partial: bool = False) -> IngestResult:
    request = IngestRequest(symbol="SPY", timeframe="1H", hours=hours, accept_partial=accept_partial)
    return ingest(FIXTURES / "bars" / f"{name}.csv", XNYS, request)


def closes(name: str) -> list[int]:
    return [bar.close // 10_000 for bar in whole(name).bars]


def broker(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((FIXTURES / "broker" / f"{name}.json").read_text())
    return read


def test_there_are_five_bar_files() -> None:
    assert tuple(path.stem for path in sorted((FIXTURES / "bars").glob("*"))) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_each_has_ten_sound_hours_from_the_same_instant(name: str) -> None:
    text = (FIXTURES / "bars" / f"{name}.csv").read_text()
    assert text.startswith("ts_close_utc,open,high,low,close,volume\n2026-01-05T15:00:00Z,")
    result = whole(name)
    assert result.report.faults == ()
    assert len(result.bars) == 10


@pytest.mark.parametrize("name", NAMES)
def test_the_regular_session_ends_within_each_file(name: str) -> None:
    result = whole(name, Hours.REGULAR, accept_partial=True)
    assert {fault.code for fault in result.report.faults} == {FaultCode.TIME_NOT_SESSION}
    assert format_timestamp(result.bars[-1].end_ts) == "2026-01-05T21:00:00Z"
    assert whole(name, Hours.REGULAR).is_refused


def test_chop_alternates() -> None:
    assert closes("chop") == [47_000, 47_070] * 5


def test_trend_up_climbs_by_two_steps() -> None:
    found = [47_000, *closes("trend_up")]
    assert [after - before for before, after in pairwise(found)] == [65, 55] * 5
    assert found[-1] == 47_600
    assert whole("trend_up").report.is_clean


def test_gap_down_stop_falls_through_the_stop_at_the_open() -> None:
    bars = whole("gap_down_stop").bars
    sixth = bars[5]
    assert bars[4].close == parse_decimal("472.50")
    found = [sixth.open, sixth.low, sixth.close]
    assert found == [parse_decimal(text) for text in ("464.50", "461.00", "463.50")]
    assert whole("gap_down_stop").report.is_clean


def test_missing_bar_gap_is_found_by_the_gate() -> None:
    result = whole("missing_bar_gap")
    assert parse_timestamp("2026-01-05T19:00:00Z") not in [bar.end_ts for bar in result.bars]
    (finding,) = result.report.findings
    assert (format_timestamp(finding.end_ts), finding.state, finding.missing_bars) == (
        "2026-01-05T20:00:00Z",
        FeedState.GAP,
        1,
    )


def test_outlier_spike_is_found_by_the_gate_and_its_reversal_is_not() -> None:
    result = whole("outlier_spike")
    seventh = result.bars[6]
    found = [seventh.open, seventh.high, seventh.low, seventh.close]
    assert found == [parse_decimal(text) for text in ("471.20", "600.78", "461.78", "589.00")]
    assert seventh.close * 4 == result.bars[5].close * 5
    (finding,) = result.report.findings
    assert (finding.end_ts, finding.state) == (seventh.end_ts, FeedState.OUTLIER)


def test_the_clean_broker_snapshot_is_one_order_filled() -> None:
    clean = broker("clean")
    assert clean["account"] == {"equity": "10000.00", "cash": "5000.00", "currency": "USD"}
    (order,), (fill,), (position,) = clean["orders"], clean["fills"], clean["positions"]
    assert (order["broker_order_id"], order["side"], order["type"], order["qty"]) == (
        "B123",
        "BUY",
        "MARKET",
        "10",
    )
    assert order["client_order_id"].startswith("MAIN_") and order["client_order_id"].endswith("0001")
    assert (fill["broker_fill_id"], fill["price"], fill["fee"]) == ("F123", "470.90", "0.10")
    assert fill["client_order_id"] == order["client_order_id"]
    assert position == {"symbol": "SPY", "qty": "10", "avg_price": "470.90"}


def test_the_desync_snapshot_adds_one_order_of_our_own_namespace() -> None:
    clean, desync = broker("clean"), broker("desync")
    added = desync["orders"].pop()
    assert desync == clean
    assert added["client_order_id"].startswith("MAIN_") and added["client_order_id"].endswith("0099")
    keys = ("broker_order_id", "symbol", "side", "type", "qty", "limit_price", "status")
    assert [added[key] for key in keys] == ["B999", "SPY", "SELL", "LIMIT", "5", "480.00", "NEW"]


def test_the_fills_repeat_one_of_two() -> None:
    lines = (FIXTURES / "fills" / "duplicates.jsonl").read_text().splitlines()
    fills = [json.loads(line) for line in lines]
    assert [fill["broker_fill_id"] for fill in fills] == ["F123", "F123", "F124"]
    assert lines[0] == lines[1]
    distinct = {fill["broker_fill_id"]: int(fill["qty"]) for fill in fills}
    assert sum(distinct.values()) == 12
    assert (fills[2]["price"], fills[2]["fee"]) == ("471.10", "0.02")
