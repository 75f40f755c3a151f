"""What a review looks like to people: proposals that wait, one in full, and the log of who did what."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from engine.audit.canonical import parse_canonical
from engine.audit.chain import AuditEntry
from engine.model.principal import Principal
from engine.model.time import format_timestamp
from engine.review.history import EVENT_OF, ReviewEvent
from engine.review.refusal import ReviewRefused
from engine.review.statement import SignedStep, check_signed, read_statement
from engine.service.display import clean
from engine.store.reviews import AWAITED, Proposal, ReviewState
from engine.store.unit import UnitOfWork

SIGNED, UNSIGNED = "ok", ""
SHORT = 12
"""Hex digits of a hash that a table shows."""


@dataclass(frozen=True, slots=True)
class ProposalLine:
    """A proposal as it stands: `state` is EXPIRED once its time is over, noted on the record or not yet."""

    proposal: str
    target: str
    version: int
    subject: str
    base: str | None
    state: str
    relation: str | None
    approvers: tuple[str, ...]
    quorum: int | None
    author: str
    opened_at: str
    expires_at: str | None
    reason: str
    cite: str
    findings: tuple[str, ...]

    def as_data(self) -> dict[str, Any]:
        return asdict(self)

    def as_cells(self) -> tuple[str, ...]:
        given = f"{len(self.approvers)} of {self.quorum}" if self.quorum else ""
        return (
            self.proposal, self.target, str(self.version), self.subject[:SHORT], self.state, self.relation or "", given,
            self.author, self.expires_at or "", self.reason,
        )  # fmt: skip


PROPOSAL_HEADS = (
    "proposal",
    "target",
    "version",
    "subject",
    "state",
    "change",
    "approved",
    "author",
    "expires",
    "reason",
)


def proposal_line(unit: UnitOfWork, proposal: Proposal, now: int) -> ProposalLine:
    """Return a proposal as it stands at an instant."""
    overdue = proposal.state in AWAITED and proposal.expires_at is not None and proposal.expires_at <= now
    approvers = tuple(row.principal for row in unit.reviews.steps(proposal.proposal_id) if row.step == "approve")
    findings = parse_canonical(proposal.findings) if proposal.findings is not None else ()
    return ProposalLine(
        proposal.proposal_id, proposal.target, proposal.version, proposal.subject, proposal.base,
        (ReviewState.EXPIRED if overdue else proposal.state).value, proposal.relation, approvers, proposal.quorum,
        proposal.author, format_timestamp(proposal.opened_at),
        None if proposal.expires_at is None else format_timestamp(proposal.expires_at), clean(proposal.reason),
        clean(proposal.cite), tuple(clean(each) for each in findings),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class LogLine:
    """One record of a review. `signature` is `ok`, empty where the desk itself noted something, else why it is not."""

    seq: int
    at: str
    event: str
    principal: str
    proposal: str
    target: str
    version: int | None
    subject: str
    base: str | None
    state: str
    relation: str | None
    reason: str
    cite: str
    signature: str
    note: str

    def as_data(self) -> dict[str, Any]:
        return asdict(self)

    def as_cells(self) -> tuple[str, ...]:
        version = "" if self.version is None else str(self.version)
        told = ": ".join(part for part in (self.note, self.reason) if part)
        return (
            str(self.seq), self.at, self.event, self.principal or "the desk", self.proposal, version,
            self.subject[:SHORT], (self.base or "")[:SHORT], self.signature, told,
        )  # fmt: skip

    @property
    def is_sound(self) -> bool:
        return self.signature in (SIGNED, UNSIGNED)


LOG_HEADS = ("record", "at", "event", "who", "proposal", "version", "subject", "base", "signed", "what")


def log_line(entry: AuditEntry, principals: Mapping[str, Principal]) -> LogLine | None:
    """Return a record as a line of the log, None for what is no step of a review."""
    if entry.kind not in set(ReviewEvent):
        return None
    body, at = entry.body, format_timestamp(entry.at)
    if entry.kind in EVENT_OF.values():
        statement = read_statement(body["statement"])
        return LogLine(
            entry.seq, at, entry.kind, statement.principal, statement.proposal, statement.target, statement.version,
            statement.subject, statement.base, body["state"], statement.relation, clean(statement.reason),
            clean(statement.cite), _signature(SignedStep(statement, body["signature"]), principals), _note(body),
        )  # fmt: skip
    subject = body.get("subject") or body.get("in_force") or ""
    return LogLine(
        entry.seq, at, entry.kind, "", body.get("proposal", ""), body.get("target", ""), body.get("version"), subject,
        None, "", None, "", "", UNSIGNED, _note(body),
    )  # fmt: skip


def _signature(signed: SignedStep, principals: Mapping[str, Principal]) -> str:
    try:
        check_signed(signed, principals)
    except ReviewRefused as refused:
        return refused.code
    return SIGNED


def _note(body: Mapping[str, Any]) -> str:
    """Return what a record adds to its statement, in words."""
    said = []
    if "given" in body:
        said.append(f"{body['given']} of {body['quorum']} approvals")
    if body.get("retired"):
        said.append("retires " + ", ".join(sorted(body["retired"])))
    if "by" in body:
        said.append(f"by {body['by']}")
    said += [f"{found['code']} {found['what']}" for found in body.get("found", ())]
    if "findings" in body:
        said.append(str(body["statement"]["relation"]))
    return clean("; ".join(said))
