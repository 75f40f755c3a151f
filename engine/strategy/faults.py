"""What can be wrong with a strategy before it runs, as values."""

from dataclasses import dataclass
from enum import StrEnum


class FaultCode(StrEnum):
    EMPTY_NAME = "EMPTY_NAME"
    DUPLICATE_NAME = "DUPLICATE_NAME"
    UNKNOWN_STRATEGY = "UNKNOWN_STRATEGY"
    TIMEFRAME_MISMATCH = "TIMEFRAME_MISMATCH"
    UNKNOWN_PARAMETER = "UNKNOWN_PARAMETER"
    MISSING_PARAMETER = "MISSING_PARAMETER"
    INVALID_PARAMETER = "INVALID_PARAMETER"
    INVALID_SPEC = "INVALID_SPEC"
    PLUGIN_BROKEN = "PLUGIN_BROKEN"


@dataclass(frozen=True, slots=True)
class StrategyFault:
    """One thing wrong with a plugin, a parameter or a spec.

    `where` names the strategy and, after a dot, the parameter; `help` says what to do next.
    """

    code: FaultCode
    what: str
    where: str
    why: str
    help: str

    def __str__(self) -> str:
        return f"{self.code}: {self.where}: {self.what}"
