"""Bar files in the two canonical CSV forms, as raw rows of text with their line numbers."""

from dataclasses import dataclass

from engine.marketdata.faults import Fault, FaultCode, Place
from engine.marketdata.text_file import SourceText, split_rows

CANONICAL = ("symbol", "timeframe", "end_ts", "open", "high", "low", "close", "volume", "is_complete")
SHORT = ("ts_close_utc", "open", "high", "low", "close", "volume")


@dataclass(frozen=True, slots=True)
class RawBar:
    """One row of a bar file, nothing interpreted yet."""

    line: int
    symbol: str
    timeframe: str
    end_ts: str
    open: str
    high: str
    low: str
    close: str
    volume: str
    is_complete: str


@dataclass(frozen=True, slots=True)
class RawBars:
    """The rows of a bar file and the faults of those that are no rows."""

    rows: tuple[RawBar, ...]
    faults: tuple[Fault, ...]


def split_bars(source: SourceText, symbol: str | None = None, timeframe: str | None = None) -> RawBars:
    """Return the rows of a canonical file.

    The short form names neither symbol nor timeframe, so both must be given for it; its bars are
    complete by definition. A row of the wrong width is a fault and the rest goes on.
    """
    rows: list[RawBar] = []
    faults: list[Fault] = []
    lines = split_rows(source.text, source.name)
    header = next(lines, None)
    if isinstance(header, Fault):
        return RawBars((), (header,))
    line, columns = header or (1, [])
    is_short = tuple(columns) == SHORT and symbol is not None and timeframe is not None
    if not is_short and tuple(columns) != CANONICAL:
        return RawBars((), (_header_fault(source, line, columns),))
    width = len(columns)
    for item in lines:
        if isinstance(item, Fault):
            faults.append(item)
            continue
        line, cells = item
        if len(cells) != width:
            faults.append(width_fault(source, line, len(cells), width))
        else:
            full = [symbol or "", timeframe or "", *cells, "true"] if is_short else cells
            rows.append(RawBar(line, *full))
    return RawBars(tuple(rows), tuple(faults))


def width_fault(source: SourceText, line: int, found: int, expected: int) -> Fault:
    """Return the fault of a row with the wrong number of cells."""
    what = f"the row has {found} cells where the header has {expected}"
    return Fault(FaultCode.ROW_WIDTH, what, Place(source.name, line))


def _header_fault(source: SourceText, line: int, columns: list[str]) -> Fault:
    if not columns:
        what = "the file is empty"
    elif tuple(columns) == SHORT:
        what = "the short header names no symbol and timeframe, and none were given"
    else:
        what = f"the header {','.join(columns)[:120]!a} is not that of a bar file"
    return Fault(FaultCode.HEADER, what, Place(source.name, line))
