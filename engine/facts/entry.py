"""One fact as held: its value, when its source says it was true, and until when it may be used."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from dsl.contracts import Age, Fact
from dsl.snapshot import Reason
from dsl.statistics import is_finite, is_nan, is_statistic
from dsl.types import Kind
from engine.model.calendar import CalendarBounds, SessionCalendar
from engine.model.time import MILLISECOND, Timestamp

FUTURE_TOLERANCE = 50 * MILLISECOND
"""A source may be ahead of the desk by this much (CAT NMS clock tolerance, FINRA 6820)."""


@dataclass(frozen=True, slots=True)
class FactEntry:
    """A stored value with its provenance.

    `expires` is the last instant the contract's freshness bound allows (None: no bound); `bar_due`
    is when the next bar of its feed is due to close. `fault` says why the value cannot be used.
    """

    value: Any
    as_of: Timestamp
    provider: str
    expires: Timestamp | None = None
    bar_due: Timestamp | None = None
    fault: Reason | None = None

    def reason_at(self, now: int) -> Reason | None:
        """Return why the fact is unknown at `now`, or None when it may be used."""
        if self.fault is not None:
            return self.fault
        if self.as_of > now + FUTURE_TOLERANCE:
            return Reason.INVALID
        if self.expires is not None and now > self.expires:
            return Reason.STALE
        return None


def make_entry(
    fact: Fact, value: Any, as_of: Timestamp, provider: str, bar_due: Timestamp | None, calendar: SessionCalendar
) -> FactEntry:
    """Return an entry judged by its contract; what no bound can be worked out for is invalid."""
    fault = None
    if not fits(value, fact) and not (value is None and fact.optional):
        fault = Reason.MISSING if value is None else Reason.INVALID
    expires = expiry(fact.max_age, as_of, bar_due, calendar) if fact.max_age else None
    if fact.max_age is not None and expires is None:
        fault = fault or Reason.INVALID
    return FactEntry(value, as_of, provider, expires, bar_due, fault)


def expiry(age: Age, as_of: int, bar_due: int | None, calendar: SessionCalendar) -> Timestamp | None:
    """Return the last instant a bound allows for a fact of `as_of`, None when it cannot be told."""
    if age.kind == "duration":
        return Timestamp(as_of + age.count)
    if age.kind == "bar":
        return None if bar_due is None else Timestamp(bar_due)
    try:
        return calendar.fresh_until(as_of, age.count)
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
    if kind is Kind.REAL:
        return (
            is_statistic(value) and not is_nan(value) and (not is_finite(value) or _is_between(Fraction(value), fact))
        )
    if kind is Kind.LIST:
        return (
            isinstance(value, tuple)
            and (fact.max_items is None or len(value) <= fact.max_items)
            and _rows_fit(value, fact)
        )
    if isinstance(value, bool) or not isinstance(value, int):
        return False
    if kind is Kind.DATE:
        return date.min.toordinal() <= value <= date.max.toordinal()
    return _in_bounds(value, fact)


def _rows_fit(rows: tuple[Any, ...], fact: Fact) -> bool:
    """Return whether every row has every field its contract requires, each fitting."""
    return all(
        (field.optional and row.get(field.path) is None) or fits(row.get(field.path), field)
        for row in rows
        for field in fact.fields
    )


def _in_bounds(value: int, fact: Fact) -> bool:
    return _is_between(Fraction(value, fact.scale), fact)


def _is_between(value: Fraction, fact: Fact) -> bool:
    if fact.low is not None and (value < fact.low or (fact.low_open and value == fact.low)):
        return False
    return fact.high is None or value <= fact.high
