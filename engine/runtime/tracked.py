"""One intent on its way through the desk, from its decision to its confirmed end."""

from dataclasses import dataclass, replace
from fractions import Fraction

from engine.decision.outcome import Approved
from engine.execution.oms import Order
from engine.execution.quality import Arrival
from engine.model.numbers import Quantity
from engine.model.order import Intent
from engine.model.time import Timestamp


@dataclass(frozen=True, slots=True)
class OpenHold:
    """A hold that waits: who may release it, until when, and at what value it was asked."""

    hold_id: str
    intent_id: str
    rule: str
    line: int
    code: str
    role: str
    count: int
    nth: int
    opened_at: Timestamp
    expires_at: Timestamp
    value: Fraction | None
    facts_digest: str
    approvers: tuple[str, ...] = ()

    def approved(self) -> Approved:
        """Return what the approval covers."""
        return Approved(self.rule, self.line, self.value, self.facts_digest)


@dataclass(frozen=True, slots=True)
class Tracked:
    """An intent that reserves room. `intent.quantity` is what was granted; `order` exists once it may leave.

    `arrival` is the quote its allow was decided on, None when none was known then.
    """

    intent: Intent
    asked: Quantity
    decision_id: str
    client_order_id: str | None
    order: Order | None
    holds: tuple[OpenHold, ...] = ()
    approvals: tuple[Approved, ...] = ()
    submitted_at: Timestamp | None = None
    arrival: Arrival | None = None

    def with_order(self, order: Order) -> "Tracked":
        return replace(self, order=order)

    @property
    def is_held(self) -> bool:
        return bool(self.holds)
