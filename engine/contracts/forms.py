"""The forms a text takes inside the desk: decimals, dates and instants as integers, and back."""

import re
from datetime import date
from functools import lru_cache

from engine.model.numbers import format_decimal
from engine.model.time import TimeFault, format_timestamp, parse_date, parse_timestamp

EARLIEST = parse_timestamp("1000-01-01T00:00:00Z")
LATEST = parse_timestamp("9999-12-31T23:59:59.999999Z")
_OFFSET = re.compile(r"(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])\Z", re.ASCII)


class Refused:
    """The type of the one value that means a text or value was not accepted."""

    __slots__ = ()


REFUSED = Refused()


@lru_cache(maxsize=1024)
def instant_of(text: str) -> int | Refused:
    """Return an RFC 3339 instant as microseconds UTC, if it can be printed back.

    Remembered, because the lines of a stream repeat the same few instants.
    """
    try:
        at = parse_timestamp(text)
    except TimeFault:
        return REFUSED
    return at if EARLIEST <= at <= LATEST and _OFFSET.search(text) else REFUSED


def ordinal_of(text: str) -> int | Refused:
    """Return an ISO date as its proleptic Gregorian ordinal (day 1 is 0001-01-01)."""
    try:
        return parse_date(text).toordinal()
    except TimeFault:
        return REFUSED


def instant_text(value: int) -> str:
    """Return microseconds UTC as RFC 3339. Raises ValueError outside years 1000..9999."""
    if not EARLIEST <= value <= LATEST:
        raise ValueError(f"instant {value} is outside the years 1000..9999")
    return format_timestamp(value)


def date_text(value: int) -> str:
    """Return a proleptic ordinal as an ISO date. Raises ValueError outside years 1..9999."""
    return date.fromordinal(value).isoformat()


def decimal_text(value: int, scale: int) -> str:
    """Return a scaled integer as the shortest exact decimal text."""
    return format_decimal(value, scale)
