"""The gate over the bar fixtures: exactly the planted flaw is found (BEHAVIOUR 1)."""

import csv
from pathlib import Path

import pytest

from engine.integrity.monitor import Monitor
from engine.integrity.series import BarArrived, IntegrityConfig
from engine.integrity.verdict import FeedState
from engine.marketdata.calendar import load_calendar
from engine.model.bar import Bar, Timeframe
from engine.model.numbers import Price, Quantity, Ratio, parse_decimal
from engine.model.time import Duration, parse_timestamp

BARS = Path(__file__).parents[1] / "fixtures" / "bars"


def read(name: str) -> list[Bar]:
    with (BARS / f"{name}.csv").open(newline="") as file:
        return [
            Bar(
                "SPY",
                Timeframe.HOUR_1,
                parse_timestamp(row["ts_close_utc"]),
                *(Price(parse_decimal(row[column])) for column in ("open", "high", "low", "close")),
                Quantity(parse_decimal(row["volume"])),
            )
            for row in csv.DictReader(file)
        ]


@pytest.mark.parametrize(
    ("name", "flawed"),
    [
        ("chop", {}),
        ("trend_up", {}),
        ("gap_down_stop", {}),
        ("missing_bar_gap", {"2026-01-05T20:00:00Z": (FeedState.GAP, 1)}),
        ("outlier_spike", {"2026-01-05T21:00:00Z": (FeedState.OUTLIER, 0)}),
    ],
)
def test_fixture_shows_its_flaw_and_no_other(name, flawed):
    monitor = Monitor(IntegrityConfig(load_calendar(), 0, Duration(0), Ratio(200_000)))
    found = {}
    for bar in read(name):
        (verdict,) = monitor.observe(BarArrived("file", bar), bar.end_ts)
        if verdict.state is not FeedState.CLEAN:
            found[bar.end_ts] = (verdict.state, verdict.missing_bars)
    assert found == {parse_timestamp(at): flaw for at, flaw in flawed.items()}
