"""The gate's judgement of single bars: moves, spikes, new levels, lateness, precedence."""

import json
from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from engine.marketdata.calendar import load_calendar
from engine.marketdata.corporate_actions import CorporateAction, Dividend, Split
from engine.marketdata.quality import (
    BarQuality,
    FeedState,
    QualityPolicy,
    SeriesState,
    assess_bar,
    state_at,
)
from engine.model.bar import Bar, Timeframe
from engine.model.numbers import Price, Quantity, Ratio
from engine.model.time import Timestamp

XNYS = load_calendar()
POLICY = QualityPolicy()
FIRST = next(at for at, session in enumerate(XNYS.sessions) if session.day == date(2026, 1, 5))
SPECS = Path(__file__).resolve().parents[2] / "specs"


def bar(day: int, close: int, *, complete: bool = True, volume: int = 1) -> Bar:
    price = Price(close * 10_000)
    end = Timestamp(XNYS.sessions[FIRST + day].close)
    return Bar("SPY", Timeframe.DAY_1, end, price, price, price, price, Quantity(volume), complete)


def judge(bars: Sequence[Bar], policy: QualityPolicy = POLICY) -> list[str]:
    series, states = SeriesState(), []
    for one in bars:
        series, quality = assess_bar(series, one, XNYS, policy)
        states.append(quality.state.value)
    return states


def closes(*cents: int) -> list[Bar]:
    return [bar(day, close) for day, close in enumerate(cents)]


def test_states_are_those_of_the_contract() -> None:
    schema = json.loads((SPECS / "integrity.schema.json").read_text())
    assert sorted(FeedState) == sorted(schema["properties"]["state"]["enum"])


@pytest.mark.parametrize(
    ("after", "state"), [(12_000, "CLEAN"), (12_001, "OUTLIER"), (8_000, "CLEAN"), (7_999, "OUTLIER")]
)
def test_a_move_is_an_outlier_only_above_the_threshold(after: int, state: str) -> None:
    assert judge(closes(10_000, after)) == ["CLEAN", state]


def test_the_threshold_is_the_policys() -> None:
    tight = QualityPolicy(outlier_threshold=Ratio(10_000))
    assert judge(closes(10_000, 10_101), tight) == ["CLEAN", "OUTLIER"]
    assert judge(closes(10_000, 10_100), tight) == ["CLEAN", "CLEAN"]


def test_a_spike_that_reverts_is_one_outlier_and_not_two() -> None:
    assert judge(closes(10_000, 13_000, 10_100, 10_200)) == ["CLEAN", "OUTLIER", "CLEAN", "CLEAN"]


def test_a_new_level_is_believed_from_the_bar_that_confirms_it() -> None:
    assert judge(closes(10_000, 13_000, 13_100, 13_200)) == ["CLEAN", "OUTLIER", "CLEAN", "CLEAN"]
    assert judge(closes(10_000, 13_000, 13_100, 10_000)) == ["CLEAN", "OUTLIER", "CLEAN", "OUTLIER"]


def test_each_of_two_different_spikes_is_an_outlier() -> None:
    assert judge(closes(10_000, 13_000, 17_000, 10_000)) == ["CLEAN", "OUTLIER", "OUTLIER", "CLEAN"]


def after(actions: Sequence[CorporateAction], before: int, close: int) -> FeedState:
    series, _ = assess_bar(SeriesState(), bar(0, before), XNYS, POLICY)
    return assess_bar(series, bar(1, close), XNYS, POLICY, actions)[1].state


@pytest.mark.parametrize(
    ("factor", "before", "close", "state"),
    [
        ("7.000007", 70_000, 10_000, "CLEAN"),
        ("7.000007", 70_000, 70_000, "OUTLIER"),
        ("2", 10_000, 5_000, "CLEAN"),
        ("2", 10_000, 6_000, "CLEAN"),
        ("2", 10_000, 6_001, "OUTLIER"),
        ("0.1", 1_000, 10_000, "CLEAN"),
        ("0.1", 1_000, 1_000, "OUTLIER"),
    ],
)
def test_a_move_is_measured_after_the_split(factor: str, before: int, close: int, state: str) -> None:
    split = Split("SPY", date(2026, 1, 6), Fraction(factor))
    assert after([split], before, close).value == state


