"""Maintained lists as files: five header lines that make a list accountable, then strict CSV."""

import re
from dataclasses import dataclass
from pathlib import Path

from engine.marketdata.faults import DataRefused, Fault, FaultCode, Place, quoted
from engine.marketdata.text_file import SourceText, read_text, split_rows
from engine.model.time import TimeFault, Timestamp, parse_timestamp

MAX_BYTES = 64 * 1024 * 1024
_HEADER_LINES = 5
_FIRST_ROW = _HEADER_LINES + 2

_LIST = re.compile(r"#! list ([a-z][a-z0-9_]{0,63}) v([1-9][0-9]{0,5})", re.ASCII)
_OWNER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:@-]{0,79}", re.ASCII)
_ROWS = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)
_COLUMN = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)


@dataclass(frozen=True, slots=True)
class NamedList:
    """One list: what it is, who answers for it, since when it is true, and its rows of text.

    `version` is that of the format, `sha256` that of the file's bytes, so that two contents never
    pass for one.
    """

    name: str
    version: int
    as_of: Timestamp
    owner: str
    source: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    sha256: str
    file: str

    def line_of(self, row: int) -> int:
        """Return the line of the file a row stands on; a list file has one row on each line."""
        return _FIRST_ROW + row

    def column(self, name: str) -> tuple[str, ...]:
        """Return the cells of one column. Raises KeyError for a column the list does not have."""
        if name not in self.columns:
            raise KeyError(name)
        at = self.columns.index(name)
        return tuple(row[at] for row in self.rows)


def read_list(path: Path) -> NamedList:
    """Read a list file. Raises DataRefused with every fault of it."""
    parsed = parse_list(read_text(path, MAX_BYTES))
    if isinstance(parsed, NamedList):
        return parsed
    raise DataRefused(parsed)


def parse_list(source: SourceText) -> NamedList | tuple[Fault, ...]:
    """Return the list a text holds, or every fault of it; a list with one fault is no list."""
    lines = [line.removesuffix("\r") for line in source.text.split("\n", _HEADER_LINES)[:_HEADER_LINES]]
    faults: list[Fault] = []
    name, version = "", 0
    head = _LIST.fullmatch(lines[0]) if lines else None
    if head:
        name, version = head[1], int(head[2])
    else:
        faults.append(_fault(source, 1, "it does not begin with '#! list NAME v1'", FaultCode.LIST_HEADER))
    as_of = _as_of(source, lines, faults)
    owner = _header(source, lines, 3, "owner", faults)
    if owner and not _OWNER.fullmatch(owner):
        faults.append(_fault(source, 3, f"owner {quoted(owner)} is no id", FaultCode.LIST_HEADER))
    origin = _header(source, lines, 4, "source", faults)
    declared = _header(source, lines, 5, "rows", faults)
    if declared and not _ROWS.fullmatch(declared):
        faults.append(_fault(source, 5, f"rows {quoted(declared)} is no count", FaultCode.LIST_HEADER))
    if faults:
        return tuple(faults)
    columns, rows = _table(source, faults)
    if not faults and int(declared) != len(rows):
        what = f"{declared} rows are declared and {len(rows)} are there"
        faults.append(_fault(source, 5, what, FaultCode.LIST_ROW_COUNT))
    if faults:
        return tuple(faults)
    return NamedList(name, version, as_of, owner, origin, columns, rows, source.sha256, source.name)


def _as_of(source: SourceText, lines: list[str], faults: list[Fault]) -> Timestamp:
    text = _header(source, lines, 2, "as_of", faults)
    try:
        return parse_timestamp(text) if text else Timestamp(0)
    except TimeFault as error:
        faults.append(_fault(source, 2, f"as_of {error}", FaultCode.LIST_HEADER))
        return Timestamp(0)


def _header(source: SourceText, lines: list[str], number: int, key: str, faults: list[Fault]) -> str:
    prefix = f"#! {key} "
    line = lines[number - 1] if len(lines) >= number else ""
    value = line.removeprefix(prefix)
    if not line.startswith(prefix) or not value or value != value.strip() or not value.isprintable():
        faults.append(_fault(source, number, f"line {number} is not '{prefix}...'", FaultCode.LIST_HEADER))
        return ""
    return value


def _table(source: SourceText, faults: list[Fault]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    body = source.text.split("\n", _HEADER_LINES)[_HEADER_LINES:]
    columns: tuple[str, ...] | None = None
    rows: list[tuple[str, ...]] = []
    seen: dict[tuple[str, ...], int] = {}
    expected = _HEADER_LINES + 1
    for item in split_rows(body[0] if body else "", source.name):
        if isinstance(item, Fault):
            faults.append(_moved(item))
            break
        line, cells = item[0] + _HEADER_LINES, tuple(item[1])
        if line != expected:
            what = "a row must be one line, with none blank"
            faults.append(_fault(source, expected, what, FaultCode.CSV_FORM))
            break
        expected += 1
        if columns is None:
            columns = cells
            _check_columns(source, cells, faults)
            continue
        _check_row(source, line, cells, columns, faults)
        if cells in seen:
            what = f"the row repeats line {seen[cells]}"
            faults.append(_fault(source, line, what, FaultCode.LIST_DUPLICATE))
        seen.setdefault(cells, line)
        rows.append(cells)
    if columns is None and not faults:
        faults.append(_fault(source, expected, "it names no columns", FaultCode.LIST_COLUMNS))
    return columns or (), tuple(rows)


def _check_columns(source: SourceText, columns: tuple[str, ...], faults: list[Fault]) -> None:
    for name in columns:
        if not _COLUMN.fullmatch(name):
            what = f"{quoted(name)} is no column name"
            faults.append(_fault(source, _HEADER_LINES + 1, what, FaultCode.LIST_COLUMNS))
    if len(set(columns)) != len(columns):
        faults.append(_fault(source, _HEADER_LINES + 1, "a column is named twice", FaultCode.LIST_COLUMNS))


def _check_row(
    source: SourceText, line: int, cells: tuple[str, ...], columns: tuple[str, ...], faults: list[Fault]
) -> None:
    if len(cells) != len(columns):
        what = f"the row has {len(cells)} cells where the header has {len(columns)}"
        faults.append(_fault(source, line, what, FaultCode.ROW_WIDTH))
        return
    for name, cell in zip(columns, cells, strict=True):
        if cell != cell.strip() or not cell.isprintable():
            what = f"{quoted(cell)} has blanks around it or control characters"
            faults.append(Fault(FaultCode.LIST_CELL, what, Place(source.name, line, name)))


def _moved(fault: Fault) -> Fault:
    return Fault(fault.code, fault.what, Place(fault.where.file, fault.where.line + _HEADER_LINES))


def _fault(source: SourceText, line: int, what: str, code: FaultCode) -> Fault:
    return Fault(code, what, Place(source.name, line))
