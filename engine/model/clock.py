"""Clocks are handed in; nothing on a decision path reads the machine's own."""

from typing import Protocol

from engine.model.time import Timestamp


class Clock(Protocol):
    """Wall time in UTC microseconds."""

    def now(self) -> Timestamp: ...


class FixedClock:
    """A clock that says what it was last told; never goes back."""

    def __init__(self, at: int) -> None:
        self._at = Timestamp(at)

    def now(self) -> Timestamp:
        return self._at

    def advance_to(self, at: int) -> None:
        """Move forward to `at`. Raises ValueError when `at` lies in the past."""
        if at < self._at:
            raise ValueError(f"the clock stands at {self._at} and cannot go back to {at}")
        self._at = Timestamp(at)
