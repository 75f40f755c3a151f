"""The lifecycle of a run: the only states and moves there are (BEHAVIOUR 3)."""

import itertools
from typing import Any

import pytest

from engine.store import ConstraintViolated, Database, InvalidTransition
from engine.store.runs import EDGES, Mode, Run, RunStatus

S = RunStatus
LAWFUL = {
    (S.CREATED, S.ARMED),
    (S.STOPPED, S.ARMED),
    (S.ARMED, S.RUNNING),
    (S.RUNNING, S.STOPPED),
    (S.ARMED, S.STOPPED),
    (S.CREATED, S.HALTED),
    (S.ARMED, S.HALTED),
    (S.RUNNING, S.HALTED),
    (S.STOPPED, S.HALTED),
}
ROUTES: dict[RunStatus, tuple[RunStatus, ...]] = {
    S.CREATED: (),
    S.ARMED: (S.ARMED,),
    S.RUNNING: (S.ARMED, S.RUNNING),
    S.STOPPED: (S.ARMED, S.STOPPED),
    S.HALTED: (S.HALTED,),
}


def move(database: Database, to: RunStatus, run_key: str = "run.1", at: int = 5) -> bool:
    """Move a run from wherever the law allows."""
    sources = tuple(source for source, target in sorted(EDGES) if target is to)
    with database.write() as work:
        return work.runs.move(run_key, sources, to, at, by="ana", record=b"{}", reason="drill")


def get(database: Database, run_key: str = "run.1") -> Run:
    with database.read() as work:
        run = work.runs.get(run_key)
    assert run is not None
    return run


def test_the_edge_table_is_the_law() -> None:
    assert EDGES == LAWFUL


def test_a_created_run_reads_back_as_it_was_put(database: Database, rows: Any) -> None:
    with database.write() as work:
        work.runs.create(rows.run(inputs=b'{"bars":"x"}', law_date=None))
    assert get(database) == rows.run(inputs=b'{"bars":"x"}', law_date=None)
    with database.read() as work:
        assert work.runs.get("run.2") is None
        assert work.runs.latest("other") is None


@pytest.mark.parametrize("start", list(RunStatus))
def test_from_every_state_exactly_the_lawful_moves_succeed(database: Database, rows: Any, start: RunStatus) -> None:
    for number, to in enumerate(RunStatus):
        run_id = f"r{number}"
        with database.write() as work:
            work.runs.create(rows.run(run_id))
        for step in ROUTES[start]:
            assert move(database, step, f"{run_id}.1")
        assert get(database, f"{run_id}.1").status is start
        lawful = (start, to) in LAWFUL
        assert (move(database, to, f"{run_id}.1") if to is not S.CREATED else False) is lawful
        assert get(database, f"{run_id}.1").status is (to if lawful else start)


def test_an_unlawful_move_is_refused_even_when_asked_for_by_name(desk: Database) -> None:
    for source, to in itertools.product(RunStatus, RunStatus):
        if (source, to) not in LAWFUL:
            with pytest.raises(InvalidTransition), desk.write() as work:
                work.runs.move("run.1", source, to, 5)
    assert get(desk).status is S.CREATED


def test_a_move_happens_only_from_the_named_state(desk: Database) -> None:
    with desk.write() as work:
        assert not work.runs.move("run.1", S.STOPPED, S.ARMED, 5, by="ana", record=b"{}")
        assert not work.runs.move("nobody.1", S.CREATED, S.ARMED, 5, by="ana", record=b"{}")
        assert work.runs.move("run.1", S.CREATED, S.ARMED, 6, by="ana", record=b"{}")
        assert not work.runs.move("run.1", S.CREATED, S.ARMED, 7, by="eve", record=b"{}")
    run = get(desk)
    assert (run.armed_at, run.armed_by, run.arm_record) == (6, "ana", b"{}")


def test_arming_without_a_record_or_halting_without_a_reason_is_refused(desk: Database) -> None:
    with pytest.raises(ConstraintViolated, match="ck_runs_armed_by_record"), desk.write() as work:
        work.runs.move("run.1", S.CREATED, S.ARMED, 5, by="ana")
    with pytest.raises(ConstraintViolated, match="ck_runs_halted_with_reason"), desk.write() as work:
        work.runs.move("run.1", S.CREATED, S.HALTED, 5)


def test_a_halt_leaves_only_by_clear_and_keeps_its_reason(desk: Database) -> None:
    with desk.write() as work:
        assert not work.runs.clear("run.1", 4)
        assert work.runs.move("run.1", S.CREATED, S.HALTED, 5, reason="drift")
        assert not work.runs.move("run.1", (S.RUNNING, S.STOPPED), S.HALTED, 6, reason="later")
        assert work.runs.clear("run.1", 7)
        assert not work.runs.clear("run.1", 8)
    run = get(desk)
    assert (run.status, run.halted_at, run.halt_reason, run.stopped_at) == (S.STOPPED, 5, "drift", 7)


@pytest.mark.parametrize(("first", "second"), list(itertools.product((Mode.LIVE_SHADOW, Mode.LIVE_CAPITAL), repeat=2)))
def test_an_engine_has_one_active_live_run_in_all_live_modes(
    database: Database, rows: Any, first: Mode, second: Mode
) -> None:
    with database.write() as work:
        work.runs.create(rows.run("one", mode=first))
        work.runs.create(rows.run("two", mode=second))
        work.runs.create(rows.run("exp", mode=second, engine="EXP"))
        work.runs.create(rows.run("sim", mode=Mode.PAPER))
    assert move(database, S.ARMED, "one.1")
    for _ in range(2):
        with pytest.raises(ConstraintViolated, match="uq_runs_live_engine"):
            move(database, S.ARMED, "two.1")
        move(database, S.RUNNING, "one.1")
    assert move(database, S.ARMED, "exp.1")
    assert move(database, S.ARMED, "sim.1")
    assert move(database, S.STOPPED, "one.1")
    assert move(database, S.ARMED, "two.1")
    assert move(database, S.RUNNING, "two.1")


def test_attempts_of_a_run_are_kept_apart(database: Database, rows: Any) -> None:
    with database.write() as work:
        for attempt in (1, 2, 10):
            work.runs.create(rows.run(attempt=attempt, created_at=attempt))
        latest = work.runs.latest("run")
        assert latest is not None
        assert latest.attempt == 10
        assert [run.attempt for run in work.runs.list()] == [10, 2, 1]
        assert [run.attempt for run in work.runs.list(engine="MAIN", limit=1)] == [10]
        assert work.runs.list(engine="EXP") == ()
    with (
        pytest.raises(ConstraintViolated, match=r"unique constraint (pk_runs|uq_runs_run_id_attempt)"),
        database.write() as work,
    ):
        work.runs.create(rows.run(attempt=2))


def test_a_run_is_created_created_and_named_by_its_attempt(database: Database, rows: Any) -> None:
    for run in (rows.run(status=RunStatus.ARMED), rows.run(run_key="run.7")):
        with pytest.raises(InvalidTransition), database.write() as work:
            work.runs.create(run)
