"""A plugin: how the desk makes a strategy from a name and parameters."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.model.bar import Timeframe
from engine.strategy.contract import Strategy
from engine.strategy.parameters import Faults

Build = Callable[[str, Mapping[str, object]], Strategy | Faults]


@dataclass(frozen=True, slots=True)
class Plugin:
    """One kind of strategy, as offered by the desk or by an installed package.

    `build(name, params)` gives a fresh instance called `name`, or every fault in `params`.
    `timeframes` are the bar intervals it can work on.
    """

    name: str
    version: str
    description: str
    timeframes: tuple[Timeframe, ...]
    build: Build
