"""A run that is interrupted anywhere ends as one that is not (RELIABILITY P2, P3; BEHAVIOUR 17)."""

import random
from pathlib import Path

import pytest

from engine.model.event import EventType
from engine.runtime.composition import compose
from engine.runtime.halt import RunRefused
from tests.runtime.conftest import Finished, Reference
from tests.runtime.proof_market import Desk
from tests.runtime.record import record_of, without_returns

SEED = 20_260_105
CRASHES = 12


class Crash(BaseException):
    """The process is gone: nothing in the desk may catch this."""


def crash_at(desk: Desk, statement: int) -> int:
    """Drive a run that dies before its n-th statement on the database; return how many it reached."""
    seen = 0

    def hook(kind: str, _: str) -> None:
        nonlocal seen
        seen += kind == "before"
        if seen == statement:
            raise Crash

    stop = desk.database.on_statement(hook)
    try:
        desk.run()
    except Crash:
        pass
    finally:
        stop()
    return seen


def test_a_second_attempt_says_the_same_byte_for_byte_in_the_same_database(few: Desk) -> None:
    first, second = few.run(), few.run()
    assert (first.run_key, second.run_key) == (f"{few.inputs.run_id}.1", f"{few.inputs.run_id}.2")
    assert not second.resumed
    written = [few.export(first), few.export(second)]
    assert written[0].content_hash == written[1].content_hash
    names = ("audit.jsonl", "orders.csv", "fills.csv", "execution.csv", "equity_curve.csv", "metrics.json")
    for name in names:
        left, right = ((each.path / name).read_bytes() for each in written)
        assert left == right, name


def test_a_run_whose_ledger_lost_money_writes_no_artifacts(few: Desk) -> None:
    started = few.run()
    started.composed.state.parts.ledger._cash -= 1
    with pytest.raises(RunRefused, match="LEDGER_BROKEN: cash"):
        few.export(started)


def test_both_kinds_of_database_say_the_same(finished: Finished, reference: Reference) -> None:
    assert finished.record == reference.record
    assert finished.desk.export(finished.started).content_hash == reference.content_hash


def test_a_run_that_dies_over_and_over_ends_as_one_that_never_did(desk: Desk, reference: Reference) -> None:
    draw = random.Random(SEED)
    crashes = 0
    while crashes < CRASHES and crash_at(desk, draw.randrange(100, 500)):
        with desk.database.read() as unit:
            (run,) = unit.runs.list()
        if run.status.value == "STOPPED":
            break
        crashes += 1
    with desk.database.read() as unit:
        (run,) = unit.runs.list()
    if run.status.value != "STOPPED":
        desk.run()
    assert crashes >= 5
    assert without_returns(record_of(desk.database, run.run_key)) == without_returns(reference.record)


def test_a_run_that_dies_as_it_stops_is_only_stopped_again(desk: Desk, reference: Reference) -> None:
    steps = 0

    def hook(_: str, statement: str) -> None:
        nonlocal steps
        if statement.startswith("UPDATE runs"):
            steps += 1
            if steps == 5:  # armed and running, before and after each; this is the stop
                raise Crash

    stop = desk.database.on_statement(hook)
    with pytest.raises(Crash):
        desk.run()
    stop()
    before = record_of(desk.database, f"{desk.inputs.run_id}.1")
    assert before[-1].kind is not EventType.RUN_STOPPED
    again = desk.run()
    assert again.resumed
    record = record_of(desk.database, again.run_key)
    assert [entry.kind for entry in record[len(before) :]] == [EventType.RUN_STOPPED]
    assert desk.export(again).content_hash == reference.content_hash


def test_the_state_after_a_restart_is_the_fold_of_the_record(few: Desk) -> None:
    done = few.run()
    fresh = compose(few.inputs, few.database, done.run_key, Path(":memory:"))
    fresh.journal.fold_committed()
    ours, theirs = fresh.state, done.composed.state
    for name in (
        "positions",
        "equity_curve",
        "fills",
        "trades",
        "decision_count",
        "hold_counts",
        "approval_lines",
        "now",
    ):
        assert getattr(ours, name) == getattr(theirs, name), name
    assert ours.parts.ledger.journal == theirs.parts.ledger.journal
    assert ours.finished == theirs.finished
    fresh.close()
