"""Rows of a maintained list, found by their key columns."""

from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]
_Indexes = dict[tuple[str, ...], dict[tuple[Any, ...], list[Row]]]


class IndexedRows(tuple[Row, ...]):
    """The rows of a list, with an index by key columns made at the first look and kept as long as the rows."""

    def under(self, columns: tuple[str, ...], key: tuple[Any, ...]) -> list[Row]:
        """Return the rows whose key columns equal the key, in their order."""
        indexes: _Indexes = self.__dict__.setdefault("_indexes", {})
        index = indexes.get(columns)
        if index is None:
            index = indexes[columns] = {}
            for row in self:
                index.setdefault(tuple(row.get(column) for column in columns), []).append(row)
        return index.get(key, [])


def row_in_force(
    rows: Sequence[Row], columns: tuple[str, ...], key: tuple[Any, ...], dated: str | None, day: int
) -> Row | None:
    """Return the row of a key in force on a day: of several the one with the latest date, the last of equals.

    A row without a date is in force always; where the list has no dates the last row of the key counts.
    """
    if isinstance(rows, IndexedRows):
        own: Sequence[Row] = rows.under(columns, key)
    else:
        own = [row for row in rows if tuple(row.get(column) for column in columns) == key]
    found: Row | None = None
    latest = 0
    for row in own:
        since = (row.get(dated) or 0) if dated else 0
        if since <= day and since >= latest:
            found, latest = row, since
    return found
