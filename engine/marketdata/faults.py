"""Faults in market data: stable code, what happened, where, why it matters, what to do next."""

from dataclasses import dataclass
from enum import StrEnum


class FaultCode(StrEnum):
    """Everything a bar, vendor or list file can have wrong with it."""

    FILE_UNREADABLE = "MD_FILE_UNREADABLE"
    FILE_ENCODING = "MD_FILE_ENCODING"
    FILE_SIZE = "MD_FILE_SIZE"
    CSV_FORM = "MD_CSV_FORM"
    HEADER = "MD_HEADER"
    ROW_WIDTH = "MD_ROW_WIDTH"
    SYMBOL_FORM = "MD_SYMBOL_FORM"
    SYMBOL_WRONG = "MD_SYMBOL_WRONG"
    TIMEFRAME_UNKNOWN = "MD_TIMEFRAME_UNKNOWN"
    TIMEFRAME_WRONG = "MD_TIMEFRAME_WRONG"
    TIME_FORM = "MD_TIME_FORM"
    TIME_NOT_SESSION = "MD_TIME_NOT_SESSION"
    TIME_OFF_GRID = "MD_TIME_OFF_GRID"
    TIME_OUTSIDE_CALENDAR = "MD_TIME_OUTSIDE_CALENDAR"
    PRICE_EMPTY = "MD_PRICE_EMPTY"
    PRICE_FORM = "MD_PRICE_FORM"
    PRICE_DECIMALS = "MD_PRICE_DECIMALS"
    PRICE_RANGE = "MD_PRICE_RANGE"
    OHLC = "MD_OHLC"
    VOLUME_FORM = "MD_VOLUME_FORM"
    VOLUME_NEGATIVE = "MD_VOLUME_NEGATIVE"
    VOLUME_RANGE = "MD_VOLUME_RANGE"
    COMPLETE_FORM = "MD_COMPLETE_FORM"
    SPLIT_FORM = "MD_SPLIT_FORM"
    DIVIDEND_FORM = "MD_DIVIDEND_FORM"
    ADJUSTED_FORM = "MD_ADJUSTED_FORM"
    ACTION_CONFLICT = "MD_ACTION_CONFLICT"
    DUPLICATE = "MD_DUPLICATE"
    OUT_OF_ORDER = "MD_OUT_OF_ORDER"
    LIST_HEADER = "MD_LIST_HEADER"
    LIST_COLUMNS = "MD_LIST_COLUMNS"
    LIST_CELL = "MD_LIST_CELL"
    LIST_ROW_COUNT = "MD_LIST_ROW_COUNT"
    LIST_DUPLICATE = "MD_LIST_DUPLICATE"
    INSTRUMENT_FIELD = "MD_INSTRUMENT_FIELD"


