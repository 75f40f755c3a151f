"""Run a desk over files of bars: read every input, start or resume, drive to the end, export, verify."""

import platform
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from dsl.bundle import Bundle
from engine.artifacts.manifest import Envelope
from engine.audit.verify import Verdict, verify
from engine.config.load import load_config
from engine.config.principals import load_principals
from engine.execution.quality import ExecutionFigures
from engine.marketdata.calendar import load_calendar
from engine.model.ids import derived_id
from engine.model.numbers import Money
from engine.model.time import Timestamp
from engine.review.refusal import ReviewRefused
from engine.review.standing import Standing, is_in_force
from engine.runtime.admission import admit
from engine.runtime.desk import Progress
from engine.runtime.execution_report import report_execution
from engine.runtime.export import export_run
from engine.runtime.halt import RunRefused
from engine.runtime.inputs import (
    RunInputs,
    as_approved,
    identity_of,
    read_bars,
    read_classification_file,
    read_script,
)  # fmt: skip
from engine.runtime.maintained_lists import read_lists
from engine.runtime.run import OPEN, Started, drive, start_run
from engine.service.overlays import bind_overlays
from engine.service.reviewed_lists import reviewed_lists
from engine.service.rule_files import load_bundle
from engine.service.rule_review import load_in_force
from engine.shipped import shipped
from engine.store.database import Database, open_database
from engine.store.runs import LIVE_MODES

