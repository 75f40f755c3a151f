"""A small desk whose rules go through review: people with keys, rulebooks by variant, and a clock that is told."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dsl.bundle import Bundle
from dsl.pipeline import compile_rules
from dsl.text import Source
from engine.audit.verify import verify
from engine.model.clock import FixedClock
from engine.model.principal import Principal, Role
from engine.model.time import Timestamp, parse_timestamp
from engine.review.bundles import Bundles
from engine.review.change import Compare, compare_rules
from engine.review.desk import ReviewDesk
from engine.review.history import differences, fold
from engine.review.keys import SigningKey
from engine.review.matters import ListMatter, RulesMatter
from engine.review.proof import RULES
from engine.review.refusal import ReviewRefused
from engine.review.seal import Seal, seal_bundle
from engine.review.statement import Signer
from engine.service.rule_files import read_schemas
from engine.store.database import Database
from engine.store.reviews import Proposal

TEXT = (Path(__file__).parents[1] / "fixtures" / "review" / "desk.rules").read_text("utf-8")
START = parse_timestamp("2031-03-03T15:00:00Z")
"""Later than any machine's clock that runs these tests: a step is never taken before the last audit record."""
FROM = Timestamp(0)

PEOPLE: Mapping[str, tuple[Role, ...]] = {
    "rhea": (Role.RISK_OFFICER,),
    "rory": (Role.RISK_OFFICER,),
    "cora": (Role.COMPLIANCE,),
    "avery": (Role.APPROVER,),
    "olivia": (Role.OPERATOR,),
    "tess": (Role.TRADER, Role.RISK_OFFICER),
    "vic": (Role.VIEWER,),
    "ada": (Role.ADMIN,),
}


@cache
def key_of(name: str) -> SigningKey:
    """Return the key of a person: derived from the name, as only a test may do."""
    return SigningKey(Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest()))


def principal(name: str, *roles: Role, until: int | None = None) -> Principal:
    """Return a person of this desk, valid since ever."""
    end = None if until is None else Timestamp(until)
    return Principal(name, name.title(), frozenset(roles or PEOPLE[name]), key_of(name).public, FROM, end)


@cache
def bundle_of(*edits: tuple[str, str]) -> Bundle:
    """Return the compiled rules with some texts replaced; each must be there."""
    text = TEXT
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    bundle, found = compile_rules([Source("pre_trade/desk.rules", text)], read_schemas())
    assert bundle is not None, found
    return bundle


TIGHTER = (("= 80 shares ", "= 70 shares "),)
LOOSER = (("= 80 shares ", "= 90 shares "),)
REWORDED = (('rulebook pre_trade.desk "A small desk"', 'rulebook pre_trade.desk "A small desk"\n\n# said again'),)
WITHOUT_SHORT = ((TEXT[TEXT.index("rule SHORT-01") :], ""),)

CONTRACTS = {n: s for n, s in read_schemas().items() if s.get("x-namespace") or s.get("x-window-events")}
_BUNDLES = Bundles()


@dataclass
class World:
    """A database with a review desk over it; steps by the names of people."""

    database: Database
    clock: FixedClock = field(default_factory=lambda: FixedClock(START))
    principals: dict[str, Principal] = field(default_factory=lambda: {name: principal(name) for name in PEOPLE})
    compare: Compare = compare_rules
    bundles: Bundles = field(default_factory=lambda: _BUNDLES)

    @property
    def desk(self) -> ReviewDesk:
        return ReviewDesk(self.database, self.principals, self.clock)

    @property
    def matter(self) -> RulesMatter:
        return RulesMatter(self.bundles, self.compare, CONTRACTS)

    def signer(self, name: str) -> Signer:
        return Signer(self.principals[name], key_of(name))

    def wait(self, micros: int = 1_000_000) -> None:
        self.clock.advance_to(self.clock.now() + micros)

    def seal(self, bundle: Bundle, version: int, author: str = "rhea") -> Seal:
        return seal_bundle(bundle, version, self.signer(author), self.clock.now())

    def propose(self, bundle: Bundle, version: int, author: str = "rhea", seal: Seal | None = None) -> Proposal:
        """Propose a bundle under the author's seal, or under another one."""
        self.wait()
        made = seal or self.seal(bundle, version, author)
        return self.desk.propose(
            self.matter, RULES, ("bundle", bundle.canonical), version, self.signer(author), "because", "Policy 1",
            made.as_text().encode(),
        )  # fmt: skip

    def draft(self, bundle: Bundle, version: int, author: str = "rhea") -> Proposal:
        self.wait()
        made = self.seal(bundle, version, author).as_text().encode()
        return self.desk.draft(
            RULES, ("bundle", bundle.canonical), version, self.signer(author), "because", "Policy 1", made
        )

    def approve(self, proposal: Proposal, *names: str, **options: Any) -> Proposal:
        for name in names:
            self.wait()
            proposal = self.desk.approve(RULES, proposal.proposal_id, self.signer(name), **options)
        return proposal

    def activate(self, proposal: Proposal, name: str = "olivia") -> Proposal:
        self.wait()
        return self.desk.activate(self.matter, RULES, proposal.proposal_id, self.signer(name))

    def put_in_force(self, bundle: Bundle, version: int) -> Proposal:
        """Take a bundle the whole way, with two approvers."""
        proposal = self.propose(bundle, version)
        names = ("rory", "cora")[: proposal.quorum]
        return self.activate(self.approve(proposal, *names))

    def list_matter(self, name: str = "restricted") -> ListMatter:
        return ListMatter(name, self.bundles, bundle_of())

    def get(self, proposal: Proposal) -> Proposal:
        with self.database.read() as unit:
            found = unit.reviews.get(proposal.proposal_id)
        assert found is not None
        return found

    def told(self) -> list[tuple[str, int]]:
        """Return kind and instant of every record of the desk after its genesis."""
        with self.database.read() as unit:
            return [(entry.kind, entry.at) for entry in unit.audit.read_desk()][1:]

    def agree(self) -> None:
        """The tables are what the chain folds to, and the chain is whole."""
        with self.database.read() as unit:
            assert differences(unit, fold(unit.audit.read_desk())) == ()
            assert verify(unit.audit.entries()).is_intact


def without(people: Mapping[str, Principal], name: str, **changes: Any) -> dict[str, Principal]:
    """Return people with one of them changed."""
    return {**people, name: replace(people[name], **changes)}


def refused(step: Callable[[], object]) -> str:
    """Take a step that must be refused and return why."""
    with pytest.raises(ReviewRefused) as caught:
        step()
    return caught.value.code
