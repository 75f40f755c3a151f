"""The steps of a review, one transaction each: laws, signature, rows and audit record, or nothing of them.

Every step locks its target, so of two that race one sees what the other did. Overdue proposals expire by
the handed-in clock before a step is taken; a clock that went back takes none.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.audit.canonical import canonical
from engine.model.clock import Clock
from engine.model.ids import derived_id
from engine.model.principal import Principal
from engine.model.time import DAY, HOUR, MILLISECOND, Duration, Timestamp, format_timestamp
from engine.review.bundles import read_bytes
from engine.review.change import Change, quorum_of
from engine.review.history import EVENT_OF, ReviewEvent, differences, fold, read_steps
from engine.review.matters import Matter, shorten
from engine.review.proof import RULES, Claim, check_other, prove_approved, prove_proposed
from engine.review.refusal import ReviewRefused, altered
from engine.review.roles import check_role
from engine.review.seal import check_seal, read_seal
from engine.review.statement import SignedStep, Signer, Statement, sign
from engine.store.database import Database
from engine.store.reviews import AWAITED, Head, Proposal, ReviewState
from engine.store.unit import UnitOfWork

PROPOSAL_LIFE = Duration(7 * DAY)
"""How long a proposal waits for its approvals."""
APPROVAL_LIFE = Duration(24 * HOUR)
"""How long an approval counts: one that was given and not used runs out, and the proposal with it."""
CLOCK_SLACK = Duration(50 * MILLISECOND)
"""How far clocks of two machines may lie apart (CAT NMS FAQ R1)."""
SHORTEST_NAME = 8
"""Characters of a proposal's id that may stand for it, where no other begins so."""


Document = tuple[str, bytes]
"""Bytes to be filed under their hash, with the kind of document they are."""


