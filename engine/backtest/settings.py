"""What decisions were judged with, reopened by hash: rules, tightenings and maintained lists."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from dsl.bundle import Bundle, open_form
from dsl.pipeline import compile_rules
from dsl.program import AgeCheck, Overlay, Program, in_force
from engine.backtest.faults import ReplayRefused
from engine.marketdata.lists import NamedList, parse_list
from engine.marketdata.text_file import SourceText
from engine.model.time import parse_date
from engine.runtime.halt import RunRefused
from engine.runtime.maintained_lists import list_content

OverlaysOf = Callable[[bytes], tuple[Overlay, ...]]
"""From a configuration's canonical bytes to the tightenings it makes."""


class Documents(Protocol):
    """Where the content named in records lies."""

    def get(self, sha256: str) -> bytes | None:
        """Return the content of a hash, None where it is not at hand."""


class PackedDocuments:
    """Documents in memory; one whose bytes do not have its hash is refused when it is asked for."""

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        self._contents = contents

    def get(self, sha256: str) -> bytes | None:
        content = self._contents.get(sha256)
        if content is not None and hashlib.sha256(content).hexdigest() != sha256:
            what = f"the document {sha256[:12]} is not the one it was filed as"
            raise ReplayRefused("DOCUMENT_ALTERED", what, "export the journal again", "INTEGRITY")
        return content


class Settings:
    """Bundles, tightenings and lists by hash; what is not at hand is None, and said once in `missing`."""

    def __init__(self, documents: Documents, overlays_of: OverlaysOf) -> None:
        self._documents, self._overlays_of = documents, overlays_of
        self._bundles: dict[str, Bundle | None] = {}
        self._overlays: dict[str, tuple[Overlay, ...] | None] = {}
        self._lists: dict[tuple[str, str, str], Any] = {}
        self._ages: dict[tuple[str, str, str, str], tuple[tuple[str, AgeCheck], ...]] = {}
        self.missing: dict[str, str] = {}

    def know(self, bundle: Bundle) -> None:
        """Take a bundle that is at hand without its document."""
        self._bundles[bundle.hash] = bundle

    def bundle(self, sha256: str) -> Bundle | None:
        """Return the rules decisions were judged by, None where they are not at hand or compile no more."""
        if sha256 not in self._bundles:
            self._bundles[sha256] = self._compile(sha256)
        return self._bundles[sha256]

    def _compile(self, sha256: str) -> Bundle | None:
        canonical = self._find("bundle", sha256)
        if canonical is None:
            return None
        try:
            bundle, found = compile_rules(*open_form(canonical))
        except ValueError as fault:
            self.missing[f"bundle {sha256[:12]}"] = str(fault)
            return None
        if bundle is None:
            self.missing[f"bundle {sha256[:12]}"] = f"does not compile any more: {found[0].message}"
        return bundle

    def overlays(self, sha256: str) -> tuple[Overlay, ...]:
        """Return the tightenings of a configuration; none where it is not at hand."""
        if sha256 not in self._overlays:
            canonical = self._find("configuration", sha256)
            self._overlays[sha256] = None if canonical is None else self._overlays_of(canonical)
        return self._overlays[sha256] or ()

    def list_at(self, bundle: Bundle, path: str, sha256: str) -> Any:
        """Return the content of a maintained list as a program of `bundle` reads it, None where nobody can."""
        key = (bundle.hash, path, sha256)
        if key not in self._lists:
            self._lists[key] = self._read_list(bundle, path, sha256)
        return self._lists[key]

    def _read_list(self, bundle: Bundle, path: str, sha256: str) -> Any:
        raw = self._find(path, sha256)
        if raw is None:
            return None
        read = parse_list(SourceText(path, raw.decode("utf-8-sig"), sha256))
        if not isinstance(read, NamedList):
            self.missing[f"{path} {sha256[:12]}"] = read[0].what
            return None
        try:
            return list_content(bundle, path, read)
        except RunRefused as refused:
            self.missing[f"{path} {sha256[:12]}"] = f"{refused.reason}; {refused.help}"
            return None

    def ages(self, bundle: Bundle, stage: str, law_date: str, config: str) -> tuple[tuple[str, AgeCheck], ...]:
        """Return the age checks recorded decisions of a day were put to: path and bound, in their order."""
        key = (bundle.hash, stage, law_date, config)
        if key not in self._ages:
            program: Program = in_force(bundle, stage, parse_date(law_date), self.overlays(config))
            self._ages[key] = tuple((program.slots[check.slot].path, check) for check in program.ages)
        return self._ages[key]

    def _find(self, what: str, sha256: str) -> bytes | None:
        content = self._documents.get(sha256)
        if content is None:
            self.missing[f"{what} {sha256[:12]}"] = "is not at hand"
        return content
