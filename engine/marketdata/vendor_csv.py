"""Vendor daily CSV: raw prices of a session with the dividend and split effective before its open."""

from dataclasses import dataclass

from engine.marketdata.bars_csv import width_fault
from engine.marketdata.faults import Fault, FaultCode, Place
from engine.marketdata.text_file import SourceText, split_rows

VENDOR = ("date", "open", "high", "low", "close", "volume", "div_cash", "split_factor", "adj_close")


@dataclass(frozen=True, slots=True)
class RawDay:
    """One row of a vendor file, nothing interpreted yet."""

    line: int
    date: str
    open: str
    high: str
    low: str
    close: str
    volume: str
    div_cash: str
    split_factor: str
    adj_close: str


@dataclass(frozen=True, slots=True)
class RawDays:
    """The rows of a vendor file and the faults of those that are no rows."""

    rows: tuple[RawDay, ...]
    faults: tuple[Fault, ...]


def is_vendor_header(text: str) -> bool:
    """Return whether a file's first line is the vendor's header."""
    return text.partition("\n")[0].rstrip("\r") == ",".join(VENDOR)


def split_days(source: SourceText) -> RawDays:
    """Return the rows of a vendor file; a row of the wrong width is a fault and the rest goes on."""
    rows: list[RawDay] = []
    faults: list[Fault] = []
    lines = split_rows(source.text, source.name)
    header = next(lines, None)
    if isinstance(header, Fault) or header is None or tuple(header[1]) != VENDOR:
        what = "the header is not that of a vendor's daily file"
        return RawDays((), (Fault(FaultCode.HEADER, what, Place(source.name, 1)),))
    for item in lines:
        if isinstance(item, Fault):
            faults.append(item)
        elif len(item[1]) != len(VENDOR):
            faults.append(width_fault(source, item[0], len(item[1]), len(VENDOR)))
        else:
            rows.append(RawDay(item[0], *item[1]))
    return RawDays(tuple(rows), tuple(faults))
