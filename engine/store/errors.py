"""What the store refuses, as exceptions that carry data; no database library's own error escapes."""

from typing import ClassVar


class StoreError(Exception):
    """A refusal of the store. `code` is stable, `help` says what to do next."""

    code: ClassVar[str] = "STORE"
    help: ClassVar[str] = "read the reason; nothing of this unit of work was kept"


class ConstraintViolated(StoreError):
    """A row breaks a law of the schema.

    `kind` is unique, check, foreign_key, not_null or frozen (an update or delete of history);
    `name` is the constraint's name, equal on both databases.
    """

    code = "STORE_CONSTRAINT"

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(kind, name)
        self.kind, self.name = kind, name

    def __str__(self) -> str:
        return f"the {self.kind} constraint {self.name} refuses this row"


class Contention(StoreError):
    """Another writer kept its lock for too long; whoever decides must deny."""

    code = "STORE_CONTENTION"
    help = "deny what was being decided; try the unit of work again as a new one"


class StoreUnavailable(StoreError):
    """The database cannot be reached or cannot write (disk full, input/output error, cut connection)."""

    code = "STORE_UNAVAILABLE"
    help = "check that the database runs and that its disk has room, then start again"


class CommitUnknown(StoreUnavailable):
    """The connection broke during COMMIT: the unit of work may or may not have been kept."""

    code = "STORE_COMMIT_UNKNOWN"
    help = "look up what was being written by its key; never repeat it blindly"


class StoreBroken(StoreError):
    """The database refused a statement for a reason the store does not know."""

    code = "STORE_BROKEN"
    help = "keep the database as it is and report the message"


class WriteRefused(StoreError):
    """A write inside a read-only unit of work."""

    code = "STORE_READ_ONLY"


class ValueRefused(StoreError):
    """A value outside what its column can hold, such as an amount beyond 64 bits."""

    code = "STORE_VALUE"


class UnsupportedDatabase(StoreError):
    """A database address that is neither SQLite nor PostgreSQL."""

    code = "STORE_ADDRESS"
    help = "write sqlite:///FILE or postgresql://USER@HOST/NAME"


class _SchemaMismatch(StoreError):
    def __init__(self, current: str | None, head: str) -> None:
        super().__init__(current, head)
        self.current, self.head = current, head


class SchemaNewer(_SchemaMismatch):
    """The database was written by a later version of this program; it is left untouched."""

    code = "STORE_SCHEMA_NEWER"
    help = "run the version of the program that migrated the database, or a later one"

    def __str__(self) -> str:
        return f"the database has schema {self.current}, this program knows up to {self.head}"


class SchemaOutdated(_SchemaMismatch):
    """The database has not been migrated to this program's schema."""

    code = "STORE_SCHEMA_OUTDATED"
    help = "migrate the database first"

    def __str__(self) -> str:
        return f"the database has schema {self.current or 'none'}, this program needs {self.head}"


class RunUnbound(StoreError):
    """A name of a run looked up in a unit of work that was opened without one."""

    code = "STORE_RUN_UNBOUND"
    help = "open the unit of work with the key of the run"

    def __str__(self) -> str:
        return "this unit of work is bound to no run, and the name asked for means something only within one"


class RunMismatch(StoreError, ValueError):
    """A run named in a unit of work that is bound to another one."""

    code = "STORE_RUN_MISMATCH"
    help = "open one unit of work for each run"

    def __init__(self, bound: str, named: str) -> None:
        super().__init__(bound, named)
        self.bound, self.named = bound, named

    def __str__(self) -> str:
        return f"this unit of work is bound to run {self.bound} and was asked about run {self.named}"


class InvalidTransition(StoreError):
    """A move the state machine does not have. `current` is None when the law itself lacks the edge."""

    code = "STORE_TRANSITION"

    def __init__(self, noun: str, key: str, current: str | None, wanted: str) -> None:
        super().__init__(noun, key, current, wanted)
        self.noun, self.key, self.current, self.wanted = noun, key, current, wanted

    def __str__(self) -> str:
        return f"{self.noun} {self.key}: invalid transition {self.current or '(as asked)'} to {self.wanted}"


class ContentMismatch(StoreError):
    """Bytes that do not have the hash they are filed under."""

    code = "STORE_CONTENT"

    def __init__(self, stated: str, actual: str) -> None:
        super().__init__(stated, actual)
        self.stated, self.actual = stated, actual

    def __str__(self) -> str:
        return f"content hashes to {self.actual}, not to the stated {self.stated}"
