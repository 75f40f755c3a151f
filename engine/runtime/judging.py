"""One decision as one transaction: judge, reserve, record, chain, and hand to the outbox."""

import hashlib
from typing import Any

from engine.audit.canonical import canonical
from engine.decision.decide import DecisionEngine
from engine.decision.facts_seen import digest_of_line
from engine.decision.outcome import Approved, Decision
from engine.decision.record import exact_text, record_of
from engine.execution.envelope import Action, CancelOrder, Envelope, SubmitOrder, encode_envelope, payload_hash
from engine.model.event import EventType
from engine.model.ids import client_order_id, derived_id
from engine.model.numbers import Price, notional
from engine.model.order import Intent, IntentKind, OrderState
from engine.model.time import Timestamp
from engine.runtime.entry import Entry
from engine.runtime.journal import RunJournal
from engine.runtime.order_row import order_row
from engine.runtime.setting import RunSetting
from engine.runtime.state import DeskState, hold_id_of
from engine.runtime.watch_desk import WatchDesk
from engine.store.decisions import DecisionRow, FindingRow
from engine.store.holds import Hold
from engine.store.orders import OrderRow
from engine.store.outbox import Action as OutboxAction
from engine.store.outbox import OutboxRow
from engine.store.reservations import Reservation, ReservationState
from engine.store.unit import UnitOfWork


class DecisionDesk:
    """Decides the run's intents and writes what they led to."""

    def __init__(
        self, state: DeskState, setting: RunSetting, journal: RunJournal, judge: DecisionEngine, watch: WatchDesk
    ) -> None:
        self._state, self._setting, self._journal, self._judge = state, setting, journal, judge
        self._watch = watch

    def decide(self, intent: Intent, now: Timestamp, approvals: tuple[Approved, ...] = ()) -> str:
        """Judge an intent for the first time, or again once its holds are approved; return the verdict.

        Deciding again credits the intent's own reservation: it is taken out of the book first.
        """
        state, setting = self._state, self._setting
        with self._journal.write_book() as unit:
            earlier = state.tracked.get(intent.intent_id)
            if earlier is not None:
                state.parts.book.remove_order(intent.intent_id)
            law_date = setting.law_date_at(now)
            lot = setting.lot(intent.symbol)
            decision = self._judge.decide(
                intent, state.parts.book, now, law_date, lot=lot, approvals=approvals,
                postures=self._watch.postures(intent, now),
            )  # fmt: skip
            sequence = state.decision_count + 1
            self._write(unit, WrittenDecision(self, intent, decision, sequence, now, approvals))
        return decision.verdict

    def _write(self, unit: UnitOfWork, written: "WrittenDecision") -> None:
        unit.decisions.put(written.row(), written.findings())
        self._reserve(unit, written)
        for hold in written.holds:
            unit.holds.open(hold)
        if written.payload is not None:
            unit.outbox.enqueue(written.outbox_row())
            if written.intent.kind is IntentKind.NEW:
                unit.orders.upsert(written.order_row())
        self._journal.record(unit, Entry(EventType.DECISION_RECORDED, written.now, written.body()))
        target = self._state.tracked.get(written.intent.target or "")
        if target is not None and target.order is not None:
            unit.orders.upsert(order_row(self._setting.run_key, target.order, written.now))
        self._watch.follow_decision(unit, written.intent, written.decision, written.now)

    def _reserve(self, unit: UnitOfWork, written: "WrittenDecision") -> None:
        intent, decision = written.intent, written.decision
        if intent.kind is IntentKind.CANCEL:
            return
        known = unit.reservations.get(intent.intent_id)
        if not decision.reserves:
            if known is not None:
                unit.reservations.release(intent.intent_id, written.now, decision.verdict)
            return
        if known is None:
            state = ReservationState.HELD if decision.holds else ReservationState.WORKING
            unit.reservations.open(
                Reservation(
                    intent.intent_id, self._setting.book_id, self._setting.run_key, intent.symbol, intent.side,
                    decision.quantity, written.worst_price, written.worst_notional, state, written.now,
                )
            )  # fmt: skip
            return
        unit.reservations.resize(intent.intent_id, decision.quantity, written.worst_price, written.worst_notional)
        if not decision.holds:
            unit.reservations.work(intent.intent_id)


