"""What of a step is special to what it is about: rules, or one maintained list."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Protocol

from dsl.bundle import Bundle
from engine.model.time import Timestamp
from engine.review.bundles import Bundles, contracts_of, read_bytes
from engine.review.change import Change, Compare, Relation
from engine.review.history import fold
from engine.review.list_edit import check_content, compare_lists, open_list
from engine.review.proof import RULES
from engine.review.refusal import ReviewRefused
from engine.review.tombstones import means_the_same, returning
from engine.store.reviews import Head, Proposal, RetiredRule
from engine.store.unit import UnitOfWork

LIST = "list:"
SHOWN, LONG = 80, 240
"""Findings kept of a change, and characters of each: an audit record has room for 64 kB."""


class Matter(Protocol):
    """A kind of thing that goes through review."""

    def warm(self, unit: UnitOfWork, raw: bytes) -> None:
        """Do what takes long before a transaction is held open; what is wrong is told by `compare`."""

    def compare(self, unit: UnitOfWork, head: Head, base: str | None, subject: str, version: int) -> Change:
        """Return how a stored subject compares with a stored base. Raises ReviewRefused when it may not be in force."""

    def settle(self, unit: UnitOfWork, proposal: Proposal, at: Timestamp) -> dict[str, Any]:
        """Note what an activation entails, before the head moves; return what the record says of it."""


class RulesMatter:
    """Bundles: compared by `compare` (the seam), under this program's contracts, with retired ids kept dead."""

    def __init__(self, bundles: Bundles, compare: Compare, contracts: Mapping[str, object]) -> None:
        self._bundles, self._compare, self._contracts = bundles, compare, contracts

    def warm(self, unit: UnitOfWork, raw: bytes) -> None:
        with suppress(ReviewRefused):
            self._bundles.take(raw)
        for sha256 in _in_force(unit):
            self._try(unit, sha256)

    def compare(self, unit: UnitOfWork, head: Head, base: str | None, subject: str, version: int) -> Change:
        proposed = self._bundles.open(unit, subject)
        if contracts_of(proposed.canonical) != self._contracts:
            raise ReviewRefused("BUNDLE_CONTRACTS", f"bundle {subject[:12]} was built under other contracts",
                                "build it again with this program")  # fmt: skip
        if version <= head.version:
            raise ReviewRefused("REVIEW_VERSION", f"version {version} is not above {head.version}, which is in force",
                                f"build it as version {head.version + 1} or later")  # fmt: skip
        self._keep_dead(unit, proposed)
        if base is None:
            return self._compare(None, proposed)
        before, why = self._try(unit, base)
        if before is None:
            return Change(Relation.LOOSER, (f"looser: what is in force cannot be opened ({why})",))
        return self._compare(before, proposed)

    def settle(self, unit: UnitOfWork, proposal: Proposal, at: Timestamp) -> dict[str, Any]:
        present = fold(unit.audit.read_desk()).rules
        rules = sorted(rule.id for rule in self._bundles.open(unit, proposal.subject).ruleset.rules)
        leaving = [rule_id for rule_id in present if rule_id not in rules]
        head = unit.reviews.head(RULES)
        last = head.subject if head is not None and head.subject is not None else proposal.subject
        for rule_id in leaving:
            unit.reviews.retire(RetiredRule(rule_id, proposal.version, last, at))
        return {"rules": rules, "retired": dict.fromkeys(leaving, last)}

    def _keep_dead(self, unit: UnitOfWork, proposed: Bundle) -> None:
        history = fold(unit.audit.read_desk())
        last: dict[str, str] = {}
        for (rule_id, _), bundle in sorted(history.retired.items()):
            last[rule_id] = bundle
        for rule_id in returning(proposed, history.rules, last):
            old, why = self._try(unit, last[rule_id])
            if old is None or not means_the_same(rule_id, old, proposed):
                told = f"its old meaning cannot be read ({why})" if old is None else "it means something else now"
                raise ReviewRefused("RULE_RETIRED", f"rule {rule_id} was retired and comes back, and {told}",
                                    "give the rule an id nobody has used")  # fmt: skip

    def _try(self, unit: UnitOfWork, sha256: str) -> tuple[Bundle | None, str]:
        try:
            return self._bundles.open(unit, sha256), ""
        except ReviewRefused as refused:
            return None, refused.code


class ListMatter:
    """One maintained list: compared under the rules in force, or those of the program while none are."""

    def __init__(self, name: str, bundles: Bundles, shipped: Bundle) -> None:
        self._name, self._bundles, self._shipped = name, bundles, shipped

    def warm(self, unit: UnitOfWork, raw: bytes) -> None:
        self.rules(unit)

    def rules(self, unit: UnitOfWork) -> Bundle | None:
        """Return the rules that read the list; None when those in force cannot be opened."""
        in_force = _in_force(unit)
        if not in_force:
            return self._shipped
        try:
            return self._bundles.open(unit, in_force[0])
        except ReviewRefused:
            return None

    def compare(self, unit: UnitOfWork, head: Head, base: str | None, subject: str, version: int) -> Change:
        proposed = open_list(read_bytes(unit, subject), f"{self._name} {subject[:12]}")
        if proposed.name != self._name:
            raise ReviewRefused("LIST_REFUSED", f"the file is list {proposed.name}, not {self._name}", "name that list")
        # Which way a list is looser is read from the rules in force, so those must not move meanwhile.
        unit.reviews.lock(RULES)
        rules = self.rules(unit)
        check_content(proposed, rules)
        if base is None:
            return Change(Relation.LOOSER, (f"{self._name}: there is nothing to compare it with",))
        return compare_lists(open_list(read_bytes(unit, base), self._name), proposed, rules)

    def settle(self, unit: UnitOfWork, proposal: Proposal, at: Timestamp) -> dict[str, Any]:
        return {"rows": len(open_list(read_bytes(unit, proposal.subject), self._name).rows)}


def _in_force(unit: UnitOfWork) -> tuple[str, ...]:
    head = unit.reviews.head(RULES)
    return () if head is None or head.subject is None else (head.subject,)


def shorten(findings: tuple[str, ...]) -> list[str]:
    """Return findings as a record keeps them: so many, each so long, and how many there were beyond."""
    kept = [finding[:LONG] for finding in findings[:SHOWN]]
    return kept if len(findings) <= SHOWN else [*kept, f"and {len(findings) - SHOWN} more"]