class ReviewDesk:
    """Takes steps for principals. Every method raises ReviewRefused and the store's errors."""

    def __init__(self, database: Database, principals: Mapping[str, Principal], clock: Clock) -> None:
        self._database, self._principals, self._clock = database, principals, clock

    def draft(
        self, target: str, subject: Document, version: int, signer: Signer, reason: str, cite: str,
        seal: bytes | None = None,
    ) -> Proposal:  # fmt: skip
        """Put a subject (its kind and bytes) on the record without asking anybody for anything yet."""
        with self._database.write() as unit:
            head = unit.reviews.lock(target)
            at = self._now(unit, head)
            proposal = self._begin(unit, target, _file(unit, subject), version, signer, reason, cite, seal, at)
            unit.reviews.open(proposal)
            self._take(unit, head, proposal, "draft", signer, at, ReviewState.DRAFT, _sealed(seal))
            return proposal

    def propose(
        self, matter: Matter, target: str, subject: Document, version: int | None, signer: Signer,
        reason: str, cite: str, seal: bytes | None = None, base: Document | None = None, made_from: str | None = None,
    ) -> Proposal:  # fmt: skip
        """Propose a subject; its own draft is taken up where there is one.

        `version` None means the next one. `base` is what it is compared with while nothing is in force.
        `made_from` is the hash of what the subject was edited from, which must still be what is in force.
        """
        self.expire_due()
        with self._database.read() as unit:
            matter.warm(unit, subject[1])
        with self._database.write() as unit:
            head = unit.reviews.lock(target)
            at = self._now(unit, head)
            _require_agreement(unit)
            if made_from is not None and head.subject not in (None, made_from):
                what = f"{target} moved on from {made_from[:12]}, which this was edited from"
                raise ReviewRefused("REVIEW_BASE_MOVED", what, "make the edit again")
            digest = _file(unit, subject)
            number = head.version + 1 if version is None else version
            self._refuse_twice(unit, target, digest, number)
            compared = head.subject if head.subject is not None or base is None else _file(unit, base)
            change = matter.compare(unit, head, compared, digest, number)
            draft = self._draft_of(unit, target, digest, number, signer)
            proposal = draft or self._begin(unit, target, digest, number, signer, reason, cite, seal, at)
            changes: dict[str, Any] = {
                "base": compared, "relation": change.relation.value, "quorum": change.quorum, "proposed_at": at,
                "findings": canonical(shorten(change.findings)), "expires_at": Timestamp(at + PROPOSAL_LIFE),
            }  # fmt: skip
            proposed = replace(proposal, state=ReviewState.PROPOSED, **changes)
            if draft is None:
                unit.reviews.open(proposed)
            else:
                unit.reviews.move(draft, ReviewState.PROPOSED, **changes)
            extra = {"findings": shorten(change.findings), **({} if draft is not None else _sealed(seal))}
            self._take(unit, head, proposed, "propose", signer, at, ReviewState.PROPOSED, extra, proposed.expires_at)
            return proposed

    def approve(self, kind: str, name: str, signer: Signer, life: Duration = APPROVAL_LIFE) -> Proposal:
        """Approve a proposal: its subject, base and comparison, for `life` at most."""
        self.expire_due()
        with self._database.write() as unit:
            proposal, head, at = self._open(unit, kind, name)
            _require_agreement(unit)
            _require(proposal, at, ReviewState.PROPOSED)
            claim = claim_of(unit, proposal)
            prove_proposed(claim, self._principals)
            read_bytes(unit, proposal.subject)
            given = [signed.statement.principal for signed in claim.steps if signed.statement.step == "approve"]
            check_other(signer.principal.id, proposal.author, given)
            expires_at = Timestamp(at + min(life, APPROVAL_LIFE))
            is_enough = len(given) + 1 >= quorum_of(proposal.relation or "")
            state = ReviewState.APPROVED if is_enough else ReviewState.PROPOSED
            extra = {"given": len(given) + 1, "quorum": quorum_of(proposal.relation or "")}
            self._take(unit, head, proposal, "approve", signer, at, state, extra, expires_at)
            unit.reviews.shorten(proposal.proposal_id, expires_at)
            if is_enough:
                unit.reviews.move(proposal, ReviewState.APPROVED)
            return replace(proposal, state=state, expires_at=min(expires_at, proposal.expires_at or expires_at))

    def deny(self, kind: str, name: str, signer: Signer, reason: str) -> Proposal:
        """Refuse a proposal for good."""
        self.expire_due()
        with self._database.write() as unit:
            proposal, head, at = self._open(unit, kind, name)
            _require(proposal, at, *AWAITED)
            if signer.principal.id == proposal.author:
                raise ReviewRefused("REVIEW_AUTHOR", f"{proposal.author} wrote this change", "an author withdraws it")
            return self._close(unit, head, proposal, "deny", signer, at, ReviewState.REJECTED, reason)

    def withdraw(self, kind: str, name: str, signer: Signer, reason: str) -> Proposal:
        """Take back one's own proposal or draft."""
        self.expire_due()
        with self._database.write() as unit:
            proposal, head, at = self._open(unit, kind, name)
            _require(proposal, at, ReviewState.DRAFT, *AWAITED)
            if signer.principal.id != proposal.author:
                raise ReviewRefused("REVIEW_NOT_AUTHOR", f"{proposal.author} wrote this change", "others deny it")
            return self._close(unit, head, proposal, "withdraw", signer, at, ReviewState.WITHDRAWN, reason)

    def activate(self, matter: Matter, kind: str, name: str, signer: Signer) -> Proposal:
        """Put an approved proposal in force, after proving it all again; what it replaces is superseded."""
        self.expire_due()
        with self._database.read() as unit:
            matter.warm(unit, read_bytes(unit, find_proposal(unit, kind, name).subject))
        with self._database.write() as unit:
            proposal, head, at = self._open(unit, kind, name)
            _require_agreement(unit)
            _require(proposal, at, ReviewState.APPROVED)
            proven = prove_approved(claim_of(unit, proposal), self._principals, at)
            change = matter.compare(unit, head, proposal.base, proposal.subject, proposal.version)
            _require_quorum(proposal, change, len(proven.approvals))
            extra = {"approvers": list(proven.approvers), **matter.settle(unit, proposal, at)}
            self._supersede(unit, proposal, at)
            unit.reviews.move(proposal, ReviewState.ACTIVE, activated_at=at)
            self._take(unit, head, proposal, "activate", signer, at, ReviewState.ACTIVE, extra)
            unit.reviews.move_head(Head(head.target, proposal.proposal_id, proposal.subject, proposal.version, at))
            return replace(proposal, state=ReviewState.ACTIVE, activated_at=at)

    def expire_due(self) -> tuple[Proposal, ...]:
        """Let every overdue proposal expire, on the record; return them."""
        with self._database.read() as unit:
            waiting = unit.reviews.list(None, *AWAITED)
        due = [each for each in waiting if each.expires_at is not None and each.expires_at <= self._clock.now()]
        expired = []
        for each in due:
            with self._database.write() as unit:
                head = unit.reviews.lock(each.target)
                at = self._now(unit, head)
                found = unit.reviews.get(each.proposal_id)
                if found is None or found.state not in AWAITED or (found.expires_at or 0) > at:
                    continue
                unit.reviews.move(found, ReviewState.EXPIRED, closed_at=at)
                self._note(unit, ReviewEvent.EXPIRED, found, at, {"expires_at": found.expires_at})
                unit.reviews.move_head(replace(head, moved_at=at))
                expired.append(found)
        return tuple(expired)

    # ------------------------------------------------------------------------------------- parts of a step

    def _now(self, unit: UnitOfWork, head: Head) -> Timestamp:
        """Return the instant of a step. A clock behind what is on the record could bring back what expired."""
        now, last = self._clock.now(), unit.audit.head()
        known = max(head.moved_at, last.wall if last is not None else 0)
        if now < known - CLOCK_SLACK:
            what = f"the clock says {format_timestamp(now)}, the record is at {format_timestamp(known)} already"
            raise ReviewRefused("REVIEW_CLOCK", what, "set the clock of this machine right")
        return Timestamp(max(now, head.moved_at))

    def _open(self, unit: UnitOfWork, kind: str, name: str) -> tuple[Proposal, Head, Timestamp]:
        """Lock what a proposal is about and read it again: what was seen before may have moved."""
        found = find_proposal(unit, kind, name)
        head = unit.reviews.lock(found.target)
        return find_proposal(unit, kind, found.proposal_id), head, self._now(unit, head)

    def _begin(
        self, unit: UnitOfWork, target: str, digest: str, version: int, signer: Signer, reason: str, cite: str,
        seal: bytes | None, at: Timestamp,
    ) -> Proposal:  # fmt: skip
        author = signer.principal.id
        if target == RULES:
            self._check_seal(seal, digest, version, author, at)
        place = len(unit.reviews.list(target)) + 1
        proposal_id = derived_id("prop", target, digest, version, author, at, place)
        return Proposal(proposal_id, target, digest, version, author, seal, reason, cite, at)

    def _check_seal(self, raw: bytes | None, digest: str, version: int, author: str, at: Timestamp) -> None:
        if raw is None:
            raise ReviewRefused("BUNDLE_UNSIGNED", f"bundle {digest[:12]} has no seal", "build it with --as and a key")
        seal = read_seal(raw)
        check_seal(seal, digest, self._principals)
        if seal.author != author:
            raise ReviewRefused("REVIEW_NOT_AUTHOR", f"{seal.author} built this bundle", "its author proposes it")
        if seal.version != version:
            raise altered("BUNDLE_SEAL", f"the seal is on version {seal.version}, not {version}")
        if seal.at > at + CLOCK_SLACK:
            what = f"the bundle was built at {format_timestamp(seal.at)}, which is yet to come"
            raise ReviewRefused("REVIEW_CLOCK", what, "set the clocks right and build it again")

    def _draft_of(self, unit: UnitOfWork, target: str, subject: str, version: int, signer: Signer) -> Proposal | None:
        found = [each for each in unit.reviews.list(target, ReviewState.DRAFT)
                 if (each.subject, each.version, each.author) == (subject, version, signer.principal.id)]  # fmt: skip
        return found[0] if found else None

    def _refuse_twice(self, unit: UnitOfWork, target: str, subject: str, version: int) -> None:
        for each in unit.reviews.list(target, *AWAITED):
            if (each.subject, each.version) == (subject, version):
                raise ReviewRefused("REVIEW_OPEN", f"{each.proposal_id} proposes this already", "see what it waits for")

    def _take(
        self, unit: UnitOfWork, head: Head, proposal: Proposal, step: str, signer: Signer, at: Timestamp,
        state: ReviewState, extra: Mapping[str, Any], expires_at: int | None = None, reason: str = "",
    ) -> None:  # fmt: skip
        """Check, sign and write one step: its row, its audit record, and the instant of the target."""
        check_role(self._principals, signer.principal.id, step, at)
        statement = Statement(
            log_of(unit), step, proposal.proposal_id, proposal.target, proposal.subject, proposal.version,
            proposal.base, proposal.relation, signer.principal.id, at,
            None if expires_at is None else Timestamp(expires_at), reason or proposal.reason, proposal.cite,
        )  # fmt: skip
        signed = sign(statement, signer)
        raw = canonical(statement.as_data())
        unit.reviews.add_step(proposal.proposal_id, step, statement.principal, at, raw, signed.signature)
        body = {"statement": statement.as_data(), "signature": signed.signature, "state": state.value, **extra}
        unit.audit.append(EVENT_OF[step].value, at, None, body)
        unit.reviews.move_head(replace(head, moved_at=at))

    def _close(
        self, unit: UnitOfWork, head: Head, proposal: Proposal, step: str, signer: Signer, at: Timestamp,
        state: ReviewState, reason: str,
    ) -> Proposal:  # fmt: skip
        unit.reviews.move(proposal, state, closed_at=at)
        self._take(unit, head, proposal, step, signer, at, state, {}, None, reason)
        return replace(proposal, state=state, closed_at=at)

    def _supersede(self, unit: UnitOfWork, by: Proposal, at: Timestamp) -> None:
        """Close what was in force, and whatever was compared with it."""
        for each in unit.reviews.list(by.target, ReviewState.ACTIVE, *AWAITED):
            if each.proposal_id != by.proposal_id:
                unit.reviews.move(each, ReviewState.SUPERSEDED, closed_at=at)
                self._note(unit, ReviewEvent.SUPERSEDED, each, at, {"by": by.proposal_id})

    def _note(
        self, unit: UnitOfWork, kind: ReviewEvent, proposal: Proposal, at: Timestamp, extra: Mapping[str, Any]
    ) -> None:
        body = {"proposal": proposal.proposal_id, "target": proposal.target, "subject": proposal.subject, **extra}
        unit.audit.append(kind.value, at, None, body)


