"""Volatility breakout: follow a close outside the range of the closes before it (BEHAVIOUR 7)."""

from collections.abc import Mapping
from dataclasses import dataclass

from engine.model.bar import Timeframe
from engine.model.numbers import Quantity
from engine.strategy.contract import Context, StrategySpec, Target
from engine.strategy.parameters import Defaults, Faults, Settings, read_settings
from engine.strategy.plugin import Plugin
from engine.strategy.signals import breakout

NAME = "volatility_breakout"
VERSION = "0.1.0"
DESCRIPTION = "Long above the highest, short below the lowest of the prior closes."
DEFAULTS = Defaults(Timeframe.HOUR_1, lookback=20, threshold_bps=0, least_threshold_bps=0)


@dataclass(frozen=True, slots=True)
class VolatilityBreakout:
    """Long when the close exceeds the highest of the `lookback` closes before it.

    Short when it falls below the lowest, flat inside the range and on its edges.
    """

    spec: StrategySpec
    settings: Settings

    def on_bar(self, context: Context) -> tuple[Target, ...]:
        """Return the target of the symbol whose bar closed; flat until the window is full."""
        closes = context.closes
        if len(closes) < self.spec.warm_up:
            return (Target(context.symbol, Quantity(0)),)
        prior = closes[-self.settings.lookback - 1 : -1]
        sign = breakout(closes[-1], prior, self.settings.threshold_bps)
        return (Target(context.symbol, Quantity(sign * self.settings.target)),)


def build(name: str, params: Mapping[str, object]) -> VolatilityBreakout | Faults:
    """Return a VolatilityBreakout called `name`, or every fault found in `params`."""
    settings = read_settings(name, params, DEFAULTS)
    if not isinstance(settings, Settings):
        return settings
    spec = StrategySpec(name, VERSION, settings.timeframe, settings.symbols, settings.lookback + 1, DESCRIPTION)
    return VolatilityBreakout(spec, settings)


PLUGIN = Plugin(NAME, VERSION, DESCRIPTION, tuple(Timeframe), build)
