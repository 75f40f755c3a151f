"""Bars and recording strategies for the strategy laws."""

from collections.abc import Callable
from datetime import date

import pytest

from engine.model.bar import Bar, Timeframe
from engine.model.numbers import MICRO, Price, Quantity
from engine.model.time import Timestamp
from engine.strategy.contract import Context, StrategySpec, Target

START = 1_767_625_200_000_000  # 2026-01-05T15:00:00Z
SESSION = date(2026, 1, 5)

MakeBar = Callable[..., Bar]


@pytest.fixture
def make_bar() -> MakeBar:
    """Return a function that makes the `step`-th bar of a symbol with a close in micros."""

    def make(
        symbol: str,
        step: int,
        close: int = 100 * MICRO,
        timeframe: Timeframe = Timeframe.HOUR_1,
        is_complete: bool = True,
    ) -> Bar:
        end = Timestamp(START + step * timeframe.length)
        price = Price(close)
        return Bar(symbol, timeframe, end, price, price, price, price, Quantity(MICRO), is_complete)

    return make


class Recorder:
    """A strategy that keeps every context it was shown and answers what it was told to."""

    def __init__(
        self,
        name: str = "recorder",
        symbols: tuple[str, ...] = ("SPY",),
        timeframe: Timeframe = Timeframe.HOUR_1,
        warm_up: int = 1,
        answer: object = None,
    ) -> None:
        self.spec = StrategySpec(name, "1.0", timeframe, symbols, warm_up, "records")
        self.answer = answer
        self.contexts: list[Context] = []

    def on_bar(self, context: Context) -> tuple[Target, ...]:
        self.contexts.append(context)
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer is None:
            return (Target(context.symbol, Quantity(MICRO)),)
        return self.answer  # type: ignore[return-value]


@pytest.fixture
def recorder() -> type[Recorder]:
    return Recorder


@pytest.fixture
def session() -> date:
    return SESSION