def find_proposal(unit: UnitOfWork, kind: str, name: str) -> Proposal:
    """Return the proposal of an id, or of the beginning of one that no other shares.

    `kind` is what its target begins with. Raises ReviewRefused: REVIEW_UNKNOWN, REVIEW_AMBIGUOUS, REVIEW_TARGET.
    """
    found = unit.reviews.get(name)
    if found is None and len(name) >= SHORTEST_NAME:
        near = [each for each in unit.reviews.list() if each.proposal_id.startswith(name)]
        if len(near) > 1:
            raise ReviewRefused("REVIEW_AMBIGUOUS", f"{len(near)} proposals begin with {name}", "give more of the id")
        found = near[0] if near else None
    if found is None:
        raise ReviewRefused("REVIEW_UNKNOWN", f"there is no proposal {name[:60]}",
                            "see `mqk rules pending` and `mqk lists pending`")  # fmt: skip
    if not found.target.startswith(kind):
        raise ReviewRefused("REVIEW_TARGET", f"{found.proposal_id} is about {found.target}",
                            "use `mqk rules` for rules and `mqk lists` for lists")  # fmt: skip
    return found


def claim_of(unit: UnitOfWork, proposal: Proposal) -> Claim:
    """Return what the tables say of a proposal, to be proven."""
    steps: tuple[SignedStep, ...] = read_steps(unit, proposal.proposal_id)
    return Claim(
        log_of(unit), proposal.proposal_id, proposal.target, proposal.subject, proposal.version, proposal.author,
        proposal.seal, steps,
    )  # fmt: skip


