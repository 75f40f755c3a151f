"""The files themselves: columns, units, safe text, sequence."""

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.artifacts.folder import write_artifacts
from engine.artifacts.tables import fill_lines, neutralise, order_lines, restore
from engine.audit.canonical import parse_canonical
from engine.model.numbers import Money, Price, Quantity
from engine.model.order import Fill, Side
from engine.model.time import Timestamp
from tests.artifacts.artifact_samples import OPEN, envelope, sample


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_artifacts(tmp_path, sample(), envelope()).path


def rows(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))


def test_orders_hold_nine_columns_with_empty_cells_for_prices_they_do_not_have(folder: Path) -> None:
    assert rows(folder / "orders.csv") == [
        ["ts_utc", "order_id", "symbol", "side", "quantity", "type", "limit_price", "stop_price", "status"],
        ["2026-01-05T14:30:00Z", "run_1:1", "SPY", "BUY", "10.5", "LIMIT", "100.25", "", "FILLED"],
        ["2026-01-05T14:30:00.000001Z", "run_1:2", "SPY", "SELL", "0.000001", "MARKET", "", "", "REJECTED"],
    ]


def test_fills_hold_eight_columns_of_exact_decimals(folder: Path) -> None:
    assert rows(folder / "fills.csv") == [
        ["ts_utc", "fill_id", "order_id", "symbol", "side", "quantity", "price", "fee"],
        ["2026-01-05T14:30:00.250000Z", "f1", "run_1:1", "SPY", "BUY", "10.5", "100.240001", "0.0525"],
    ]


def test_execution_holds_ten_columns_with_empty_cells_for_what_could_not_be_measured(folder: Path) -> None:
    assert (folder / "execution.csv").read_text().splitlines() == [
        "ts_utc,order_id,symbol,side,trades,value,arrival_mid,arrival_bps,limit_bps,delay_s",
        "2026-01-05T14:30:00Z,run_1:1,SPY,BUY,1,1052.5200105,100.2399995,0.01,-1,0.25",
        "2026-01-05T14:30:00Z,'=run_1:2,SPY,SELL,2,1,,,,",
    ]


def test_equity_holds_two_columns_and_a_negative_number_stays_a_number(folder: Path) -> None:
    assert rows(folder / "equity_curve.csv") == [
        ["ts_utc", "equity"],
        ["2026-01-05T14:30:00Z", "100000"],
        ["2026-01-05T14:31:00Z", "-0.000001"],
    ]


def test_audit_counts_from_one_within_the_run_and_carries_event_time_only(folder: Path) -> None:
    lines = (folder / "audit.jsonl").read_bytes().splitlines()
    assert [parse_canonical(line) for line in lines] == [
        {"seq": 1, "at": OPEN, "kind": "DECISION_RECORDED", "body": {"symbol": "SPY"}},
        {
            "seq": 2,
            "at": OPEN + 1,
            "kind": "DECISION_RECORDED",
            "body": {"symbol": "SPY", "verdict": "allow"},
        },
    ]


def test_decisions_keep_their_bytes_and_order(folder: Path) -> None:
    content = sample()
    assert (folder / "decisions.jsonl").read_bytes().splitlines() == list(content.decisions)


def test_metrics_are_versioned_and_name_their_run(folder: Path) -> None:
    seen = json.loads((folder / "metrics.json").read_text())
    assert (seen["v"], seen["run_id"], seen["metrics"]["total_return"]) == (1, "run_1", "-0.004")


def test_a_run_in_which_nothing_happened_has_headers_and_empty_logs(tmp_path: Path) -> None:
    idle = sample(audit=(), decisions=(), orders=(), fills=(), equity=(), execution=(), metrics={})
    path = write_artifacts(tmp_path, idle, envelope()).path
    assert [(path / name).read_bytes() for name in ("audit.jsonl", "decisions.jsonl")] == [b"", b""]
    assert [len(rows(path / name)) for name in ("orders.csv", "fills.csv", "equity_curve.csv", "execution.csv")] == [
        1
    ] * 4


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_text_a_spreadsheet_would_run_is_neutralised(start: str) -> None:
    evil = f'{start}HYPERLINK("http://x","y")'
    one = Fill(evil, evil, evil, Side.BUY, Quantity(1), Price(1), Money(0), Timestamp(0))
    (_, raw) = list(fill_lines([one]))
    (cells,) = csv.reader(io.StringIO(raw.decode(), newline=""))
    assert cells[1:4] == [f"'{evil}"] * 3
    row = sample().orders
    assert all(not line.startswith(b"=") for line in order_lines(row))


@pytest.mark.parametrize("text", ["'", "'=1+1", "''", "plain", "", "a'b", "5-3"])
def test_an_apostrophe_of_the_text_itself_survives_the_round_trip(text: str) -> None:
    assert restore(neutralise(text)) == text
    assert (neutralise(text) == text) == (not text.startswith("'"))


@settings(derandomize=True, deadline=None)
@given(st.text(max_size=20))
def test_neutralised_text_is_harmless_and_can_be_restored(text: str) -> None:
    cell = neutralise(text)
    assert restore(cell) == text
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
