"""What a decision stream is judged in: rules, configuration, lists, an empty book, and the run it is recorded as."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from dsl.bundle import Bundle
from dsl.program import Overlay, fact_of
from engine.audit.canonical import canonical
from engine.config.load import Config, load_config
from engine.config.principals import load_principals
from engine.decision.decide import DecisionEngine
from engine.decision.watching import Watcher, of_the_firm
from engine.facts.board import FactBoard
from engine.facts.house import HouseClock
from engine.facts.snapshot import SnapshotTaker
from engine.facts.windows import WindowCounters
from engine.integrity.monitor import Monitor
from engine.integrity.series import IntegrityConfig
from engine.marketdata.calendar import as_rule_calendars, load_calendar
from engine.marketdata.lists import NamedList
from engine.model.calendar import SessionCalendar
from engine.model.event import EventType
from engine.model.ids import derived_id
from engine.model.instrument import Instrument
from engine.model.numbers import Money, Ratio, format_decimal
from engine.model.time import Duration, Timestamp
from engine.portfolio.amount import amount_of
from engine.portfolio.book import Book
from engine.portfolio.ledger import Ledger
from engine.runtime.composition import STRATEGY_PRINCIPAL
from engine.runtime.entry import Entry
from engine.runtime.inputs import read_classification_file
from engine.runtime.journal import RunJournal
from engine.runtime.maintained_lists import list_content, read_lists
from engine.runtime.market_facts import MarketFacts
from engine.runtime.setting import RunSetting
from engine.runtime.state import DeskState, Parts
from engine.service.overlays import bind_overlays
from engine.service.refusal import Refused
from engine.service.reviewed_lists import reviewed_lists
from engine.service.rule_files import load_bundle
from engine.service.running import WallClock
from engine.shipped import shipped
from engine.store.database import Database, open_database
from engine.store.runs import Mode, Run, RunStatus, name_run
from engine.strategy.host import Host

MODE = Mode.BACKTEST
IN_MEMORY = "sqlite://"


@dataclass(frozen=True, slots=True)
class StreamRequest:
    """How a stream is judged. `database` None means a store that is thrown away; None elsewhere what is shipped.

    `account` None takes the account of the first intent: a stream keeps one account's book.
    """

    rules: Path | None = None
    database: str | None = None
    law_date: date | None = None
    account: str | None = None
    cash: Money = Money(100_000_000_000)
    instruments: Path | None = None
    lists: Path | None = None
    config: Path | None = None
    environment: str = "windows-dev"
    engine: str = "main"
    risk_profile: str | None = None
    operator: str = "olivia"


@dataclass(frozen=True, slots=True)
class House:
    """Everything a stream is judged by, read once and named by content."""

    request: StreamRequest
    bundle: Bundle
    config: Config
    overlays: tuple[Overlay, ...]
    calendar: SessionCalendar
    lists: Mapping[str, NamedList]
    instruments: Mapping[str, Instrument]
    classified_at: Timestamp
    documents: Mapping[str, tuple[str, bytes]]

    @property
    def engine_id(self) -> str:
        return self.config.settings.engine.engine_id


def read_house(request: StreamRequest) -> House:
    """Read rules, configuration, lists and instruments.

    Raises Refused, RulesRefused, ConfigRefused, DataRefused and RunRefused.
    """
    root = request.config or shipped("config")
    overrides = (f"engine.mode={MODE.value}",)
    config = load_config(root, request.environment, request.engine, request.risk_profile, (), overrides)
    if request.operator not in {principal.id for principal in load_principals(root / "principals.yaml")}:
        raise Refused("PRINCIPAL_UNKNOWN", f"there is no principal {request.operator}", "name one of principals.yaml")
    bundle = load_bundle(request.rules)
    calendar = load_calendar(config.settings.data.calendar)
    if request.law_date is not None and calendar.session_on(request.law_date) is None:
        raise Refused("LAW_DATE_CLOSED", f"{request.law_date} is no session", "state a session as --law-date")
    folder = request.lists or (request.rules or shipped("rules")) / "lists"
    lists, documents = read_lists(bundle, folder, reviewed_lists(request.database), may_lack=True)
    instruments: Mapping[str, Instrument] = {}
    classified_at = Timestamp(0)
    if request.instruments is not None:
        read_instruments = read_classification_file(request.instruments)
        instruments, classified_at = read_instruments.instruments, read_instruments.as_of
    overlays = bind_overlays(bundle, config)
    return House(request, bundle, config, overlays, calendar, lists, instruments, classified_at, documents)


@dataclass(slots=True)
class World:
    """A stream's run: its state, where it is recorded, and the instruments its facts have named so far."""

    house: House
    database: Database
    setting: RunSetting
    state: DeskState
    journal: RunJournal
    judge: DecisionEngine
    watcher: Watcher
    instruments: dict[str, Instrument] = field(default_factory=dict)

    @property
    def board(self) -> FactBoard:
        return self.state.parts.board

    def close(self, at: Timestamp, problem: str = "") -> None:
        """End the run: stopped, or halted for a reason."""
        try:
            with self.journal.write() as unit:
                wall = WallClock().now()
                if problem:
                    unit.runs.move(self.setting.run_key, RunStatus.RUNNING, RunStatus.HALTED, wall, reason=problem)
                    body: dict[str, Any] = {"code": "STREAM_BROKEN", "reason": problem}
                    self.journal.record(unit, Entry(EventType.RUN_HALTED, at, body))
                else:
                    unit.runs.move(self.setting.run_key, RunStatus.RUNNING, RunStatus.STOPPED, wall)
                    decisions = {"decisions": self.state.decision_count}
                    self.journal.record(unit, Entry(EventType.RUN_STOPPED, at, decisions))
        finally:
            self.database.close()


