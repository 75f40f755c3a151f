"""A run from start to stop: created, armed by a stored record, driven, halted or stopped, exported."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.audit.canonical import canonical
from engine.marketdata.feed import market_events
from engine.model.clock import Clock
from engine.model.event import EventType
from engine.runtime.admission import refuse_live
from engine.runtime.arming import refusal, refused
from engine.runtime.composition import Composed, compose
from engine.runtime.desk import Progress
from engine.runtime.entry import Entry
from engine.runtime.halt import HaltRequired, RunRefused
from engine.runtime.inputs import RunInputs
from engine.runtime.journal import SecondWriter
from engine.store.database import Database
from engine.store.runs import LIVE_MODES, Mode, Run, RunStatus, name_run
from engine.store.unit import UnitOfWork

OPEN = (RunStatus.CREATED, RunStatus.ARMED, RunStatus.RUNNING)


@dataclass(frozen=True, slots=True)
class Started:
    """A run that is ready to be driven; `resumed` when an earlier process left it unfinished."""

    composed: Composed
    run_key: str
    resumed: bool


def book_of(broker_books: Path, run_key: str) -> Path:
    """Return the file of the paper broker's book of a run."""
    return broker_books / f"{run_key}.db"


def start_run(inputs: RunInputs, database: Database, broker_books: Path, operator: str, wall: Clock) -> Started:
    """Create and arm a run, or take up the attempt an earlier process left unfinished.

    Backtest and paper runs may judge by any bundle that compiles; live modes take only the approved one in
    force (BUNDLE_UNAPPROVED), and are refused even then (RUN_LIVE_UNAVAILABLE) until arming with checklist
    and signatures exists. `operator` is the principal who arms.
    """
    mode = Mode(inputs.mode)
    if mode in LIVE_MODES and not inputs.is_bundle_approved:
        what = f"bundle {inputs.bundle.hash[:12]} is not the approved bundle in force in this database"
        raise RunRefused("BUNDLE_UNAPPROVED", what, "put it through review (`mqk rules propose`), or run in mode PAPER")
    refuse_live(mode)
    run_key = _open(inputs, database, mode, wall).run_key
    broker_books.mkdir(parents=True, exist_ok=True)
    composed = compose(inputs, database, run_key, book_of(broker_books, run_key))
    try:
        run = composed.journal.take_over()
        if run.status not in OPEN:
            raise SecondWriter(f"run {run_key} was brought to its end by another process")
        is_resumed = run.status is RunStatus.RUNNING
        composed.journal.fold_committed()
        if not is_resumed:
            _arm(inputs, run, operator, composed, wall)
    except BaseException:
        composed.close()
        raise
    return Started(composed, run_key, is_resumed)


def _open(inputs: RunInputs, database: Database, mode: Mode, wall: Clock) -> Run:
    with database.write() as unit:
        latest = unit.runs.latest(inputs.run_id)
        if latest is not None and latest.status in OPEN:
            return latest
        attempt = latest.attempt + 1 if latest else 1
        run_key = name_run(inputs.run_id, attempt)
        law_date = inputs.law_date.isoformat() if inputs.law_date else None
        run = Run(
            run_key, inputs.run_id, attempt, inputs.config.settings.engine.engine_id, mode, RunStatus.CREATED,
            inputs.bundle.hash, inputs.config.config_hash, law_date, inputs.identity, f"{inputs.account}@{run_key}",
            wall.now(),
        )  # fmt: skip
        unit.documents.put("bundle", inputs.bundle.hash, inputs.bundle.canonical)
        unit.documents.put("config", inputs.config.config_hash, inputs.config.canonical_bytes)
        for sha256, (kind, raw) in sorted(inputs.documents.items()):
            unit.documents.put(kind, sha256, raw)
        unit.runs.create(run)
    return run


def _arm(inputs: RunInputs, run: Run, operator: str, composed: Composed, wall: Clock) -> None:
    """Ask the checklists, arm by a stored record that binds bundle and configuration, then begin.

    Raises RunRefused (ARMING_REFUSED), which is on the record then; the attempt may be armed later.
    """
    record = {
        "v": 1, "run": run.run_id, "bundle": inputs.bundle.hash, "config": inputs.config.config_hash,
        "armed_by": operator, "mode": run.mode.value, "bundle_approved": inputs.is_bundle_approved,
    }  # fmt: skip
    journal, arming, at = composed.journal, composed.arming, composed.clock.now()
    compared = arming.compare(at)
    with journal.write() as unit:
        journal.record(unit, Entry(EventType.ARMING_REQUESTED, at, {"by": operator, "mode": run.mode.value}))
        journal.record(unit, compared)
        unmet = arming.unmet(at)
        if unmet:
            journal.record(unit, refused(at, unmet))
        else:
            journal.record(unit, Entry(EventType.ARMED, at, {"by": operator, "checklists": list(arming.asked(at))}))
            _begin(unit, run, record, operator, composed, wall)
    if unmet:
        raise refusal(unmet)


def _begin(unit: UnitOfWork, run: Run, record: dict[str, Any], operator: str, composed: Composed, wall: Clock) -> None:
    if run.status is RunStatus.CREATED:
        unit.runs.move(
            run.run_key, RunStatus.CREATED, RunStatus.ARMED, wall.now(), by=operator, record=canonical(record)
        )
    unit.runs.move(run.run_key, RunStatus.ARMED, RunStatus.RUNNING, wall.now())
    body: dict[str, Any] = {"armed_by": operator, "record": record, "law_date": run.law_date}
    composed.journal.record(unit, Entry(EventType.RUN_STARTED, composed.clock.now(), body))


def drive(started: Started, inputs: RunInputs, database: Database, wall: Clock) -> Iterator[Progress]:
    """Drive a run to the end of its feed and stop it. A halt is recorded and raised again.

    Raises HaltRequired, RunRefused (an approvals script that cannot be followed) and SecondWriter, which
    leaves the run to the process that took it over.
    """
    composed = started.composed
    feed = market_events(inputs.bars, inputs.actions, inputs.calendar)
    try:
        yield from composed.desk.run(feed)
    except (HaltRequired, RunRefused) as stop:
        with composed.journal.write() as unit:
            unit.runs.move(started.run_key, RunStatus.RUNNING, RunStatus.HALTED, wall.now(), reason=str(stop))
            body = {"code": stop.code, "reason": stop.reason[:400]}
            composed.journal.record(unit, Entry(EventType.RUN_HALTED, composed.state.now, body))
        raise
    with composed.journal.write() as unit:
        if not unit.runs.move(started.run_key, RunStatus.RUNNING, RunStatus.STOPPED, wall.now()):
            raise HaltRequired("RUN_NOT_RUNNING", f"run {started.run_key} was stopped from outside at its very end")
        composed.journal.record(
            unit, Entry(EventType.RUN_STOPPED, composed.state.now, {"events": composed.state.feed_index + 1})
        )
