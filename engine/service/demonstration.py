"""The demonstration: the shipped rules over invented bars, with a script of approvals, in one folder."""

import json
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from engine.model.numbers import Money
from engine.service.running import RunRequest
from engine.shipped import shipped
from engine.store.database import open_database
from engine.store.holds import HoldState

LAW_DATE = date(2026, 1, 5)
CASH = Money(250_000_000_000)


@dataclass(frozen=True, slots=True)
class Highlight:
    """One decision worth showing: what it was, about which order, and in its own words why."""

    label: str
    decision_id: str
    order: str
    because: str


def demo_request(folder: Path) -> RunRequest:
    """Return the demonstration run in a folder, which receives its own copy of the configuration."""
    config = folder / "config"
    shutil.copytree(shipped("config"), config, dirs_exist_ok=True)
    shutil.copyfile(shipped("demo", "engine.yaml"), config / "engines" / "demo.yaml")
    demo = shipped("demo")
    return RunRequest(
        mode="PAPER", engine="demo", environment="windows-dev", bars=demo, instruments=demo / "instruments.csv",
        out=folder, database=f"sqlite:///{folder / 'desk.db'}", lists=demo, config=config,
        approvals=demo / "approvals.jsonl", law_date=LAW_DATE, account="demo", cash=CASH,
    )  # fmt: skip


def highlights(database: str, run_key: str) -> tuple[Highlight, ...]:
    """Return the first decision of every kind the run saw, holds by how they ended."""
    found: dict[str, Highlight] = {}
    opened = open_database(database)
    try:
        with opened.read(run_key) as unit:
            ended = {hold.decision_id: hold.state for hold in unit.holds.list(run_key)}
            for row in unit.decisions.list(run_key):
                label = row.verdict
                if row.verdict == "hold":
                    label = f"hold, {ended.get(row.decision_id, HoldState.OPEN).value.lower()}"
                if row.verdict == "reject" and b'"code":"POSTURE_' in row.record:
                    label = "reject, halted"
                if label not in found:
                    found[label] = _highlight(label, row.decision_id, row.record)
    finally:
        opened.close()
    return tuple(found[label] for label in sorted(found))


def _highlight(label: str, decision_id: str, raw: bytes) -> Highlight:
    record = json.loads(raw)
    intent = record["intent"]
    size = record["asked"] if record["asked"] == record["quantity"] else f"{record['quantity']} of {record['asked']}"
    order = f"{intent['strategy']}: {intent['side']} {size} {intent['symbol']}"
    refusal = record.get("refusal")
    spoken = record["findings"][0]["because"] if record["findings"] else "every rule in scope passed"
    return Highlight(label, decision_id, order, refusal["because"] if refusal else spoken)
