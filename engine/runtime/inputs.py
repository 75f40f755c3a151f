"""What a run is made from, read once and named by content: the run's identity is the hash of these."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

from dsl.bundle import Bundle
from dsl.program import Overlay
from engine.audit.canonical import canonical, parse_canonical
from engine.config.load import Config
from engine.contracts import Diagnostic, contract, load_jsonl
from engine.marketdata.classification import Classification, read_classification
from engine.marketdata.corporate_actions import CorporateAction
from engine.marketdata.faults import DataRefused
from engine.marketdata.ingest import ingest
from engine.marketdata.lists import NamedList
from engine.model.bar import Bar
from engine.model.calendar import SessionCalendar
from engine.model.ids import derived_id
from engine.model.numbers import Money, format_decimal
from engine.model.principal import Principal
from engine.model.time import Timestamp
from engine.runtime.approvals import ScriptedApproval
from engine.runtime.halt import RunRefused
from engine.runtime.switchboard import ScriptedSwitch


@dataclass(frozen=True, slots=True)
class RunInputs:
    """Everything a bar-fed run reads; `run_id` is derived from the hashes of all of it (`identity`).

    `documents` are the bytes records refer to, by SHA-256: what kind they are, and themselves.
    `is_bundle_approved`: the bundle went through review and is the one in force where the run is recorded.
    """

    run_id: str
    mode: str
    account: str
    cash: Money
    law_date: date | None
    bundle: Bundle
    config: Config
    overlays: tuple[Overlay, ...]
    calendar: SessionCalendar
    principals: Mapping[str, Principal]
    bars: Mapping[str, tuple[Bar, ...]]
    actions: tuple[CorporateAction, ...]
    classification: Classification
    lists: Mapping[str, NamedList]
    script: tuple[ScriptedApproval | ScriptedSwitch, ...]
    identity: bytes
    documents: Mapping[str, tuple[str, bytes]]
    is_bundle_approved: bool = False


def read_bars(
    folder: Path, calendar: SessionCalendar, skip: frozenset[str]
) -> tuple[dict[str, tuple[Bar, ...]], tuple[CorporateAction, ...], dict[str, str]]:
    """Return bars and actions of every CSV of a folder that is not a list, with each file's hash.

    Raises RunRefused when a file is refused by the quality gate.
    """
    bars: dict[str, tuple[Bar, ...]] = {}
    actions: list[CorporateAction] = []
    hashes: dict[str, str] = {}
    for path in sorted(folder.glob("*.csv")):
        if path.name in skip:
            continue
        try:
            result = ingest(path, calendar)
        except DataRefused as refused:
            raise _refused(path, str(refused.faults[0].what)) from None
        if result.is_refused:
            raise _refused(path, result.report.faults[0].what if result.report.faults else "no rows")
        for bar in result.bars:
            bars.setdefault(bar.symbol, ())
        for symbol in {bar.symbol for bar in result.bars}:
            bars[symbol] = (*bars[symbol], *(bar for bar in result.bars if bar.symbol == symbol))
        actions += result.actions
        hashes[path.name] = result.sha256
    if not bars:
        raise RunRefused("BARS_NONE", f"{folder} holds no bars", "name a folder of canonical or vendor CSV files")
    return dict(sorted(bars.items())), tuple(actions), hashes


def read_classification_file(path: Path) -> Classification:
    """Return the instruments of a run. Raises RunRefused."""
    try:
        return read_classification(path)
    except DataRefused as refused:
        fault = refused.faults[0]
        raise RunRefused("CLASSIFICATION_REFUSED", f"{path.name}: {fault.what}", fault.help) from None


def read_script(path: Path | None) -> tuple[tuple[ScriptedApproval | ScriptedSwitch, ...], str]:
    """Return the scripted approvals and the hash of their file. Raises RunRefused."""
    if path is None:
        return (), ""
    raw = path.read_bytes()
    checker = contract("approval")
    script = []
    for number, loaded in load_jsonl(BytesIO(raw), path.name):
        value = loaded if isinstance(loaded, list) else checker.parse(loaded)
        if isinstance(value, list):
            fault: Diagnostic = value[0]
            raise RunRefused("APPROVAL_MALFORMED", f"{path.name} line {number}: {fault.message}", fault.help)
        script.append(_scripted(number, value))
    return tuple(script), hashlib.sha256(raw).hexdigest()


def _scripted(line: int, value: Mapping[str, Any]) -> ScriptedApproval | ScriptedSwitch:
    if value["action"] in ("trip", "reset"):
        switch = value["switch"]
        return ScriptedSwitch(
            line, Timestamp(value["at"]), value["principal"], value["action"] == "trip", switch["id"],
            tuple(switch["key"]),
        )  # fmt: skip
    place = value.get("hold", {})
    return ScriptedApproval(
        line, Timestamp(value["at"]), value["principal"], value["action"] == "approve", value.get("hold_id"),
        place.get("rule", ""), place.get("strategy", ""), place.get("symbol", ""), place.get("nth", 0),
    )  # fmt: skip


def identity_of(
    *, mode: str, account: str, cash: Money, law_date: date | None, bundle: Bundle, config: Config,
    calendar: SessionCalendar, bars: Mapping[str, str], classification: Classification,
    lists: Mapping[str, NamedList], script: str,
) -> bytes:  # fmt: skip
    """Return the canonical bytes a run's id is the hash of."""
    return canonical(
        {
            "v": 1, "mode": mode, "engine": config.settings.engine.engine_id, "account": account,
            "cash": format_decimal(cash), "law_date": law_date.isoformat() if law_date else None,
            "bundle": bundle.hash, "config": config.config_hash, "calendar": calendar.version, "bars": dict(bars),
            "classification": classification.sha256, "lists": {p: entry.sha256 for p, entry in lists.items()},
            "approvals": script,
        }
    )  # fmt: skip


def as_approved(inputs: RunInputs) -> RunInputs:
    """Return the inputs of a run whose bundle is the approved one in force: another run than without approval."""
    identity = canonical({**parse_canonical(inputs.identity), "bundle_approved": True})
    return replace(inputs, run_id=derived_id("run", identity), identity=identity, is_bundle_approved=True)


def _refused(path: Path, what: str) -> RunRefused:
    return RunRefused("BARS_REFUSED", f"{path.name}: {what}", f"run `mqk md quality {path.name}` and correct the file")
