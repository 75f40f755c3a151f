"""A desk in a real database with decided orders, and brokers that misbehave on demand."""

import hashlib
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace

from engine.audit.canonical import canonical
from engine.brokers.contract import (
    Accepted,
    BrokerOrder,
    BrokerSnapshot,
    CancelRequest,
    ContinuityUnproven,
    EventPage,
    NotFound,
    Outcome,
    ReplaceRequest,
    Ticket,
    Unavailable,
)
from engine.execution.envelope import (
    CancelOrder,
    Envelope,
    ReplaceOrder,
    SubmitOrder,
    action_of,
    encode_envelope,
    payload_hash,
)
from engine.execution.gateway import Gateway
from engine.execution.ports import Allow
from engine.model.clock import FixedClock
from engine.model.ids import client_order_id
from engine.model.numbers import MICRO, Price, Quantity
from engine.model.order import OrderState, OrderType, Side, TimeInForce
from engine.model.time import SECOND, Duration, Timestamp
from engine.store import Database, UnitOfWork
from engine.store.decisions import DecisionRow
from engine.store.intents import IntentRow
from engine.store.outbox import Action, OutboxRow, OutboxStatus
from engine.store.runs import Mode, Run, RunStatus

RUN = "r1.1"
AT = Timestamp(1_767_625_200_000_000)
BUNDLE = "b" * 64
BOUND = Duration(5 * SECOND)

BUY = SubmitOrder("SPY", Side.BUY, OrderType.LIMIT, Quantity(100 * MICRO), TimeInForce.DAY, Price(500 * MICRO))


@dataclass
class StoredAuthority:
    """What is in force, read from the database; posture and bundle are set by the test."""

    database: Database
    epoch: int = 1
    bundle: str | None = BUNDLE
    change: Callable[[Allow], Allow] = field(default=lambda allow: allow)

    def allow_of(self, decision_id: str) -> Allow | None:
        with self.database.read(RUN) as unit:
            decision = unit.decisions.get(decision_id)
        if decision is None:
            return None
        record = json.loads(decision.record)
        return self.change(
            Allow(
                is_allowed=decision.verdict == "ALLOW",
                payload_hash=record["payload_hash"],
                bundle_hash=record["bundle_hash"],
                posture_epoch=record["posture_epoch"],
                decided_at=Timestamp(decision.at),
                engine="MAIN",
                sequence=decision.seq,
                record_hash=decision.record_hash,
                is_emergency_exit=record["is_emergency_exit"],
            )
        )

    def is_armed(self, run_key: str) -> bool:
        with self.database.read(RUN) as unit:
            run = unit.runs.get(run_key)
        return run is not None and run.status in (RunStatus.ARMED, RunStatus.RUNNING)

    def posture_epoch(self, run_key: str) -> int:
        return self.epoch

    def bundle_hash(self, run_key: str) -> str | None:
        return self.bundle


@dataclass
class FakeBroker:
    """A broker in memory that counts what reached it and answers as it is told."""

    name: str = "fake"
    deduplicates_requests: bool = False
    answer: Callable[[str], Outcome] | None = None
    can_prove: bool = False
    reached: list[Ticket | CancelRequest | ReplaceRequest] = field(default_factory=list)
    orders: dict[str, BrokerOrder] = field(default_factory=dict)
    is_down: bool = False

    def submit(self, ticket: Ticket) -> Outcome:
        answer = self._take(ticket, ticket.client_order_id)
        if isinstance(answer, Accepted):
            self.hold(ticket)
        return answer

    def hold(self, ticket: Ticket) -> None:
        """Have the order, whatever the answer was."""
        self.orders[ticket.client_order_id] = BrokerOrder(
            f"B-{ticket.client_order_id}",
            ticket.client_order_id,
            ticket.symbol,
            ticket.side,
            ticket.type,
            ticket.quantity,
            Quantity(0),
            OrderState.OPEN,
            AT,
        )

    def cancel(self, request: CancelRequest) -> Outcome:
        return self._take(request, request.client_order_id)

    def replace(self, request: ReplaceRequest) -> Outcome:
        return self._take(request, request.client_order_id)

    def _take(self, request: Ticket | CancelRequest | ReplaceRequest, order: str) -> Outcome:
        self.reached.append(request)
        return Accepted(f"B-{order}") if self.answer is None else self.answer(order)

    def query(self, client_order_id: str) -> BrokerOrder | NotFound | Unavailable:
        if self.is_down:
            return Unavailable("line is dead")
        return self.orders.get(client_order_id) or NotFound("its list is complete" if self.can_prove else None)

    def events(self, after: str | None) -> EventPage | ContinuityUnproven | Unavailable:
        raise ConnectionError("secret-token")

    def snapshot(self, fills_since: Timestamp | None = None) -> BrokerSnapshot | Unavailable:
        raise ConnectionError("secret-token")


