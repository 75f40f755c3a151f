"""The board: the last word of every provider on every fact, checked against its contract on arrival."""

from datetime import date
from fractions import Fraction
from typing import Any

from dsl.contracts import Age, Contracts, Fact
from dsl.snapshot import Reason
from dsl.types import Kind
from engine.facts.entry import FactEntry
from engine.model.calendar import CalendarBounds, SessionCalendar
from engine.model.time import Timestamp

Key = tuple[str, ...]


class FactBoard:
    """Holds one entry per fact and key. What does not fit its contract is held as invalid, never dropped."""

    def __init__(self, contracts: Contracts, calendar: SessionCalendar) -> None:
        self._contracts, self._calendar = contracts, calendar
        self._entries: dict[tuple[str, Key], FactEntry] = {}

    def put(
        self, path: str, key: Key, value: Any, as_of: Timestamp, provider: str, *,
        bar_due: Timestamp | None = None, fact: Fact | None = None, judged_at: Timestamp | None = None,
    ) -> FactEntry:  # fmt: skip
        """Replace a fact. `value` is in stored form (scaled integers); None means the source has none.

        `fact` is the contract where the path is not in the contracts (lists). Two providers that
        disagree on one fact at one instant make it invalid.
        """
        contract = fact or self._contracts.facts[path]
        fault = None if fits(value, contract) else Reason.MISSING if value is None else Reason.INVALID
        before = self._entries.get((path, key))
        if (
            fault is None and before is not None and before.provider != provider
            and before.as_of == as_of and before.value != value
        ):  # fmt: skip
            fault = Reason.INVALID
        expires = self.expiry(contract.max_age, as_of, bar_due) if contract.max_age else None
        if contract.max_age is not None and expires is None:
            fault = fault or Reason.INVALID
        entry = FactEntry(value, as_of, provider, expires, bar_due, fault, judged_at)
        self._entries[path, key] = entry
        return entry

    def get(self, path: str, key: Key) -> FactEntry | None:
        """Return the entry of a fact, or None when nobody ever said anything about it."""
        return self._entries.get((path, key))

    def forget(self, path: str, key: Key) -> None:
        """Remove a fact whose source withdrew it."""
        self._entries.pop((path, key), None)

    def expiry(self, age: Age, as_of: int, bar_due: int | None) -> Timestamp | None:
        """Return the last instant a bound allows for a fact of `as_of`, None when it cannot be told."""
        if age.kind == "duration":
            return Timestamp(as_of + age.count)
        if age.kind == "bar":
            return None if bar_due is None else Timestamp(bar_due)
        try:
            return self._calendar.fresh_until(as_of, age.count)
        except CalendarBounds:
            return None


def fits(value: Any, fact: Fact) -> bool:
    """Return whether a stored value has the contract's type and lies in its bounds."""
    kind = fact.type.kind
    if kind is Kind.BOOL:
        return isinstance(value, bool)
    if kind is Kind.ENUM:
        return isinstance(value, str) and value in fact.type.values
    if kind in (Kind.TEXT, Kind.SYMBOL):
        return isinstance(value, str) and value != ""
    if kind is Kind.SET:
        return isinstance(value, frozenset)
    if kind is Kind.LIST:
        return isinstance(value, tuple) and (fact.max_items is None or len(value) <= fact.max_items)
    if isinstance(value, bool) or not isinstance(value, int):
        return False
    if kind is Kind.DATE:
        return date.min.toordinal() <= value <= date.max.toordinal()
    return _in_bounds(value, fact)


def _in_bounds(value: int, fact: Fact) -> bool:
    scale = fact.scale
    if fact.low is not None:
        low = fact.low * scale
        if value < low or (fact.low_open and value == low):
            return False
    return fact.high is None or Fraction(value) <= fact.high * scale
