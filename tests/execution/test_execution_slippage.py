"""Laws of costs (BEHAVIOUR 15; the settings the reference ignored, 22.10, count here)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.execution.slippage import (
    BPS,
    CostModel,
    check_costs,
    commission,
    fillable,
    range_rate,
    slip,
    slippage_rate,
)
from engine.model.numbers import MICRO, Money, Ratio
from engine.model.order import Side

WIDE = Ratio(MICRO - 1)


def bps(count: int) -> Ratio:
    return Ratio(count * BPS)


def test_worked_example_of_the_stress_battery() -> None:
    # O500 H510 L490 C500, 5 bps + 400 bps range x 0.5 = 205 bps: BUY 510 -> 520.455, SELL 490 -> 479.955.
    model = CostModel(base_slippage=bps(5), volatility_multiplier=Ratio(500_000), slippage_cap=WIDE)
    rate = slippage_rate(model, range_rate(510 * MICRO, 490 * MICRO, 500 * MICRO))
    assert rate == bps(205)
    assert slip(510 * MICRO, Side.BUY, rate) == 520_455_000
    assert slip(490 * MICRO, Side.SELL, rate) == 479_955_000


def test_half_of_the_base_spread_counts_to_the_half_basis_point() -> None:
    assert slippage_rate(CostModel(base_slippage=bps(5), base_spread=bps(3)), Ratio(0)) == 650


def test_cap_holds_and_an_unknown_range_costs_it() -> None:
    model = CostModel(base_slippage=bps(5), volatility_multiplier=Ratio(MICRO), slippage_cap=bps(25))
    assert slippage_rate(model, bps(19)) == bps(24)
    assert slippage_rate(model, bps(21)) == bps(25)
    assert slippage_rate(model, None) == bps(25)
    assert slippage_rate(replace(model, volatility_multiplier=Ratio(0)), None) == bps(5)


@given(st.integers(1, 10**13), st.integers(0, MICRO - 1))
def test_slipped_price_is_never_better_and_rounds_against_us(price: int, rate: int) -> None:
    bought, sold = slip(price, Side.BUY, rate), slip(price, Side.SELL, rate)
    assert (bought - 1) * MICRO < price * (MICRO + rate) <= bought * MICRO
    assert sold == 1 or sold * MICRO <= price * (MICRO - rate) < (sold + 1) * MICRO
    assert 0 < sold <= price <= bought


@pytest.mark.parametrize(
    ("per_share", "rate", "shares", "price", "fee"),
    [(5_000, 0, 10, 100, 50_000), (0, 100, 10, 100, 100_000), (5_000, 100, 10, 100, 150_000)],
)
def test_commission_is_per_share_plus_a_rate_of_the_value(
    per_share: int, rate: int, shares: int, price: int, fee: int
) -> None:
    model = CostModel(commission_per_share=Money(per_share), commission_rate=Ratio(rate))
    assert commission(model, shares * MICRO, price * MICRO) == fee


def test_commission_rounds_up_once() -> None:
    model = CostModel(commission_per_share=Money(1), commission_rate=Ratio(1))
    assert commission(model, 1, 1) == 1
    assert commission(model, MICRO // 2, MICRO) == 1


def test_participation_takes_whole_shares_and_nothing_of_an_unknown_volume() -> None:
    model = CostModel(participation=Ratio(150_000))
    assert fillable(model, 99 * MICRO) == 14 * MICRO
    assert fillable(model, None) == 0
    assert fillable(CostModel(), 99 * MICRO) is None


@pytest.mark.parametrize("field", ["base_slippage", "volatility_multiplier", "commission_rate", "participation"])
def test_negative_cost_is_refused_by_name_and_zero_is_not(field: str) -> None:
    fault = check_costs(replace(CostModel(), **{field: -1}))
    assert fault is not None and (fault.code, fault.field, fault.value) == ("COST_NEGATIVE", field, -1)
    assert field in fault.message
    assert check_costs(replace(CostModel(), **{field: 0})) is None


def test_first_bad_cost_in_field_order_is_named() -> None:
    fault = check_costs(CostModel(base_slippage=Ratio(-1), volatility_multiplier=Ratio(-1)))
    assert fault is not None and fault.field == "base_slippage"


def test_cap_that_would_take_the_whole_price_is_refused() -> None:
    fault = check_costs(CostModel(slippage_cap=Ratio(MICRO)))
    assert fault is not None and fault.code == "COST_TOO_LARGE"
