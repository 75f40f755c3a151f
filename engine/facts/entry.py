"""One fact as held: its value, when its source says it was true, and until when it may be used."""

from dataclasses import dataclass
from typing import Any

from dsl.snapshot import Reason
from engine.model.time import MILLISECOND, Timestamp

FUTURE_TOLERANCE = 50 * MILLISECOND
"""A source may be ahead of the desk by this much (CAT NMS clock tolerance, FINRA 6820)."""


@dataclass(frozen=True, slots=True)
class FactEntry:
    """A stored value with its provenance.

    `expires` is the last instant the contract's freshness bound allows (None: no bound); `bar_due`
    is when the next bar of its feed is due to close. `fault` says why the value cannot be used.
    `judged_at` replaces the decision's instant for house facts of a run that states its law date: they
    are those of that date, however long ago the market they are applied to was.
    """

    value: Any
    as_of: Timestamp
    provider: str
    expires: Timestamp | None = None
    bar_due: Timestamp | None = None
    fault: Reason | None = None
    judged_at: Timestamp | None = None

    def clock(self, now: int) -> int:
        """Return the instant this fact's age is measured at."""
        return now if self.judged_at is None else self.judged_at

    def reason_at(self, now: int) -> Reason | None:
        """Return why the fact is unknown at `now`, or None when it may be used."""
        if self.fault is not None:
            return self.fault
        now = self.clock(now)
        if self.as_of > now + FUTURE_TOLERANCE:
            return Reason.INVALID
        if self.expires is not None and now > self.expires:
            return Reason.STALE
        return None
