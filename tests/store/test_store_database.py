"""The database itself: one transaction per unit of work, durable settings, typed refusals."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, text

from engine.audit.chain import AuditEntry
from engine.store import (
    Contention,
    Database,
    SchemaOutdated,
    StoreBroken,
    StoreUnavailable,
    UnsupportedDatabase,
    ValueRefused,
    WriteRefused,
    open_database,
)
from engine.store.audit import AUDIT
from engine.store.decisions import DECISIONS, FINDINGS, DecisionRow, FindingRow
from engine.store.documents import DOCUMENTS, Document
from engine.store.holds import APPROVALS, HOLDS, Approval, Hold
from engine.store.intents import INTENTS, IntentRow
from engine.store.orders import FILLS, ORDERS, FillRow, OrderRow
from engine.store.outbox import OUTBOX, OutboxRow
from engine.store.reservations import RESERVATIONS, Reservation
from engine.store.runs import RUNS, Run

ROWS: list[tuple[Table, Any]] = [
    (RUNS, Run),
    (DOCUMENTS, Document),
    (INTENTS, IntentRow),
    (DECISIONS, DecisionRow),
    (RESERVATIONS, Reservation),
    (HOLDS, Hold),
    (OUTBOX, OutboxRow),
    (ORDERS, OrderRow),
    (FILLS, FillRow),
    (AUDIT, AuditEntry),
]


@pytest.mark.parametrize(("table", "row"), ROWS, ids=[table.name for table, _ in ROWS])
def test_a_row_class_has_the_columns_of_its_table_in_order(table: Table, row: Any) -> None:
    assert [field.name for field in dataclasses.fields(row)] == table.columns.keys()


@pytest.mark.parametrize(
    ("table", "row"), [(FINDINGS, FindingRow), (APPROVALS, Approval)], ids=["findings", "approvals"]
)
def test_a_row_that_leaves_its_run_to_the_unit_has_every_other_column_in_order(table: Table, row: Any) -> None:
    assert ["run_key", *(field.name for field in dataclasses.fields(row))] == table.columns.keys()


def test_a_unit_of_work_is_kept_whole_or_not_at_all(desk: Database, rows: Any) -> None:
    for kind in (RuntimeError, KeyboardInterrupt, MemoryError):
        with pytest.raises(kind), desk.write() as work:
            work.runs.create(rows.run("lost"))
            work.books.lock("lost")
            raise kind
    with desk.write() as work:
        assert work.runs.get("lost.1") is None
        assert work.books.lock("lost") == 0
        work.runs.create(rows.run("kept"))
    with desk.read() as work:
        assert work.runs.get("kept.1") == rows.run("kept")


def test_a_unit_of_work_is_over_when_its_block_ends(desk: Database, rows: Any) -> None:
    with desk.write() as work:
        pass
    with pytest.raises(Exception, match="closed"):
        work.runs.create(rows.run("late"))


def test_a_reading_unit_of_work_cannot_write_and_does_not_hinder_writing_after_it(desk: Database, rows: Any) -> None:
    with pytest.raises(WriteRefused), desk.read() as work:
        work.runs.create(rows.run("no"))
    with desk.write() as work:
        work.runs.create(rows.run("yes"))


def test_a_reader_sees_one_moment_while_others_write(desk: Database, database_url: str, rows: Any) -> None:
    with open_database(database_url) as other, desk.read() as work:
        assert len(work.runs.list()) == 1
        with other.write() as elsewhere:
            elsewhere.runs.create(rows.run("new"))
        assert len(work.runs.list()) == 1
    with desk.read() as work:
        assert len(work.runs.list()) == 2


def test_a_locked_book_refuses_a_second_writer_in_bounded_time(desk: Database, database_url: str) -> None:
    """Without the lock both would read one state and both would reserve (RELIABILITY 0.2)."""
    with desk.write() as work:
        work.books.lock("B")
    with open_database(database_url, wait_ms=50) as other:
        with desk.write() as work:
            work.books.lock("B")
            with pytest.raises(Contention), other.write() as second:
                second.books.lock("B")
        with other.write() as second:
            assert second.books.lock("B") == 0


def test_an_amount_beyond_64_bits_is_refused_and_not_wrapped(desk: Database, rows: Any) -> None:
    for amount in (2**63, -(2**63) - 1, 10**30):
        with pytest.raises(ValueRefused), desk.write() as work:
            work.books.lock("MAIN/ACC")
            work.reservations.open(rows.reservation(1, notional=amount))


def test_a_statement_the_database_does_not_know_is_told_as_broken_machinery(desk: Database) -> None:
    with pytest.raises(StoreBroken), desk.engine.begin() as connection:
        connection.execute(text("SELECT * FROM no_such_table"))


def test_sqlite_runs_with_the_settings_durability_needs(tmp_path: Path) -> None:
    with open_database(f"sqlite:///{tmp_path / 'a.db'}") as database:
        database.migrate()
        with database.engine.connect() as connection:
            for pragma, value in (
                ("journal_mode", "wal"),
                ("synchronous", 2),
                ("foreign_keys", 1),
                ("recursive_triggers", 1),
                ("busy_timeout", 5_000),
                ("query_only", 0),
            ):
                assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value, pragma


def test_every_write_transaction_takes_the_lock_first_on_sqlite(tmp_path: Path) -> None:
    with open_database(f"sqlite:///{tmp_path / 'a.db'}") as database:
        database.migrate()
        with database.read() as work:
            work.runs.list()
        seen: list[str] = []
        stop = database.on_statement(lambda kind, what: seen.append(what) if kind == "before" else None)
        with database.write() as work:
            work.runs.list()
        assert (seen[0], seen[-1]) == ("BEGIN IMMEDIATE", "COMMIT")
        seen.clear()
        with database.read() as work:
            work.runs.list()
        assert seen[0] == "BEGIN"
        assert "COMMIT" not in seen
        stop()
        seen.clear()
        with database.write() as work:
            work.runs.list()
        assert seen == []


def test_a_database_in_memory_serves_a_throw_away_run(rows: Any) -> None:
    with open_database("sqlite://") as database:
        database.migrate()
        with database.write() as work:
            work.runs.create(rows.run())
        with database.read() as work:
            assert work.runs.get("run.1") == rows.run()


@pytest.mark.parametrize("address", ["mysql://host/db", "sqlite+aiosqlite:///x", "nonsense", "", "://"])
def test_only_sqlite_and_postgresql_are_addresses(address: str) -> None:
    with pytest.raises(UnsupportedDatabase) as caught:
        open_database(address)
    assert caught.value.code == "STORE_ADDRESS"
    assert "sqlite:///" in caught.value.help


def test_an_address_is_shown_without_its_password() -> None:
    with open_database("postgresql://ana:hunter2@127.0.0.1:1/desk") as database:
        assert "hunter2" not in database.address
        assert "127.0.0.1:1/desk" in database.address
        with pytest.raises(StoreUnavailable) as caught:
            database.status()
        assert "hunter2" not in str(caught.value)


def test_a_database_that_cannot_be_reached_is_unavailable(tmp_path: Path) -> None:
    nowhere = f"sqlite:///{tmp_path / 'no' / 'such' / 'a.db'}"
    with open_database(nowhere) as database, pytest.raises(StoreUnavailable):
        database.status()
    path = tmp_path / "text.db"
    path.write_text("this is no database, although it is long enough to have a header " * 20)
    with open_database(f"sqlite:///{path}") as database, pytest.raises(StoreUnavailable):
        database.status()


def test_work_on_an_empty_database_asks_for_the_migration(empty_database_url: str) -> None:
    with open_database(empty_database_url) as database:
        for unit in (database.write, database.read):
            with pytest.raises(SchemaOutdated, match="schema none"), unit():
                pass
        database.migrate()
        with database.write() as work:
            assert work.runs.list() == ()
