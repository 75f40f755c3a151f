"""Dates, instants and times of day as written in a rule file."""

from datetime import UTC, date, datetime, time
from fractions import Fraction
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dsl import types as t
from dsl.types import Type

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class MomentFault(ValueError):
    """A date, instant or time that does not exist."""


def read_moment(kind: str, text: str) -> tuple[Type, int | Fraction]:
    """Return a written moment: a date as its ordinal day, an instant as seconds since 1970, a time
    of day as seconds since midnight. Raises MomentFault."""
    try:
        if kind == "date":
            return t.DATE, date.fromisoformat(text).toordinal()
        if kind == "timestamp":
            return t.TIMESTAMP, Fraction(micros(datetime.fromisoformat(text)), 1_000_000)
        clock = time.fromisoformat(text)
    except ValueError:
        raise MomentFault(f"`{text}` does not exist") from None
    return t.TIME, Fraction(clock.hour * 3600 + clock.minute * 60 + clock.second)


def is_zone(name: str) -> bool:
    """Return whether a time zone of that name is known."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return False
    return True


def micros(moment: datetime) -> int:
    """Return an aware datetime as microseconds since 1970 UTC."""
    delta = moment - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds
