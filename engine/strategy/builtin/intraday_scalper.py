"""Intraday scalper: follow a short move (BEHAVIOUR 7)."""

from collections.abc import Mapping
from dataclasses import dataclass

from engine.model.bar import Timeframe
from engine.model.numbers import Quantity
from engine.strategy.contract import Context, StrategySpec, Target
from engine.strategy.parameters import Defaults, Faults, Settings, read_settings
from engine.strategy.plugin import Plugin
from engine.strategy.signals import direction

NAME = "intraday_scalper"
VERSION = "0.1.0"
DESCRIPTION = "Long after a rise, short after a fall against the close a few bars back."
DEFAULTS = Defaults(Timeframe.MINUTE_5, lookback=5, threshold_bps=20)


@dataclass(frozen=True, slots=True)
class IntradayScalper:
    """Long when the close stands at least the threshold above the close `lookback` bars back.

    Short when it stands as far below, flat between.
    """

    spec: StrategySpec
    settings: Settings

    def on_bar(self, context: Context) -> tuple[Target, ...]:
        """Return the target of the symbol whose bar closed; flat until the window is full."""
        closes = context.closes
        if len(closes) < self.spec.warm_up:
            return (Target(context.symbol, Quantity(0)),)
        sign = direction(closes[-1], closes[-1 - self.settings.lookback], 1, self.settings.threshold_bps)
        return (Target(context.symbol, Quantity(sign * self.settings.target)),)


def build(name: str, params: Mapping[str, object]) -> IntradayScalper | Faults:
    """Return a IntradayScalper called `name`, or every fault found in `params`."""
    settings = read_settings(name, params, DEFAULTS)
    if not isinstance(settings, Settings):
        return settings
    spec = StrategySpec(name, VERSION, settings.timeframe, settings.symbols, settings.lookback + 1, DESCRIPTION)
    return IntradayScalper(spec, settings)


PLUGIN = Plugin(NAME, VERSION, DESCRIPTION, tuple(Timeframe), build)
