"""A bundle: compiled rulebooks and the contracts they read, named by the hash of both."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dsl import ir
from dsl.contracts import Contracts, Schema
from dsl.names import Rulebook
from dsl.text import Source

LANGUAGE = 1
"""Version of the language's semantics; part of every bundle's canonical form."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """Everything needed to judge, and to explain a judgement years later from the canonical form."""

    hash: str
    canonical: bytes
    contracts: Contracts
    books: tuple[Rulebook, ...]
    ruleset: ir.Ruleset
    sources: Mapping[str, str]

    def rule(self, rule_id: str) -> ir.Rule | None:
        """Return the rule of that id, or None."""
        return next((rule for rule in self.ruleset.rules if rule.id == rule_id), None)


def make_bundle(
    sources: Sequence[Source],
    schemas: Mapping[str, Schema],
    contracts: Contracts,
    books: list[Rulebook],
    ruleset: ir.Ruleset,
) -> Bundle:
    """Return the bundle of compiled rulebooks."""
    texts = {source.name: source.text for source in sources}
    canonical = canonical_form(sources, schemas)
    return Bundle(hashlib.sha256(canonical).hexdigest(), canonical, contracts, tuple(books), ruleset, texts)


def canonical_form(sources: Sequence[Source], schemas: Mapping[str, Schema]) -> bytes:
    """Return the bytes a bundle is named by: language version, texts and the contracts that hold facts."""
    relevant = {n: s for n, s in schemas.items() if s.get("x-namespace") or s.get("x-window-events")}
    body = {
        "language": LANGUAGE,
        "rulebooks": [{"name": s.name, "text": s.text} for s in sorted(sources, key=lambda s: s.name)],
        "contracts": relevant,
    }
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def open_form(canonical: bytes) -> tuple[list[Source], dict[str, Schema]]:
    """Return the sources and contracts of a canonical form. Raises ValueError for another language."""
    body = json.loads(canonical)
    if body.get("language") != LANGUAGE:
        raise ValueError(f"the bundle speaks language {body.get('language')}, this desk language {LANGUAGE}")
    return [Source(book["name"], book["text"]) for book in body["rulebooks"]], body["contracts"]
