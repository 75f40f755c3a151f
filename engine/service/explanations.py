"""Explanations of stored decisions: everything is reopened from the store by hash and judged again."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from dsl.bundle import Bundle, open_form
from dsl.pipeline import compile_rules
from dsl.program import Overlay
from engine.decision.explain import Almanac, Explanation, why
from engine.marketdata.calendar import as_rule_calendars, load_calendar
from engine.marketdata.lists import NamedList, parse_list
from engine.marketdata.text_file import SourceText
from engine.model.time import parse_date
from engine.runtime.maintained_lists import list_content
from engine.store.database import Database
from engine.store.decisions import DecisionRow
from engine.store.unit import UnitOfWork

OverlaysOf = Callable[[bytes], tuple[Overlay, ...]]
"""From a configuration's canonical bytes to the tightenings it makes."""
BUNDLES_KEPT = 4


class NotExplained(Exception):
    """A decision that cannot be explained: its code, what is wrong, and what to do about it."""

    def __init__(self, code: str, reason: str, help: str) -> None:
        super().__init__(code, reason, help)
        self.code, self.reason, self.help = code, reason, help

    def __str__(self) -> str:
        return f"{self.code}: {self.reason}"


class Explainer:
    """Explains decisions of a database; compiled bundles and read documents are kept, a few at a time."""

    def __init__(self, database: Database, overlays_of: OverlaysOf) -> None:
        self._database, self._overlays_of = database, overlays_of
        self._bundles: dict[str, Bundle] = {}
        self._overlays: dict[str, tuple[Overlay, ...]] = {}
        self._lists: dict[tuple[str, str, str], Any] = {}
        self.calendar = load_calendar()
        self.calendars = as_rule_calendars(self.calendar)

    def explain(self, run_key: str, decision_id: str) -> Explanation:
        """Return why a decision fell as it did. Raises NotExplained, and WhyMismatch when it cannot have been so."""
        with self._database.read(run_key) as unit:
            row = unit.decisions.get(decision_id)
            if row is None:
                raise NotExplained(
                    "DECISION_UNKNOWN", f"run {run_key} has no decision {decision_id}",
                    "list the run's decisions with `mqk run show`",
                )  # fmt: skip
            record, run = open_record(row), unit.runs.get(run_key)
            stated = parse_date(run.law_date) if run is not None and run.law_date else None
            almanac = Almanac(self.calendar, stated)
            return why(record, *self.setting_of(unit, record), self.calendars, almanac)

    def setting_of(
        self, unit: UnitOfWork, record: Mapping[str, Any]
    ) -> tuple[Bundle, tuple[Overlay, ...], dict[str, Any]]:
        """Return what a record was judged with: rules, tightenings, and lists by hash. Raises NotExplained."""
        bundle = self.bundle(unit, record["bundle"])
        config = record["config"]
        if config not in self._overlays:
            _make_room(self._overlays)
            self._overlays[config] = self._overlays_of(_document(unit, "configuration", config))
        named = [(fact["path"], fact["document"]) for fact in record.get("facts", ()) if "document" in fact]
        lists = {sha256: self._list(unit, bundle, path, sha256) for path, sha256 in named}
        return bundle, self._overlays[config], lists

    def bundle(self, unit: UnitOfWork, name: str) -> Bundle:
        if name not in self._bundles:
            try:
                sources, schemas = open_form(_document(unit, "bundle", name))
            except ValueError as fault:
                raise NotExplained("BUNDLE_LANGUAGE", str(fault), "use the program that made the run") from None
            bundle, found = compile_rules(sources, schemas)
            if bundle is None:
                text = f"bundle {name[:12]} does not compile any more: {found[0].message}"
                raise NotExplained("BUNDLE_REFUSED", text, "use the program that made the run")
            _make_room(self._bundles)
            self._bundles[name] = bundle
        return self._bundles[name]

    def _list(self, unit: UnitOfWork, bundle: Bundle, path: str, sha256: str) -> Any:
        key = (bundle.hash, path, sha256)
        if key not in self._lists:
            raw = _document(unit, f"list {path.removeprefix('list:')}", sha256)
            read = parse_list(SourceText(path, raw.decode("utf-8-sig"), sha256))
            if not isinstance(read, NamedList):
                raise NotExplained(
                    "LIST_REFUSED", f"{path}: {read[0].what}", "the stored list is damaged: verify the audit"
                )
            _make_room(self._lists)
            self._lists[key] = list_content(bundle, path, read)
        return self._lists[key]


def open_record(row: DecisionRow) -> dict[str, Any]:
    """Return the record of a decision. Raises NotExplained when its bytes are not those it was filed with."""
    if hashlib.sha256(row.record).hexdigest() != row.record_hash:
        text = f"the record of {row.decision_id} does not have the hash it was filed under"
        raise NotExplained("RECORD_ALTERED", text, "run `mqk audit verify`")
    record: dict[str, Any] = orjson.loads(row.record)
    return {"decision_id": row.decision_id, **record}


def _document(unit: UnitOfWork, what: str, sha256: str) -> bytes:
    document = unit.documents.get(sha256)
    if document is None:
        text = f"the {what} {sha256[:12]} of this decision is not in the store"
        raise NotExplained("DOCUMENT_MISSING", text, "restore it from a backup of this database")
    return document.content


def _make_room(kept: dict[Any, Any]) -> None:
    while len(kept) >= BUNDLES_KEPT:
        del kept[next(iter(kept))]
