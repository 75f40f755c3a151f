"""What every use case of a review shares: the desk that takes its steps, reading what waits, and the log."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from engine.model.clock import Clock
from engine.model.time import Duration
from engine.review.desk import APPROVAL_LIFE, ReviewDesk
from engine.review.statement import Signer
from engine.service.refusal import Refused
from engine.service.review_lines import LogLine, ProposalLine, log_line, proposal_line
from engine.service.runs import open_existing
from engine.service.signing_keys import Acting, read_principals, read_signer
from engine.store.database import Database, open_database
from engine.store.reviews import OPEN, Proposal

LONGEST = 500


@dataclass(frozen=True, slots=True)
class Session:
    """A database open for steps of a principal."""

    database: Database
    desk: ReviewDesk
    signer: Signer

    def line(self, proposal: Proposal, now: int) -> ProposalLine:
        """Return a proposal as it stands."""
        with self.database.read() as unit:
            return proposal_line(unit, unit.reviews.get(proposal.proposal_id) or proposal, now)


@contextmanager
def session(address: str, acting: Acting, clock: Clock, is_new: bool = False) -> Iterator[Session]:
    """Open a database for steps; `is_new` lets one begin that is not there. Raises what opening and signing raise."""
    signer = read_signer(acting)
    with open_database(address) if is_new else open_existing(address) as database:
        if is_new:
            database.migrate()
        yield Session(database, ReviewDesk(database, read_principals(acting.config), clock), signer)


def approve(
    address: str, kind: str, name: str, acting: Acting, clock: Clock, life: Duration = APPROVAL_LIFE
) -> ProposalLine:
    """Approve a proposal of a kind (`rules` or `list:`). Raises ReviewRefused, Refused and the store's errors."""
    if life <= 0:
        raise Refused("REVIEW_LIFE", "an approval that has expired already approves nothing", "give it some time")
    with session(address, acting, clock) as opened:
        return opened.line(opened.desk.approve(kind, name, opened.signer, life), clock.now())


def deny(address: str, kind: str, name: str, acting: Acting, reason: str, clock: Clock) -> ProposalLine:
    """Refuse a proposal for good. Raises ReviewRefused, Refused and the store's errors."""
    with session(address, acting, clock) as opened:
        return opened.line(opened.desk.deny(kind, name, opened.signer, said(reason, "reason")), clock.now())


def withdraw(address: str, kind: str, name: str, acting: Acting, reason: str, clock: Clock) -> ProposalLine:
    """Take back one's own proposal. Raises ReviewRefused, Refused and the store's errors."""
    with session(address, acting, clock) as opened:
        return opened.line(opened.desk.withdraw(kind, name, opened.signer, said(reason, "reason")), clock.now())


def pending(address: str, kind: str, clock: Clock) -> tuple[ProposalLine, ...]:
    """Return what is drafted, waits or is approved, oldest first. Raises Refused and the store's errors."""
    with open_existing(address) as database, database.read() as unit:
        waiting = [each for each in unit.reviews.list(None, *OPEN) if each.target.startswith(kind)]
        return tuple(proposal_line(unit, each, clock.now()) for each in waiting)


def review_log(address: str, kind: str, config: Path | None = None) -> tuple[LogLine, ...]:
    """Return every record of the reviews of a kind, from the audit chain alone, each signature proven again.

    Raises Refused, ReviewRefused, ConfigRefused and the store's errors.
    """
    principals = read_principals(config)
    with open_existing(address) as database, database.read() as unit:
        lines = [log_line(entry, principals) for entry in unit.audit.read_desk()]
    return tuple(line for line in lines if line is not None and (line.target or "rules").startswith(kind))


def said(text: str, what: str) -> str:
    """Return what somebody gave as a reason or citation. Raises Refused where it is blank, long or not text."""
    told = " ".join(text.split())
    if not told or len(told) > LONGEST or not told.isprintable():
        raise Refused("REVIEW_WORDS", f"the {what} is blank, longer than {LONGEST} characters or not plain text",
                      f"say the {what} in words")  # fmt: skip
    return told
