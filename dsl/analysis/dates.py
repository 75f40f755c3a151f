"""The law dates at which anything of a bundle changes: rules that begin or end, numbers that take force."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from dsl.bundle import Bundle

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Law dates on which the same rules and numbers hold, both ends included; None is without end."""

    first: date | None
    last: date | None

    @property
    def day(self) -> date:
        """A date of the stretch to judge on: its first, or its last where it has no beginning."""
        if self.first is not None:
            return self.first
        return self.last if self.last is not None else date(2026, 1, 5)

    def __str__(self) -> str:
        if self.first is None and self.last is None:
            return "on every date"
        if self.last is None:
            return f"from {self.first}"
        return f"until {self.last}" if self.first is None else f"from {self.first} until {self.last}"


def stretches(bundles: Iterable[Bundle], law_date: date | None = None) -> tuple[Stretch, ...]:
    """Return the stretches of law dates between the changes of any of the bundles, or a single date alone."""
    if law_date is not None:
        return (Stretch(law_date, law_date),)
    days = sorted({day for bundle in bundles for day in _changes(bundle)})
    if not days:
        return (Stretch(None, None),)
    firsts = [None, *days]
    lasts = [*(day - DAY for day in days), None]
    return tuple(Stretch(first, last) for first, last in zip(firsts, lasts, strict=True))


def _changes(bundle: Bundle) -> Iterable[date]:
    """Yield every first day of something new: a rule, the day after one, a number, rows of a table."""
    for rule in bundle.ruleset.rules:
        if rule.since is not None:
            yield date.fromisoformat(rule.since)
        if rule.until is not None:
            yield date.fromisoformat(rule.until) + DAY
    for table in bundle.ruleset.tables.values():
        for version in table.versions:
            if version.since is not None:
                yield date.fromisoformat(version.since)
    for param in bundle.ruleset.params.values():
        for row in param.rows:
            if row.since is not None:
                yield date.fromisoformat(row.since)
