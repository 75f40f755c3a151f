"""A unit of work under faults: killed, raising or cut off at every statement (RELIABILITY P2, P6, P7)."""

import os
import signal
from collections.abc import Callable
from itertools import count
from typing import Any

import psycopg
import pytest

from engine.audit.verify import verify
from engine.store import CommitUnknown, Database, StoreUnavailable, UnitOfWork, open_database
from engine.store.outbox import OutboxStatus


def decide(work: UnitOfWork, rows: Any, n: int) -> None:
    """One allowed intent: record, reservation, outbox row and audit record in one transaction."""
    version = work.books.lock("MAIN/ACC")
    rows.decide(work, n)
    work.reservations.open(rows.reservation(n))
    work.outbox.enqueue(rows.effect(n))
    work.audit.append("DECISION_RECORDED", 10 * n, "run.1", {"n": n})
    assert work.books.bump("MAIN/ACC", version)


def traces(database: Database, n: int) -> set[str]:
    """Return which parts of decision `n` are in the database; all or none is the law."""
    with database.read("run.1") as work:
        parts = {
            "intent": work.intents.get(f"int_run.1_{n}") is not None,
            "decision": work.decisions.get(f"dec_run.1_{n}") is not None,
            "reservation": work.reservations.get(f"int_run.1_{n}") is not None,
            "outbox": work.outbox.get(f"MAIN_run.1_{n}") is not None,
            "audit": any(entry.body == {"n": n} for entry in work.audit.read("run.1")),
        }
        assert verify(work.audit.entries()).is_intact
    return {name for name, is_there in parts.items() if is_there}


WHOLE = {"intent", "decision", "reservation", "outbox", "audit"}


def at_nth(n: int, act: Callable[[], None], seen: list[str]) -> Callable[[str, str], None]:
    """Return a hook that acts at the n-th moment before or after a statement or COMMIT, once."""
    moments = count()

    def hook(kind: str, what: str) -> None:
        if next(moments) == n:
            seen.append(f"{kind} {what}")
            act()

    return hook


def test_a_unit_of_work_broken_at_any_moment_leaves_nothing_or_everything(desk: Database, rows: Any) -> None:
    class Broken(Exception):
        pass

    def act() -> None:
        raise Broken

    moments: list[str] = []
    for n in count(10):
        stop = desk.on_statement(at_nth(n - 10, act, moments))
        try:
            with desk.write("run.1") as work:
                decide(work, rows, n)
        except Broken:
            left = traces(desk, n)
            assert left == (WHOLE if moments[-1] == "after COMMIT" else set()), moments[-1]
        else:
            break
        finally:
            stop()
    assert traces(desk, n) == WHOLE
    assert moments[-1] == "after COMMIT"
    assert len(moments) > 20


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize("moment", ["before BEGIN", "after BEGIN", "before BEGIN IMMEDIATE", "after BEGIN IMMEDIATE"])
@pytest.mark.parametrize("fault", [RuntimeError, KeyboardInterrupt])
def test_a_transaction_broken_as_it_starts_is_not_left_open_for_the_next_one(
    desk: Database, database_url: str, moment: str, fault: type[BaseException]
) -> None:
    """The next unit of work is lent the same connection; it must neither be inside one nor refuse to write."""

    def act(kind: str, what: str) -> None:
        if f"{kind} {what}" == moment:
            raise fault

    stop = desk.on_statement(act)
    for _ in range(2):
        with pytest.raises(fault), desk.write() if "IMMEDIATE" in moment else desk.read():
            pass
    stop()
    with open_database(database_url, wait_ms=50) as other, other.write() as work:
        assert work.books.lock("other") == 0
    with desk.write() as work:
        assert work.books.lock("mine") == 0
    with desk.engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        assert driver.execute("PRAGMA query_only").fetchone() == (0,)


