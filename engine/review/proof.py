"""Whether the signed steps of a proposal carry it into force, judged from the signatures and nothing else.

A row or record that says "approved" is believed by nobody: before an activation, and at every start, the
author's seal and statement and every approval are verified again, each bound to the very subject and base.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.model.principal import Principal
from engine.review.change import quorum_of
from engine.review.refusal import ReviewRefused, altered
from engine.review.seal import check_seal, read_seal
from engine.review.statement import SignedStep, Statement, check_signed

RULES = "rules"
"""The target whose subjects are bundles; a maintained list NAME is the target `list:NAME`."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What is said of a proposal by whoever asks for proof: rows of the store, or records of the chain."""

    log: str
    proposal: str
    target: str
    subject: str
    version: int
    author: str
    seal: bytes | None
    steps: Sequence[SignedStep]


@dataclass(frozen=True, slots=True)
class Proven:
    """What the signatures say: the author's statement, and the approvers in order."""

    proposed: Statement
    approvals: tuple[Statement, ...]

    @property
    def approvers(self) -> tuple[str, ...]:
        return tuple(approval.principal for approval in self.approvals)


def prove_proposed(claim: Claim, principals: Mapping[str, Principal]) -> Statement:
    """Return the author's statement, proven with the seal of a bundle.

    Raises ReviewRefused: REVIEW_SIGNATURE, BUNDLE_SEAL, BUNDLE_ALTERED, BUNDLE_UNSIGNED, and those of `check_role`.
    """
    told = [signed for signed in claim.steps if signed.statement.step == "propose"]
    if len(told) != 1:
        raise altered("REVIEW_SIGNATURE", f"{claim.proposal} has {len(told)} statements of its author")
    statement = told[0].statement
    check_signed(told[0], principals)
    _check_bound(claim, statement)
    if statement.principal != claim.author:
        raise altered(
            "REVIEW_SIGNATURE", f"{claim.proposal} names {claim.author} and {statement.principal} proposed it"
        )
    if claim.target == RULES:
        _check_seal(claim, principals)
    return statement


def prove_approved(claim: Claim, principals: Mapping[str, Principal], at: int) -> Proven:
    """Return who carries a proposal into force at an instant.

    Every approval must be signed by somebody else than the author, each by another, on what the author
    proposed, and must not have expired. Raises ReviewRefused: those of `prove_proposed`, REVIEW_AUTHOR,
    REVIEW_TWICE, REVIEW_EXPIRED, REVIEW_QUORUM.
    """
    proposed = prove_proposed(claim, principals)
    approvals: list[Statement] = []
    for signed in claim.steps:
        if signed.statement.step != "approve":
            continue
        approval = signed.statement
        check_signed(signed, principals)
        _check_bound(claim, approval)
        if (approval.base, approval.relation) != (proposed.base, proposed.relation):
            raise altered("REVIEW_SIGNATURE", f"{approval.principal} approved {claim.proposal} against another base")
        check_other(approval.principal, claim.author, [other.principal for other in approvals])
        if approval.expires_at is None or approval.expires_at <= at:
            raise ReviewRefused("REVIEW_EXPIRED", f"{approval.principal}'s approval of {claim.proposal} has expired",
                                "propose the change again")  # fmt: skip
        approvals.append(approval)
    needed = quorum_of(proposed.relation or "")
    if len(approvals) < needed:
        what = f"{claim.proposal} is {proposed.relation}: it takes {needed} approver(s) and has {len(approvals)}"
        raise ReviewRefused("REVIEW_QUORUM", what, "see `mqk rules pending` for what it waits for")
    return Proven(proposed, tuple(approvals))


def prove_active(claim: Claim, principals: Mapping[str, Principal]) -> Proven:
    """Return who carried a proposal into force, with whoever activated it proven too. Raises as `prove_approved`."""
    told = [signed for signed in claim.steps if signed.statement.step == "activate"]
    if len(told) != 1:
        raise altered("REVIEW_SIGNATURE", f"{claim.proposal} has {len(told)} activations")
    check_signed(told[0], principals)
    _check_bound(claim, told[0].statement)
    return prove_approved(claim, principals, told[0].statement.at)


def check_other(approver: str, author: str, already: Sequence[str]) -> None:
    """Refuse an approval by the author, or a second one by the same principal. Raises REVIEW_AUTHOR, REVIEW_TWICE."""
    if approver == author:
        raise ReviewRefused("REVIEW_AUTHOR", f"{approver} wrote this change and cannot approve it",
                            "ask another principal with the role")  # fmt: skip
    if approver in already:
        raise ReviewRefused("REVIEW_TWICE", f"{approver} has approved it already", "a second approver is another one")


def _check_bound(claim: Claim, statement: Statement) -> None:
    """Refuse a statement that was signed about anything else: an approval replayed onto another subject or desk."""
    said = (statement.log, statement.proposal, statement.target, statement.subject, statement.version)
    if said != (claim.log, claim.proposal, claim.target, claim.subject, claim.version):
        what = f"a {statement.step} of {statement.principal} stands where it was not taken, on {claim.subject[:12]}"
        raise altered("REVIEW_SIGNATURE", what)


def _check_seal(claim: Claim, principals: Mapping[str, Principal]) -> None:
    if claim.seal is None:
        raise altered("BUNDLE_UNSIGNED", f"{claim.proposal} has no seal of its author")
    seal = read_seal(claim.seal)
    check_seal(seal, claim.subject, principals)
    if (seal.version, seal.author) != (claim.version, claim.author):
        raise altered("BUNDLE_SEAL", f"{claim.proposal} is version {claim.version} of {claim.author}, its seal is not")
