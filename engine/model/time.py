"""Instants and durations as integer microseconds, RFC 3339 at the edges."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import NewType

Timestamp = NewType("Timestamp", int)
"""Microseconds since 1970-01-01T00:00:00Z."""
Duration = NewType("Duration", int)
"""Microseconds."""

MICROSECOND = Duration(1)
MILLISECOND = Duration(1_000)
SECOND = Duration(1_000_000)
MINUTE = Duration(60 * SECOND)
HOUR = Duration(60 * MINUTE)
DAY = Duration(24 * HOUR)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RFC3339 = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?(Z|[+-]\d\d:\d\d)\Z", re.ASCII)


class TimeFault(ValueError):
    """A text that is not an RFC 3339 instant (or date) this desk accepts."""


def parse_timestamp(text: str) -> Timestamp:
    """Return an RFC 3339 instant as microseconds UTC; an offset is required. Raises TimeFault."""
    match = _RFC3339.match(text) if len(text) <= 40 else None
    if not match:
        raise TimeFault(f"{text[:40]!r} is not an RFC 3339 instant with an offset, like 2026-01-05T15:00:00Z")
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    try:
        moment = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    except ValueError as error:
        raise TimeFault(f"{text!r}: {error}") from None
    micros = (moment - _EPOCH) // timedelta(microseconds=1) + int((fraction or "0").ljust(6, "0"))
    if offset != "Z":
        sign = 1 if offset[0] == "+" else -1
        micros -= sign * (int(offset[1:3]) * HOUR + int(offset[4:6]) * MINUTE)
    return Timestamp(micros)


def format_timestamp(at: int) -> str:
    """Return `at` as RFC 3339 UTC with microseconds only where there are any."""
    seconds, micros = divmod(at, SECOND)
    text = (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{micros:06d}Z" if micros else f"{text}Z"


def parse_date(text: str) -> date:
    """Return an ISO date (YYYY-MM-DD). Raises TimeFault."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        raise TimeFault(f"{text[:40]!r} is not a date like 2026-01-05")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise TimeFault(f"{text!r}: {error}") from None


def utc_date(at: int) -> date:
    """Return the UTC calendar date of an instant."""
    return (_EPOCH + timedelta(microseconds=at)).date()


def from_datetime(moment: datetime) -> Timestamp:
    """Return an aware datetime as microseconds UTC."""
    return Timestamp((moment - _EPOCH) // timedelta(microseconds=1))
