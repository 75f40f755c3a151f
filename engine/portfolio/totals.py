"""Sums that know when they are unknown, kept up to date by what changed."""

from dataclasses import dataclass

from engine.portfolio.amount import Amount


@dataclass(slots=True)
class Total:
    """A running sum of amounts of which some may be unknown."""

    known: int = 0
    unknown: int = 0

    def exchange(self, old: Amount | None, new: Amount | None) -> None:
        """Take `old` out of the sum and `new` in."""
        if old is None:
            self.unknown -= 1
        else:
            self.known -= old
        if new is None:
            self.unknown += 1
        else:
            self.known += new

    def exchanged(self, old: Amount | None, new: Amount | None) -> Amount | None:
        """Return the sum with `old` replaced by `new`, None while any part is unknown."""
        if self.unknown - (old is None) + (new is None):
            return None
        return Amount(self.known - (old or 0) + (new or 0))
