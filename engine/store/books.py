"""Books: the lock that makes check-and-reserve one step (RELIABILITY P14)."""

from sqlalchemy import CheckConstraint, Connection, Table, bindparam, select

from engine.store.schema import METADATA, integer, text
from engine.store.writing import insert_if_new, update

BOOKS = Table(
    "books",
    METADATA,
    text("book_id", key=True),
    integer("version"),
    CheckConstraint("version >= 0", name="version"),
)

# On SQLite the transaction holds the write lock from its start; FOR UPDATE renders there as nothing.
_LOCK = select(BOOKS.c.version).where(BOOKS.c.book_id == bindparam("book")).with_for_update()


class Books:
    """One row per account's book; its version counts the changes decisions made to it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lock(self, book_id: str) -> int:
        """Return the version of a book and keep every other writer off it until the transaction ends.

        What was read of the book before this call must not be decided upon. An unknown book starts
        at version 0. Raises Contention when another writer does not let go in time.
        """
        insert_if_new(self._connection, BOOKS, {"book_id": book_id, "version": 0})
        version: int = self._connection.execute(_LOCK, {"book": book_id}).scalar_one()
        return version

    def bump(self, book_id: str, expected: int) -> bool:
        """Raise the version by one if it still is `expected`; return whether it was."""
        where = (BOOKS.c.book_id == book_id, BOOKS.c.version == expected)
        return update(self._connection, BOOKS, *where, version=expected + 1) == 1
