"""Statistics of an equity curve and its trades: integers in, decimal text out.

Definitions, all without a risk-free rate:
- total return: last equity / initial equity - 1;
- CAGR: (1 + total return)^(365.25 days / elapsed) - 1, elapsed from `started_at` to the last point;
- maximum drawdown: largest fall from a running peak as a share of that peak (Magdon-Ismail and
  Atiya, "Maximum Drawdown", Risk 17(10), 2004); the initial equity is the first peak;
- Sharpe ratio: mean over standard deviation of daily simple returns, n-1 in the deviation (Sharpe,
  "The Sharpe Ratio", Journal of Portfolio Management 21(1), 1994, ex post form), times the root of
  252 (Lo, "The Statistics of Sharpe Ratios", Financial Analysts Journal 58(4), 2002: exact only
  for independent returns); a day's equity is its last point;
- profit factor: gross profit / (gross loss + fees), a trade being one closing fill.
The initial equity stands before the first point, so the first bar's loss counts everywhere.
Ratios are rounded half to even at six places, from exact fractions or 50-digit decimals, hence equal
on every machine. What has no value is None and `undefined` says why: never 0, never infinity.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from itertools import pairwise

from engine.model.numbers import MICRO, Money, divide_half_even, format_decimal
from engine.model.time import DAY, Timestamp, utc_date
from engine.portfolio.amount import format_amount
from engine.portfolio.lots import LotClosed
from engine.portfolio.position import RoundTrip

SESSIONS_A_YEAR = 252
_YEAR = Fraction(1461, 4) * DAY
_WIDE = Context(prec=50, rounding=ROUND_HALF_EVEN)
_SIX = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class EquityPoint:
    """Equity (micros) at an instant."""

    at: Timestamp
    equity: Money


@dataclass(frozen=True, slots=True)
class Metrics:
    """One run's figures as decimal text; None where `undefined` gives a reason."""

    initial_equity: str
    final_equity: str
    total_return: str | None
    cagr: str | None
    max_drawdown: str | None
    sharpe: str | None
    volatility: str | None
    profitable_months: str | None
    profit_factor: str | None
    win_rate: str | None
    gross_profit: str
    gross_loss: str
    fees: str
    dividends: str
    closing_trades: int
    winning_trades: int
    losing_trades: int
    round_trips: int
    days: int
    months: int
    undefined: dict[str, str]


def compute_metrics(
    *,
    initial_equity: Money,
    started_at: Timestamp,
    curve: Sequence[EquityPoint],
    closures: Iterable[LotClosed],
    round_trips: Sequence[RoundTrip],
    fees: Money,
    dividends: Money,
    day_of: Callable[[int], date] = utc_date,
) -> Metrics:
    """Return the figures of a run. The curve must not go back in time (ValueError).

    `day_of` maps an instant to its session date; by default the UTC date.
    """
    if any(later.at < earlier.at for earlier, later in pairwise(curve)):
        raise ValueError("the equity curve goes back in time")
    undefined: dict[str, str] = {}
    returns = _Returns(initial_equity, started_at, curve, day_of, undefined)
    trades = _Trades(closures)
    return Metrics(
        initial_equity=format_decimal(initial_equity),
        final_equity=format_decimal(curve[-1].equity if curve else initial_equity),
        total_return=returns.total(),
        cagr=returns.cagr(),
        max_drawdown=returns.max_drawdown(),
        sharpe=returns.sharpe(),
        volatility=returns.volatility(),
        profitable_months=returns.profitable_months(),
        profit_factor=trades.profit_factor(fees, undefined),
        win_rate=trades.win_rate(undefined),
        gross_profit=format_amount(trades.profit),
        gross_loss=format_amount(trades.loss),
        fees=format_decimal(fees),
        dividends=format_decimal(dividends),
        closing_trades=trades.count,
        winning_trades=trades.winning,
        losing_trades=trades.losing,
        round_trips=len(round_trips),
        days=len(returns.daily) - 1,
        months=len(returns.monthly) - 1,
        undefined=dict(sorted(undefined.items())),
    )


