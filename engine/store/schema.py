"""What every table shares: the metadata, names of constraints, column kinds and schema versions."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
)

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006_review")
"""Schema versions this program knows, oldest first; the last one is the head."""

METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

FROZEN_TABLES = (
    "documents",
    "intents",
    "decisions",
    "findings",
    "approvals",
    "broker_order_map",
    "fills",
    "audit",
    "review_steps",
    "retired_rules",
)
"""Tables whose rows are never updated or deleted; triggers refuse it."""

FROZEN_COLUMNS = {
    "inbox": (
        "arrival",
        "run_key",
        "message_id",
        "fill_id",
        "client_order_id",
        "kind",
        "at",
        "payload",
        "received_at",
    ),
    "outbox": (
        "client_order_id",
        "run_key",
        "seq",
        "order_id",
        "decision_id",
        "intent_id",
        "action",
        "payload",
        "payload_hash",
    ),
    "proposals": (
        "proposal_id",
        "target",
        "subject",
        "version",
        "author",
        "seal",
        "reason",
        "cite",
        "opened_at",
    ),
}
"""Tables whose rows move on but never change what was decided or received, and are never deleted."""

ARRIVAL = BigInteger().with_variant(Integer(), "sqlite")


def text(name: str, *rest: Any, key: bool = False, null: bool = False) -> Column[str]:
    """Return a text column."""
    return Column(name, String(), *rest, primary_key=key, nullable=null)


def integer(name: str, *rest: Any, key: bool = False, null: bool = False) -> Column[int]:
    """Return a 64-bit integer column (amounts in micros, instants in microseconds, counts)."""
    return Column(name, BigInteger(), *rest, primary_key=key, nullable=null, autoincrement=False)


def content(name: str, null: bool = False) -> Column[bytes]:
    """Return a column of exact bytes."""
    return Column(name, LargeBinary(), nullable=null)


def reference(name: str, target: str, *, key: bool = False, null: bool = False) -> Column[str]:
    """Return a text column that must name an existing row of `target` (table.column)."""
    return Column(name, String(), ForeignKey(target, ondelete="RESTRICT"), primary_key=key, nullable=null)


def keyed(*columns: str) -> PrimaryKeyConstraint:
    """Return the primary key of a table whose rows belong to a run: the run, then `columns`."""
    return PrimaryKeyConstraint("run_key", *columns)


def within_run(column: str, target: str) -> ForeignKeyConstraint:
    """Return the law that `column` names a row of `target` (table.column) of the same run."""
    table = target.partition(".")[0]
    return ForeignKeyConstraint(["run_key", column], [f"{table}.run_key", target], ondelete="RESTRICT")


def one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    """Return the law that `column` holds one of `values`."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)
