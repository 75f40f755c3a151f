"""The gateway: the only code that calls a broker, and the last look before it does.

A request leaves only for a committed allow of exactly these bytes, under the rules and the posture
that are in force now, soon enough after the decision, by an armed run.
"""

from dataclasses import dataclass
from enum import StrEnum

from engine.brokers.contract import (
    Ambiguous,
    BrokerAdapter,
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
    EnvelopeFault,
    ReplaceOrder,
    SubmitOrder,
    action_of,
    decode_envelope,
    payload_hash,
)
from engine.execution.ports import Allow, Authority, OutboxRow
from engine.model.ids import client_order_id
from engine.model.time import Duration, Timestamp


class RefusalCode(StrEnum):
    """Why the last look stopped a request."""

    NO_ALLOW = "GATEWAY_NO_ALLOW"
    NOT_ALLOWED = "GATEWAY_NOT_ALLOWED"
    PAYLOAD_MISMATCH = "GATEWAY_PAYLOAD_MISMATCH"
    ID_MISMATCH = "GATEWAY_ID_MISMATCH"
    NOT_ARMED = "GATEWAY_NOT_ARMED"
    POSTURE_CHANGED = "GATEWAY_POSTURE_CHANGED"
    BUNDLE_CHANGED = "GATEWAY_BUNDLE_CHANGED"
    DECISION_STALE = "GATEWAY_DECISION_STALE"
    DECISION_AHEAD = "GATEWAY_DECISION_AHEAD"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that stayed here. Nothing was sent, and nothing will be for this decision."""

    code: RefusalCode
    client_order_id: str
    message: str
    help: str


_HELP = {
    RefusalCode.NO_ALLOW: "run `mqk audit verify`; an order without a decision must not exist",
    RefusalCode.NOT_ALLOWED: "run `mqk audit verify`; the outbox holds an order the rules did not allow",
    RefusalCode.PAYLOAD_MISMATCH: "run `mqk audit verify`; the order differs from the one that was judged",
    RefusalCode.ID_MISMATCH: "run `mqk audit verify`; the order's id does not belong to its decision",
    RefusalCode.NOT_ARMED: "arm the run; the intent has to be judged again",
    RefusalCode.POSTURE_CHANGED: "the intent has to be judged again under the posture in force",
    RefusalCode.BUNDLE_CHANGED: "the intent has to be judged again by the bundle in force",
    RefusalCode.DECISION_STALE: "the intent has to be judged again on fresh facts",
    RefusalCode.DECISION_AHEAD: "check the clocks; a decision cannot lie ahead of now",
}


class Gateway:
    """Sends what has been allowed to one broker. `decision_age` bounds a decision's age, inclusive."""

    def __init__(self, adapter: BrokerAdapter, authority: Authority, decision_age: Duration) -> None:
        self._adapter = adapter
        self._authority = authority
        self._decision_age = decision_age

    @property
    def broker(self) -> str:
        return self._adapter.name

    @property
    def deduplicates_requests(self) -> bool:
        return self._adapter.deduplicates_requests

    def submit(self, row: OutboxRow, now: Timestamp) -> Outcome | Refusal:
        """Look once more, then send; an adapter that fails in any way leaves the request ambiguous."""
        envelope = self.look(row, now)
        if isinstance(envelope, Refusal):
            return envelope
        try:
            return self._send(row.client_order_id, envelope)
        except Exception as error:
            return Ambiguous(f"{self._adapter.name} failed with {type(error).__name__} while sending")

    def look(self, row: OutboxRow, now: Timestamp) -> Envelope | Refusal:
        """Return what may leave now, or why nothing may.

        A cancel needs its allow only, so that nothing can lock the desk inside a losing position; an
        emergency exit does not ask for an armed run or an unchanged posture (LANGUAGE, Facts).
        """
        allow = self._authority.allow_of(row.decision_id)
        if allow is None:
            return _refuse(row, RefusalCode.NO_ALLOW, f"there is no decision {row.decision_id}")
        if not allow.is_allowed:
            return _refuse(row, RefusalCode.NOT_ALLOWED, f"decision {row.decision_id} is not an allow in force")
        envelope = decode_envelope(row.payload)
        found = payload_hash(row.payload)
        if isinstance(envelope, EnvelopeFault):
            return _refuse(row, RefusalCode.PAYLOAD_MISMATCH, envelope.message)
        if not (found == row.payload_hash == allow.payload_hash and action_of(envelope) == row.action):
            text = f"{row.action} {found[:12]} is not what decision {row.decision_id} allowed"
            return _refuse(row, RefusalCode.PAYLOAD_MISMATCH, text)
        expected = client_order_id(allow.engine, allow.sequence, allow.record_hash)
        if row.client_order_id != expected:
            return _refuse(row, RefusalCode.ID_MISMATCH, f"the decision's own order id is {expected}")
        if isinstance(envelope, CancelOrder):
            return envelope
        return self._current(row, allow, now) or envelope

    def query(self, order: str) -> BrokerOrder | NotFound | Unavailable:
        """Ask the broker about an order by its client order id."""
        try:
            return self._adapter.query(order)
        except Exception as error:
            return Unavailable(f"{self._adapter.name} failed with {type(error).__name__} while asked")

    def events(self, after: str | None) -> EventPage | ContinuityUnproven | Unavailable:
        """Fetch the broker's reports after a cursor."""
        try:
            return self._adapter.events(after)
        except Exception as error:
            return Unavailable(f"{self._adapter.name} failed with {type(error).__name__} while read")

    def snapshot(self, fills_since: Timestamp | None = None) -> BrokerSnapshot | Unavailable:
        """Fetch the broker's account."""
        try:
            return self._adapter.snapshot(fills_since)
        except Exception as error:
            return Unavailable(f"{self._adapter.name} failed with {type(error).__name__} while read")

    def _current(self, row: OutboxRow, allow: Allow, now: Timestamp) -> Refusal | None:
        if not allow.is_emergency_exit:
            if not self._authority.is_armed(row.run_key):
                return _refuse(row, RefusalCode.NOT_ARMED, f"run {row.run_key} is not armed")
            epoch = self._authority.posture_epoch(row.run_key)
            if epoch != allow.posture_epoch:
                text = f"decided in posture epoch {allow.posture_epoch}, now is {epoch}"
                return _refuse(row, RefusalCode.POSTURE_CHANGED, text)
        bundle = self._authority.bundle_hash(row.run_key)
        if bundle != allow.bundle_hash:
            text = f"decided by bundle {allow.bundle_hash[:12]}, active is {(bundle or 'none')[:12]}"
            return _refuse(row, RefusalCode.BUNDLE_CHANGED, text)
        age = now - allow.decided_at
        if age < 0:
            return _refuse(row, RefusalCode.DECISION_AHEAD, f"decided {-age} microseconds ahead of now")
        if age > self._decision_age:
            text = f"decided {age} microseconds ago, at most {self._decision_age} may pass"
            return _refuse(row, RefusalCode.DECISION_STALE, text)
        return None

    def _send(self, order: str, envelope: Envelope) -> Outcome:
        match envelope:
            case SubmitOrder():
                return self._adapter.submit(
                    Ticket(
                        client_order_id=order,
                        symbol=envelope.symbol,
                        side=envelope.side,
                        type=envelope.type,
                        quantity=envelope.quantity,
                        time_in_force=envelope.time_in_force,
                        limit_price=envelope.limit_price,
                        stop_price=envelope.stop_price,
                    )
                )
            case CancelOrder():
                return self._adapter.cancel(CancelRequest(order, envelope.target))
            case ReplaceOrder():
                return self._adapter.replace(
                    ReplaceRequest(order, envelope.target, envelope.quantity, envelope.limit_price, envelope.stop_price)
                )


def _refuse(row: OutboxRow, code: RefusalCode, message: str) -> Refusal:
    return Refusal(code, row.client_order_id, f"{row.client_order_id}: {message}", _HELP[code])
