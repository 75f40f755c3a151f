"""Built-in strategies, one module each; `PLUGINS` lists them."""

from engine.strategy.builtin import intraday_scalper, mean_reversion, swing_momentum, volatility_breakout

PLUGINS = (
    intraday_scalper.PLUGIN,
    mean_reversion.PLUGIN,
    swing_momentum.PLUGIN,
    volatility_breakout.PLUGIN,
)
