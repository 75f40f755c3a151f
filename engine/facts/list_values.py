"""What a maintained list says, in stored form: text cells become values of the types the rules declare."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from dsl import ir
from dsl.rows import IndexedRows
from dsl.types import Kind, Type, scale_of
from engine.model.numbers import MICRO, PLACES, NumberFault, parse_decimal
from engine.model.time import TimeFault, parse_date, parse_timestamp

_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]", re.ASCII)
_SYMBOL = re.compile(r"[A-Z][A-Z0-9.]{0,15}", re.ASCII)


class CellFault(ValueError):
    """A list that is not what the rules say it is: which row (from 0, None: the header), which column, and why."""

    def __init__(self, row: int | None, column: str, what: str) -> None:
        super().__init__(what)
        self.row, self.column, self.what = row, column, what


def stored_list(listed: ir.ListUse, columns: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> Any:
    """Return a set's elements from the first column, or the rows of a list of records, by name.

    Numbers are micros, counts whole, dates ordinals, instants microseconds. Columns the rules do not declare are
    left out. Raises CellFault: a list with one cell nobody can read is no list, because a symbol that is
    misspelt restricts nothing.
    """
    if listed.type.kind is Kind.SET:
        element = listed.type.element
        assert element is not None
        return frozenset(_cell(element, row[0], at, columns[0]) for at, row in enumerate(rows))
    declared = dict(listed.type.fields)
    missing = [name for name in declared if name not in columns]
    if missing:
        raise CellFault(None, missing[0], f"there is no column {missing[0]}")
    places = {name: columns.index(name) for name in declared}
    return IndexedRows(
        {name: _cell(declared[name], row[place], at, name) for name, place in places.items()}
        for at, row in enumerate(rows)
    )


def _cell(kind: Type, text: str, row: int, column: str) -> Any:
    if kind.kind is Kind.ENUM:
        if text in kind.values:
            return text
        raise CellFault(row, column, f"{text!r} is none of {', '.join(kind.values)}")
    try:
        return _number(kind, text) if kind.is_number else _READ[kind.kind](text)
    except (NumberFault, TimeFault, ValueError) as fault:
        raise CellFault(row, column, f"{text!r} is no {kind}") from fault


def _number(kind: Type, text: str) -> int:
    if kind.is_ratio and text.endswith("%"):
        return parse_decimal(text.removesuffix("%"), PLACES - 2)
    return parse_decimal(text, PLACES if scale_of(kind) == MICRO else 0)


def _symbol(text: str) -> str:
    if _SYMBOL.fullmatch(text) is None:
        raise ValueError(text)
    return text


def _truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(text)
    return text == "true"


def _text(text: str) -> str:
    if not text:
        raise ValueError(text)
    return text


def _time_of_day(text: str) -> int:
    if _TIME.fullmatch(text) is None:
        raise ValueError(text)
    return (int(text[:2]) * 60 + int(text[3:])) * 60 * MICRO


_READ: Mapping[Kind, Callable[[str], Any]] = {
    Kind.TEXT: _text, Kind.SYMBOL: _symbol, Kind.BOOL: _truth, Kind.TIME: _time_of_day, Kind.SESSIONS: int,
    Kind.DATE: lambda text: parse_date(text).toordinal(), Kind.TIMESTAMP: parse_timestamp,
}  # fmt: skip