@pytest.mark.parametrize(
    ("cash", "close", "state"), [("30", 7_000, "CLEAN"), ("0", 7_000, "OUTLIER"), ("30", 9_001, "OUTLIER")]
)
def test_a_move_is_measured_with_the_dividend(cash: str, close: int, state: str) -> None:
    # 100.00 before; with 30 paid out, 70.00 is no loss and 90.01 is a gain of 20.01 %.
    assert after([Dividend("SPY", date(2026, 1, 6), Fraction(cash))], 10_000, close).value == state


def test_a_dividend_on_a_split_day_is_paid_on_the_new_shares() -> None:
    day = date(2026, 1, 6)
    # One old share at 100 is two at 35 with 15 paid on each: 100 again.
    actions = [Split("SPY", day, Fraction(2)), Dividend("SPY", day, Fraction(15))]
    assert after(actions, 10_000, 3_500) is FeedState.CLEAN
    assert after(actions, 10_000, 4_501) is FeedState.OUTLIER


def test_a_split_after_a_spike_moves_both_levels() -> None:
    series, _ = assess_bar(SeriesState(), bar(0, 10_000), XNYS, POLICY)
    series, spike = assess_bar(series, bar(1, 13_000), XNYS, POLICY)
    split = Split("SPY", date(2026, 1, 7), Fraction(2))
    assert spike.state is FeedState.OUTLIER
    assert assess_bar(series, bar(2, 5_000), XNYS, POLICY, [split])[1].state is FeedState.CLEAN
    assert assess_bar(series, bar(2, 6_500), XNYS, POLICY, [split])[1].state is FeedState.CLEAN
    assert assess_bar(series, bar(2, 10_000), XNYS, POLICY, [split])[1].state is FeedState.OUTLIER


@pytest.mark.parametrize(("tolerance", "state"), [(0, "GAP"), (1, "GAP"), (2, "CLEAN")])
def test_a_gap_within_tolerance_is_counted_and_not_held_against_the_bar(tolerance: int, state: str) -> None:
    policy = QualityPolicy(gap_tolerance=tolerance)
    series, _ = assess_bar(SeriesState(), bar(0, 10_000), XNYS, policy)
    quality = assess_bar(series, bar(3, 10_000), XNYS, policy)[1]
    assert (quality.missing_bars, quality.state.value) == (2, state)


def test_an_incomplete_bar_is_judged_and_not_remembered() -> None:
    series, _ = assess_bar(SeriesState(), bar(0, 10_000), XNYS, POLICY)
    same, quality = assess_bar(series, bar(1, 20_000, complete=False), XNYS, POLICY)
    assert (same, quality.state) == (series, FeedState.INCOMPLETE)
    assert assess_bar(same, bar(1, 10_000), XNYS, POLICY)[1] == BarQuality(FeedState.CLEAN, 0)


def test_the_worst_state_wins_and_the_counts_stay() -> None:
    series, _ = assess_bar(SeriesState(), bar(0, 10_000), XNYS, POLICY)
    both = assess_bar(series, bar(2, 20_000), XNYS, POLICY)[1]
    assert both == BarQuality(FeedState.GAP, 1, is_outlier=True)
    told = assess_bar(series, bar(2, 20_000), XNYS, POLICY, witness=bar(2, 20_001))[1]
    assert (told.state, told.missing_bars, told.is_outlier) == (FeedState.DISAGREEMENT, 1, True)


@pytest.mark.parametrize(
    ("witness", "state"),
    [(bar(0, 100), "CLEAN"), (bar(0, 101), "DISAGREEMENT"), (bar(0, 100, volume=2), "DISAGREEMENT")],
)
def test_close_and_volume_of_a_witness_must_agree(witness: Bar, state: str) -> None:
    assert assess_bar(SeriesState(), bar(0, 100), XNYS, POLICY, witness=witness)[1].state.value == state


def test_a_witness_of_another_bar_is_no_witness() -> None:
    with pytest.raises(ValueError, match="same symbol, timeframe and closing time"):
        assess_bar(SeriesState(), bar(0, 100), XNYS, POLICY, witness=bar(1, 100))


def test_a_clean_bar_is_stale_once_its_successor_is_late() -> None:
    last = bar(0, 100)
    due = bar(1, 100).end_ts
    clean, torn = BarQuality(FeedState.CLEAN, 0), BarQuality(FeedState.DISAGREEMENT, 0)
    late = due + POLICY.stale_after + 1
    assert state_at(clean, last, XNYS, POLICY, due) is FeedState.CLEAN
    assert state_at(clean, last, XNYS, POLICY, late) is FeedState.STALE
    assert state_at(torn, last, XNYS, POLICY, late) is FeedState.DISAGREEMENT
