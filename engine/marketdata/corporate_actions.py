"""Splits and dividends, exact, and the adjustment of past prices for them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import TypeAlias

from engine.marketdata.session_grid import trading_day
from engine.model.bar import Bar
from engine.model.calendar import SessionCalendar
from engine.model.numbers import MICRO, parse_decimal

ACTION_PLACES = 12
_ACTION_SCALE = 10**ACTION_PLACES


@dataclass(frozen=True, slots=True)
class Split:
    """Each share becomes `factor` shares before the open of the session on `day`."""

    symbol: str
    day: date
    factor: Fraction


@dataclass(frozen=True, slots=True)
class Dividend:
    """Each share held into the session on `day` earns `cash`, in currency per share after its splits."""

    symbol: str
    day: date
    cash: Fraction


CorporateAction: TypeAlias = Split | Dividend


def action_order(action: CorporateAction) -> tuple[date, str, int]:
    """Return the sort key of actions: by day, by symbol, and a split ahead of the dividend on it."""
    return action.day, action.symbol, 0 if isinstance(action, Split) else 1


def parse_exact(text: str) -> Fraction:
    """Return a decimal of up to 12 places exactly. Raises NumberFault."""
    return Fraction(parse_decimal(text, ACTION_PLACES), _ACTION_SCALE)


def adjustment_factors(
    bars: Sequence[Bar],
    actions: Iterable[CorporateAction],
    calendar: SessionCalendar,
    last_factor: Fraction = Fraction(1),
) -> tuple[Fraction, ...]:
    """Return for each bar what its price is multiplied by to be comparable with the last one.

    Backwards from the last bar: f(i-1) = f(i) / split(i) * c(i) / (c(i) + d(i)). `bars` are of one
    symbol and ascend; an action on a day without a bar counts at the next bar, one after the last
    bar not at all. `last_factor` is the vendor's adjusted close of the last bar over its close.
    Factors are exact. Source: CRSP-style backward adjustment as vendors of daily bars publish it.
    """
    pending = sorted(actions, key=action_order)
    factors = [last_factor] * len(bars)
    factor = last_factor
    days = [trading_day(calendar, bar.end_ts) for bar in bars]
    while pending and days and pending[-1].day > days[-1]:
        pending.pop()
    for index in range(len(bars) - 1, 0, -1):
        while pending and pending[-1].day > days[index - 1]:
            action = pending.pop()
            if isinstance(action, Split):
                factor /= action.factor
            else:
                close = Fraction(bars[index].close, MICRO)
                factor *= close / (close + action.cash)
        factors[index - 1] = factor
    return tuple(factors)


def adjusted_closes(
    bars: Sequence[Bar],
    actions: Iterable[CorporateAction],
    calendar: SessionCalendar,
    last_factor: Fraction = Fraction(1),
) -> tuple[Fraction, ...]:
    """Return each bar's close in currency, adjusted backwards for splits and dividends, exact."""
    factors = adjustment_factors(bars, actions, calendar, last_factor)
    return tuple(Fraction(bar.close, MICRO) * factor for bar, factor in zip(bars, factors, strict=True))