BOOKS = "books"
"""Folder of the paper brokers' books, beside the run folders."""


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What to run. Paths name files the person chose; `lists` defaults to the rules' own lists folder."""

    mode: str
    engine: str
    environment: str
    bars: Path
    instruments: Path
    out: Path
    database: str
    rules: Path | None = None
    lists: Path | None = None
    config: Path | None = None
    risk_profile: str | None = None
    stress: Sequence[str] = ()
    overrides: Sequence[str] = ()
    approvals: Path | None = None
    law_date: date | None = None
    account: str = "paper"
    cash: Money = Money(100_000_000_000)
    operator: str = "olivia"
    is_active: bool = False
    """Judge by the bundle in force in the database instead of rule files."""


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended: where its files are, what it decided, and what its audit chain says."""

    run_id: str
    run_key: str
    resumed: bool
    bundle: str
    is_bundle_approved: bool
    content_hash: str
    artifacts: Path
    database: str
    verdicts: dict[str, int]
    codes: dict[str, int]
    fills: int
    final_equity: int | None
    execution: ExecutionFigures
    audit: Verdict


class WallClock:
    """The machine's clock, for the envelope only."""

    def now(self) -> Timestamp:
        return Timestamp(time.time_ns() // 1_000)


@dataclass(slots=True)
class Running:
    """A run being driven; iterate `progress()`, then ask for `result`."""

    inputs: RunInputs
    database: Database
    started: Started
    request: RunRequest
    wall: WallClock
    began: Timestamp
    _result: RunResult | None = field(default=None)

    def progress(self) -> Iterator[Progress]:
        """Drive the run to its end. Raises HaltRequired and RunRefused; what is committed stays."""
        yield from drive(self.started, self.inputs, self.database, self.wall)

    def finish(self) -> RunResult:
        """Export the run, verify the audit chain and close everything."""
        if self._result is None:
            self._result = self._finish()
        return self._result

    def _finish(self) -> RunResult:
        run_key = self.started.run_key
        attempt = int(run_key.rpartition(".")[2])
        envelope = Envelope(platform.node(), _build(), attempt, self.began, self.wall.now())
        written = export_run(self.started, self.inputs, self.database, self.request.out, envelope)
        with self.database.read(run_key) as unit:
            verdicts = unit.decisions.count_by_verdict(run_key)
            codes = unit.decisions.count_by_code(run_key)
            verdict = verify(unit.audit.entries())
        state = self.started.composed.state
        equity = state.equity_curve[-1][1] if state.equity_curve else None
        self.close()
        return RunResult(
            self.inputs.run_id, run_key, self.started.resumed, self.inputs.bundle.hash,
            self.inputs.is_bundle_approved, written.content_hash, written.path, self.request.database, verdicts,
            codes, len(state.fills), equity, report_execution(state).figures, verdict,
        )  # fmt: skip

    def close(self) -> None:
        """Close the broker's book and the database."""
        self.started.composed.close()
        self.database.close()


Alarm = Callable[[str, str], None]
"""Called with a code and what it is about something somebody must look at now."""


def start(request: RunRequest, environ: Mapping[str, str], alert: Alarm = lambda code, what: None) -> Running:
    """Read every input and start (or resume) the run; `environ` is the environment of the process.

    With `is_active` the bundle in force in the database judges; `alert` is called with whatever was found
    damaged on the way to it, which is on the record by then. Raises Refused, ReviewRefused, RulesRefused,
    ConfigRefused, RunRefused and the store's errors.
    """
    wall = WallClock()
    in_force = load_in_force(request.database, request.config, wall) if request.is_active else None
    for each in in_force.alerts if in_force is not None else ():
        alert(each.code, each.what)
    inputs = read_inputs(request, environ, in_force.bundle if in_force is not None else None)
    request.out.mkdir(parents=True, exist_ok=True)
    database = open_database(request.database)
    try:
        database.migrate()
        inputs = with_standing(inputs, database, in_force, alert)
        started = start_run(inputs, database, request.out / BOOKS, request.operator, wall)
    except BaseException:
        database.close()
        raise
    return Running(inputs, database, started, request, wall, wall.now())


def with_standing(inputs: RunInputs, database: Database, in_force: Standing | None, alert: Alarm) -> RunInputs:
    """Return the inputs marked approved where they are; an attempt that was broken off keeps what it began as."""
    approved = as_approved(inputs)
    is_approved = in_force is not None
    with database.read() as unit:
        latest = unit.runs.latest(approved.run_id), unit.runs.latest(inputs.run_id)
        try:
            is_approved = is_approved or is_in_force(unit, inputs.principals, inputs.bundle.hash)
        except ReviewRefused as refused:
            alert(refused.code, refused.what)
    began_approved, began_plain = (run is not None and run.status in OPEN for run in latest)
    if began_approved != began_plain and inputs.mode not in LIVE_MODES:
        is_approved = began_approved
    return approved if is_approved else inputs


def read_inputs(request: RunRequest, environ: Mapping[str, str], bundle: Bundle | None = None) -> RunInputs:
    """Return everything the run is made from, and its identity; `bundle` takes the place of rule files.

    Nothing but configuration is read of a run that may not start; what the environment holds is no part
    of a run's identity.
    """
    config_root = request.config or shipped("config")
    overrides = (f"engine.mode={request.mode}", *request.overrides)
    config = load_config(
        config_root, request.environment, request.engine, request.risk_profile, request.stress, overrides
    )
    admit(config.settings, request.mode, environ)
    bundle = bundle or load_bundle(request.rules)
    overlays = bind_overlays(bundle, config)
    calendar = load_calendar(config.settings.data.calendar)
    lists_folder = request.lists or (request.rules or shipped("rules")) / "lists"
    not_bars = {request.instruments.name, *(listed.place for listed in bundle.ruleset.lists.values())}
    bars, actions, hashes = read_bars(request.bars, calendar, frozenset(not_bars))
    classification = read_classification_file(request.instruments)
    lists, documents = read_lists(bundle, lists_folder, reviewed_lists(request.database))
    script, script_hash = read_script(request.approvals)
    principals = {principal.id: principal for principal in load_principals(config_root / "principals.yaml")}
    if request.operator not in principals:
        raise RunRefused(
            "PRINCIPAL_UNKNOWN", f"there is no principal {request.operator}", "name one of principals.yaml"
        )
    identity = identity_of(
        mode=request.mode, account=request.account, cash=request.cash, law_date=request.law_date, bundle=bundle,
        config=config, calendar=calendar, bars=hashes, classification=classification, lists=lists, script=script_hash,
    )  # fmt: skip
    return RunInputs(
        derived_id("run", identity), request.mode, request.account, request.cash, request.law_date, bundle, config,
        overlays, calendar, principals, bars, actions, classification, lists, script, identity, documents,
    )  # fmt: skip


def _build() -> str:
    try:
        return version("miniquantdesk")
    except PackageNotFoundError:
        return "unpackaged"
