"""What a principal signs: one step, bound to the very thing it is about; and the proof that they signed it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.audit.canonical import canonical, parse_canonical
from engine.model.principal import Principal
from engine.model.time import Timestamp
from engine.review.keys import SigningKey, is_signed
from engine.review.refusal import ReviewRefused, altered
from engine.review.roles import check_role

DOMAIN = b"miniquantdesk/review/v1\0"
"""Stands before every signed statement, so that a signature means nothing anywhere else."""


@dataclass(frozen=True, slots=True)
class Signer:
    """A principal who acts, with the private half of their key at hand."""

    principal: Principal
    key: SigningKey


@dataclass(frozen=True, slots=True)
class Statement:
    """One step of one proposal. `base` and `relation` are what the subject was compared with, and how it compares.

    `log` is the identity of the audit log it is taken in: what was approved on one desk means nothing on another.
    `expires_at` is when the step stops counting; None: never.
    """

    log: str
    step: str
    proposal: str
    target: str
    subject: str
    version: int
    base: str | None
    relation: str | None
    principal: str
    at: Timestamp
    expires_at: Timestamp | None = None
    reason: str = ""
    cite: str = ""

    def as_data(self) -> dict[str, Any]:
        """Return the statement as canonical JSON data."""
        return {"v": 1, **{name: getattr(self, name) for name in self.__slots__}}


@dataclass(frozen=True, slots=True)
class SignedStep:
    """A statement with its signature (hex)."""

    statement: Statement
    signature: str


def sign(statement: Statement, signer: Signer) -> SignedStep:
    """Return a statement signed. Raises ReviewRefused when the key is not the principal's."""
    require_own_key(signer)
    return SignedStep(statement, signer.key.sign(DOMAIN + canonical(statement.as_data())))


def require_own_key(signer: Signer) -> None:
    """Refuse a key that is not the one the principal is listed with (REVIEW_KEY)."""
    if signer.key.public != signer.principal.public_key:
        raise ReviewRefused(
            "REVIEW_KEY", f"this is not the key {signer.principal.id} is listed with",
            "use the private half of the public key in principals.yaml",
        )  # fmt: skip


def read_statement(value: Mapping[str, Any] | bytes) -> Statement:
    """Return the statement of stored data. Raises ReviewRefused (REVIEW_SIGNATURE) for any other form."""
    try:
        fields = dict(parse_canonical(value) if isinstance(value, bytes) else value)
        if fields.pop("v") != 1 or set(fields) != set(Statement.__slots__):
            raise ValueError("another form")
        return Statement(**fields)
    except (ValueError, KeyError, TypeError):
        raise altered("REVIEW_SIGNATURE", "a stored step of the review cannot be read") from None


def check_signed(signed: SignedStep, principals: Mapping[str, Principal]) -> Principal:
    """Return who took a step, after proving that they signed it and were entitled to at that time.

    Raises ReviewRefused: REVIEW_PRINCIPAL, REVIEW_ROLE, REVIEW_TRADER, REVIEW_SIGNATURE.
    """
    statement = signed.statement
    principal = check_role(principals, statement.principal, statement.step, statement.at)
    if not is_signed(principal.public_key, signed.signature, DOMAIN + canonical(statement.as_data())):
        raise altered(
            "REVIEW_SIGNATURE",
            f"{statement.step} of {statement.proposal} is not signed by {statement.principal}",
        )
    return principal
