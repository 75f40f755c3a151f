"""Why a run cannot go on."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HaltRequired(Exception):
    """The desk's view and the world's no longer fit together; nothing may be sent until somebody looked."""

    code: str
    reason: str

    def __str__(self) -> str:
        return f"{self.code}: {self.reason}"


@dataclass(frozen=True, slots=True)
class RunRefused(Exception):
    """A run that cannot start or go on because of what it was given; `help` says what to change."""

    code: str
    reason: str
    help: str

    def __str__(self) -> str:
        return f"{self.code}: {self.reason}"