def log_of(unit: UnitOfWork) -> str:
    """Return the identity of the database's audit log: what tells one desk from another."""
    head = unit.audit.head()
    return "" if head is None else head.log_id


def _file(unit: UnitOfWork, document: Document) -> str:
    """File a document and return its hash."""
    kind, raw = document
    digest = hashlib.sha256(raw).hexdigest()
    unit.documents.put(kind, digest, raw)
    return digest


def _sealed(seal: bytes | None) -> dict[str, str]:
    return {} if seal is None else {"seal": seal.decode()}


def _require_agreement(unit: UnitOfWork) -> None:
    """Refuse to go on from tables that are not what the chain says: they are its view and nothing else."""
    found = differences(unit, fold(unit.audit.read_desk()))
    if found:
        raise altered("REVIEW_TABLES", "; ".join(found[:5]))


def _require(proposal: Proposal, at: Timestamp, *states: ReviewState) -> None:
    if proposal.state is ReviewState.EXPIRED or (
        proposal.state in AWAITED and proposal.expires_at is not None and proposal.expires_at <= at
    ):
        when = format_timestamp(proposal.expires_at or at)
        raise ReviewRefused("REVIEW_EXPIRED", f"{proposal.proposal_id} expired at {when}", "propose the change again")
    if proposal.state not in states:
        wanted = " or ".join(state.value.lower() for state in states)
        what = f"{proposal.proposal_id} is {proposal.state.value.lower()}, and this takes one that is {wanted}"
        raise ReviewRefused("REVIEW_STATE", what, "see `mqk rules log` for how it came there")


def _require_quorum(proposal: Proposal, change: Change, given: int) -> None:
    """Refuse when a fresh comparison asks for more approvers than there are: what compares may prove more now."""
    if given < change.quorum:
        what = f"{proposal.proposal_id} compares as {change.relation} now: it takes {change.quorum} approvers"
        raise ReviewRefused("REVIEW_QUORUM", what, "propose it again")
