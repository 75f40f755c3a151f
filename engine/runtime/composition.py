"""The composition root: every part of a bar-fed run made once, from inputs, and joined."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dsl.program import fact_of
from engine.brokers.contract import BrokerSnapshot
from engine.brokers.paper import PaperBroker, snapshot_book
from engine.brokers.paper_book import PaperBook
from engine.decision.decide import DecisionEngine
from engine.decision.watching import ARMED, Watcher, of_the_firm
from engine.execution.gateway import Gateway
from engine.execution.slippage import CostModel
from engine.facts.board import FactBoard
from engine.facts.house import HouseClock
from engine.facts.snapshot import SnapshotTaker
from engine.facts.windows import WindowCounters
from engine.integrity.monitor import Monitor
from engine.integrity.series import IntegrityConfig
from engine.marketdata.calendar import as_rule_calendars
from engine.model.clock import FixedClock
from engine.model.instrument import Instrument
from engine.model.numbers import Ratio
from engine.model.time import Timestamp
from engine.portfolio.amount import amount_of
from engine.portfolio.book import Book
from engine.portfolio.ledger import Ledger
from engine.runtime.approvals import HoldDesk
from engine.runtime.arming import Arming
from engine.runtime.authority import StoreAuthority
from engine.runtime.comparison import Comparison, scope_of
from engine.runtime.desk import Desk
from engine.runtime.halt import RunRefused
from engine.runtime.inputs import RunInputs
from engine.runtime.journal import RunJournal
from engine.runtime.judging import DecisionDesk
from engine.runtime.maintained_lists import list_content
from engine.runtime.market_facts import MarketFacts
from engine.runtime.reports import Inbox
from engine.runtime.setting import RunSetting
from engine.runtime.state import DeskState, Parts
from engine.runtime.switchboard import Switchboard
from engine.runtime.watch_desk import WatchDesk
from engine.store.database import Database
from engine.strategy.discovery import discover
from engine.strategy.host import Host, enlist
from engine.strategy.registry import builtin_registry
from engine.strategy.signal import Mode as StrategyMode

BASIS_POINT = 100
"""Micros of a ratio in one basis point."""
STRATEGY_PRINCIPAL = "strategy_host"


@dataclass(frozen=True, slots=True)
class Composed:
    """A desk ready to run, and what must be closed after it."""

    desk: Desk
    state: DeskState
    setting: RunSetting
    journal: RunJournal
    clock: FixedClock
    watch: WatchDesk
    arming: Arming
    close: Callable[[], None]


def compose(inputs: RunInputs, database: Database, run_key: str, broker_book: Path) -> Composed:
    """Return the desk of a run; its state is empty until the journal is folded."""
    setting = _setting(inputs, run_key)
    state = DeskState(_parts(inputs))
    _post_house_facts(inputs, state.parts.board)
    journal = RunJournal(database, run_key, setting.book_id, state)
    first = min(bars[0].end_ts for bars in inputs.bars.values())
    session = inputs.calendar.open_session(first)
    clock = FixedClock(min(session.open, first) if session else first)
    book = PaperBook(broker_book, inputs.cash)
    broker = PaperBroker(book, costs_of(inputs), inputs.calendar, clock)
    gateway = Gateway(broker, StoreAuthority(database, run_key), inputs.config.settings.runtime.max_decision_age)
    watch = WatchDesk(state, setting, journal, _watcher(inputs, state.parts))
    decisions = DecisionDesk(state, setting, journal, _judge(inputs, state.parts), watch)
    switchboard = Switchboard(state, setting, journal, watch)
    holds = HoldDesk(state, setting, journal, decisions, inputs.script, switchboard)
    inbox = Inbox(state, journal, gateway)
    comparison = Comparison(state, gateway, scope_of(setting.engine))
    desk = Desk(state, setting, journal, gateway, broker, clock, decisions, holds, inbox, comparison, watch)
    arming = Arming(setting, comparison, watch)
    return Composed(desk, state, setting, journal, clock, watch, arming, book.close)


def read_paper_account(broker_book: Path, at: Timestamp) -> BrokerSnapshot:
    """Return what the paper broker's book of a run says, as of `at`. Raises PaperBookUnusable; writes nothing."""
    book = PaperBook.existing(broker_book)
    try:
        return snapshot_book(book, at)
    finally:
        book.close()


def _setting(inputs: RunInputs, run_key: str) -> RunSetting:
    return RunSetting(
        run_id=inputs.run_id,
        run_key=run_key,
        book_id=f"{inputs.account}@{run_key}",
        engine=inputs.config.settings.engine.engine_id,
        account=inputs.account,
        principal=STRATEGY_PRINCIPAL,
        bundle_hash=inputs.bundle.hash,
        config_hash=inputs.config.config_hash,
        law_date=inputs.law_date,
        documents={path: read.sha256 for path, read in inputs.lists.items()},
        instruments=inputs.classification.instruments,
        principals=inputs.principals,
        calendar=inputs.calendar,
    )


