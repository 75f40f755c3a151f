"""The way of one outbox row to the broker, and what a restart does with rows of unknown fate.

A row is marked before the broker is called and settled after, so that a crash anywhere leaves either a
row that was never sent or one that says its fate is unknown. Nothing whose fate is unknown is ever sent
again unless the broker proves it never arrived.
"""

from collections.abc import Callable
from dataclasses import dataclass

from engine.brokers.contract import (
    Accepted,
    Ambiguous,
    BrokerOrder,
    NotDelivered,
    NotFound,
    Outcome,
    Rejected,
    SessionRefused,
    Unavailable,
)
from engine.execution.envelope import Action
from engine.execution.gateway import Gateway, Refusal
from engine.execution.ports import Claim, Desk, OutboxRow, UnitT
from engine.model.clock import Clock
from engine.model.time import Timestamp


@dataclass(frozen=True, slots=True)
class Started:
    """A row is about to be given to the gateway."""

    client_order_id: str
    action: str
    requires_halt = False


@dataclass(frozen=True, slots=True)
class Sent:
    """The broker has the request."""

    client_order_id: str
    action: str
    broker_order_id: str
    requires_halt = False


@dataclass(frozen=True, slots=True)
class Failed:
    """The request is over: the gateway or the broker refused it. `is_refusal` when it never left."""

    client_order_id: str
    action: str
    code: str
    text: str
    is_refusal: bool
    requires_halt: bool = False


@dataclass(frozen=True, slots=True)
class Returned:
    """The request provably did not arrive and waits to be sent; `proof` says how that is known."""

    client_order_id: str
    action: str
    proof: str
    requires_halt = False


@dataclass(frozen=True, slots=True)
class Quarantined:
    """Nobody knows whether the broker has the request; it is kept aside and never sent again."""

    client_order_id: str
    action: str
    reason: str
    requires_halt = True


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A row's fate could not be established or recorded; trading must not start."""

    client_order_id: str
    action: str
    reason: str
    requires_halt = True


Settlement = Started | Sent | Failed | Returned | Quarantined | Unresolved
Journal = Callable[[UnitT, Settlement], None]
"""Records a step inside the transaction that makes it: audit entry, events, released reservations."""


def dispatch_one(
    desk: Desk[UnitT],
    gateway: Gateway,
    run_key: str,
    worker: str,
    clock: Clock,
    journal: Journal[UnitT],
) -> Settlement | None:
    """Send the next row of a run that may leave; return how it ended, or None when none waits.

    A caller stops dispatching on `requires_halt` and waits a while after `Returned`.
    """
    with desk.write() as unit:
        now = clock.now()
        claim: Claim | None = unit.outbox.claim(run_key, worker, now)
        if claim is None:
            return None
        unit.outbox.dispatching(claim, now)
        journal(unit, Started(claim.row.client_order_id, claim.row.action))
    outcome = gateway.submit(claim.row, clock.now())
    with desk.write() as unit:
        settlement = _settle(unit, claim, outcome, clock.now())
        journal(unit, settlement)
    return settlement


def dispatch_all(
    desk: Desk[UnitT],
    gateway: Gateway,
    run_key: str,
    worker: str,
    clock: Clock,
    journal: Journal[UnitT],
) -> tuple[Settlement, ...]:
    """Send rows until none waits, one must halt the run, or one could not be delivered."""
    settled: list[Settlement] = []
    while True:
        settlement = dispatch_one(desk, gateway, run_key, worker, clock, journal)
        if settlement is None:
            return tuple(settled)
        settled.append(settlement)
        if settlement.requires_halt or isinstance(settlement, Returned):
            return tuple(settled)


