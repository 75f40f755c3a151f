"""Scaled integers: every amount on a decision path is an integer count of millionths.

Decimals cross the edge as text and become integers here, exactly or not at all. Nothing is
rounded silently and no float is ever involved.
"""

import re
from typing import NewType

MICRO = 1_000_000
PLACES = 6
MAX_DIGITS = 15  # before the point: |value| < 10^15 keeps every micro amount inside 64 bits * 10^3

Money = NewType("Money", int)
"""Micros of the account currency (1 USD = 1_000_000)."""
Price = NewType("Price", int)
"""Micros of currency per share."""
Quantity = NewType("Quantity", int)
"""Micros of a share; a whole share is 1_000_000."""
Ratio = NewType("Ratio", int)
"""Micros of a pure number; 2 % is 20_000."""

_DECIMAL = re.compile(rf"-?(?:0|[1-9][0-9]{{0,{MAX_DIGITS - 1}}})(?:\.[0-9]{{1,12}})?\Z", re.ASCII)


class NumberFault(Exception):
    """A text that is not a decimal this desk accepts. `reason` is one lower-case phrase."""

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(text, reason)
        self.text, self.reason = text, reason

    def __str__(self) -> str:
        return f"{self.text[:40]!r} {self.reason}"


def parse_decimal(text: str, places: int = PLACES) -> int:
    """Return `text` as an integer count of 10^-`places`.

    Accepts ASCII digits with an optional sign and point only: no exponent, no separators, no
    leading zeros, at most 15 digits before the point. Raises NumberFault otherwise, also when
    more than `places` decimals carry a value.
    """
    if len(text) > 40 or not _DECIMAL.match(text):
        raise NumberFault(text, "is not a plain decimal number")
    whole, _, fraction = text.partition(".")
    if len(fraction) > places and fraction[places:].strip("0"):
        raise NumberFault(text, f"has more than {places} decimal places")
    digits = whole.lstrip("-") + fraction[:places].ljust(places, "0")
    value = int(digits)
    return -value if text.startswith("-") else value


def format_decimal(value: int, places: int = PLACES) -> str:
    """Return the shortest exact decimal text of `value` counts of 10^-`places`."""
    sign = "-" if value < 0 else ""
    whole, fraction = divmod(abs(value), 10**places)
    tail = f"{fraction:0{places}d}".rstrip("0") if places else ""
    return f"{sign}{whole}.{tail}" if tail else f"{sign}{whole}"


def divide_half_even(numerator: int, denominator: int) -> int:
    """Return numerator / denominator rounded half to even; the denominator must be positive."""
    quotient, rest = divmod(numerator, denominator)
    twice = 2 * rest
    if twice > denominator or (twice == denominator and quotient & 1):
        return quotient + 1
    return quotient


def divide_up(numerator: int, denominator: int) -> int:
    """Return the ceiling of numerator / denominator; the denominator must be positive."""
    return -((-numerator) // denominator)


def notional(quantity: int, price: int) -> int:
    """Return quantity x price in micros of currency, rounded away from zero.

    Away from zero because an exposure is never understated; both arguments are micros.
    """
    product = quantity * price
    return divide_up(product, MICRO) if product >= 0 else -divide_up(-product, MICRO)
