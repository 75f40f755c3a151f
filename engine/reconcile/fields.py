"""One record of a broker's snapshot, read field by field; what is wrong names its place."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from engine.model.numbers import MAX_DIGITS, MICRO, NumberFault, Price, Quantity, parse_decimal
from engine.model.time import TimeFault, Timestamp, parse_timestamp

Choice = TypeVar("Choice")

_LONGEST_TEXT = 80


class SnapshotFaultCode(StrEnum):
    WRONG_SHAPE = "WRONG_SHAPE"
    MISSING_ORDER_ID = "MISSING_ORDER_ID"
    MISSING_FILL_ID = "MISSING_FILL_ID"
    MISSING_SYMBOL = "MISSING_SYMBOL"
    UNKNOWN_SIDE = "UNKNOWN_SIDE"
    UNKNOWN_STATUS = "UNKNOWN_STATUS"
    UNKNOWN_TYPE = "UNKNOWN_TYPE"
    BAD_NUMBER = "BAD_NUMBER"
    BAD_TIME = "BAD_TIME"
    QUANTITY_NOT_POSITIVE = "QUANTITY_NOT_POSITIVE"
    NEGATIVE_FILLED = "NEGATIVE_FILLED"
    FILLED_EXCEEDS_QUANTITY = "FILLED_EXCEEDS_QUANTITY"


@dataclass(frozen=True, slots=True)
class SnapshotFault:
    """One thing wrong with a snapshot. `where` is a JSON pointer, `got` the offending text, shortened."""

    code: SnapshotFaultCode
    where: str
    what: str
    got: str

    @property
    def why(self) -> str:
        return "agreement with a broker cannot be shown from a record that cannot be read"

    @property
    def help(self) -> str:
        return "compare the snapshot with specs/broker-snapshot, or read it leniently to see the rest"


class FieldFault(Exception):
    """Carries a SnapshotFault out of the record it was found in."""

    def __init__(self, fault: SnapshotFault) -> None:
        super().__init__(fault.what)
        self.fault = fault


class Record:
    """A JSON object and where it stands in the document. Every reader raises FieldFault."""

    def __init__(self, where: str, values: Mapping[object, object]) -> None:
        self.where, self.values = where, values

    @classmethod
    def at(cls, where: str, value: object) -> "Record":
        if not isinstance(value, Mapping):
            raise FieldFault(SnapshotFault(SnapshotFaultCode.WRONG_SHAPE, where, "is not an object", _shown(value)))
        return cls(where, value)

    def fault(self, code: SnapshotFaultCode, name: str, what: str) -> FieldFault:
        return FieldFault(SnapshotFault(code, f"{self.where}/{name}", what, _shown(self.values.get(name, ""))))

    def record(self, name: str) -> "Record":
        return Record.at(f"{self.where}/{name}", self.values.get(name))

    def text(self, name: str, default: str) -> str:
        """Return a text field; `default` when it is absent or null."""
        value = self.values.get(name)
        if value is None:
            return default
        if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
            raise self.fault(SnapshotFaultCode.WRONG_SHAPE, name, "is not a short text")
        return value.strip()

    def symbol(self) -> str:
        symbol = self.text("symbol", "")
        if not symbol:
            raise self.fault(SnapshotFaultCode.MISSING_SYMBOL, "symbol", "the record has no symbol")
        return symbol

    def choice(self, name: str, choices: Mapping[str, Choice], code: SnapshotFaultCode) -> Choice:
        """Return the choice a field names, whatever its case."""
        key = self.text(name, "").lower()
        if key not in choices:
            raise self.fault(code, name, f"is none of {', '.join(sorted(choices))}")
        return choices[key]

    def decimal(self, name: str, default: int | None = None) -> int:
        """Return decimal text, or a whole number, in micros."""
        value = self.values.get(name)
        if value is None and default is not None:
            return default
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**MAX_DIGITS:
            return value * MICRO
        if not isinstance(value, str):
            raise self.fault(SnapshotFaultCode.BAD_NUMBER, name, "is not decimal text")
        try:
            return parse_decimal(value)
        except NumberFault as fault:
            raise self.fault(SnapshotFaultCode.BAD_NUMBER, name, fault.reason) from None

    def positive(self, name: str) -> Quantity:
        value = self.decimal(name)
        if value <= 0:
            raise self.fault(SnapshotFaultCode.QUANTITY_NOT_POSITIVE, name, "is not positive")
        return Quantity(value)

    def price(self, name: str) -> Price | None:
        """Return a positive price, or None when the field is absent or null."""
        if self.values.get(name) is None:
            return None
        value = self.decimal(name)
        if value <= 0:
            raise self.fault(SnapshotFaultCode.BAD_NUMBER, name, "is not a positive price")
        return Price(value)

    def time(self, name: str) -> Timestamp:
        value = self.values.get(name)
        try:
            return parse_timestamp(value if isinstance(value, str) else "")
        except TimeFault as fault:
            raise self.fault(SnapshotFaultCode.BAD_TIME, name, str(fault)) from None


def _shown(value: object) -> str:
    if value is None:
        return ""
    return value[:_LONGEST_TEXT] if isinstance(value, str) else type(value).__name__
