"""Execution quality in the artifacts, recomputed from the other artifacts and the bars the run was fed."""

import csv
import json
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from engine.audit.canonical import parse_canonical
from engine.model.bar import Bar
from engine.model.numbers import MICRO, divide_up, format_decimal
from engine.model.time import parse_timestamp
from engine.runtime import composition
from engine.runtime.approvals import ScriptedApproval
from tests.runtime.conftest import Finished
from tests.runtime.proof_market import Desk, Plan, registry_of, renamed

SPREAD_BPS = 3
"""`execution.base_spread_bps` of the proof's configuration."""
SPLIT_ORDER = "2026-01-12T21:00:00Z"
"""When the order was sent that fills after the split of the next morning."""
Row = Mapping[str, str]


def table(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def folder(finished: Finished) -> Path:
    return finished.desk.export(finished.started).path


def quoted_mid(bars: tuple[Bar, ...], at: int) -> Fraction:
    """Return the mid of the quote made from the last bar that had closed (FORMATS, Quotes from bars)."""
    close = [bar.close for bar in bars if bar.end_ts <= at][-1]
    bid = close * (20_000 - SPREAD_BPS) // 20_000
    ask = divide_up(close * (20_000 + SPREAD_BPS), 20_000)
    return Fraction(bid + ask, 2 * MICRO)


def costs(fills: list[Row], mid: Fraction) -> tuple[Fraction, Fraction]:
    """Return what the fills cost beyond the mid, and what they would have cost at it."""
    sign = 1 if fills[0]["side"] == "BUY" else -1
    due = sum(Fraction(fill["quantity"]) * mid for fill in fills)
    paid = sum(Fraction(fill["quantity"]) * Fraction(fill["price"]) for fill in fills)
    return sign * (paid - due), due


def in_bps(excess: Fraction, due: Fraction) -> str:
    exact = excess / due * MICRO
    return format_decimal(divide_up(exact.numerator, exact.denominator), 2)


def by_order(folder: Path) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for fill in table(folder / "fills.csv"):
        found.setdefault(fill["order_id"], []).append(fill)
    return found


def test_every_order_that_filled_has_its_quality_and_no_other(folder: Path) -> None:
    rows, filled = table(folder / "execution.csv"), by_order(folder)
    assert [row["order_id"] for row in rows] == sorted(filled)
    never = {row["order_id"] for row in table(folder / "orders.csv")} - set(filled)
    assert len(rows) >= 11 and len(never) == 1
    for row in rows:
        fills = filled[row["order_id"]]
        assert int(row["trades"]) == len(fills)
        assert Fraction(row["value"]) == sum(Fraction(f["quantity"]) * Fraction(f["price"]) for f in fills)
        first = min(parse_timestamp(fill["ts_utc"]) for fill in fills)
        assert Fraction(row["delay_s"]) * MICRO == first - parse_timestamp(row["ts_utc"])


def test_each_cost_is_that_of_the_fills_against_the_mid_of_the_bar_decided_on(finished: Finished, folder: Path) -> None:
    filled, excess, due = by_order(folder), Fraction(0), Fraction(0)
    for row in table(folder / "execution.csv"):
        mid = quoted_mid(finished.desk.inputs.bars[row["symbol"]], parse_timestamp(row["ts_utc"]))
        assert Fraction(row["arrival_mid"]) == mid
        restated = mid / 2 if row["ts_utc"] == SPLIT_ORDER else mid
        cost = costs(filled[row["order_id"]], restated)
        assert row["arrival_bps"] == in_bps(*cost)
        assert row["limit_bps"] == ""
        excess, due = excess + cost[0], due + cost[1]
    figures = json.loads((folder / "metrics.json").read_bytes())["metrics"]["execution"]
    assert figures["arrival_bps"] == in_bps(excess, due)
    assert Fraction(figures["arrival_cost"]) == excess
    assert (figures["orders"], figures["trades"], figures["arrival_orders"]) == (11, 12, 11)
    assert figures["undefined"] == {"limit_bps": "no limit order was filled"}


def test_an_order_that_fills_after_a_split_is_measured_in_new_shares(folder: Path) -> None:
    (row,) = (row for row in table(folder / "execution.csv") if row["ts_utc"] == SPLIT_ORDER)
    assert (row["symbol"], row["arrival_mid"], row["value"]) == ("BBB", "102.4", "6171.39")
    assert 0 < Fraction(row["arrival_bps"]) < 100


def test_the_quality_is_sealed_with_the_other_content(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_bytes())
    assert "execution.csv" in manifest["content"]["files"]


@pytest.fixture
def scripted(full: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Run one strategy by a plan over changed inputs and return its execution rows and figures."""

    def run(
        name: str, plan: Plan, strategy: str = "alpha", script: tuple[ScriptedApproval, ...] = (), **changes: object
    ) -> tuple[list[Row], dict[str, object]]:
        monkeypatch.setattr(composition, "builtin_registry", registry_of({strategy: plan}))
        desk = Desk(renamed(full.inputs, name, script=script, **changes), full.database, tmp_path)
        path = desk.export(desk.run()).path
        return table(path / "execution.csv"), json.loads((path / "metrics.json").read_bytes())["metrics"]["execution"]

    return run


def test_a_dividend_between_decision_and_trade_is_taken_out_of_the_reference(scripted) -> None:
    # Decided at the close of 52.00, filled at the open of 51.60 after a dividend of 0.37.
    (row,), _ = scripted("across a dividend", {"BBB": {7: {"BBB": 60}}})
    (price,) = {Fraction(row["value"]) / 60}
    assert row["arrival_mid"] == "52"
    assert row["arrival_bps"] == in_bps(price - (52 - Fraction("0.37")), 52 - Fraction("0.37"))
    assert Fraction(row["arrival_bps"]) > 0 > price - 52


def test_a_held_order_arrives_when_it_is_allowed_and_not_when_it_was_first_asked_for(scripted) -> None:
    approval = ScriptedApproval(
        1, parse_timestamp("2026-01-06T16:45:00Z"), "rhea", True, None, "PRF-01", "hourly", "HHH", 1
    )
    (row,), _ = scripted("held over a close", {"HHH": {0: {"HHH": 210}}}, "hourly", (approval,))
    # Asked for at the close of 20.10, allowed after the close of 20.30.
    assert (row["ts_utc"], row["arrival_mid"]) == ("2026-01-06T16:45:00Z", "20.3")


def test_an_order_decided_without_a_usable_quote_has_no_cost(scripted, market) -> None:
    bars = dict(market.bars)
    bars["BBB"] = tuple(bar for at, bar in enumerate(bars["BBB"]) if at not in (6, 7, 8))
    rows, figures = scripted("a hole", {"AAA": {8: {"BBB": 60, "AAA": 20}}}, bars=bars, actions=())
    assert [(row["symbol"], row["arrival_mid"] != "", row["arrival_bps"] != "") for row in rows] == [
        ("AAA", True, True), ("BBB", False, False),
    ]  # fmt: skip
    assert (figures["orders"], figures["arrival_orders"]) == (2, 1)
    assert figures["arrival_bps"] == rows[0]["arrival_bps"]


def test_the_mid_is_the_one_the_decision_record_was_judged_on(full: Desk, tmp_path: Path) -> None:
    """The record holds the quote only where rules read it; the shipped collar does."""
    from engine.service.demonstration import demo_request
    from engine.service.running import start

    running = start(replace(demo_request(tmp_path)), {})
    for _ in running.progress():
        pass
    path = running.finish().artifacts
    records = {}
    for line in (path / "decisions.jsonl").read_bytes().splitlines():
        record = parse_canonical(line)
        records[record["seq"]] = {fact["path"]: fact.get("value") for fact in record.get("facts", ())}
    rows = table(path / "execution.csv")
    assert len(rows) >= 15
    for row in rows:
        facts = records[int(row["order_id"].split("_")[1])]
        assert Fraction(row["arrival_mid"]) == (Fraction(facts["market.bid"]) + Fraction(facts["market.ask"])) / 2
