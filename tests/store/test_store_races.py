"""Check-and-reserve under contention: the last unit is given out once (RELIABILITY P14)."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from engine.store import Contention, Database, open_database
from engine.store.outbox import OutboxStatus

LIMIT = 3_000_000
SHARE = 1_000_000
BOOK = "MAIN/ACC"
ROUNDS = 12
WORKERS = 3


def race(database_url: str, act: Callable[[Database, int], None]) -> None:
    """Run `act` in every worker at once, each with its own connections as processes have."""
    barrier = threading.Barrier(WORKERS)
    faults: list[BaseException] = []

    def work(worker: int) -> None:
        try:
            with open_database(database_url, wait_ms=60_000) as mine:
                with mine.read("run.1"):
                    pass
                barrier.wait()
                act(mine, worker)
        except BaseException as fault:
            faults.append(fault)
            barrier.abort()

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


def reserve(database: Database, rows: Any, n: int) -> bool:
    """Reserve one share for intent `n` if the book has room."""
    with database.write("run.1") as work:
        version = work.books.lock(BOOK)
        held = sum(row.quantity for row in work.reservations.active(BOOK))
        if held + SHARE > LIMIT:
            return False
        work.reservations.open(rows.reservation(n))
        assert work.books.bump(BOOK, version)
        return True


def test_racing_reservations_never_exceed_the_limit(database: Database, database_url: str, rows: Any) -> None:
    with database.write("run.1") as work:
        work.runs.create(rows.run())
        rows.decide(work, *range(1, WORKERS * ROUNDS + 1))
        work.books.lock(BOOK)
    won: list[int] = []

    def act(mine: Database, worker: int) -> None:
        for n in range(worker * ROUNDS + 1, (worker + 1) * ROUNDS + 1):
            if reserve(mine, rows, n):
                won.append(n)

    race(database_url, act)
    with database.write("run.1") as work:
        assert sum(row.quantity for row in work.reservations.active(BOOK)) == LIMIT
        assert work.books.lock(BOOK) == LIMIT // SHARE
    assert len(won) == LIMIT // SHARE


def test_whoever_locks_second_waits_for_the_first_and_sees_what_it_reserved(
    desk: Database, database_url: str, rows: Any
) -> None:
    """The race made certain: the second one comes while the first has checked and not yet committed."""
    with open_database(database_url, wait_ms=50) as other:
        with other.write("run.1") as work:
            work.books.lock(BOOK)
        with desk.write("run.1") as work:
            work.books.lock(BOOK)
            assert work.reservations.active(BOOK) == ()
            with pytest.raises(Contention):
                reserve(other, rows, 2)
            work.reservations.open(rows.reservation(1, quantity=LIMIT))
        assert not reserve(other, rows, 2)


def test_a_released_unit_can_be_reserved_again_and_is_released_once(
    desk: Database, database_url: str, rows: Any
) -> None:
    with desk.write("run.1") as work:
        work.books.lock(BOOK)
        work.reservations.open(rows.reservation(1, quantity=LIMIT))
    released: list[int] = []

    def act(mine: Database, worker: int) -> None:
        with mine.write("run.1") as work:
            work.books.lock(BOOK)
            if work.reservations.release("int_run.1_1", 100 + worker, "cancelled"):
                released.append(worker)

    race(database_url, act)
    assert len(released) == 1
    assert reserve(desk, rows, 2)


def test_racing_workers_claim_every_row_exactly_once(database: Database, database_url: str, rows: Any) -> None:
    total = 24
    with database.write("run.1") as work:
        work.runs.create(rows.run())
        rows.decide(work, *range(1, total + 1))
        for n in range(1, total + 1):
            work.outbox.enqueue(rows.effect(n))
    claimed: list[str] = []

    def act(mine: Database, worker: int) -> None:
        while True:
            with mine.write("run.1") as work:
                claim = work.outbox.claim("run.1", f"worker {worker}", 1)
                if claim is None:
                    return
            claimed.append(claim.client_order_id)

    race(database_url, act)
    assert sorted(claimed) == sorted(f"MAIN_run.1_{n}" for n in range(1, total + 1))
    with database.read("run.1") as work:
        assert {row.status for row in work.outbox.list("run.1")} == {OutboxStatus.CLAIMED}


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_row_being_claimed_is_passed_over_and_not_waited_for(desk: Database, database_url: str, rows: Any) -> None:
    with desk.write("run.1") as work:
        for n in (1, 2):
            work.outbox.enqueue(rows.effect(n))
    with open_database(database_url, wait_ms=50) as other, desk.write("run.1") as first:
        one = first.outbox.claim("run.1", "a", 1)
        with other.write("run.1") as second:
            two = second.outbox.claim("run.1", "b", 1)
            assert second.outbox.claim("run.1", "b", 1) is None
    assert one is not None
    assert two is not None
    assert (one.row.seq, two.row.seq) == (1, 2)


def test_rows_committed_late_are_still_found(desk: Database, database_url: str, rows: Any) -> None:
    """A poller that remembers the highest number it saw would lose the row committed last (RELIABILITY 0.1)."""
    if desk.engine.dialect.name == "sqlite":
        with desk.write("run.1") as work:
            work.outbox.enqueue(rows.effect(2))
    else:
        with open_database(database_url) as other, desk.write("run.1") as slow:
            slow.outbox.enqueue(rows.effect(1))
            with other.write("run.1") as quick:
                quick.outbox.enqueue(rows.effect(2))
            with other.write("run.1") as quick:
                claim = quick.outbox.claim("run.1", "worker", 1)
                assert claim is not None
                assert claim.row.seq == 2
    with desk.write("run.1") as work:
        work.outbox.enqueue(rows.effect(1))
        found = [work.outbox.claim("run.1", "worker", 2) for _ in range(2)]
    assert 1 in [claim.row.seq for claim in found if claim is not None]
