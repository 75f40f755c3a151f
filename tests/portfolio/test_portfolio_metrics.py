"""Run statistics against closed forms; every expected number can be derived by hand."""

from datetime import date

import pytest

from engine.model.numbers import Money
from engine.model.time import DAY, HOUR, Timestamp
from engine.portfolio.ledger import Ledger
from engine.portfolio.metrics import EquityPoint, Metrics, compute_metrics
from tests.portfolio.portfolio_builders import fill, micros


def points(*equity: str | int, step: int = DAY) -> list[EquityPoint]:
    return [EquityPoint(Timestamp((number + 1) * step), Money(micros(each))) for number, each in enumerate(equity)]


def measured(initial: str | int, curve: list[EquityPoint], ledger: Ledger | None = None, **more: object) -> Metrics:
    book = ledger or Ledger(Money(micros(initial)))
    return compute_metrics(
        initial_equity=Money(micros(initial)),
        started_at=Timestamp(0),
        curve=curve,
        closures=book.closures,
        round_trips=book.round_trips,
        fees=book.fees,
        dividends=book.dividends,
        **more,  # type: ignore[arg-type]
    )


def test_sharpe_and_volatility_match_their_closed_forms() -> None:
    """Returns 1/10, -1/10, 1/10: mean 1/30, deviation sqrt(1/75); sqrt(21) and sqrt(3.36)."""
    seen = measured(100, points(110, 99, "108.9"))
    assert (seen.sharpe, seen.volatility) == ("4.582576", "1.83303")
    assert (seen.total_return, seen.days) == ("0.089", 3)


def test_a_day_counts_once_at_its_last_point() -> None:
    hourly = [*points(105, 120, 110, step=HOUR), *points(99, "108.9", step=DAY)]
    hourly[3:] = [EquityPoint(Timestamp(each.at + DAY), each.equity) for each in hourly[3:]]
    seen = measured(100, hourly)
    assert (seen.sharpe, seen.days) == ("4.582576", 3)


def test_days_are_those_of_the_calendar_handed_in() -> None:
    seen = measured(100, points(110, 99), day_of=lambda at: date(2026, 1, 5))
    assert (seen.days, seen.sharpe) == (1, None)
    assert seen.undefined["sharpe"] == "fewer than two daily returns"


def test_doubling_in_two_julian_years_grows_by_the_root_of_two() -> None:
    two_years = EquityPoint(Timestamp(2 * 1461 * DAY // 4), Money(micros(200)))
    assert measured(100, [two_years]).cagr == "0.414214"


def test_the_first_bars_loss_counts() -> None:
    seen = measured(100, points(80, 100, 100))
    assert (seen.max_drawdown, seen.total_return) == ("0.2", "0")


@pytest.mark.parametrize(
    ("curve", "expected"),
    [
        ((120, 90, 130, 104), "0.25"),
        ((120, 130, 104, 125), "0.2"),
        ((101, 102, 103), "0"),
        ((50, 200, 190), "0.5"),
        ((90, 100, 60), "0.4"),
    ],
)
def test_drawdown_is_the_largest_fall_from_a_running_peak(curve: tuple[int, ...], expected: str) -> None:
    assert measured(100, points(*curve)).max_drawdown == expected


def test_profit_factor_counts_each_closing_fill_and_all_fees() -> None:
    """BEHAVIOUR 16: 100 at 10, 60 sold at 12, 40 at 8 gives 120 / 80 and two trades, one trip."""
    ledger = Ledger(Money(micros(10_000)))
    ledger.apply_fill(fill("1", "BUY", 100, 10))
    ledger.apply_fill(fill("2", "SELL", 60, 12))
    ledger.apply_fill(fill("3", "SELL", 40, 8))
    seen = measured(10_000, points(10_040), ledger)
    assert (seen.profit_factor, seen.closing_trades, seen.round_trips) == ("1.5", 2, 1)
    assert (seen.gross_profit, seen.gross_loss, seen.win_rate) == ("120", "80", "0.5")
    ledger.apply_fill(fill("4", "BUY", 1, 10, fee=40))
    assert measured(10_000, points(10_000), ledger).profit_factor == "1"


def test_a_fill_that_closes_several_lots_is_one_trade() -> None:
    ledger = Ledger(Money(micros(10_000)))
    ledger.apply_fill(fill("1", "BUY", 10, 10))
    ledger.apply_fill(fill("2", "BUY", 10, 20))
    ledger.apply_fill(fill("3", "SELL", 20, 16))
    seen = measured(10_000, points(10_020), ledger)
    assert (seen.closing_trades, seen.winning_trades, seen.gross_profit) == (1, 1, "20")


def test_profit_without_any_loss_has_no_factor_and_says_so() -> None:
    ledger = Ledger(Money(micros(10_000)))
    ledger.apply_fill(fill("1", "BUY", 10, 10))
    ledger.apply_fill(fill("2", "SELL", 10, 12))
    seen = measured(10_000, points(10_020), ledger)
    assert seen.profit_factor is None
    assert seen.undefined["profit_factor"] == "nothing was lost or paid"


def test_months_compare_with_the_month_before_and_the_first_with_the_initial_equity() -> None:
    month = 31 * DAY
    curve = points(90, 95, 94, 100, step=month)
    seen = measured(100, curve)
    assert (seen.months, seen.profitable_months) == (4, "0.5")


def test_a_steady_gain_of_three_per_mille_has_no_drawdown() -> None:
    """BEHAVIOUR 16, passing candidate: 181 daily points of +0.3 %."""
    equity = [micros(100_000)]
    for _ in range(180):
        equity.append(equity[-1] * 1_003 // 1_000)
    curve = [EquityPoint(Timestamp(n * DAY), Money(each)) for n, each in enumerate(equity)]
    seen = measured(100_000, curve)
    assert seen.max_drawdown == "0"
    assert seen.sharpe is not None and float(seen.sharpe) > 100
    assert seen.profitable_months == "1"


def test_an_empty_run_has_no_statistics_and_no_zeros_in_their_place() -> None:
    seen = measured(100, [])
    assert (seen.initial_equity, seen.final_equity) == ("100", "100")
    nothing = {"cagr", "profit_factor", "profitable_months", "sharpe", "volatility", "win_rate"}
    assert set(seen.undefined) == nothing
    assert all(getattr(seen, name) is None for name in nothing)


def test_a_flat_curve_has_volatility_zero_and_no_sharpe() -> None:
    seen = measured(100, points(100, 100, 100))
    assert (seen.volatility, seen.sharpe, seen.total_return, seen.cagr) == ("0", None, "0", "0")


def test_a_lost_account_and_an_instant_have_no_growth_rate() -> None:
    lost = measured(100, points(50, -10))
    assert (lost.cagr, lost.total_return, lost.max_drawdown) == (None, "-1.1", "1.1")
    assert lost.undefined["cagr"] == "final equity is not positive"
    flash = measured(100, [EquityPoint(Timestamp(1), Money(micros(101)))])
    assert flash.undefined["cagr"] == "the run is too short to annualise"
    assert measured(0, points(50)).undefined["total_return"] == "initial equity is not positive"


def test_a_curve_that_goes_back_in_time_is_refused() -> None:
    with pytest.raises(ValueError, match="back in time"):
        measured(100, points(100, 100)[::-1])
