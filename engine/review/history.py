"""The state of every review as the audit chain tells it, and where the tables say otherwise."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from engine.audit.chain import AuditEntry
from engine.review.proof import RULES, Claim
from engine.review.refusal import altered
from engine.review.statement import SignedStep, read_statement
from engine.store.reviews import AWAITED, EDGES, ReviewState
from engine.store.unit import UnitOfWork


class ReviewEvent(StrEnum):
    """Audit records of a review; `BUNDLE_REFUSED` says that a start found what is in force damaged."""

    DRAFTED = "REVIEW_DRAFTED"
    PROPOSED = "REVIEW_PROPOSED"
    APPROVED = "REVIEW_APPROVED"
    DENIED = "REVIEW_DENIED"
    WITHDRAWN = "REVIEW_WITHDRAWN"
    EXPIRED = "REVIEW_EXPIRED"
    SUPERSEDED = "REVIEW_SUPERSEDED"
    ACTIVATED = "REVIEW_ACTIVATED"
    BUNDLE_REFUSED = "BUNDLE_REFUSED"


EVENT_OF = {
    "draft": ReviewEvent.DRAFTED,
    "propose": ReviewEvent.PROPOSED,
    "approve": ReviewEvent.APPROVED,
    "deny": ReviewEvent.DENIED,
    "withdraw": ReviewEvent.WITHDRAWN,
    "activate": ReviewEvent.ACTIVATED,
}


@dataclass(frozen=True, slots=True)
class Told:
    """A proposal as the chain tells it; `activated` is the place of its activation, None when there was none."""

    claim: Claim
    state: ReviewState
    expires_at: int | None = None
    activated: int | None = None
    activated_at: int | None = None


@dataclass(slots=True)
class History:
    """Everything the chain says of reviews, folded in order."""

    proposals: dict[str, Told] = field(default_factory=dict)
    heads: dict[str, Told] = field(default_factory=dict)
    retired: dict[tuple[str, int], str] = field(default_factory=dict)
    """The last bundle of a rule id, by id and the version it left with."""
    rules: tuple[str, ...] = ()
    """The ids of the rules in force."""

    def activations(self, target: str) -> tuple[Told, ...]:
        """Return what was ever put in force for a target, newest first."""
        found = [told for told in self.proposals.values() if told.claim.target == target and told.activated is not None]
        return tuple(sorted(found, key=lambda told: -(told.activated or 0)))


def fold(entries: Iterable[AuditEntry]) -> History:
    """Return the history of some records. Raises ReviewRefused (REVIEW_HISTORY) for a step no review can take."""
    history = History()
    for entry in entries:
        try:
            _apply(history, entry)
        except (KeyError, ValueError, TypeError, AttributeError):
            raise altered("REVIEW_HISTORY", f"record {entry.seq} ({entry.kind}) cannot be read as a step") from None
    return history


def _apply(history: History, entry: AuditEntry) -> None:
    if entry.kind in EVENT_OF.values():
        _signed(history, entry, entry.body)
    elif entry.kind in (ReviewEvent.EXPIRED, ReviewEvent.SUPERSEDED):
        told = _known(history, entry.body["proposal"], entry)
        state = ReviewState.EXPIRED if entry.kind == ReviewEvent.EXPIRED else ReviewState.SUPERSEDED
        history.proposals[told.claim.proposal] = _moved(told, state, entry)


def _signed(history: History, entry: AuditEntry, body: Mapping[str, Any]) -> None:
    statement = read_statement(body["statement"])
    signed = SignedStep(statement, body["signature"])
    if (EVENT_OF[statement.step], statement.at, statement.log) != (entry.kind, entry.at, entry.log_id):
        raise altered("REVIEW_HISTORY", f"record {entry.seq} ({entry.kind}) holds another step")
    if statement.proposal not in history.proposals and statement.step in ("draft", "propose"):
        claim = Claim(
            entry.log_id, statement.proposal, statement.target, statement.subject, statement.version,
            statement.principal, body["seal"].encode() if "seal" in body else None, (signed,),
        )  # fmt: skip
        history.proposals[statement.proposal] = Told(claim, ReviewState(body["state"]), statement.expires_at)
        return
    told = _known(history, statement.proposal, entry)
    told = _moved(replace(told, claim=_with_step(told.claim, signed)), ReviewState(body["state"]), entry)
    told = replace(told, expires_at=_earlier(told.expires_at, statement.expires_at))
    if statement.step == "activate":
        last = history.heads.get(statement.target)
        if last is not None and statement.version <= last.claim.version:
            raise altered("REVIEW_HISTORY", f"record {entry.seq} puts version {statement.version} in force again")
        told = replace(told, activated=entry.seq, activated_at=entry.at)
        history.heads[statement.target] = told
        if statement.target == RULES:
            history.retired |= {(rule_id, statement.version): bundle for rule_id, bundle in body["retired"].items()}
            history.rules = tuple(body["rules"])
    history.proposals[statement.proposal] = told


def _with_step(claim: Claim, signed: SignedStep) -> Claim:
    return replace(claim, steps=(*claim.steps, signed))


def _known(history: History, proposal: str, entry: AuditEntry) -> Told:
    if proposal not in history.proposals:
        raise altered("REVIEW_HISTORY", f"record {entry.seq} is about {proposal}, which was never proposed")
    return history.proposals[proposal]


def _moved(told: Told, to: ReviewState, entry: AuditEntry) -> Told:
    # The first of two approvals leaves the proposal where it stands.
    if to is not told.state and (told.state, to) not in EDGES:
        what = f"record {entry.seq} moves {told.claim.proposal} from {told.state} to {to}"
        raise altered("REVIEW_HISTORY", what)
    return replace(told, state=to)


def _earlier(one: int | None, other: int | None) -> int | None:
    return min((at for at in (one, other) if at is not None), default=None)


def differences(unit: UnitOfWork, history: History) -> tuple[str, ...]:
    """Return where the tables say something else than the chain, one line each; none is how it must be."""
    found: list[str] = []
    rows = {row.proposal_id: row for row in unit.reviews.list()}
    for name in sorted({*rows, *history.proposals}):
        row, told = rows.get(name), history.proposals.get(name)
        if row is None or told is None:
            found.append(f"{name} is {'not in the tables' if row is None else 'not in the chain'}")
            continue
        claim = told.claim
        stored = (row.target, row.subject, row.version, row.author, row.seal, row.state, row.activated_at)
        chained = (claim.target, claim.subject, claim.version, claim.author, claim.seal, told.state, told.activated_at)
        proposed = next((each.statement for each in claim.steps if each.statement.step == "propose"), None)
        compared = (proposed.base, proposed.relation) if proposed is not None else (None, None)
        is_moved = row.state in AWAITED and row.expires_at != told.expires_at
        if stored != chained or (row.base, row.relation) != compared or is_moved:
            found.append(f"{name} stands otherwise in the tables ({row.state}) than in the chain ({told.state})")
        if read_steps(unit, name) != tuple(claim.steps):
            found.append(f"{name} has other steps in the tables than in the chain")
    for head in unit.reviews.heads():
        known = history.heads.get(head.target)
        stored_head = (head.proposal_id, head.subject, head.version)
        if stored_head != (
            (known.claim.proposal, known.claim.subject, known.claim.version) if known else (None, None, 0)
        ):
            found.append(f"{head.target} has another version in force in the tables than in the chain")
    missing = sorted(set(history.heads) - {head.target for head in unit.reviews.heads()})
    found += [f"{target} has nothing in force in the tables" for target in missing]
    if {(rule.rule_id, rule.version): rule.bundle for rule in unit.reviews.retired()} != history.retired:
        found.append("the retired rule ids are others in the tables than in the chain")
    return tuple(found)


def read_steps(unit: UnitOfWork, proposal_id: str) -> tuple[SignedStep, ...]:
    """Return the signed steps of a proposal as the tables have them. Raises ReviewRefused (REVIEW_SIGNATURE)."""
    return tuple(SignedStep(read_statement(row.statement), row.signature) for row in unit.reviews.steps(proposal_id))