class _Returns:
    """The curve with the initial equity in front, and what follows from it."""

    def __init__(
        self,
        initial: Money,
        started_at: Timestamp,
        curve: Sequence[EquityPoint],
        day_of: Callable[[int], date],
        undefined: dict[str, str],
    ) -> None:
        self.equity = [initial, *(point.equity for point in curve)]
        self.elapsed = curve[-1].at - started_at if curve else 0
        self.undefined = undefined
        by_day: dict[date, int] = {}
        by_month: dict[tuple[int, int], int] = {}
        for point in curve:
            day = day_of(point.at)
            by_day[day] = point.equity
            by_month[day.year, day.month] = point.equity
        self.daily = [initial, *by_day.values()]
        self.monthly = [initial, *by_month.values()]
        self.deviation = self._deviation()

    def total(self) -> str | None:
        if not self._is_started("total_return"):
            return None
        return _ratio(Fraction(self.equity[-1], self.equity[0]) - 1)

    def cagr(self) -> str | None:
        if not self._is_started("cagr"):
            return None
        if self.elapsed <= 0 or self.equity[-1] <= 0:
            reason = "no time has passed" if self.elapsed <= 0 else "final equity is not positive"
            self.undefined["cagr"] = reason
            return None
        growth = _decimal(Fraction(self.equity[-1], self.equity[0]))
        exponent = _decimal(_YEAR / self.elapsed)
        # A few profitable minutes extrapolate beyond any number worth printing.
        log = _WIDE.multiply(_WIDE.ln(growth), exponent)
        if abs(log) > 50:
            self.undefined["cagr"] = "the run is too short to annualise"
            return None
        return _six(_WIDE.subtract(_WIDE.exp(log), Decimal(1)))

    def max_drawdown(self) -> str | None:
        if not self._is_started("max_drawdown"):
            return None
        peak, worst = self.equity[0], Fraction(0)
        low = peak
        for equity in self.equity:
            if equity > peak:
                worst = max(worst, Fraction(peak - low, peak))
                peak = low = equity
            elif equity < low:
                low = equity
        return _ratio(max(worst, Fraction(peak - low, peak)))

    def sharpe(self) -> str | None:
        if self.deviation is None:
            self._explain("sharpe")
            return None
        mean, deviation = self.deviation
        if deviation == 0:
            self.undefined["sharpe"] = "the returns do not vary"
            return None
        root = _WIDE.sqrt(Decimal(SESSIONS_A_YEAR))
        return _six(_WIDE.multiply(_WIDE.divide(mean, deviation), root))

    def volatility(self) -> str | None:
        """Annualised standard deviation of daily returns."""
        if self.deviation is None:
            self._explain("volatility")
            return None
        return _six(_WIDE.multiply(self.deviation[1], _WIDE.sqrt(Decimal(SESSIONS_A_YEAR))))

    def profitable_months(self) -> str | None:
        """Share of calendar months whose last equity is above the month before's."""
        pairs = list(pairwise(self.monthly))
        if not pairs:
            self.undefined["profitable_months"] = "no month has ended"
            return None
        return _ratio(Fraction(sum(later > earlier for earlier, later in pairs), len(pairs)))

    def _deviation(self) -> tuple[Decimal, Decimal] | None:
        """Return mean and sample deviation of daily returns."""
        if len(self.daily) < 3 or any(equity <= 0 for equity in self.daily[:-1]):
            return None
        pairs = pairwise(self.daily)
        returns = [_WIDE.divide(Decimal(later - earlier), Decimal(earlier)) for earlier, later in pairs]
        count = Decimal(len(returns))
        mean = _WIDE.divide(_sum(returns), count)
        squares = [_WIDE.power(_WIDE.subtract(each, mean), Decimal(2)) for each in returns]
        variance = _WIDE.divide(_sum(squares), Decimal(len(returns) - 1))
        return mean, _WIDE.sqrt(variance)

    def _is_started(self, name: str) -> bool:
        if self.equity[0] > 0:
            return True
        self.undefined[name] = "initial equity is not positive"
        return False

    def _explain(self, name: str) -> None:
        few = len(self.daily) < 3
        self.undefined[name] = "fewer than two daily returns" if few else "equity was not positive"


class _Trades:
    """Closed lots summed by the fill that closed them."""

    def __init__(self, closures: Iterable[LotClosed]) -> None:
        results: dict[str, int] = {}
        for each in closures:
            results[each.closed_by] = results.get(each.closed_by, 0) + each.realized
        self.count = len(results)
        self.profit = sum(result for result in results.values() if result > 0)
        self.loss = -sum(result for result in results.values() if result < 0)
        self.winning = sum(result > 0 for result in results.values())
        self.losing = sum(result < 0 for result in results.values())

    def profit_factor(self, fees: Money, undefined: dict[str, str]) -> str | None:
        against = self.loss + fees * MICRO
        if not self.count or not against:
            undefined["profit_factor"] = "nothing was lost or paid" if self.count else "no trade was closed"
            return None
        return _ratio(Fraction(self.profit, against))

    def win_rate(self, undefined: dict[str, str]) -> str | None:
        if not self.count:
            undefined["win_rate"] = "no trade was closed"
            return None
        return _ratio(Fraction(self.winning, self.count))


def _sum(values: Iterable[Decimal]) -> Decimal:
    total = Decimal(0)
    for value in values:
        total = _WIDE.add(total, value)
    return total


def _ratio(value: Fraction) -> str:
    return format_decimal(divide_half_even(value.numerator * MICRO, value.denominator))


def _decimal(value: Fraction) -> Decimal:
    return _WIDE.divide(Decimal(value.numerator), Decimal(value.denominator))


def _six(value: Decimal) -> str:
    return format_decimal(int(_WIDE.quantize(value, _SIX).scaleb(6, _WIDE)))
