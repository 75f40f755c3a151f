"""Types and units: every number carries its dimension, and only like meets like."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from fractions import Fraction


class Kind(StrEnum):
    BOOL = "bool"
    NUMBER = "number"
    REAL = "real"
    TEXT = "text"
    SYMBOL = "symbol"
    ENUM = "enum"
    TIMESTAMP = "timestamp"
    DATE = "date"
    TIME = "time of day"
    SESSIONS = "sessions"
    SET = "set"
    LIST = "list"


Dimension = tuple[tuple[str, int], ...]
"""Base units with their exponents, sorted; empty for a pure number."""


@dataclass(frozen=True, slots=True)
class Type:
    """A type. `dimension` and `is_ratio` on numbers, `values` on enums, `element` on sets,
    `fields` on lists of records."""

    kind: Kind
    dimension: Dimension = ()
    is_ratio: bool = False
    values: tuple[str, ...] = ()
    element: "Type | None" = None
    fields: "tuple[tuple[str, Type], ...]" = ()

    def __str__(self) -> str:
        if self.kind is Kind.NUMBER:
            return _number_name(self)
        if self.kind is Kind.REAL and self.dimension:
            return f"real[{_number_name(Type(Kind.NUMBER, self.dimension))}]"
        if self.kind is Kind.SET:
            return f"set of {self.element}"
        return self.kind.value

    @property
    def is_number(self) -> bool:
        return self.kind is Kind.NUMBER

    def field(self, name: str) -> "Type | None":
        """Return the type of a record's field, or None."""
        return dict(self.fields).get(name)


BOOL = Type(Kind.BOOL)
COUNT = Type(Kind.NUMBER)
RATIO = Type(Kind.NUMBER, is_ratio=True)
QUANTITY = Type(Kind.NUMBER, (("share", 1),))
DURATION = Type(Kind.NUMBER, (("s", 1),))
TEXT = Type(Kind.TEXT)
SYMBOL = Type(Kind.SYMBOL)
TIMESTAMP = Type(Kind.TIMESTAMP)
DATE = Type(Kind.DATE)
TIME = Type(Kind.TIME)
SESSIONS = Type(Kind.SESSIONS)


def money(currency: str) -> Type:
    """Return the type of an amount in a currency."""
    return Type(Kind.NUMBER, ((currency, 1),))


def price(currency: str) -> Type:
    """Return the type of a price: currency per share."""
    return Type(Kind.NUMBER, _sorted({currency: 1, "share": -1}))


def rate(base: str, quote: str) -> Type:
    """Return the type of a conversion rate: units of `quote` for one of `base`."""
    return Type(Kind.NUMBER, _sorted({quote: 1, base: -1}))


REAL = Type(Kind.REAL)


def real(dimension: Dimension) -> Type:
    """Return the type of a statistic in these units: a float, for gates, scores and `exact` alone."""
    return Type(Kind.REAL, dimension)


def enum(values: tuple[str, ...]) -> Type:
    """Return the type of an UPPERCASE word out of `values`."""
    return Type(Kind.ENUM, values=values)


def set_of(element: Type) -> Type:
    """Return the type of an unordered collection."""
    return Type(Kind.SET, element=element)


def multiply(left: Type, right: Type) -> Type:
    """Return the type of a product of numbers."""
    return _scaled(left, right, 1)


def divide(left: Type, right: Type) -> Type:
    """Return the type of a quotient of numbers; like over like is a ratio."""
    return _scaled(left, right, -1)


def _scaled(left: Type, right: Type, sign: int) -> Type:
    powers = dict(left.dimension)
    for base, power in right.dimension:
        powers[base] = powers.get(base, 0) + sign * power
    dimension = _sorted(powers)
    if dimension:
        return Type(Kind.NUMBER, dimension)
    if left.dimension or right.dimension:
        return RATIO
    if sign > 0:  # 80% of a count is a count
        return RATIO if left.is_ratio and right.is_ratio else COUNT
    return COUNT if right.is_ratio and not left.is_ratio else RATIO


def _sorted(powers: dict[str, int]) -> Dimension:
    return tuple(sorted((base, power) for base, power in powers.items() if power))


def is_currency(base: str) -> bool:
    """Return whether a base unit is a currency code."""
    return len(base) == 3 and base.isupper()


def currency_of(kind: Type) -> str | None:
    """Return the currency of an amount or price, if it has exactly one."""
    codes = [base for base, power in kind.dimension if is_currency(base) and power == 1]
    return codes[0] if len(codes) == 1 else None


