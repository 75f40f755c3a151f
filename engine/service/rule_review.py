"""Rules through review: drafted, proposed, looked at, put in force, and what is in force now."""

import difflib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dsl.bundle import open_form
from engine.model.clock import Clock
from engine.model.time import format_timestamp
from engine.review.bundles import Bundles, read_bytes
from engine.review.change import Compare, compare_rules
from engine.review.desk import find_proposal
from engine.review.matters import RulesMatter
from engine.review.proof import RULES
from engine.review.standing import Standing, bundle_in_force
from engine.service.bundle_files import read_bundle
from engine.service.display import clean
from engine.service.refusal import Refused
from engine.service.review_lines import ProposalLine, proposal_line
from engine.service.reviewing import said, session
from engine.service.rule_files import read_schemas
from engine.service.runs import open_existing
from engine.service.signing_keys import Acting, read_principals
from engine.store.unit import UnitOfWork

COMPARE: Compare = compare_rules
"""The seam: what says whether proposed rules are looser. A comparison by solver takes this place."""


def matter(bundles: Bundles | None = None) -> RulesMatter:
    """Return how rules go through review under this program's contracts."""
    relevant = {n: s for n, s in read_schemas().items() if s.get("x-namespace") or s.get("x-window-events")}
    return RulesMatter(bundles or Bundles(), COMPARE, relevant)


def draft_rules(address: str, file: Path, acting: Acting, reason: str, cite: str, clock: Clock) -> ProposalLine:
    """Put a built bundle on the record as a draft. Raises Refused, ReviewRefused and the store's errors."""
    read = read_bundle(file)
    with session(address, acting, clock, is_new=True) as opened:
        seal = read.seal
        proposal = opened.desk.draft(
            RULES, ("bundle", read.raw), seal.version, opened.signer, said(reason, "reason"), said(cite, "citation"),
            seal.as_text().encode(),
        )  # fmt: skip
        return opened.line(proposal, clock.now())


def propose_rules(address: str, file: Path, acting: Acting, reason: str, cite: str, clock: Clock) -> ProposalLine:
    """Propose a built bundle, to be compared with what is in force. Raises Refused, ReviewRefused and store errors."""
    read = read_bundle(file)
    with session(address, acting, clock, is_new=True) as opened:
        seal = read.seal
        proposal = opened.desk.propose(
            matter(), RULES, ("bundle", read.raw), seal.version, opened.signer, said(reason, "reason"),
            said(cite, "citation"), seal.as_text().encode(),
        )  # fmt: skip
        return opened.line(proposal, clock.now())


def activate_rules(address: str, name: str, acting: Acting, clock: Clock) -> ProposalLine:
    """Put approved rules in force. Raises Refused, ReviewRefused and the store's errors."""
    with session(address, acting, clock) as opened:
        return opened.line(opened.desk.activate(matter(), RULES, name, opened.signer), clock.now())


@dataclass(frozen=True, slots=True)
class Shown:
    """A proposal in full: how it stands, and what changes in the text of each rulebook."""

    line: ProposalLine
    changes: str

    def as_data(self) -> dict[str, Any]:
        return {**self.line.as_data(), "changes": self.changes}


def show_rules(address: str, name: str, clock: Clock) -> Shown:
    """Return a proposal of rules with the difference of its text. Raises Refused, ReviewRefused and store errors."""
    with open_existing(address) as database, database.read() as unit:
        proposal = find_proposal(unit, RULES, name)
        before = _texts(unit, proposal.base) if proposal.base is not None else {}
        after = _texts(unit, proposal.subject)
        return Shown(proposal_line(unit, proposal, clock.now()), _difference(before, after))


def _texts(unit: UnitOfWork, sha256: str) -> Mapping[str, str]:
    try:
        sources, _ = open_form(read_bytes(unit, sha256))
    except ValueError as fault:
        raise Refused("BUNDLE_LANGUAGE", str(fault), "use the program that made the bundle") from None
    return {source.name: source.text for source in sources}


def _difference(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    lines: list[str] = []
    for name in sorted({*before, *after}):
        old, new = before.get(name, "").splitlines(), after.get(name, "").splitlines()
        lines += difflib.unified_diff(old, new, f"in force/{name}", f"proposed/{name}", lineterm="")
    return "".join(clean(line) + "\n" for line in lines)


@dataclass(frozen=True, slots=True)
class InForce:
    """What is in force, how it came there, and what was found damaged."""

    version: int
    hash: str
    proposal: str
    author: str
    approvers: tuple[str, ...]
    activated_at: str
    rules: int
    alerts: tuple[tuple[str, str], ...]

    def as_data(self) -> dict[str, Any]:
        return asdict(self)


def rules_in_force(address: str, config: Path | None, clock: Clock) -> InForce:
    """Return the bundle in force, proven again; damage found goes on the record. Raises as `load_in_force`."""
    standing = load_in_force(address, config, clock)
    return InForce(
        standing.version, standing.bundle.hash, standing.proposal, standing.proven.proposed.principal,
        standing.proven.approvers, format_timestamp(standing.activated_at), len(standing.bundle.ruleset.rules),
        tuple((alert.code, alert.what) for alert in standing.alerts),
    )  # fmt: skip


def load_in_force(address: str, config: Path | None, clock: Clock) -> Standing:
    """Return the bundle in force. Raises Refused (BUNDLE_NONE), ReviewRefused, ConfigRefused and store errors."""
    principals = read_principals(config)
    with open_existing(address) as database:
        standing = bundle_in_force(database, principals, Bundles(), clock.now())
    if standing is None:
        raise Refused("BUNDLE_NONE", "no bundle was ever put in force in this database",
                      "build, propose, approve and activate one, or name a folder with --rules")  # fmt: skip
    return standing
