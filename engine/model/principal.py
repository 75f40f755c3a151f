"""Who acts: principals and the one closed role table."""

from dataclasses import dataclass
from enum import StrEnum

from engine.model.time import Timestamp

WEAK_KEYS = frozenset(
    {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    }
)
"""Encodings of the points of small order of edwards25519, sign bit cleared: anybody can sign for these."""


def is_weak_key(public_key: str) -> bool:
    """Return whether a public key (64 hex digits) needs no private half: RFC 8032 verifies such signatures."""
    raw = bytes.fromhex(public_key)
    return (raw[:-1] + bytes([raw[-1] & 0x7F])).hex() in WEAK_KEYS


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