def _number_name(kind: Type) -> str:
    if not kind.dimension:
        return "ratio" if kind.is_ratio else "count"
    currency = currency_of(kind)
    if currency and kind == money(currency):
        return f"money[{currency}]"
    if currency and kind == price(currency):
        return f"price[{currency}]"
    if kind == QUANTITY:
        return "quantity"
    if kind == DURATION:
        return "duration"
    over = [b + (f"^{p}" if p > 1 else "") for b, p in kind.dimension if p > 0]
    under = [b + (f"^{-p}" if p < -1 else "") for b, p in kind.dimension if p < 0]
    return "*".join(over or ["1"]) + "".join(f"/{b}" for b in under)


def unit_suffix(kind: Type) -> str:
    """Return how a value of this type is written behind its number, with a leading space."""
    if kind in (RATIO, COUNT):
        return ""
    if kind == QUANTITY:
        return " shares"
    if kind == DURATION:
        return " s"
    currency = currency_of(kind)
    if currency and kind == price(currency):
        return f" {currency}/share"
    if currency and kind == money(currency):
        return f" {currency}"
    return " " + _number_name(kind)


NAMED = {
    "bool": BOOL, "count": COUNT, "ratio": RATIO, "quantity": QUANTITY, "duration": DURATION, "text": TEXT,
    "symbol": SYMBOL, "timestamp": TIMESTAMP, "date": DATE, "time": TIME, "sessions": SESSIONS,
}  # fmt: skip
"""Types written as one word."""


def scale_of(kind: Type) -> int:
    """Return how many stored counts make one base unit: 10^6 for amounts, 1 for counts and dates."""
    if kind.kind in (Kind.TIMESTAMP, Kind.TIME):
        return 1_000_000
    if kind.kind is Kind.NUMBER and (kind.dimension or kind.is_ratio):
        return 1_000_000
    return 1


def show(value: object, kind: Type) -> str:
    """Return a value in the words of a rule file, exact, with its unit."""
    if kind.kind is Kind.BOOL:
        return "true" if value else "false"
    if isinstance(value, Fraction | int) and kind.is_number:
        return show_number(Fraction(value), kind)
    if isinstance(value, frozenset | tuple):
        return f"{len(value)} rows"
    if kind.kind is Kind.SYMBOL:
        return f'"{value}"'
    if kind.kind is Kind.REAL:
        return f"{value!r}{unit_suffix(Type(Kind.NUMBER, kind.dimension))}"
    if isinstance(value, Fraction | int):
        return show_moment(Fraction(value), kind)
    return str(value)


def show_moment(value: Fraction, kind: Type) -> str:
    """Return a date, instant, time of day or number of sessions as it is written in a rule file."""
    if kind.kind is Kind.DATE:
        return date.fromordinal(int(value)).isoformat()
    if kind.kind is Kind.SESSIONS:
        return f"{_decimal(value)} session{'' if value == 1 else 's'}"
    seconds = value.numerator // value.denominator
    micros = int((value - seconds) * 1_000_000)
    part = f".{micros:06d}".rstrip("0") if micros else ""
    if kind.kind is Kind.TIME:
        return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{part}"
    if kind.kind is Kind.TIMESTAMP:
        return (
            (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S") + part + "Z"
        )
    return str(value)


def show_number(value: Fraction, kind: Type, least: int = 0) -> str:
    """Return a number with grouping and enough digits to be exact where that is finite; `least` places at least."""
    if kind.is_ratio:
        return _decimal(value * 100, least) + "%"
    minimum = 2 if kind.dimension and any(is_currency(b) for b, _ in kind.dimension) else 0
    return _decimal(value, max(minimum, least)) + unit_suffix(kind)


def show_apart(values: Sequence[Fraction], kind: Type) -> list[str]:
    """Return numbers with as many digits as it takes to tell those that differ from one another."""
    places = 0
    while True:
        texts = [show_number(value, kind, places) for value in values]
        if len(set(texts)) == len(set(values)):
            return texts
        places = max(12, 2 * places)


def _decimal(value: Fraction, minimum: int = 0) -> str:
    denominator, places = value.denominator, 0
    twos = fives = 0
    while denominator % 2 == 0:
        denominator, twos = denominator // 2, twos + 1
    while denominator % 5 == 0:
        denominator, fives = denominator // 5, fives + 1
    exact = denominator == 1
    places = max(min(max(twos, fives), 12) if exact else 9, minimum)
    scaled = abs(value) * 10**places
    whole = scaled.numerator // scaled.denominator
    digits, rest = divmod(whole, 10**places)
    text = f"{digits:,}".replace(",", "_")
    if places:
        text += f".{rest:0{places}d}"
    mark = "" if exact and scaled.denominator == 1 else "…"
    return ("-" if value < 0 else "") + text + mark
