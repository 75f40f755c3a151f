"""The four ways a run can face the market, and which settings each of them reads."""

from enum import StrEnum


class Mode(StrEnum):
    """How real a run is: history, simulated money, live data without orders, live money."""

    BACKTEST = "BACKTEST"
    PAPER = "PAPER"
    LIVE_SHADOW = "LIVE-SHADOW"
    LIVE_CAPITAL = "LIVE-CAPITAL"

    @property
    def is_live(self) -> bool:
        return self in LIVE


EVERY = frozenset(Mode)
LIVE = frozenset({Mode.LIVE_SHADOW, Mode.LIVE_CAPITAL})
CONNECTED = EVERY - {Mode.BACKTEST}
"""Modes that run against the clock on the wall and may speak to other machines."""
SIMULATED = EVERY - {Mode.LIVE_CAPITAL}
"""Modes whose fills are made by the execution model; a shadow run books what would have happened."""


def mode_of(text: object) -> Mode | None:
    """Return the mode of that exact name, or None; `LIVE` alone is not a mode."""
    return Mode(text) if isinstance(text, str) and text in Mode.__members__.values() else None
