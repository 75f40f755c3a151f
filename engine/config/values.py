"""Types of single settings: text of the YAML file on one side, exact integers on the other."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, NewType

from pydantic import BeforeValidator, Field, StringConstraints

from engine.config.mode import EVERY, Mode
from engine.model.numbers import Money, NumberFault, Quantity, Ratio, parse_decimal
from engine.model.time import HOUR, MILLISECOND, MINUTE, SECOND, Duration

_DURATION = re.compile(r"([1-9][0-9]{0,8}) (ms|s|min|h)\Z", re.ASCII)
_UNITS = {"ms": MILLISECOND, "s": SECOND, "min": MINUTE, "h": HOUR}


class Harsher(StrEnum):
    """The direction in which a value makes a simulated market less kind."""

    HIGHER = "higher"
    LOWER = "lower"


@dataclass(frozen=True, slots=True)
class ReadIn:
    """Which modes read a field, and whether the field must be there in them."""

    modes: frozenset[Mode] = EVERY
    required: bool = True


def _micros(value: object) -> int:
    if not isinstance(value, int | str):
        raise ValueError("is not a decimal number")
    try:
        return parse_decimal(str(value))
    except NumberFault as fault:
        raise ValueError(f"is not a decimal number: {fault.reason}") from None


def _duration(value: object) -> int:
    match = _DURATION.match(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("is not a duration; write a whole number and ms, s, min or h, like 60 s")
    return int(match.group(1)) * _UNITS[match.group(2)]


def _date(value: object) -> date:
    try:
        if isinstance(value, str) and len(value) == len("2026-01-05"):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise ValueError("is not a date; write year, month and day, like 2026-07-06")


RatioValue = Annotated[Ratio, BeforeValidator(_micros)]
"""Decimal text, held in micros of a pure number."""
MoneyValue = Annotated[Money, BeforeValidator(_micros)]
"""Decimal text, held in micros of the account currency."""
QuantityValue = Annotated[Quantity, BeforeValidator(_micros)]
"""Decimal text, held in micros of a share."""
DurationValue = Annotated[Duration, BeforeValidator(_duration)]
"""A whole number and a unit, held in microseconds."""
DateValue = Annotated[date, BeforeValidator(_date)]
"""A day of the calendar, YYYY-MM-DD."""

BasisPoints = NewType("BasisPoints", int)
"""Whole hundredths of a percent."""
BasisPointsValue = Annotated[BasisPoints, Field(ge=0, le=10_000)]

EnvName = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{2,63}$")]
"""The name of an environment variable, never its value."""
Symbol = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9.]{0,15}$")]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$")]
