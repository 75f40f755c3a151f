"""Lists kept in the desk's database: the version in force, that went through review."""

from engine.runtime.maintained_lists import Reviewed
from engine.service.runs import is_there
from engine.store.database import open_database

IN_MEMORY = "sqlite://"


def reviewed_lists(address: str | None) -> Reviewed:
    """Return how lists are found in a database that may not be there yet. What it returns raises store errors."""

    def find(name: str) -> bytes | None:
        if address is None or address == IN_MEMORY or not is_there(address):
            return None
        with open_database(address) as database:
            database.migrate()
            with database.read() as unit:
                document = unit.reviews.list_document(name)
        return None if document is None else document.content

    return find
