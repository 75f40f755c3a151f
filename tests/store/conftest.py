"""Rows to start from: a run, a decided intent and an outbox row, with one line each."""

import hashlib
from dataclasses import dataclass, replace
from typing import Any

import pytest

from engine.model.order import Side
from engine.store import Database, UnitOfWork
from engine.store.decisions import DecisionRow
from engine.store.holds import Hold
from engine.store.intents import IntentRow
from engine.store.outbox import Action, OutboxRow
from engine.store.reservations import Reservation, ReservationState
from engine.store.runs import Mode, Run, RunStatus, name_run


@dataclass(frozen=True, slots=True)
class Rows:
    """Makes rows that satisfy every law; keywords replace fields."""

    def run(self, run_id: str = "run", attempt: int = 1, **fields: Any) -> Run:
        run = Run(
            run_key=name_run(run_id, attempt),
            run_id=run_id,
            attempt=attempt,
            engine="MAIN",
            mode=Mode.PAPER,
            status=RunStatus.CREATED,
            bundle_hash="b" * 64,
            config_hash="c" * 64,
            law_date="2026-01-05",
            inputs=b"{}",
            book_id="MAIN/ACC",
            created_at=1_000,
        )
        return replace(run, **fields)

    def intent(self, n: int = 1, run_key: str = "run.1", **fields: Any) -> IntentRow:
        row = IntentRow(f"int_{run_key}_{n}", run_key, n, 10 * n, "sma", "AAPL", b'{"n":%d}' % n)
        return replace(row, **fields)

    def decision(self, n: int = 1, run_key: str = "run.1", **fields: Any) -> DecisionRow:
        row = DecisionRow(
            decision_id=f"dec_{run_key}_{n}",
            intent_id=f"int_{run_key}_{n}",
            run_key=run_key,
            seq=n,
            at=10 * n,
            verdict="allow",
            record=b'{"verdict":"allow"}',
            record_hash="d" * 64,
        )
        return replace(row, **fields)

    def effect(self, n: int = 1, run_key: str = "run.1", **fields: Any) -> OutboxRow:
        payload = fields.pop("payload", b'{"n":%d}' % n)
        row = OutboxRow(
            client_order_id=f"MAIN_{run_key}_{n}",
            run_key=run_key,
            seq=n,
            order_id=f"MAIN_{run_key}_{n}",
            decision_id=f"dec_{run_key}_{n}",
            intent_id=f"int_{run_key}_{n}",
            action=Action.SUBMIT,
            payload=payload,
            payload_hash=hashlib.sha256(payload).hexdigest(),
        )
        return replace(row, **fields)

    def reservation(self, n: int = 1, run_key: str = "run.1", **fields: Any) -> Reservation:
        row = Reservation(
            intent_id=f"int_{run_key}_{n}",
            book_id="MAIN/ACC",
            run_key=run_key,
            symbol="AAPL",
            side=Side.BUY,
            quantity=1_000_000,
            worst_price=100_000_000,
            notional=100_000_000,
            state=ReservationState.HELD,
            opened_at=10 * n,
        )
        return replace(row, **fields)

    def hold(self, n: int = 1, run_key: str = "run.1", **fields: Any) -> Hold:
        row = Hold(
            hold_id=f"hold_{run_key}_{n}",
            intent_id=f"int_{run_key}_{n}",
            decision_id=f"dec_{run_key}_{n}",
            run_key=run_key,
            rule="big.order",
            strategy="sma",
            symbol="AAPL",
            nth=n,
            quorum=2,
            role="approver",
            opened_at=10 * n,
            expires_at=1_000 * n,
        )
        return replace(row, **fields)

    def decide(self, work: UnitOfWork, *numbers: int, run_key: str = "run.1") -> None:
        """Put intents and their decisions."""
        for n in numbers:
            work.intents.put(self.intent(n, run_key))
            work.decisions.put(self.decision(n, run_key))


@pytest.fixture
def rows() -> Rows:
    return Rows()


@pytest.fixture
def desk(database: Database, rows: Rows) -> Database:
    """A database with a created run `run.1` and three decided intents."""
    with database.write() as work:
        work.runs.create(rows.run())
        rows.decide(work, 1, 2, 3)
    return database
