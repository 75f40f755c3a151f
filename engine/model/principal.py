"""Who acts: principals and the one closed role table."""

from dataclasses import dataclass
from enum import StrEnum

from engine.model.time import Timestamp


class Role(StrEnum):
    VIEWER = "viewer"
    TRADER = "trader"
    OPERATOR = "operator"
    RISK_OFFICER = "risk_officer"
    COMPLIANCE = "compliance"
    APPROVER = "approver"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Principal:
    """A person or service with an Ed25519 public key (hex), valid over a half-open interval."""

    id: str
    name: str
    roles: frozenset[Role]
    public_key: str
    valid_from: Timestamp
    valid_until: Timestamp | None = None

    def holds(self, role: Role, at: int) -> bool:
        """Return whether the principal holds `role` at the instant `at`."""
        if at < self.valid_from or (self.valid_until is not None and at >= self.valid_until):
            return False
        return role in self.roles