_GUIDE: dict[FaultCode, tuple[str, str]] = {
    FaultCode.FILE_UNREADABLE: ("nothing can be read from it", "check the path and its permissions"),
    FaultCode.FILE_ENCODING: ("a byte that is not UTF-8 may hide another value", "save the file as UTF-8"),
    FaultCode.FILE_SIZE: ("a file this large is read whole into memory", "split it by symbol or by year"),
    FaultCode.CSV_FORM: ("rows after this point cannot be told apart", "check quotes and line ends"),
    FaultCode.HEADER: (
        "columns are taken by name and never guessed",
        "use a header of docs/specs/market-data.md; the short form needs --symbol and --timeframe",
    ),
    FaultCode.ROW_WIDTH: ("cells could land in the wrong column", "give the row one cell per column"),
    FaultCode.SYMBOL_FORM: ("a symbol names positions and limits", "use A-Z, 0-9 and '.', at most 16"),
    FaultCode.SYMBOL_WRONG: ("a bar of another symbol would price the wrong position", "import it apart"),
    FaultCode.TIMEFRAME_UNKNOWN: ("its length is needed to count gaps", "use 1m, 5m, 1H or 1D"),
    FaultCode.TIMEFRAME_WRONG: ("series of two lengths must not mix", "import each timeframe apart"),
    FaultCode.TIME_FORM: ("without an offset an instant is ambiguous", "write it like 2026-01-05T15:00:00Z"),
    FaultCode.TIME_NOT_SESSION: (
        "no bar of these hours can end when the exchange is closed",
        "check the time zone, or ask for extended hours",
    ),
    FaultCode.TIME_OFF_GRID: ("gaps are counted in whole bar lengths", "end bars on the bar grid"),
    FaultCode.TIME_OUTSIDE_CALENDAR: (
        "the desk does not guess sessions it has no table for",
        "extend the table with scripts/freeze_calendar.py, or leave these rows out",
    ),
    FaultCode.PRICE_EMPTY: ("a missing price is never read as zero", "fill the cell or drop the row"),
    FaultCode.PRICE_FORM: ("prices are exact decimals", "write plain digits with a point, like 470.25"),
    FaultCode.PRICE_DECIMALS: ("a price is kept in millionths and never rounded", "give at most 6 decimals"),
    FaultCode.PRICE_RANGE: ("a share price is above 0 and at most 10000000", "check the unit"),
    FaultCode.OHLC: ("low <= open, close <= high holds for every real bar", "check the column order"),
    FaultCode.VOLUME_FORM: ("volume is an exact decimal", "write plain digits"),
    FaultCode.VOLUME_NEGATIVE: ("no market trades fewer than zero shares", "check the source"),
    FaultCode.VOLUME_RANGE: ("a volume above 10^12 shares is a unit error", "check the unit"),
    FaultCode.COMPLETE_FORM: ("a forming bar must not be taken for a closed one", "write true or false"),
    FaultCode.SPLIT_FORM: (
        "a wrong split factor multiplies every lot",
        "write a decimal above 0 of at most 12 places; 1 means no split",
    ),
    FaultCode.DIVIDEND_FORM: (
        "a wrong dividend is wrong cash",
        "write a decimal of at least 0 with at most 12 places; 0 means none",
    ),
    FaultCode.ADJUSTED_FORM: (
        "the vendor's adjusted close anchors the adjustment",
        "write a decimal above 0 of at most 12 places",
    ),
    FaultCode.ACTION_CONFLICT: ("an action applied twice changes positions", "keep one row for the session"),
    FaultCode.DUPLICATE: ("one bar must not be acted on twice", "keep one row for each closing time"),
    FaultCode.OUT_OF_ORDER: ("time never goes back within a series", "sort the file by closing time"),
    FaultCode.LIST_HEADER: (
        "owner, source and as-of make a list accountable",
        "begin with #! list, as_of, owner, source and rows, in this order",
    ),
    FaultCode.LIST_COLUMNS: ("columns are taken by name", "name each column once in a-z, 0-9 and _"),
    FaultCode.LIST_CELL: (
        "a list is compared text by text",
        "remove blanks around the cell and control characters",
    ),
    FaultCode.LIST_ROW_COUNT: (
        "a cut-off list must not pass for a whole one",
        "make '#! rows' match the rows",
    ),
    FaultCode.LIST_DUPLICATE: ("the same entry twice hides an edit", "remove one of the rows"),
    FaultCode.INSTRUMENT_FIELD: (
        "limits are taken by these fields",
        "use a value of specs/instrument.schema.json",
    ),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file something stands; `line` counts from 1, `column` is a column's name."""

    file: str
    line: int
    column: str = ""

    def __str__(self) -> str:
        text = f"{self.file}:{self.line}" if self.line else self.file
        return f"{text} {self.column}" if self.column else text


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a file, as a value. `what` is one lower-case sentence naming the data."""

    code: FaultCode
    what: str
    where: Place

    @property
    def why(self) -> str:
        """Return why it matters."""
        return _GUIDE[self.code][0]

    @property
    def help(self) -> str:
        """Return what to do next."""
        return _GUIDE[self.code][1]

    def __str__(self) -> str:
        return f"{self.where}: {self.what} [{self.code}]"


class DataRefused(ValueError):
    """A file that yields nothing at all; carries every fault found."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("; ".join(str(fault) for fault in faults[:3]))
        self.faults = faults


def quoted(text: str) -> str:
    """Return `text` for a message: printable, escaped and at most 40 characters."""
    return ascii(text if len(text) <= 40 else text[:39] + "~")