@dataclass(frozen=True)
class RunDesk:
    """The database as dispatching sees it: every unit of work is bound to the run."""

    database: Database

    def write(self) -> AbstractContextManager[UnitOfWork]:
        return self.database.write(RUN)


class DeskWorld:
    """One armed run; `decide` writes an intent, its decision and its outbox row."""

    def __init__(self, database: Database, broker: object | None = None, status: RunStatus = RunStatus.RUNNING) -> None:
        self.database = database
        self.run = RunDesk(database)
        self.broker = broker if broker is not None else FakeBroker()
        self.clock = FixedClock(AT)
        self.authority = StoredAuthority(database)
        self.connect(self.broker)
        self.count = 0
        self.journalled: list[object] = []
        with database.write(RUN) as unit:
            if unit.runs.get(RUN) is None:
                run = Run(
                    RUN, "r1", 1, "MAIN", Mode.PAPER, RunStatus.CREATED, BUNDLE, "c" * 64, None, b"{}", "book", AT
                )
                unit.runs.create(run)
                if status is not RunStatus.CREATED:
                    unit.runs.move(RUN, (RunStatus.CREATED,), RunStatus.ARMED, AT, by="p", record=b"{}")
                if status is RunStatus.RUNNING:
                    unit.runs.move(RUN, (RunStatus.ARMED,), RunStatus.RUNNING, AT)

    def decide(
        self,
        envelope: Envelope = BUY,
        *,
        verdict: str = "ALLOW",
        is_emergency_exit: bool = False,
        edit: Callable[[OutboxRow], OutboxRow] | None = None,
    ) -> str:
        """Write one decided request and return its client order id. `edit` tampers with the row."""
        self.count += 1
        payload = encode_envelope(envelope)
        record = canonical(
            {
                "payload_hash": payload_hash(payload),
                "bundle_hash": BUNDLE,
                "posture_epoch": 1,
                "is_emergency_exit": is_emergency_exit,
                "seq": self.count,
            }
        )
        record_hash = hashlib.sha256(record).hexdigest()
        key = client_order_id("MAIN", self.count, record_hash)
        intent, decision = f"i{self.count}", f"d{self.count}"
        row = OutboxRow(
            client_order_id=key,
            run_key=RUN,
            seq=self.count,
            order_id=key if isinstance(envelope, SubmitOrder) else envelope.target,
            decision_id=decision,
            intent_id=intent,
            action=Action(action_of(envelope)),
            payload=payload,
            payload_hash=payload_hash(payload),
        )
        with self.database.write(RUN) as unit:
            unit.intents.put(IntentRow(intent, RUN, self.count, AT, "s", "SPY", b"{}"))
            unit.decisions.put(DecisionRow(decision, intent, RUN, self.count, AT, verdict, record, record_hash))
            assert unit.outbox.enqueue(row if edit is None else edit(row))
        return key

    def connect(self, broker: object) -> None:
        """Put another broker behind the gateway."""
        self.broker = broker
        self.gateway = Gateway(broker, self.authority, BOUND)  # type: ignore[arg-type]

    def database_rows(self) -> tuple[OutboxRow, ...]:
        with self.database.read(RUN) as unit:
            return unit.outbox.list(RUN)

    def status(self, key: str) -> OutboxStatus:
        with self.database.read(RUN) as unit:
            row = unit.outbox.get(key)
        assert row is not None
        return row.status

    def row(self, key: str) -> OutboxRow:
        with self.database.read(RUN) as unit:
            row = unit.outbox.get(key)
        assert row is not None
        return row


def tampered(row: OutboxRow, envelope: Envelope) -> OutboxRow:
    """Return a row whose payload, hash and all, is another one than was decided."""
    payload = encode_envelope(envelope)
    return replace(row, payload=payload, payload_hash=payload_hash(payload))


def cancel(target: str) -> CancelOrder:
    return CancelOrder(target)


def change(target: str, shares: int = 50) -> ReplaceOrder:
    return ReplaceOrder(target, Quantity(shares * MICRO), Price(500 * MICRO))
