"""Bundles opened from the store by their hash: intact bytes, this language, and rules that still compile."""

import hashlib
from collections.abc import Mapping

from dsl.bundle import Bundle, open_form
from dsl.diagnostics import has_errors
from dsl.pipeline import compile_rules
from engine.review.refusal import ReviewRefused, altered
from engine.store.errors import ContentMismatch
from engine.store.unit import UnitOfWork

KEPT = 8


class Bundles:
    """Compiled bundles by hash, a few kept: compiling takes long, and a transaction should not wait for it."""

    def __init__(self) -> None:
        self._kept: dict[str, Bundle] = {}

    def open(self, unit: UnitOfWork, sha256: str) -> Bundle:
        """Return a stored bundle.

        Raises ReviewRefused: BUNDLE_MISSING, BUNDLE_ALTERED, BUNDLE_LANGUAGE, BUNDLE_COMPILE.
        """
        raw = read_bytes(unit, sha256)
        return self._kept.get(sha256) or self.take(raw)

    def take(self, raw: bytes) -> Bundle:
        """Return the bundle of canonical bytes. Raises ReviewRefused as `open` does."""
        sha256 = hashlib.sha256(raw).hexdigest()
        if sha256 not in self._kept:
            bundle = _compile(raw, sha256)
            while len(self._kept) >= KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[sha256] = bundle
        return self._kept[sha256]


def read_bytes(unit: UnitOfWork, sha256: str) -> bytes:
    """Return a stored document that must be there intact. Raises ReviewRefused: BUNDLE_MISSING, BUNDLE_ALTERED."""
    try:
        document = unit.documents.get(sha256)
    except ContentMismatch as fault:
        raise altered("BUNDLE_ALTERED", f"the stored document {sha256[:12]}: {fault}") from None
    if document is None:
        raise altered("BUNDLE_MISSING", f"the store has no document {sha256[:12]}")
    return document.content


def contracts_of(raw: bytes) -> Mapping[str, object]:
    """Return the contracts a bundle carries."""
    return open_form(raw)[1]


def _compile(raw: bytes, sha256: str) -> Bundle:
    try:
        sources, schemas = open_form(raw)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as fault:
        raise ReviewRefused("BUNDLE_LANGUAGE", f"bundle {sha256[:12]}: {str(fault)[:200]}",
                            "build it again with this program") from None  # fmt: skip
    bundle, found = compile_rules(sources, schemas)
    if bundle is None or has_errors(found):
        what = f"bundle {sha256[:12]} does not compile: {found[0].code} {found[0].message}"
        raise ReviewRefused("BUNDLE_COMPILE", what, "build it from rules that `mqk rules check` finds clean")
    if bundle.hash != sha256:
        raise altered("BUNDLE_ALTERED", f"bundle {sha256[:12]} is not in canonical form")
    return bundle
