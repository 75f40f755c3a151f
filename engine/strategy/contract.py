"""What a strategy is: a spec, and a function from what it may see to the positions it wants."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from engine.model.bar import Bar, Timeframe
from engine.model.numbers import Quantity
from engine.model.time import Timestamp


@dataclass(frozen=True, slots=True)
class StrategySpec:
    """The identity and appetite of one strategy instance.

    `warm_up` is the number of bars of a symbol the strategy must have seen before it is asked; it is
    also the length of the window it is shown. `name` attributes every target, order and sub-position.
    """

    name: str
    version: str
    timeframe: Timeframe
    symbols: tuple[str, ...]
    warm_up: int
    description: str


@dataclass(frozen=True, slots=True)
class Target:
    """The position a strategy wants to hold. `quantity` is signed micros of a share; 0 is flat."""

    symbol: str
    quantity: Quantity


@dataclass(frozen=True, slots=True)
class Context:
    """Everything a strategy may see when a bar of `symbol` has closed: its own past, nothing else.

    `windows` holds, per symbol of the spec, the last `warm_up` completed bars that ended at or before
    the bar being decided on, oldest first; symbols never share a window. `index` counts the bars of
    `symbol` seen so far, from 0. There is no clock, store or broker here on purpose.
    """

    strategy: str
    symbol: str
    timeframe: Timeframe
    session: date
    index: int
    windows: Mapping[str, tuple[Bar, ...]]

    @property
    def bars(self) -> tuple[Bar, ...]:
        """The window of the symbol whose bar just closed; never empty."""
        return self.windows[self.symbol]

    @property
    def closes(self) -> tuple[int, ...]:
        """Closing prices of `bars` in micros, oldest first."""
        return tuple(bar.close for bar in self.windows[self.symbol])

    @property
    def at(self) -> Timestamp:
        """The close of the bar being decided on."""
        return self.windows[self.symbol][-1].end_ts


class Strategy(Protocol):
    """A strategy; it may keep state of its own, and that state may depend on contexts only."""

    @property
    def spec(self) -> StrategySpec: ...

    def on_bar(self, context: Context) -> tuple[Target, ...]:
        """Return the positions wanted now, at most one per symbol of the spec.

        A symbol that is not named keeps the target it had.
        """
        ...
