"""The bars one strategy remembers of one symbol: bounded, in order, restated after a split."""

from collections import deque
from dataclasses import replace

from engine.model.bar import Bar
from engine.model.numbers import Price, Quantity, divide_half_even


class History:
    """The last `depth` completed bars of one symbol, oldest first, and how many there ever were."""

    def __init__(self, depth: int) -> None:
        self._bars: deque[Bar] = deque(maxlen=depth)
        self.seen = 0

    @property
    def is_warm(self) -> bool:
        """Whether the window is full."""
        return len(self._bars) == self._bars.maxlen

    def append(self, bar: Bar) -> None:
        self._bars.append(bar)
        self.seen += 1

    def until(self, at: int) -> tuple[Bar, ...]:
        """Return the remembered bars that ended at or before `at`."""
        if not self._bars or self._bars[-1].end_ts <= at:
            return tuple(self._bars)
        return tuple(bar for bar in self._bars if bar.end_ts <= at)

    def restate(self, numerator: int, denominator: int) -> None:
        """Express the bars in shares after a split of numerator new shares for denominator old ones.

        Prices and volumes are rounded half to even to the micro; both terms must be positive.
        """
        restated = [_restated(bar, numerator, denominator) for bar in self._bars]
        self._bars.clear()
        self._bars.extend(restated)


def _restated(bar: Bar, numerator: int, denominator: int) -> Bar:
    def price(value: int) -> Price:
        return Price(divide_half_even(value * denominator, numerator))

    return replace(
        bar,
        open=price(bar.open),
        high=price(bar.high),
        low=price(bar.low),
        close=price(bar.close),
        volume=Quantity(divide_half_even(bar.volume * numerator, denominator)),
    )
