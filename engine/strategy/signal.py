"""What a strategy said about one bar."""

from dataclasses import dataclass
from enum import StrEnum

from engine.model.event import Event, EventType
from engine.model.numbers import format_decimal
from engine.model.time import Timestamp
from engine.strategy.contract import Target


class Mode(StrEnum):
    """ACTIVE targets may become orders; SHADOW targets are recorded and never executed."""

    ACTIVE = "ACTIVE"
    SHADOW = "SHADOW"


@dataclass(frozen=True, slots=True)
class Signal:
    """The targets of one strategy, attributed to it, after the bar of `symbol` that closed at `at`.

    `targets` are sorted by symbol. Each strategy has its own sub-position; whether opposite targets
    of two strategies net is for execution to say.
    """

    strategy: str
    version: str
    mode: Mode
    symbol: str
    at: Timestamp
    targets: tuple[Target, ...]

    @property
    def is_executable(self) -> bool:
        return self.mode is Mode.ACTIVE

    def event(self) -> Event:
        """Return SIGNAL_INTENT_EMITTED, or SHADOW_ORDER_INTENT for a strategy in shadow mode."""
        kind = EventType.SIGNAL_INTENT_EMITTED if self.is_executable else EventType.SHADOW_ORDER_INTENT
        return Event(
            kind,
            self.at,
            {
                "strategy": self.strategy,
                "version": self.version,
                "symbol": self.symbol,
                "targets": [
                    {"symbol": target.symbol, "quantity": format_decimal(target.quantity)} for target in self.targets
                ],
            },
        )