def recover(
    desk: Desk[UnitT], gateway: Gateway, run_key: str, clock: Clock, journal: Journal[UnitT]
) -> tuple[Settlement, ...]:
    """Settle, after a restart, every row the last process left behind, in order.

    Claimed rows were never sent and wait again. Of the others the broker is asked by client order id:
    found is sent, proven absent waits again, anything else is quarantined. A cancel may always be
    asked again; a replace only of a broker that acts on a request once. Doing it twice changes nothing.
    The run's single writer is the caller, so no claim it finds can still be alive.
    """
    with desk.write() as unit:
        unit.outbox.release_stale(run_key, clock.now() + 1)
        rows = tuple(unit.outbox.unresolved(run_key))
    settled: list[Settlement] = []
    for row in rows:
        answer = _ask(gateway, row)
        with desk.write() as unit:
            settlement = _resolve(unit, row, answer, clock.now())
            if not (row.status == "AMBIGUOUS" and isinstance(settlement, Quarantined)):
                journal(unit, settlement)
        settled.append(settlement)
    return tuple(settled)


def _settle(unit: UnitT, claim: Claim, outcome: Outcome | Refusal, now: Timestamp) -> Settlement:
    row, outbox = claim.row, unit.outbox
    order, action = row.client_order_id, row.action
    settlement: Settlement
    match outcome:
        case Accepted(broker_order_id):
            known_as = _known_as(row, broker_order_id)
            is_done, settlement = outbox.sent(claim, known_as, now), Sent(order, action, broker_order_id)
        case Refusal(code, _, message):
            is_done = outbox.failed(claim, f"{code} {message}")
            settlement = Failed(order, action, code, message, is_refusal=True)
        case Rejected(code, text):
            is_done = outbox.failed(claim, f"{code} {text}")
            settlement = Failed(order, action, code, text, is_refusal=False)
        case SessionRefused(reason):
            is_done = outbox.failed(claim, f"SESSION_REFUSED {reason}")
            settlement = Failed(order, action, "SESSION_REFUSED", reason, False, requires_halt=True)
        case NotDelivered(proof):
            is_done, settlement = outbox.return_to_pending(order, proof), Returned(order, action, proof)
        case Ambiguous(reason):
            is_done, settlement = outbox.ambiguous(claim, reason), Quarantined(order, action, reason)
    if is_done:
        return settlement
    # Somebody else settled the row while it was with the broker: two writers, and neither may go on.
    text = f"its claim was lost while it was being sent; the outcome was {type(outcome).__name__}"
    return Unresolved(order, action, text)


def _known_as(row: OutboxRow, broker_order_id: str) -> str:
    # The map from broker ids to orders holds each broker id once; a request about an order is not one.
    return broker_order_id if row.action == Action.SUBMIT else f"request:{row.client_order_id}"


def _ask(gateway: Gateway, row: OutboxRow) -> BrokerOrder | NotFound | Unavailable:
    if row.action == Action.SUBMIT:
        return gateway.query(row.client_order_id)
    if row.action == Action.CANCEL:
        return NotFound("a cancel may be asked again: it ends the order once")
    if gateway.deduplicates_requests:
        return NotFound(f"{gateway.broker} acts on a request id once, so it may be asked again")
    return NotFound()


def _resolve(unit: UnitT, row: OutboxRow, answer: BrokerOrder | NotFound | Unavailable, now: Timestamp) -> Settlement:
    order, action, outbox = row.client_order_id, row.action, unit.outbox
    match answer:
        case BrokerOrder():
            if outbox.found_at_broker(order, answer.broker_order_id, now):
                return Sent(order, action, answer.broker_order_id)
        case Unavailable(reason):
            return Unresolved(order, action, reason)
        case NotFound(proof):
            if row.status == "AMBIGUOUS":
                return Quarantined(order, action, "it was quarantined before and a person has to release it")
            if proof is not None and outbox.return_to_pending(order, proof):
                return Returned(order, action, proof)
            reason = "the broker does not know it and cannot prove that it never will"
            if proof is None and outbox.quarantine(order, reason):
                return Quarantined(order, action, reason)
    return Unresolved(order, action, f"the outbox says {row.status}, which contradicts the broker")
