"""Mean reversion: lean against a close that left its own average (BEHAVIOUR 7)."""

from collections.abc import Mapping
from dataclasses import dataclass

from engine.model.bar import Timeframe
from engine.model.numbers import Quantity
from engine.strategy.contract import Context, StrategySpec, Target
from engine.strategy.parameters import Defaults, Faults, Settings, read_settings
from engine.strategy.plugin import Plugin
from engine.strategy.signals import direction

NAME = "mean_reversion"
VERSION = "0.1.0"
DESCRIPTION = "Short above, long below the average of the last closes."
DEFAULTS = Defaults(Timeframe.HOUR_1, lookback=20, threshold_bps=120, least_lookback=2)


@dataclass(frozen=True, slots=True)
class MeanReversion:
    """Short when the close stands the threshold above the mean of the last `lookback` closes.

    Long when it stands the threshold below, flat between. The mean is exact and includes the close.
    """

    spec: StrategySpec
    settings: Settings

    def on_bar(self, context: Context) -> tuple[Target, ...]:
        """Return the target of the symbol whose bar closed; flat until the window is full."""
        closes = context.closes
        if len(closes) < self.spec.warm_up:
            return (Target(context.symbol, Quantity(0)),)
        window = closes[-self.settings.lookback :]
        sign = -direction(closes[-1], sum(window), len(window), self.settings.threshold_bps)
        return (Target(context.symbol, Quantity(sign * self.settings.target)),)


def build(name: str, params: Mapping[str, object]) -> MeanReversion | Faults:
    """Return a MeanReversion called `name`, or every fault found in `params`."""
    settings = read_settings(name, params, DEFAULTS)
    if not isinstance(settings, Settings):
        return settings
    spec = StrategySpec(name, VERSION, settings.timeframe, settings.symbols, settings.lookback, DESCRIPTION)
    return MeanReversion(spec, settings)


PLUGIN = Plugin(NAME, VERSION, DESCRIPTION, tuple(Timeframe), build)
