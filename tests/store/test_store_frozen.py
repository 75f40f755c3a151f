"""History is never changed: the database itself refuses it, whoever asks."""

from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import text

from engine.model.order import OrderState, OrderType, Side
from engine.store import ConstraintViolated, Database
from engine.store.decisions import FindingRow
from engine.store.holds import Approval
from engine.store.inbox import Message
from engine.store.orders import FillRow, OrderRow
from engine.store.reviews import Proposal, RetiredRule
from engine.store.schema import FROZEN_COLUMNS, FROZEN_TABLES, METADATA

COLUMNS = [(table, column.name) for table in FROZEN_TABLES for column in METADATA.tables[table].columns]
PARTLY = [(table, column) for table, columns in FROZEN_COLUMNS.items() for column in columns]


@pytest.fixture
def full(desk: Database, rows: Any) -> Database:
    """A database with a row in every table whose history is frozen."""
    with desk.write("run.1") as work:
        work.documents.put("bundle", sha256(b"x").hexdigest(), b"x")
        work.intents.put(rows.intent(4))
        finding = FindingRow("dec_run.1_4", 0, "cap", 1, "reject", "CAP", "enforce")
        work.decisions.put(rows.decision(4), (finding,))
        work.holds.open(rows.hold(1))
        work.holds.record_approval(Approval("hold_run.1_1", "ana", 1, "approve"))
        work.outbox.enqueue(rows.effect(1))
        claim = work.outbox.claim("run.1", "worker", 1)
        assert claim is not None
        work.outbox.sent(claim, "B1", 2)
        work.inbox.insert(Message("run.1", "m1", "f1", "MAIN_1", "FILL", 1, b"{}", 2))
        work.orders.upsert(
            OrderRow(
                "MAIN_1", "run.1", "int_run.1_1", "A", Side.BUY, OrderType.MARKET, 1, 0, None, OrderState.OPEN, None, 1
            )
        )
        work.fills.insert(FillRow("run.1", "f1", "MAIN_1", "A", Side.BUY, 1, 1, 0, 1, 1))
        subject = sha256(b"x").hexdigest()
        work.reviews.open(Proposal("prop_1", "rules", subject, 1, "rhea", b"{}", "why", "cite", 1))
        work.reviews.add_step("prop_1", "draft", "rhea", 1, b"{}", "00")
        work.reviews.retire(RetiredRule("OLD-01", 1, subject, 1))
    return desk


def refused(database: Database, statement: str) -> ConstraintViolated:
    with pytest.raises(ConstraintViolated) as caught, database.engine.begin() as connection:
        connection.execute(text(statement))
    return caught.value


def test_no_column_of_recorded_history_can_be_updated(full: Database) -> None:
    for table, column in [*COLUMNS, *PARTLY]:
        with full.engine.connect() as connection:
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar(), f"{table} has no row"
        fault = refused(full, f"UPDATE {table} SET {column} = {column}")
        assert (fault.kind, fault.name) == ("frozen", f"frozen_{table}"), f"{table}.{column}"


def test_no_row_of_history_can_be_deleted(full: Database) -> None:
    for table in (*FROZEN_TABLES, *FROZEN_COLUMNS):
        assert refused(full, f"DELETE FROM {table}").name == f"frozen_{table}"
        if full.engine.dialect.name == "postgresql":
            assert refused(full, f"TRUNCATE {table} CASCADE").kind == "frozen"


def test_history_cannot_be_replaced_by_a_row_of_the_same_key(full: Database) -> None:
    if full.engine.dialect.name == "sqlite":
        again = "INSERT OR REPLACE INTO audit VALUES ('log', 0, x'00', x'00', NULL, 'GENESIS', 9)"
    else:
        again = (
            "INSERT INTO audit VALUES ('log', 0, '\\x00', '\\x00', NULL, 'GENESIS', 9) "
            "ON CONFLICT (seq) DO UPDATE SET at = 9"
        )
    assert refused(full, again).name == "frozen_audit"


def test_what_moves_on_still_moves(full: Database) -> None:
    with full.write("run.1") as work:
        assert work.outbox.acked(work.outbox.list("run.1")[0].client_order_id)
        assert work.inbox.mark_applied("run.1", "m1", 9)