class WrittenDecision:
    """A decision with every id and row it leads to, derived once."""

    def __init__(
        self, desk: DecisionDesk, intent: Intent, decision: Decision, sequence: int, now: Timestamp,
        approvals: tuple[Approved, ...],
    ) -> None:  # fmt: skip
        self._state, self._setting = desk._state, desk._setting
        self.intent, self.decision, self.sequence, self.now = intent, decision, sequence, now
        self.decision_id = derived_id("dec", self._setting.run_id, sequence)
        self.payload = self._payload()
        record: dict[str, Any] = {
            **record_of(decision, intent, self._setting.of_decision(sequence, now), approvals),
            "decision_id": self.decision_id,
        }
        if self.payload is not None:
            record["payload"] = payload_hash(self.payload)
        self.record = canonical(record)
        self.record_hash = hashlib.sha256(self.record).hexdigest()
        self.worst_price = self._worst_price()
        self.worst_notional = notional(decision.quantity, self.worst_price)
        self.client_order_id = client_order_id(self._setting.engine, sequence, self.record_hash)
        earlier = self._state.tracked.get(intent.intent_id)
        self.supersedes = earlier.decision_id if earlier else None
        self.holds = self._holds()

    def _payload(self) -> bytes | None:
        if not self.decision.may_be_sent:
            return None
        intent = self.intent
        envelope: Envelope
        if intent.kind is IntentKind.CANCEL:
            target = self._state.tracked.get(intent.target or "")
            if target is None or target.client_order_id is None:
                return None
            envelope = CancelOrder(target.client_order_id)
        else:
            envelope = SubmitOrder(
                intent.symbol, intent.side, intent.type, self.decision.quantity, intent.time_in_force,
                intent.limit_price, intent.stop_price,
            )  # fmt: skip
        return encode_envelope(envelope)

    def _worst_price(self) -> Price:
        """The dearest price the order is known to face: its own, the ask, or the mark."""
        prices = [p for p in (self.intent.limit_price, self.intent.stop_price) if p is not None]
        ask = self._state.parts.board.get("market.ask", (self.intent.symbol,))
        if ask is not None and isinstance(ask.value, int):
            prices.append(Price(ask.value))
        return max(prices, default=Price(0))

    def _holds(self) -> tuple[Hold, ...]:
        intent, out = self.intent, []
        for request in self.decision.holds:
            counted = (request.rule, intent.strategy, intent.symbol)
            nth = self._state.hold_counts.get(counted, 0) + 1
            value = None if request.value is None else exact_text(request.value)
            out.append(
                Hold(
                    hold_id_of(self._setting.run_id, intent.intent_id, request.rule, request.line, self.sequence),
                    intent.intent_id, self.decision_id, self._setting.run_key, request.rule, intent.strategy,
                    intent.symbol, nth, request.approval.count, request.approval.role, self.now,
                    self.now + request.approval.within, value,
                )
            )  # fmt: skip
        return tuple(out)

    def row(self) -> DecisionRow:
        return DecisionRow(
            self.decision_id, self.intent.intent_id, self._setting.run_key, self.sequence, self.now,
            self.decision.verdict, self.record, self.record_hash, self.supersedes,
        )  # fmt: skip

    def findings(self) -> tuple[FindingRow, ...]:
        return tuple(
            FindingRow(self.decision_id, at, f.rule, f.line, f.effect, f.code, f.mode)
            for at, f in enumerate(self.decision.findings)
        )

    def outbox_row(self) -> OutboxRow:
        assert self.payload is not None
        is_cancel = self.intent.kind is IntentKind.CANCEL
        target = self._state.tracked.get(self.intent.target or "") if is_cancel else None
        about = target.client_order_id if target and target.client_order_id else self.client_order_id
        action = OutboxAction(Action.CANCEL.value if is_cancel else Action.SUBMIT.value)
        return OutboxRow(
            self.client_order_id, self._setting.run_key, self.sequence, about, self.decision_id, self.intent.intent_id,
            action, self.payload, payload_hash(self.payload),
        )  # fmt: skip

    def order_row(self) -> OrderRow:
        return OrderRow(
            self.client_order_id, self._setting.run_key, self.intent.intent_id, self.intent.symbol, self.intent.side,
            self.intent.type, self.decision.quantity, 0, self.intent.limit_price, OrderState.OPEN, None, self.now,
        )  # fmt: skip

    def body(self) -> dict[str, Any]:
        """The audit entry: what the state needs, and the hash that binds the whole record."""
        decision = self.decision
        body: dict[str, Any] = {
            "decision_id": self.decision_id, "seq": self.sequence, "intent_id": self.intent.intent_id,
            "verdict": decision.verdict, "asked": int(decision.asked), "quantity": int(decision.quantity),
            "code": self._code(), "record_hash": self.record_hash, "worst_price": int(self.worst_price),
            "worst_notional": str(self.worst_notional),
        }  # fmt: skip
        if self.payload is not None:
            body["client_order_id"], body["payload_hash"] = self.client_order_id, payload_hash(self.payload)
        if self.supersedes is not None:
            body["supersedes"] = self.supersedes
        if self.holds:
            body["holds"] = [self._hold_body(n, hold) for n, hold in enumerate(self.holds)]
        return body

    def _hold_body(self, at: int, hold: Hold) -> dict[str, Any]:
        request = self.decision.holds[at]
        return {
            "hold_id": hold.hold_id, "rule": hold.rule, "line": request.line, "code": request.code, "role": hold.role,
            "count": hold.quorum, "nth": hold.nth, "expires_at": hold.expires_at, "value": hold.approved_value,
            "facts_digest": digest_of_line(self.decision, request.rule, request.line),
        }  # fmt: skip

    def _code(self) -> str:
        if self.decision.refusal is not None:
            return self.decision.refusal[0]
        return self.decision.findings[0].code if self.decision.findings else ""
