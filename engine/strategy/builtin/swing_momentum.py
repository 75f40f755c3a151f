"""Swing momentum: hold with the move when the close leaves its own average (BEHAVIOUR 7)."""

from collections.abc import Mapping
from dataclasses import dataclass

from engine.model.bar import Timeframe
from engine.model.numbers import Quantity
from engine.strategy.contract import Context, StrategySpec, Target
from engine.strategy.parameters import Defaults, Faults, Settings, read_settings
from engine.strategy.plugin import Plugin
from engine.strategy.signals import direction

NAME = "swing_momentum"
VERSION = "0.1.0"
DESCRIPTION = "Long above, short below the average of the last closes."
DEFAULTS = Defaults(Timeframe.DAY_1, lookback=20, threshold_bps=150, least_lookback=2)


@dataclass(frozen=True, slots=True)
class SwingMomentum:
    """Long when the close stands the threshold above the mean of the last `lookback` closes.

    Short when it stands the threshold below, flat between. The mean is exact and includes the close.
    """

    spec: StrategySpec
    settings: Settings

    def on_bar(self, context: Context) -> tuple[Target, ...]:
        """Return the target of the symbol whose bar closed; flat until the window is full."""
        closes = context.closes
        if len(closes) < self.spec.warm_up:
            return (Target(context.symbol, Quantity(0)),)
        window = closes[-self.settings.lookback :]
        sign = direction(closes[-1], sum(window), len(window), self.settings.threshold_bps)
        return (Target(context.symbol, Quantity(sign * self.settings.target)),)


def build(name: str, params: Mapping[str, object]) -> SwingMomentum | Faults:
    """Return a SwingMomentum called `name`, or every fault found in `params`."""
    settings = read_settings(name, params, DEFAULTS)
    if not isinstance(settings, Settings):
        return settings
    spec = StrategySpec(name, VERSION, settings.timeframe, settings.symbols, settings.lookback, DESCRIPTION)
    return SwingMomentum(spec, settings)


PLUGIN = Plugin(NAME, VERSION, DESCRIPTION, tuple(Timeframe), build)