def _parts(inputs: RunInputs) -> Parts:
    settings = inputs.config.settings
    board = FactBoard(inputs.bundle.contracts, inputs.calendar)
    windows = WindowCounters(inputs.bundle.ruleset.windows, as_rule_calendars(inputs.calendar))
    ledger = Ledger(inputs.cash)
    integrity = settings.data.integrity
    spread = settings.execution.base_spread_bps if settings.execution else 0
    return Parts(
        account=inputs.account,
        engine=settings.engine.engine_id,
        calendar=inputs.calendar,
        board=board,
        windows=windows,
        ledger=ledger,
        book=Book(inputs.classification.instruments, amount_of(inputs.cash)),
        host=_host(inputs),
        monitor=Monitor(
            IntegrityConfig(
                inputs.calendar,
                integrity.gap_tolerance_bars,
                integrity.stale_after,
                Ratio(integrity.outlier_threshold),
                integrity.compare_feeds,
            )
        ),
        market=MarketFacts(board, inputs.calendar, int(spread)),
    )


def _host(inputs: RunInputs) -> Host:
    """Return the strategies of the configuration. Raises RunRefused."""
    registry = builtin_registry()
    wanted = inputs.config.settings.strategies
    fed = {(symbol, bars[0].timeframe) for symbol, bars in inputs.bars.items()}
    for name, chosen in sorted(wanted.items()):
        if not any((symbol, chosen.timeframe) in fed for symbol in chosen.symbols):
            what = f"strategy {name} wants {chosen.timeframe} bars of {', '.join(chosen.symbols)}, and none are given"
            raise RunRefused("STRATEGY_UNFED", what, "give such bars, or change its timeframe or symbols with --set")
    faults = list(discover(registry, sorted({s.plugin for s in wanted.values()})))
    members = []
    for name, chosen in sorted(wanted.items()):
        built = registry.build(chosen.plugin, chosen.build_parameters(), name)
        if isinstance(built, tuple):
            faults += built
            continue
        members.append((built, StrategyMode.SHADOW if chosen.shadow else StrategyMode.ACTIVE))
    host = enlist(members) if not faults else tuple(faults)
    if isinstance(host, Host):
        return host
    fault = host[0]
    raise RunRefused("STRATEGY_REFUSED", f"{fault.code}: {fault.what} ({fault.where})", fault.help)


def _judge(inputs: RunInputs, parts: Parts) -> DecisionEngine:
    """Return who judges the run's intents on the facts of its state."""
    calendars = as_rule_calendars(inputs.calendar)
    return DecisionEngine(inputs.bundle, inputs.overlays, _taker(inputs, parts.board, parts.windows), calendars)


def _watcher(inputs: RunInputs, parts: Parts) -> Watcher:
    """Return who judges watched rules on the facts of the run's state."""
    calendars = as_rule_calendars(inputs.calendar)
    taker = _taker(inputs, parts.board, parts.windows)
    constants = of_the_firm({"account": inputs.account, "engine": inputs.config.settings.engine.engine_id})
    return Watcher(inputs.bundle, inputs.overlays, taker, calendars, parts.board, parts.windows, constants, ARMED)


def _taker(inputs: RunInputs, board: FactBoard, windows: WindowCounters) -> SnapshotTaker | HouseClock:
    """Return who takes snapshots; a stated law date gives house facts that date's clock."""
    taker = SnapshotTaker(board, windows, inputs.calendar)
    if inputs.law_date is None:
        return taker
    session = inputs.calendar.session_on(inputs.law_date)
    if session is None:
        raise RunRefused("LAW_DATE_CLOSED", f"{inputs.law_date} is no session", "state a session as --law-date")
    return HouseClock(taker, board, inputs.calendar, session.close)


def _post_house_facts(inputs: RunInputs, board: FactBoard) -> None:
    """Post what the house says: instruments and lists, as of their own headers."""
    as_of = inputs.classification.as_of
    for symbol, instrument in sorted(inputs.classification.instruments.items()):
        for name, value in _instrument_facts(instrument).items():
            board.put(f"instrument.{name}", (symbol,), value, as_of, "classification")
    for path, read in sorted(inputs.lists.items()):
        fact = fact_of(inputs.bundle, path)
        value = list_content(inputs.bundle, path, read)
        board.put(path, (), value, read.as_of, f"list {read.name} v{read.version}", fact=fact)
    board.put("switches.tripped", (inputs.account,), frozenset(), Timestamp(0), "switches")
    board.put("switches.tripped_count", (inputs.account,), 0, Timestamp(0), "switches")
    board.put("runtime.mode", (), inputs.mode, Timestamp(0), "runtime")
    board.put("runtime.armed", (), True, Timestamp(0), "runtime")


def _instrument_facts(instrument: Instrument) -> dict[str, object]:
    return {
        "symbol": instrument.symbol, "asset_class": instrument.asset_class.value, "currency": instrument.currency,
        "venue": instrument.venue, "sector": instrument.sector, "issuer": instrument.issuer,
        "tick": int(instrument.tick), "lot": int(instrument.lot), "multiplier": instrument.multiplier,
        "fractional": instrument.fractional,
    }  # fmt: skip


def costs_of(inputs: RunInputs) -> CostModel:
    """Return how the simulated broker charges, from the execution settings."""
    settings = inputs.config.settings.execution
    if settings is None:
        raise RunRefused("EXECUTION_UNSET", "this mode has no execution model", "set execution in a layer")
    return CostModel(
        base_slippage=Ratio(settings.base_slippage_bps * BASIS_POINT),
        base_spread=Ratio(settings.base_spread_bps * BASIS_POINT),
        volatility_multiplier=Ratio(settings.volatility_multiplier),
        slippage_cap=Ratio(settings.max_slippage_cap_bps * BASIS_POINT),
        commission_per_share=settings.commission_per_share,
        commission_rate=Ratio(settings.commission_bps * BASIS_POINT),
        participation=Ratio(settings.participation),
    )
