"""Documents: bytes filed under their own hash, so a name can only ever mean one content."""

import hashlib
from dataclasses import dataclass

from sqlalchemy import Connection, Table, select

from engine.store.errors import ContentMismatch
from engine.store.schema import METADATA, content, one_of, text
from engine.store.writing import insert_if_new

KINDS = ("bundle", "config", "inputs", "classification", "list")

DOCUMENTS = Table(
    "documents", METADATA, text("sha256", key=True), text("kind"), content("content"), one_of("kind", KINDS)
)


@dataclass(frozen=True, slots=True)
class Document:
    """Content of one of KINDS; `sha256` is its hash in lower-case hex."""

    sha256: str
    kind: str
    content: bytes


class Documents:
    """Content-addressed bytes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, kind: str, sha256: str, raw: bytes) -> bool:
        """File `raw` under its hash; return False when it is there already.

        Raises ContentMismatch when `sha256` is not the hash of `raw`.
        """
        actual = hashlib.sha256(raw).hexdigest()
        if actual != sha256:
            raise ContentMismatch(sha256, actual)
        return insert_if_new(self._connection, DOCUMENTS, {"sha256": sha256, "kind": kind, "content": raw})

    def get(self, sha256: str) -> Document | None:
        """Return the document with that hash. Raises ContentMismatch when its bytes were altered."""
        row = self._connection.execute(select(DOCUMENTS).where(DOCUMENTS.c.sha256 == sha256)).first()
        if row is None:
            return None
        document = Document(*row)
        actual = hashlib.sha256(document.content).hexdigest()
        if actual != sha256:
            raise ContentMismatch(sha256, actual)
        return document
