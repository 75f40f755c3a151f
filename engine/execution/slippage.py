"""What trading costs in a bar-fed market: slippage, commission and how much a bar can fill.

Pure integers, rounded against us everywhere. Rates are micros of a pure number: 1 bps is 100.
"""

from dataclasses import dataclass, fields

from engine.model.numbers import MICRO, Money, Price, Quantity, Ratio, divide_up
from engine.model.order import Side

BPS = Ratio(100)
_FREE = Ratio(0)
_NO_FEE = Money(0)
_USUAL_CAP = Ratio(25 * BPS)


@dataclass(frozen=True, slots=True)
class CostFault:
    """A cost setting that cannot be used."""

    code: str
    field: str
    value: int

    @property
    def message(self) -> str:
        return f"{self.field} is {self.value} micros; it must lie between 0 and {_most(self.field)}"


@dataclass(frozen=True, slots=True)
class CostModel:
    """The execution settings of a run.

    `base_slippage`, `base_spread`, `slippage_cap` and `commission_rate` are rates of the price;
    `volatility_multiplier` scales a bar's range; `commission_per_share` is micros of currency per
    share; `participation` is the part of a bar's volume we may take, None for no such bound.
    """

    base_slippage: Ratio = _FREE
    base_spread: Ratio = _FREE
    volatility_multiplier: Ratio = _FREE
    slippage_cap: Ratio = _USUAL_CAP
    commission_per_share: Money = _NO_FEE
    commission_rate: Ratio = _FREE
    participation: Ratio | None = None


def check_costs(model: CostModel) -> CostFault | None:
    """Return the first setting, in field order, that is negative or too large, or None."""
    for field in fields(CostModel):
        value = getattr(model, field.name)
        if value is None:
            continue
        if value < 0:
            return CostFault("COST_NEGATIVE", field.name, value)
        if value > _most(field.name):
            return CostFault("COST_TOO_LARGE", field.name, value)
    return None


def _most(field: str) -> int:
    # A sell slipped by the whole price or more would have no positive price left.
    return {"slippage_cap": MICRO - 1, "participation": MICRO}.get(field, 1_000 * MICRO)


def range_rate(high: int, low: int, close: int) -> Ratio:
    """Return a bar's range as a rate of its close, rounded up; the close must be positive."""
    return Ratio(divide_up((high - low) * MICRO, close))


def slippage_rate(model: CostModel, bar_range: Ratio | None) -> Ratio:
    """Return base slippage + half the base spread + range x multiplier, at most the cap.

    An unknown range costs the cap: what is not known is never assumed cheap.
    """
    if bar_range is None:
        return model.slippage_cap if model.volatility_multiplier else _capped(model, 0)
    return _capped(model, divide_up(bar_range * model.volatility_multiplier, MICRO))


def _capped(model: CostModel, volatility: int) -> Ratio:
    return Ratio(min(model.slippage_cap, model.base_slippage + divide_up(model.base_spread, 2) + volatility))


def slip(price: int, side: Side, rate: int) -> Price:
    """Return `price` moved against `side` by `rate`: a buy rounded up, a sell down, never below a micro."""
    if side is Side.BUY:
        return Price(divide_up(price * (MICRO + rate), MICRO))
    return Price(max(1, price * (MICRO - rate) // MICRO))


def commission(model: CostModel, quantity: int, price: int) -> Money:
    """Return the fee of a trade: per share plus a rate of its value, rounded up once."""
    per_share = model.commission_per_share * quantity * MICRO
    of_value = quantity * price * model.commission_rate
    return Money(divide_up(per_share + of_value, MICRO**2))


def fillable(model: CostModel, volume: int | None) -> Quantity | None:
    """Return how much one market step can fill in whole shares, or None when there is no bound.

    An unknown volume under a bound fills nothing.
    """
    if model.participation is None:
        return None
    taken = (volume or 0) * model.participation // MICRO
    return Quantity(taken - taken % MICRO)
