"""A run in a database, judged by the shipped rules: what the terminal is shown in tests and in the README."""

import hashlib
import shutil
from pathlib import Path
from typing import Any

from engine.audit.canonical import canonical
from engine.model.ids import derived_id
from engine.model.numbers import MICRO
from engine.model.order import OrderState, OrderType, Side
from engine.model.time import MINUTE, SECOND
from engine.service.desk_view import DeskView, RunFollower
from engine.store import Database, open_database
from engine.store.decisions import DecisionRow, FindingRow
from engine.store.holds import Hold
from engine.store.intents import IntentRow
from engine.store.orders import FillRow, OrderRow
from engine.store.runs import Mode, Run, RunStatus
from tests.explain.judged_desk import CONFIG, LIST_FILE, LISTED, OPEN, RUN, JudgedDesk, every_verdict


class StoredRun:
    """A desk whose decisions go into a database as the running desk would file them."""

    def __init__(self, folder: Path, template: Path) -> None:
        path = folder / "desk.db"
        shutil.copyfile(template, path)
        self.database: Database = open_database(f"sqlite:///{path}")
        self.desk = JudgedDesk()
        self.stored = 0
        self._view: DeskView | None = None
        bundle = self.desk.bundle
        with self.database.write() as unit:
            unit.documents.put("bundle", bundle.hash, bundle.canonical)
            unit.documents.put("config", hashlib.sha256(CONFIG).hexdigest(), CONFIG)
            unit.documents.put("list", LISTED, LIST_FILE)
            unit.runs.create(
                Run(
                    RUN, "run_demo", 1, "MAIN", Mode.PAPER, RunStatus.CREATED, bundle.hash,
                    hashlib.sha256(CONFIG).hexdigest(), None, b"{}", "ACC1@run", OPEN,
                )
            )  # fmt: skip
            unit.runs.move(RUN, RunStatus.CREATED, RunStatus.ARMED, OPEN, by="operator", record=b"{}")
            unit.runs.move(RUN, RunStatus.ARMED, RunStatus.RUNNING, OPEN)

    def view(self) -> DeskView:
        """Return the read side a front end gets; made once, for it compiles the rules once."""
        if self._view is None:
            self._view = DeskView(self.database, lambda raw: ())
        return self._view

    def follow(self) -> RunFollower:
        """Return a follower of the run."""
        return self.view().follow(RUN)

    def play(self) -> "StoredRun":
        """Judge a morning: every verdict once and a few ordinary orders."""
        desk = self.desk
        list(every_verdict(desk))
        self.hold_position("DLTA", 120)
        desk.judge(desk.intent("SELL", 60, "DLTA", "77.20", strategy="swing_momentum"))
        desk.feed("BRVO", "OUTLIER")
        desk.judge(desk.intent("BUY", 40, "BRVO", "31.50", strategy="intraday_scalper"))
        desk.wait(40 * SECOND)
        desk.judge(desk.intent("BUY", 300, "ALFA", "52.10", strategy="swing_momentum"))
        desk.wait(30 * SECOND)
        desk.feed("ALFA", "GAP")
        desk.judge(desk.intent("BUY", 20, "ALFA", "52.00"))
        desk.forget("account.pnl_today", "ACC1")
        desk.judge(desk.intent("BUY", 1, "CHRL", "18.20"))
        desk.judge(desk.intent("BUY", 1_100, "DLTA", "77.10", strategy="swing_momentum"))
        self.file()
        with self.database.write() as unit:
            unit.runs.move(RUN, RunStatus.RUNNING, RunStatus.STOPPED, desk.now)
        return self

    def hold_position(self, symbol: str, shares: int) -> None:
        self.desk.hold_position(symbol, shares)

    def file(self) -> None:
        """Write the records made since the last time."""
        with self.database.write(RUN) as unit:
            for record in self.desk.records[self.stored :]:
                _file(unit, record)
        self.stored = len(self.desk.records)


def hash_of(raw: bytes) -> str:
    """Return what a record is filed under."""
    return hashlib.sha256(raw).hexdigest()


def _file(unit: Any, record: dict[str, Any]) -> None:
    intent = record["intent"]
    at = OPEN + record["seq"]
    unit.intents.put(
        IntentRow(intent["intent_id"], RUN, record["seq"], at, intent["strategy"], intent["symbol"], canonical(intent))
    )
    raw = canonical(record)
    row = DecisionRow(
        record["decision_id"], intent["intent_id"], RUN, record["seq"], at, record["verdict"], raw,
        hash_of(raw),
    )  # fmt: skip
    findings = tuple(
        FindingRow(record["decision_id"], n, f["rule"], f["line"], f["effect"], f["code"], f["mode"])
        for n, f in enumerate(record["findings"])
    )
    unit.decisions.put(row, findings)
    if record["verdict"] == "hold":
        rule = next(f["rule"] for f in record["findings"] if f["effect"] == "hold")
        place = (intent["strategy"], intent["symbol"], record["seq"], 1, "risk_officer", at, at + 10 * MINUTE)
        unit.holds.open(
            Hold(derived_id("hold", rule, record["seq"]), intent["intent_id"], record["decision_id"], RUN, rule, *place)
        )
    if record["verdict"] in ("allow", "warn", "clip", "flag"):
        _work(unit, record, at)


def _work(unit: Any, record: dict[str, Any], at: int) -> None:
    """File the order of an allowed intent; every second one is half filled."""
    intent = record["intent"]
    name, quantity = f"MAIN_{record['seq']:08d}_abc", int(record["quantity"]) * MICRO
    side, kind = Side(intent["side"]), OrderType(intent["type"])
    filled = quantity // 2 if record["seq"] % 2 else 0
    state = OrderState.PARTIALLY_FILLED if filled else OrderState.OPEN
    unit.orders.upsert(
        OrderRow(name, RUN, intent["intent_id"], intent["symbol"], side, kind, quantity, filled, None, state, None, at)
    )
    if filled:
        fill = f"fill_{record['seq']}"
        unit.fills.insert(FillRow(RUN, fill, name, intent["symbol"], side, filled, 52 * MICRO, 0, at, record["seq"]))
