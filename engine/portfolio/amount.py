"""Exact cash: integer counts of 10^-12 of the account currency.

A price and a quantity are both micros, so their product is a whole number at this scale and a
fill's cash is never rounded. Micros are made only where a number leaves the ledger.
"""

from typing import NewType

from engine.model.numbers import MICRO, Money, divide_half_even, divide_up, format_decimal

Amount = NewType("Amount", int)
"""10^-12 of the account currency; a quantity (micros) times a price (micros) is one."""

AMOUNT_PLACES = 12
ZERO = Amount(0)


def amount_of(money: int) -> Amount:
    """Return micros of currency as an exact amount."""
    return Amount(money * MICRO)


def money_down(amount: int) -> Money:
    """Return the largest micro amount not above `amount`: what one may count on having."""
    return Money(amount // MICRO)


def money_up(amount: int) -> Money:
    """Return the smallest micro amount not below `amount`: what one may have to bear."""
    return Money(divide_up(amount, MICRO))


def money_nearest(amount: int) -> Money:
    """Return `amount` in micros rounded half to even: what is displayed."""
    return Money(divide_half_even(amount, MICRO))


def format_amount(amount: int) -> str:
    """Return the shortest exact decimal text of `amount` in units of currency."""
    return format_decimal(amount, AMOUNT_PLACES)
