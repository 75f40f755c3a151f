"""Laws of the built-in strategies: the formulas of BEHAVIOUR 7, exactly, on their edges."""

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from engine.model.bar import Bar, Timeframe
from engine.model.numbers import MICRO, Price, Quantity, parse_decimal
from engine.model.time import Timestamp
from engine.strategy.contract import Context, Target
from engine.strategy.registry import builtin_registry
from engine.strategy.signals import breakout, direction

CASES = yaml.safe_load((Path(__file__).parent / "strategy_builtin_cases.yaml").read_text())


def ask(strategy, closes: list[int]) -> int:
    """Return the target quantity of SPY after bars with these closes."""
    timeframe = strategy.spec.timeframe
    bars = tuple(
        Bar("SPY", timeframe, Timestamp(index), *(Price(close),) * 4, Quantity(1)) for index, close in enumerate(closes)
    )
    context = Context("s", "SPY", timeframe, date(2026, 1, 5), len(bars) - 1, {"SPY": bars})
    (target,) = strategy.on_bar(context)
    assert target.symbol == "SPY"
    return target.quantity


def build(kind: str, **params: object):
    strategy = builtin_registry().build(kind, {"symbols": ["SPY"], **params})
    assert not isinstance(strategy, tuple), strategy
    return strategy


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['strategy']}: {case['law']}")
def test_builtin_answers_as_its_formula_says(case):
    strategy = build(case["strategy"], **case.get("params", {}))
    closes = []
    for item in case["closes"]:
        text, _, times = item.partition(" x ")
        closes += [parse_decimal(text)] * int(times or 1)
    assert ask(strategy, closes) == parse_decimal(case["target"])


@pytest.mark.parametrize(
    ("kind", "timeframe", "lookback", "threshold", "warm_up"),
    [
        ("swing_momentum", Timeframe.DAY_1, 20, 150, 20),
        ("mean_reversion", Timeframe.HOUR_1, 20, 120, 20),
        ("volatility_breakout", Timeframe.HOUR_1, 20, 0, 21),
        ("intraday_scalper", Timeframe.MINUTE_5, 5, 20, 6),
    ],
)
def test_builtin_defaults_are_those_of_the_catalogue(kind, timeframe, lookback, threshold, warm_up):
    strategy = build(kind)
    settings = strategy.settings
    assert (strategy.spec.timeframe, strategy.spec.warm_up) == (timeframe, warm_up)
    assert (settings.lookback, settings.threshold_bps, settings.target) == (lookback, threshold, MICRO)


@pytest.mark.parametrize("plugin", builtin_registry().plugins, ids=lambda plugin: plugin.name)
def test_builtin_is_flat_until_its_window_is_full(plugin):
    strategy = build(plugin.name)
    rising = [MICRO * (100 + 10 * step) for step in range(strategy.spec.warm_up)]
    assert ask(strategy, rising[:-1]) == 0
    assert ask(strategy, rising) != 0


@given(
    price=st.integers(1, 10**6),
    numerator=st.integers(1, 10**7),
    denominator=st.integers(1, 50),
    threshold=st.integers(1, 10_000),
)
def test_direction_equals_truncated_basis_points_of_the_exact_distance(price, numerator, denominator, threshold):
    reference = Fraction(numerator, denominator)
    bps = int((price - reference) * 10_000 / reference)
    expected = 1 if bps >= threshold else -1 if bps <= -threshold else 0
    assert direction(price, numerator, denominator, threshold) == expected


@given(price=st.integers(1, 50), prior=st.lists(st.integers(1, 50), min_size=1, max_size=5))
def test_breakout_is_strictly_outside_the_prior_range(price, prior):
    assert breakout(price, tuple(prior), 0) == (price > max(prior)) - (price < min(prior))


def test_reference_that_is_not_positive_gives_no_direction():
    assert direction(5, 0, 1, 10) == 0
    assert breakout(5, (0, 1), 0) == 0
    assert breakout(5, (), 0) == 0


def test_strategy_decides_for_the_symbol_whose_bar_closed():
    strategy = build("intraday_scalper", symbols="SPY, QQQ", lookback=1)
    bars = {
        symbol: tuple(
            Bar(symbol, Timeframe.MINUTE_5, Timestamp(index), *(Price(close),) * 4, Quantity(1))
            for index, close in enumerate(closes)
        )
        for symbol, closes in {"SPY": (100, 100), "QQQ": (100, 200)}.items()
    }
    context = Context("s", "SPY", Timeframe.MINUTE_5, date(2026, 1, 5), 1, bars)
    assert strategy.on_bar(context) == (Target("SPY", Quantity(0)),)