def open_world(house: House, account: str, at: Timestamp) -> World:
    """Create and begin the run of a stream. Raises the store's errors."""
    request = house.request
    identity = _identity(house, account)
    run_id = derived_id("run", identity)
    database = open_database(request.database or IN_MEMORY)
    database.migrate()
    with database.read() as unit:
        latest = unit.runs.latest(run_id)
    attempt = latest.attempt + 1 if latest else 1
    run_key = name_run(run_id, attempt)
    instruments = dict(house.instruments)
    setting = RunSetting(
        run_id, run_key, f"{account}@{run_key}", house.engine_id, account, STRATEGY_PRINCIPAL, house.bundle.hash,
        house.config.config_hash, request.law_date, {path: read.sha256 for path, read in house.lists.items()},
        instruments, {}, house.calendar,
    )  # fmt: skip
    state = DeskState(_parts(house, account))
    _post_house(house, account, state.parts.board)
    journal = RunJournal(database, run_key, setting.book_id, state)
    taker = _taker(house, state.parts.board, state.parts.windows)
    calendars = as_rule_calendars(house.calendar)
    judge = DecisionEngine(house.bundle, house.overlays, taker, calendars)
    parts, constants = state.parts, of_the_firm({"account": account, "engine": house.engine_id})
    watcher = Watcher(house.bundle, house.overlays, taker, calendars, parts.board, parts.windows, constants)
    world = World(house, database, setting, state, journal, judge, watcher, instruments)
    _begin(world, identity, attempt, at)
    return world


def _identity(house: House, account: str) -> bytes:
    """What is known of a stream before it is read; its lines are in the record, not in its name."""
    law_date = house.request.law_date
    named = {symbol: repr(instrument) for symbol, instrument in house.instruments.items()}
    return canonical(
        {
            "v": 1, "kind": "stream", "engine": house.engine_id, "account": account,
            "cash": format_decimal(house.request.cash), "law_date": law_date.isoformat() if law_date else None,
            "bundle": house.bundle.hash, "config": house.config.config_hash, "calendar": house.calendar.version,
            "instruments": hashlib.sha256(canonical(named)).hexdigest(),
            "lists": {path: read.sha256 for path, read in house.lists.items()},
        }
    )  # fmt: skip


def _parts(house: House, account: str) -> Parts:
    settings = house.config.settings
    board = FactBoard(house.bundle.contracts, house.calendar)
    windows = WindowCounters(house.bundle.ruleset.windows, as_rule_calendars(house.calendar))
    ledger = Ledger(house.request.cash)
    integrity = IntegrityConfig(house.calendar, 0, Duration(0), Ratio(0))
    return Parts(
        account, settings.engine.engine_id, house.calendar, board, windows, ledger,
        Book(house.instruments, amount_of(house.request.cash)), Host(()), Monitor(integrity),
        MarketFacts(board, house.calendar, 0), states_account=False,
    )  # fmt: skip


def _taker(house: House, board: FactBoard, windows: WindowCounters) -> SnapshotTaker | HouseClock:
    taker = SnapshotTaker(board, windows, house.calendar)
    session = house.calendar.session_on(house.request.law_date) if house.request.law_date else None
    return taker if session is None else HouseClock(taker, board, house.calendar, session.close)


def _post_house(house: House, account: str, board: FactBoard) -> None:
    for symbol, instrument in sorted(house.instruments.items()):
        for name in instrument.__slots__:
            value = getattr(instrument, name)
            stored = getattr(value, "value", value)
            board.put(f"instrument.{name}", (symbol,), stored, house.classified_at, "classification")
    for path, read in sorted(house.lists.items()):
        fact = fact_of(house.bundle, path)
        content = list_content(house.bundle, path, read)
        board.put(path, (), content, read.as_of, f"list {read.name} v{read.version}", fact=fact)
    board.put("switches.tripped", (account,), frozenset(), Timestamp(0), "switches")
    board.put("switches.tripped_count", (account,), 0, Timestamp(0), "switches")
    board.put("runtime.mode", (), MODE.value, Timestamp(0), "runtime")
    board.put("runtime.armed", (), True, Timestamp(0), "runtime")


def _begin(world: World, identity: bytes, attempt: int, at: Timestamp) -> None:
    house, setting, wall = world.house, world.setting, WallClock().now()
    law_date = setting.law_date.isoformat() if setting.law_date else None
    run = Run(
        setting.run_key, setting.run_id, attempt, setting.engine, MODE, RunStatus.CREATED, setting.bundle_hash,
        setting.config_hash, law_date, identity, setting.book_id, wall,
    )  # fmt: skip
    operator = house.request.operator
    record = {
        "v": 1, "run": setting.run_id, "bundle": setting.bundle_hash, "config": setting.config_hash,
        "armed_by": operator, "mode": MODE.value, "bundle_approved": False,
    }  # fmt: skip
    with world.database.write(setting.run_key) as unit:
        unit.documents.put("bundle", house.bundle.hash, house.bundle.canonical)
        unit.documents.put("config", house.config.config_hash, house.config.canonical_bytes)
        for sha256, (kind, raw) in sorted(house.documents.items()):
            unit.documents.put(kind, sha256, raw)
        unit.runs.create(run)
        unit.runs.move(run.run_key, RunStatus.CREATED, RunStatus.ARMED, wall, by=operator, record=canonical(record))
        unit.runs.move(run.run_key, RunStatus.ARMED, RunStatus.RUNNING, wall)
        body: dict[str, Any] = {"armed_by": operator, "record": record, "law_date": law_date}
        world.journal.record(unit, Entry(EventType.RUN_STARTED, at, body))
