"""The audit log in the database: one transaction with what it records, gapless, verifiable."""

import threading

import pytest
from sqlalchemy import text

from engine.audit.canonical import NotCanonical
from engine.audit.verify import Entry, Finding, verify
from engine.store import Database, open_database


def entries(database: Database) -> list[Entry]:
    with database.read() as work:
        return list(work.audit.entries())


def test_a_new_database_begins_with_a_genesis_record_of_its_own_log(database: Database) -> None:
    (genesis,) = entries(database)
    assert genesis.seq == 0
    assert genesis.index is not None
    assert genesis.index[1] == "GENESIS"
    assert len(genesis.log_id) == 32
    database.migrate()
    assert entries(database) == [genesis]


def test_records_chain_over_transactions_and_verify_with_their_anchor(database: Database) -> None:
    for first in range(0, 30, 3):
        with database.write() as work:
            for n in range(first, first + 3):
                entry = work.audit.append("ORDER_ACKED", 10 * n, "run.1" if n % 2 else None, {"n": n})
                assert entry.seq == n + 1
                assert entry.body == {"n": n}
    verdict = verify(entries(database), [entry.anchor])
    assert verdict.is_truncation_evident
    assert verdict.count == 31
    with database.read() as work:
        assert work.audit.head() == entry
        assert [one.seq for one in work.audit.entries(from_seq=29)] == [29, 30]


def test_a_record_is_kept_if_and_only_if_its_transaction_is(database: Database) -> None:
    with pytest.raises(RuntimeError), database.write() as work:
        work.audit.append("ARMED", 1, None, {})
        raise RuntimeError("rolled back")
    with database.write() as work:
        assert work.audit.append("ARMED", 2, None, {}).seq == 1
    assert verify(entries(database)).count == 2


def test_a_body_outside_the_canonical_subset_is_refused_and_leaves_the_chain_whole(database: Database) -> None:
    with database.write() as work:
        work.audit.append("ARMED", 1, None, {"n": 1})
        with pytest.raises(NotCanonical) as caught:
            work.audit.append("ARMED", 2, None, {"px": 1.5})
        assert caught.value.path == "/body/px"
        assert work.audit.append("ARMED", 3, None, {"n": 2}).seq == 2
    assert verify(entries(database)).is_intact


def test_concurrent_writers_never_share_or_skip_a_number(database: Database, database_url: str) -> None:
    """Each writer has its own connections, as two processes have."""

    def write(name: str) -> None:
        with open_database(database_url, wait_ms=60_000) as mine:
            barrier.wait()
            for n in range(15):
                with mine.write() as work:
                    work.audit.append("ARMED", n, name, {"n": n})

    barrier = threading.Barrier(3)
    threads = [threading.Thread(target=write, args=(f"run.{n}",)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    verdict = verify(entries(database))
    assert (verdict.finding, verdict.count) == (None, 46)


def test_content_is_run_relative_and_free_of_the_envelope(database: Database, database_url: str) -> None:
    with database.write() as work:
        work.audit.append("ARMED", 5, "run.1", {"by": "ana"})
        work.audit.append("ARMED", 5, None, {"noise": 1})
        work.audit.append("RUN_STOPPED", 9, "run.1", {})
    with open_database(database_url, wall=lambda: 1) as later, later.write() as work:
        work.audit.append("ARMED", 5, "run.2", {"by": "ana"})
        work.audit.append("RUN_STOPPED", 9, "run.2", {})
    with database.read() as work:
        lines = list(work.audit.content("run.1"))
        assert lines == list(work.audit.content("run.2"))
        assert lines[1] == b'{"at":9,"body":{},"kind":"RUN_STOPPED","seq":2}'


def test_a_thief_with_the_database_is_found_out(empty_database_url: str) -> None:
    """The triggers are dropped first, as somebody who owns the database can."""
    with open_database(empty_database_url) as database:
        database.migrate()
        with database.write() as work:
            for n in range(8):
                head = work.audit.append("ORDER_ACKED", n, "run.1", {"n": n})
        with database.engine.begin() as connection:
            for name in drop_triggers(connection.dialect.name):
                connection.execute(text(name))

        def after(statement: str) -> Finding | None:
            with database.engine.connect() as connection, connection.begin() as transaction:
                assert connection.execute(text(statement)).rowcount >= 1
                rows = connection.execute(
                    text("SELECT log_id, seq, hash, record, run_key, kind, at FROM audit ORDER BY seq")
                )
                log = [Entry(*row[:4], tuple(row[4:])) for row in rows]
                transaction.rollback()
            return verify(log, [head.anchor]).finding

        assert after("UPDATE audit SET run_key = 'run.2' WHERE seq = 3") is Finding.ALTERED
        assert after("UPDATE audit SET at = 99 WHERE seq = 3") is Finding.ALTERED
        assert after("UPDATE audit SET kind = 'ARMED' WHERE seq = 3") is Finding.ALTERED
        assert after("DELETE FROM audit WHERE seq = 3") is Finding.ALTERED
        assert after("DELETE FROM audit WHERE seq >= 7") is Finding.TRUNCATED
        assert after("DELETE FROM audit") is Finding.TRUNCATED
        record = "SELECT other.record FROM audit AS other WHERE other.seq = 4"
        assert after(f"UPDATE audit SET record = ({record}) WHERE seq = 3") is Finding.ALTERED
        assert after("UPDATE audit SET seq = 5 WHERE seq = 5") is None


def drop_triggers(dialect: str) -> list[str]:
    if dialect == "postgresql":
        return ["DROP TRIGGER frozen_audit ON audit"]
    return ["DROP TRIGGER frozen_audit_update", "DROP TRIGGER frozen_audit_delete"]
