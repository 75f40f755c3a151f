"""The deciding half of a stream: one transaction per answer; nothing is handed to a broker."""

from dataclasses import dataclass
from typing import Any

from engine.audit.canonical import canonical, parse_canonical
from engine.decision.decide import refuse
from engine.decision.outcome import Decision
from engine.model.event import EventType
from engine.model.order import Intent
from engine.model.time import Timestamp
from engine.runtime.entry import Entry
from engine.runtime.judging import DecisionDesk, WrittenDecision
from engine.runtime.state import intent_entry
from engine.service.decision_line import decision_line
from engine.store.intents import IntentRow
from engine.store.unit import UnitOfWork

INVALID = "INTENT_INVALID"


@dataclass(frozen=True, slots=True)
class Answer:
    """One decision line and its verdict."""

    verdict: str
    line: dict[str, Any]


class StreamDesk(DecisionDesk):
    """Answers intents. Whoever asked sends the order: there is no outbox row, and events say what became of it."""

    def answer(self, intent: Intent, at: Timestamp, refusal: str | None = None) -> Answer:
        """Decide an intent, or record why it was refused unread, and return the line that says so."""
        state = self._state
        with self._journal.write_book() as unit:
            self._receive(unit, intent, at)
            decision = self._refused(intent, refusal) if refusal is not None else self._judged(intent, at)
            written = WrittenDecision(self, intent, decision, state.decision_count + 1, at, ())
            self._write(unit, written)
        hold = written.holds[0].hold_id if written.holds else None
        line = decision_line(parse_canonical(written.record), written.record_hash, hold)
        return Answer(decision.verdict, line)

    def _receive(self, unit: UnitOfWork, intent: Intent, at: Timestamp) -> None:
        data = intent_entry(intent)
        place = self._state.intent_count + 1
        unit.intents.put(
            IntentRow(
                intent.intent_id, self._setting.run_key, place, at, intent.strategy, intent.symbol, canonical(data)
            )
        )  # fmt: skip
        self._journal.record(unit, Entry(EventType.SIGNAL_INTENT_EMITTED, at, {"intents": [data]}))

    def _judged(self, intent: Intent, at: Timestamp) -> Decision:
        state, setting = self._state, self._setting
        law_date, lot = setting.law_date_at(at), setting.lot(intent.symbol)
        postures = self._watch.postures(intent, at)
        return self._judge.decide(intent, state.parts.book, at, law_date, lot=lot, postures=postures)

    def _refused(self, intent: Intent, why: str) -> Decision:
        return refuse(intent.quantity, INVALID, why)

    def _write(self, unit: UnitOfWork, written: WrittenDecision) -> None:
        unit.decisions.put(written.row(), written.findings())
        self._reserve(unit, written)
        for hold in written.holds:
            unit.holds.open(hold)
        self._journal.record(unit, Entry(EventType.DECISION_RECORDED, written.now, written.body()))
        self._watch.follow_decision(unit, written.intent, written.decision, written.now)
