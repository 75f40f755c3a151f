"""A finished run as files: content that is the same on every attempt, and an envelope that is not."""

import json
from dataclasses import asdict
from pathlib import Path

from engine.artifacts.content import RunContent
from engine.artifacts.folder import Written, write_artifacts
from engine.artifacts.manifest import Envelope
from engine.artifacts.tables import EquityRow, OrderRow
from engine.model.numbers import Money
from engine.model.time import Timestamp
from engine.portfolio.metrics import EquityPoint, Metrics, compute_metrics
from engine.portfolio.verification import verify
from engine.runtime.execution_report import report_execution
from engine.runtime.halt import RunRefused
from engine.runtime.inputs import RunInputs
from engine.runtime.run import Started
from engine.runtime.watch_log import lines_of
from engine.store.database import Database


def export_run(started: Started, inputs: RunInputs, database: Database, folder: Path, envelope: Envelope) -> Written:
    """Write the run's folder under `folder`; an identical one that is there already is left alone.

    The ledger is proven first: RunRefused (LEDGER_BROKEN) when its journal booked again gives another book.
    """
    state = started.composed.state
    _prove_ledger(started)
    execution = report_execution(state)
    metrics = asdict(measure(started, inputs)) | {"execution": asdict(execution.figures)}
    with database.read(started.run_key) as unit:
        decisions = (row.record for row in unit.decisions.list(started.run_key))
        orders = [
            OrderRow(
                Timestamp(tracked.submitted_at or state.now),
                order.client_order_id,
                order.symbol,
                order.side,
                order.quantity,
                order.type,
                order.limit_price,
                order.stop_price,
                order.state.value,
            )
            for tracked in (*state.finished.values(), *state.tracked.values())
            if (order := tracked.order) is not None
        ]
        content = RunContent(
            run_id=inputs.run_id, inputs=json.loads(inputs.identity), bundle_hash=inputs.bundle.hash,
            is_bundle_approved=inputs.is_bundle_approved, config_hash=inputs.config.config_hash,
            law_date=inputs.law_date, metrics=metrics, audit=unit.audit.read(started.run_key), decisions=decisions,
            orders=sorted(orders, key=lambda row: row.order_id), fills=state.fills,
            equity=[EquityRow(at, Money(equity)) for at, equity in state.equity_curve], execution=execution.rows,
            watched=lines_of(state.watch.log),
        )  # fmt: skip
        return write_artifacts(folder, content, envelope)


def _prove_ledger(started: Started) -> None:
    state = started.composed.state
    marks = {symbol: mark.price for symbol, mark in state.account.marks.items()}
    wrong = [each for each in verify(state.parts.ledger, marks) if each.code != "MARK_UNKNOWN"]
    if wrong:
        told = "; ".join(f"{each.what}: {each.kept}, recomputed {each.recomputed}" for each in wrong[:5])
        raise RunRefused("LEDGER_BROKEN", told, "keep the database as it is and report it; no artifacts were written")


def measure(started: Started, inputs: RunInputs) -> Metrics:
    """Return the figures of the run so far."""
    state = started.composed.state
    ledger = state.parts.ledger
    first = state.equity_curve[0][0] if state.equity_curve else state.now
    return compute_metrics(
        initial_equity=inputs.cash, started_at=Timestamp(first),
        curve=[EquityPoint(at, Money(equity)) for at, equity in state.equity_curve], closures=ledger.closures,
        round_trips=ledger.round_trips, fees=ledger.fees, dividends=ledger.dividends,
        day_of=inputs.calendar.session_date,
    )  # fmt: skip
