"""How long results are read: page by page, so nothing stays open and memory stays flat."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, Connection, Select

PAGE = 500


def stream(connection: Connection, statement: Select[Any], key: Column[int]) -> Iterator[Any]:
    """Yield the rows of `statement` in the order of `key`, which no two of them share.

    Pages start after the last key seen. Inside one read transaction they show one moment.
    """
    page = statement.order_by(key).limit(PAGE)
    while rows := connection.execute(page).all():
        yield from rows
        if len(rows) < PAGE:
            return
        page = statement.where(key > rows[-1]._mapping[key.name]).order_by(key).limit(PAGE)
