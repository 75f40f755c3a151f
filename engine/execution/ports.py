"""What the dispatcher and the gateway need from the rest of the desk, and no more."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from engine.model.time import Timestamp


@dataclass(frozen=True, slots=True)
class Allow:
    """The committed decision behind a request.

    `is_allowed` is false for any other verdict and for an allow that a later decision superseded.
    `engine`, `sequence` and `record_hash` are what the client order id is derived from.
    """

    is_allowed: bool
    payload_hash: str
    bundle_hash: str
    posture_epoch: int
    decided_at: Timestamp
    engine: str
    sequence: int
    record_hash: str
    is_emergency_exit: bool = False


class Authority(Protocol):
    """What is in force now, read from committed state at every call."""

    def allow_of(self, decision_id: str) -> Allow | None: ...

    def is_armed(self, run_key: str) -> bool: ...

    def posture_epoch(self, run_key: str) -> int: ...

    def bundle_hash(self, run_key: str) -> str | None: ...


class OutboxRow(Protocol):
    """A request on its way to the broker."""

    @property
    def client_order_id(self) -> str: ...

    @property
    def run_key(self) -> str: ...

    @property
    def decision_id(self) -> str: ...

    @property
    def action(self) -> str: ...

    @property
    def payload(self) -> bytes: ...

    @property
    def payload_hash(self) -> str: ...

    @property
    def status(self) -> str: ...


class Claim(Protocol):
    """The right to dispatch one row; only the outbox gives it out."""

    @property
    def row(self) -> OutboxRow: ...


ClaimT = TypeVar("ClaimT", bound=Claim)


class Outbox(Protocol[ClaimT]):
    """The part of the store's outbox that dispatching and recovery use; see `engine.store.outbox`."""

    def claim(self, run_key: str, worker: str, at: int) -> ClaimT | None: ...

    def dispatching(self, claim: ClaimT, at: int) -> bool: ...

    def sent(self, claim: ClaimT, broker_order_id: str, at: int) -> bool: ...

    def failed(self, claim: ClaimT, error: str) -> bool: ...

    def ambiguous(self, claim: ClaimT, error: str) -> bool: ...

    def return_to_pending(self, client_order_id: str, proof: str) -> bool: ...

    def quarantine(self, client_order_id: str, reason: str) -> bool: ...

    def found_at_broker(self, client_order_id: str, broker_order_id: str, at: int) -> bool: ...

    def release_stale(self, run_key: str, before: int) -> int: ...

    def unresolved(self, run_key: str) -> Sequence[OutboxRow]: ...


class Unit(Protocol):
    """A unit of work that has an outbox."""

    @property
    def outbox(self) -> Outbox[Any]: ...


UnitT = TypeVar("UnitT", bound=Unit)
UnitT_co = TypeVar("UnitT_co", bound=Unit, covariant=True)


class Desk(Protocol[UnitT_co]):
    """The desk's database: every `write()` block is one transaction."""

    def write(self) -> AbstractContextManager[UnitT_co]: ...
