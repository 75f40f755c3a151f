"""A run's books folded again from its record alone: neither bars nor strategies nor rules are needed."""

import json
from dataclasses import dataclass

from dsl.bundle import open_form
from dsl.contracts import Contracts, read_contracts
from engine.audit.canonical import parse_canonical
from engine.facts.board import FactBoard
from engine.facts.windows import WindowCounters
from engine.integrity.monitor import Monitor
from engine.integrity.series import IntegrityConfig
from engine.marketdata.calendar import load_calendar
from engine.model.event import TAXONOMY, EventType, Topic
from engine.model.numbers import Money, Ratio, parse_decimal
from engine.model.time import Duration, Timestamp
from engine.portfolio.amount import amount_of
from engine.portfolio.book import Book
from engine.portfolio.ledger import Ledger
from engine.runtime.halt import RunRefused
from engine.runtime.journal import entries_of
from engine.runtime.market_facts import MarketFacts
from engine.runtime.state import DeskState, Parts
from engine.store.runs import Run
from engine.store.unit import UnitOfWork
from engine.strategy.host import Host


@dataclass(frozen=True, slots=True)
class Reopened:
    """The state after the last entry of a run's record.

    Ledger, orders and fills are those of the run. What only strategies and rules read is not rebuilt:
    what they said is in the record. `changed_at` is when orders or holdings last changed.
    """

    state: DeskState
    changed_at: Timestamp


def reopen(unit: UnitOfWork, run: Run) -> Reopened:
    """Fold the record of a run on files of bars again.

    Raises RunRefused for a run that was no desk (RUN_WITHOUT_BOOKS) or whose rules and configuration
    are not to be read (RUN_NOT_REOPENED), and BrokenRecord.
    """
    inputs = parse_canonical(run.inputs)
    if inputs.get("kind") is not None:
        what = f"run {run.run_key} is a {inputs['kind']}: whoever asked for its decisions traded and keeps the books"
        raise RunRefused("RUN_WITHOUT_BOOKS", what, "name a run of `mqk run start` or `mqk demo`")
    calendar = load_calendar(_calendar_code(unit, run))
    cash = Money(parse_decimal(inputs["cash"]))
    board = FactBoard(_contracts(unit, run), calendar)
    state = DeskState(
        Parts(
            account=inputs["account"],
            engine=run.engine,
            calendar=calendar,
            board=board,
            windows=WindowCounters({}),
            ledger=Ledger(cash),
            book=Book({}, amount_of(cash)),
            host=Host(()),
            monitor=Monitor(IntegrityConfig(calendar, 0, Duration(0), Ratio(0))),
            market=MarketFacts(board, calendar, 0),
        )
    )
    changed_at = Timestamp(0)
    for entry in entries_of(unit, run.run_key):
        state.apply(entry)
        state.steps.clear()
        if entry.kind is EventType.CORPORATE_ACTION or TAXONOMY[entry.kind] in (Topic.OMS, Topic.BROKER):
            changed_at = entry.at
    return Reopened(state, changed_at)


def _contracts(unit: UnitOfWork, run: Run) -> Contracts:
    """Return the contracts the run's facts were held by, as its bundle names them."""
    try:
        _, schemas = open_form(_document(unit, run, "bundle", run.bundle_hash))
    except ValueError as fault:
        raise _unread(run, str(fault)) from None
    return read_contracts(schemas)


def _calendar_code(unit: UnitOfWork, run: Run) -> str:
    config = json.loads(_document(unit, run, "configuration", run.config_hash))
    return str(config["data"]["calendar"])


def _document(unit: UnitOfWork, run: Run, what: str, sha256: str) -> bytes:
    document = unit.documents.get(sha256)
    if document is None:
        raise _unread(run, f"the {what} {sha256[:12]} is not in the store")
    return document.content


def _unread(run: Run, why: str) -> RunRefused:
    help_ = "restore it from a backup of this database, or use the program that made the run"
    return RunRefused("RUN_NOT_REOPENED", f"run {run.run_key}: {why}", help_)