def test_a_process_killed_at_any_moment_leaves_nothing_or_everything(
    desk: Database, database_url: str, rows: Any
) -> None:
    """SIGKILL in a forked child that has its own connection; the parent then looks."""
    kept = 0
    for n in count(10):
        child = os.fork()
        if child == 0:
            mine = open_database(database_url)
            mine.on_statement(at_nth(2 * (n - 10), lambda: os.kill(os.getpid(), signal.SIGKILL), []))
            with mine.write("run.1") as work:
                decide(work, rows, n)
            os._exit(0)
        _, ended = os.waitpid(child, 0)
        left = traces(desk, n)
        if os.WIFEXITED(ended):
            assert (os.WEXITSTATUS(ended), left) == (0, WHOLE)
            break
        assert os.WTERMSIG(ended) == signal.SIGKILL
        assert left in (set(), WHOLE)
        kept += left == WHOLE
    assert n > 18
    assert kept <= 1


def test_a_dispatch_cut_at_any_moment_never_forgets_a_call_to_the_broker(desk: Database, rows: Any) -> None:
    """The row says DISPATCHING before the broker hears of it, so no call is ever forgotten."""

    class Cut(Exception):
        pass

    def act() -> None:
        raise Cut

    with desk.write("run.1") as work:
        work.outbox.enqueue(rows.effect(1))
    order_id = rows.effect(1).client_order_id
    for n in count():
        calls = 0
        stop = desk.on_statement(at_nth(n, act, []))
        try:
            with desk.write("run.1") as work:
                claim = work.outbox.claim("run.1", "worker", 1)
                assert claim is not None
            with desk.write("run.1") as work:
                assert work.outbox.dispatching(claim, 2)
            calls += 1
            with desk.write("run.1") as work:
                assert work.outbox.sent(claim, "B1", 3)
        except Cut:
            stop()
            with desk.write("run.1") as work:
                row = work.outbox.get(order_id)
                assert row is not None
                if calls:
                    assert row.status in (OutboxStatus.DISPATCHING, OutboxStatus.SENT)
                if row.status is OutboxStatus.SENT:
                    assert work.broker_orders.broker_order_id(order_id) == "B1"
                    break
                work.outbox.release_stale("run.1", 10)
                work.outbox.return_to_pending(order_id, "broker answered not found")
        else:
            stop()
            break
    assert n > 10


def test_a_full_disk_refuses_the_unit_of_work_and_recovers_by_itself(
    tmp_path: Any, sqlite_template: Any, rows: Any
) -> None:
    path = tmp_path / "desk.db"
    path.write_bytes(sqlite_template.read_bytes())
    with open_database(f"sqlite:///{path}") as database:
        with database.write("run.1") as work:
            work.runs.create(rows.run())
        limit(database, lambda pages: pages)
        with pytest.raises(StoreUnavailable, match="full"), database.write("run.1") as work:
            for n in range(1, 200):
                decide(work, rows, n)
        assert traces(database, 1) == set()
        limit(database, lambda pages: 1_000_000)
        with database.write("run.1") as work:
            decide(work, rows, 1)
        assert traces(database, 1) == WHOLE


def limit(database: Database, choose: Callable[[int], int]) -> None:
    with database.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        assert pages is not None
        connection.exec_driver_sql(f"PRAGMA max_page_count = {choose(pages)}")


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_connection_cut_at_any_statement_is_unavailable_and_at_commit_unknown(
    desk: Database, database_url: str, rows: Any
) -> None:
    def cut() -> None:
        with psycopg.connect(database_url, autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            while admin.execute(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE datname = current_database() AND backend_type = 'client backend'"
            ).fetchone() != (1,):
                pass

    moments: list[str] = []
    unknown = 0
    for n in count(10):
        stop = desk.on_statement(at_nth(2 * (n - 10), cut, moments))
        try:
            with desk.write("run.1") as work:
                decide(work, rows, n)
        except CommitUnknown:
            unknown += 1
            assert moments[-1] == "before COMMIT"
        except StoreUnavailable:
            assert moments[-1] != "before COMMIT"
        else:
            break
        finally:
            stop()
        assert traces(desk, n) in (set(), WHOLE), "the key decides, not the error"
    assert unknown == 1
    assert len(moments) > 8
