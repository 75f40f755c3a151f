"""Arming asks every checklist; what is kept throughout disarms when it is lost, for good (RELIABILITY, BEHAVIOUR 3)."""

from pathlib import Path

import pytest

from engine.model.event import EventType
from engine.runtime.composition import compose
from engine.runtime.halt import RunRefused
from engine.runtime.inputs import RunInputs
from engine.service.rule_files import load_bundle
from engine.store.runs import RunStatus
from tests.runtime.proof_market import Desk, renamed
from tests.runtime.record import record_of, without_returns
from tests.runtime.test_runtime_resume import crash_at
from tests.runtime.watched import instant, rules_in


def armed_by(inputs: RunInputs, folder: Path, **changed: str) -> RunInputs:
    """Return the first five sessions under a checklist with other numbers."""
    bundle = load_bundle(rules_in(folder / "rules", **changed))
    return renamed(inputs, f"armed {changed}", bundle=bundle, script=())


def test_every_line_that_fails_is_named_at_once_and_nothing_is_armed(few: Desk, tmp_path: Path) -> None:
    inputs = armed_by(few.inputs, tmp_path, least_capital="200_000", most_cash="50_000")
    refused = _refused(Desk(inputs, few.database, few.folder))
    assert refused.code == "ARMING_REFUSED"
    assert refused.reason == 'WCH-08 "capital" (TOO_LITTLE_CAPITAL); WCH-08 "not too much" (NOT_TOO_MUCH)'
    with few.database.read() as unit:
        (run,) = unit.runs.list()
    assert (run.status, run.armed_at) == (RunStatus.CREATED, None)
    record = record_of(few.database, run.run_key)
    kinds = [e.kind for e in record]
    assert kinds == [EventType.ARMING_REQUESTED, EventType.RECON_CLEAN, EventType.ARMING_REFUSED]
    told = [(one["line"], one["because"]) for one in record[-1].body["unmet"]]
    assert told[0] == ("capital", "equity is 100_000.00 USD, cash 100_000.00 USD")


def test_a_refused_run_is_asked_again_from_the_beginning(few: Desk, tmp_path: Path) -> None:
    desk = Desk(armed_by(few.inputs, tmp_path, least_capital="200_000"), few.database, few.folder)
    _refused(desk)
    _refused(desk)
    with few.database.read() as unit:
        (run,) = unit.runs.list()
    kinds = [e.kind for e in record_of(few.database, run.run_key)]
    assert kinds.count(EventType.ARMING_REFUSED) == 2 and EventType.ARMED not in kinds


def test_an_armed_run_names_the_checklists_it_was_asked(few: Desk, tmp_path: Path) -> None:
    started = Desk(armed_by(few.inputs, tmp_path), few.database, few.folder).run()
    record = record_of(few.database, started.run_key)
    assert [e.kind for e in record[:4]] == [
        EventType.ARMING_REQUESTED, EventType.RECON_CLEAN, EventType.ARMED, EventType.RUN_STARTED,
    ]  # fmt: skip
    assert record[2].body == {"by": "olivia", "checklists": ["WCH-08"]}


def test_a_requirement_lost_underway_disarms_for_good(few: Desk, tmp_path: Path) -> None:
    """A dollar of commission is enough: equity falls below what the checklist keeps throughout."""
    desk = Desk(armed_by(few.inputs, tmp_path, least_capital="100_000"), few.database, few.folder)
    started = desk.run()
    record = record_of(desk.database, started.run_key)
    (lost,) = (e for e in record if e.kind is EventType.DISARMED)
    assert lost.at == instant("01-06T15:30")
    assert (lost.body["checklist"], lost.body["line"], lost.body["key"]) == ("WCH-08", "capital", ["proof"])
    later = [e for e in record if e.kind is EventType.DECISION_RECORDED and e.place > lost.place]
    assert later and all(e.body["code"] == "POSTURE_DISARMED" for e in later if e.body["quantity"] == 0)
    assert any(e.body["code"] == "POSTURE_DISARMED" for e in later)
    assert all(e.body["verdict"] == "reject" or _is_cancel(desk, e.body["intent_id"]) for e in later)
    armed = started.composed.state.parts.board.get("runtime.armed", ())
    assert armed is not None and armed.value is False
    tripped = started.composed.state.parts.board.get("switches.tripped", ("proof",))
    assert tripped is not None and "WCH-08" not in tripped.value


def test_a_process_that_takes_the_run_up_stays_disarmed(few: Desk, tmp_path: Path) -> None:
    desk = Desk(armed_by(few.inputs, tmp_path, least_capital="100_000"), few.database, few.folder)
    while crash_at(desk, 260):
        with desk.database.read() as unit:
            (run,) = unit.runs.list()
        if run.status is RunStatus.STOPPED:
            break
    again = desk.run()
    assert without_returns(record_of(desk.database, run.run_key)) == without_returns(
        record_of(desk.database, again.run_key)
    )
    fresh = compose(desk.inputs, desk.database, again.run_key, Path(":memory:"))
    fresh.journal.fold_committed()
    assert fresh.state.watch.disarmed == [("WCH-08", ("proof",))]


def _is_cancel(desk: Desk, intent_id: str) -> bool:
    with desk.database.read() as unit:
        intent = unit.intents.get(intent_id)
    return intent is not None and b'"kind":"CANCEL"' in intent.content


def _refused(desk: Desk) -> RunRefused:
    with pytest.raises(RunRefused) as caught:
        desk.run()
    return caught.value
