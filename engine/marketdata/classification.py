"""The classification file: which instruments there are and how they are traded and grouped."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.marketdata.faults import DataRefused, Fault, FaultCode, Place, quoted
from engine.marketdata.lists import NamedList, read_list
from engine.marketdata.normalise import is_symbol
from engine.model.instrument import AssetClass, Instrument
from engine.model.numbers import MICRO, NumberFault, Price, Quantity, parse_decimal
from engine.model.time import Timestamp

LIST_NAME = "instruments"
COLUMNS = (
    "symbol",
    "asset_class",
    "currency",
    "venue",
    "sector",
    "issuer",
    "tick",
    "lot",
    "multiplier",
    "fractional",
)
SECTORS = (
    "TECHNOLOGY",
    "FINANCIALS",
    "ENERGY",
    "HEALTH_CARE",
    "UTILITIES",
    "MATERIALS",
    "INDUSTRIALS",
    "CONSUMER_STAPLES",
    "CONSUMER_DISCRETIONARY",
    "COMMUNICATION",
    "REAL_ESTATE",
    "BROAD_INDEX",
)
"""Sectors of specs/instrument.schema.json."""

LARGEST = {"tick": 10_000_000 * MICRO, "lot": 1_000_000_000 * MICRO, "multiplier": 1_000_000 * MICRO}
"""Largest value of each number, in micros; bounds of specs/instrument.schema.json."""

_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:@-]{0,79}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Classification:
    """The instruments of one file by symbol, in symbol order, as its owner said at `as_of`."""

    as_of: Timestamp
    owner: str
    source: str
    sha256: str
    instruments: Mapping[str, Instrument]


def read_classification(path: Path) -> Classification:
    """Read the classification file. Raises DataRefused with every fault of it."""
    classified = classify(read_list(path))
    if isinstance(classified, Classification):
        return classified
    raise DataRefused(classified)


def classify(listed: NamedList) -> Classification | tuple[Fault, ...]:
    """Return the instruments a list describes, or every fault of it."""
    if listed.name != LIST_NAME or listed.version != 1 or listed.columns != COLUMNS:
        what = f"it is not list {LIST_NAME} v1 with columns {','.join(COLUMNS)}"
        return (Fault(FaultCode.LIST_COLUMNS, what, Place(listed.file, 1)),)
    faults: list[Fault] = []
    instruments: dict[str, Instrument] = {}
    for number, row in enumerate(listed.rows):
        cells = dict(zip(COLUMNS, row, strict=True))
        wrong = [column for column in COLUMNS if not _is_sound(column, cells[column])]
        for column in wrong:
            what = f"{quoted(cells[column])} is no {column.replace('_', ' ')}"
            faults.append(_fault(listed, number, column, what))
        if cells["symbol"] in instruments:
            faults.append(_fault(listed, number, "symbol", f"{cells['symbol']} is described twice"))
        elif not wrong:
            instruments[cells["symbol"]] = _instrument(cells)
    if faults:
        return tuple(faults)
    ordered = {symbol: instruments[symbol] for symbol in sorted(instruments)}
    return Classification(listed.as_of, listed.owner, listed.source, listed.sha256, ordered)


def _is_sound(column: str, text: str) -> bool:
    match column:
        case "symbol":
            return is_symbol(text)
        case "asset_class":
            return text in tuple(AssetClass)
        case "currency":
            return _CURRENCY.fullmatch(text) is not None
        case "sector":
            return text in SECTORS
        case "fractional":
            return text in ("true", "false")
        case "tick" | "lot" | "multiplier":
            try:
                return 0 < parse_decimal(text) <= LARGEST[column]
            except NumberFault:
                return False
        case _:
            return _IDENTIFIER.fullmatch(text) is not None


def _instrument(cells: Mapping[str, str]) -> Instrument:
    return Instrument(
        symbol=cells["symbol"],
        asset_class=AssetClass(cells["asset_class"]),
        currency=cells["currency"],
        venue=cells["venue"],
        sector=cells["sector"],
        issuer=cells["issuer"],
        tick=Price(parse_decimal(cells["tick"])),
        lot=Quantity(parse_decimal(cells["lot"])),
        multiplier=parse_decimal(cells["multiplier"]),
        fractional=cells["fractional"] == "true",
    )


def _fault(listed: NamedList, row: int, column: str, what: str) -> Fault:
    return Fault(FaultCode.INSTRUMENT_FIELD, what, Place(listed.file, listed.line_of(row), column))
