"""A strategy's failure while it runs: a value on the record, the same on every run."""

import re
from dataclasses import dataclass
from enum import StrEnum

from engine.model.event import Event, EventType
from engine.model.time import Timestamp

_ADDRESS = re.compile(r"0x[0-9a-fA-F]+")
_LONGEST = 200


class FailureCode(StrEnum):
    RAISED = "RAISED"
    BAD_TARGETS = "BAD_TARGETS"
    FOREIGN_SYMBOL = "FOREIGN_SYMBOL"
    DUPLICATE_TARGET = "DUPLICATE_TARGET"


@dataclass(frozen=True, slots=True)
class StrategyFailure:
    """Why a strategy was quarantined at the bar that closed at `at`."""

    strategy: str
    version: str
    symbol: str
    at: Timestamp
    code: FailureCode
    what: str

    def event(self) -> Event:
        """Return the STRATEGY_ERROR event of this failure."""
        return Event(
            EventType.STRATEGY_ERROR,
            self.at,
            {
                "strategy": self.strategy,
                "version": self.version,
                "symbol": self.symbol,
                "code": str(self.code),
                "what": self.what,
            },
        )


def describe_failure(error: BaseException) -> str:
    """Return an exception as one short printable line without memory addresses.

    Addresses differ from run to run and would break replay; control characters could forge a screen.
    """
    try:
        message = str(error)
    except Exception:
        message = ""
    plain = "".join(char if " " <= char <= "~" else " " for char in message[: 4 * _LONGEST])
    text = " ".join(_ADDRESS.sub("0x", plain).split())[:_LONGEST]
    kind = type(error).__name__
    return f"{kind}: {text}" if text else kind
