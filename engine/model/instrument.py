"""What is traded: an instrument's identity, increments and classification."""

from dataclasses import dataclass
from enum import StrEnum

from engine.model.numbers import MICRO, Price, Quantity


class AssetClass(StrEnum):
    EQUITY = "EQUITY"
    OPTION = "OPTION"
    FUTURE = "FUTURE"
    CRYPTO = "CRYPTO"


@dataclass(frozen=True, slots=True)
class Instrument:
    """One tradable instrument.

    `tick` is micros of currency per share, `lot` micros of a share, `multiplier` micros of a pure
    number. `sector` and `issuer` come from the classification file and its as-of.
    """

    symbol: str
    asset_class: AssetClass
    currency: str
    venue: str
    sector: str
    issuer: str
    tick: Price = Price(10_000)
    lot: Quantity = Quantity(MICRO)
    multiplier: int = MICRO
    fractional: bool = False
