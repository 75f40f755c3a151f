"""The durable store: one transaction per unit of work, one repository per noun, SQLite or PostgreSQL."""

from engine.store.database import Database, SchemaStatus, open_database
from engine.store.errors import (
    CommitUnknown,
    ConstraintViolated,
    Contention,
    ContentMismatch,
    InvalidTransition,
    RunMismatch,
    RunUnbound,
    SchemaNewer,
    SchemaOutdated,
    StoreBroken,
    StoreError,
    StoreUnavailable,
    UnsupportedDatabase,
    ValueRefused,
    WriteRefused,
)
from engine.store.unit import UnitOfWork

__all__ = [
    "CommitUnknown",
    "ConstraintViolated",
    "ContentMismatch",
    "Contention",
    "Database",
    "InvalidTransition",
    "RunMismatch",
    "RunUnbound",
    "SchemaNewer",
    "SchemaOutdated",
    "SchemaStatus",
    "StoreBroken",
    "StoreError",
    "StoreUnavailable",
    "UnitOfWork",
    "UnsupportedDatabase",
    "ValueRefused",
    "WriteRefused",
    "open_database",
]
