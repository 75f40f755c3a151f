"""Holds: scripted approvals, their checks, and what happens when nobody comes (FORMATS, Approvals file)."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.model.event import EventType
from engine.model.principal import Role
from engine.model.time import Timestamp
from engine.runtime.entry import Entry
from engine.runtime.halt import RunRefused
from engine.runtime.journal import RunJournal
from engine.runtime.judging import DecisionDesk
from engine.runtime.setting import RunSetting
from engine.runtime.state import DeskState
from engine.runtime.switchboard import ScriptedSwitch, Switchboard
from engine.runtime.tracked import OpenHold
from engine.store.holds import Approval, HoldState


@dataclass(frozen=True, slots=True)
class ScriptedApproval:
    """One line of the approvals file; `line` is its number. A hold is named by id or by place."""

    line: int
    at: Timestamp
    principal: str
    approves: bool
    hold_id: str | None = None
    rule: str = ""
    strategy: str = ""
    symbol: str = ""
    nth: int = 0


class HoldDesk:
    """Lets approvals and expiries happen at their instants, in order; an approval first at a tie."""

    def __init__(
        self, state: DeskState, setting: RunSetting, journal: RunJournal, decisions: DecisionDesk,
        script: Sequence[ScriptedApproval | ScriptedSwitch], switchboard: Switchboard,
    ) -> None:  # fmt: skip
        self._state, self._setting, self._journal, self._decisions = state, setting, journal, decisions
        self._switchboard = switchboard
        self._script = sorted(script, key=lambda entry: (entry.at, entry.line))

    @property
    def _next(self) -> int:
        """Lines are answered in order, so how many the record holds says which comes next."""
        return self._state.approval_lines + self._state.watch.script_lines

    def next_instant(self) -> Timestamp | None:
        """Return when the next approval or expiry is due, None when neither will come."""
        instants = [hold.expires_at for hold in self._state.holds.values()]
        if self._next < len(self._script):
            instants.append(self._script[self._next].at)
        return min(instants, default=None)

    def step(self, at: Timestamp) -> None:
        """Do what is due at `at`: one approval line, else every hold that expires then."""
        if self._next < len(self._script) and self._script[self._next].at <= at:
            line = self._script[self._next]
            when = Timestamp(max(at, self._state.now))
            if isinstance(line, ScriptedSwitch):
                self._switchboard.answer(line, when)
            else:
                self._answer(line, when)
            return
        for hold in sorted(self._state.holds.values(), key=lambda h: h.hold_id):
            if hold.hold_id in self._state.holds and hold.expires_at <= at:
                self._end(hold, EventType.HOLD_EXPIRED, HoldState.EXPIRED, Timestamp(max(at, self._state.now)))

    def _answer(self, line: ScriptedApproval, at: Timestamp) -> None:
        hold = self._find(line)
        self._check(line, hold, at)
        if not line.approves:
            self._end(hold, EventType.HOLD_DENIED, HoldState.DENIED, at, line)
            return
        with self._journal.write() as unit:
            unit.holds.record_approval(Approval(hold.hold_id, line.principal, at, "approve"))
            complete = len(hold.approvers) + 1 >= hold.count
            if complete:
                unit.holds.resolve(
                    hold.hold_id, HoldState.APPROVED, at, None if hold.value is None else str(hold.value)
                )
            body = {"hold_id": hold.hold_id, "principal": line.principal, "line": line.line}
            self._journal.record(unit, Entry(EventType.HOLD_APPROVED, at, body))
        if complete:
            self.release(hold.intent_id, at)

    def release(self, intent_id: str, at: Timestamp) -> None:
        """Judge an intent again once every hold on it is approved."""
        tracked = self._state.tracked[intent_id]
        if all(len(hold.approvers) >= hold.count for hold in tracked.holds):
            self._decisions.decide(tracked.intent, at, tracked.approvals)

    def _find(self, line: ScriptedApproval) -> OpenHold:
        for hold in self._state.holds.values():
            intent = self._state.tracked[hold.intent_id].intent
            place = (hold.rule, intent.strategy, intent.symbol, hold.nth)
            if line.hold_id == hold.hold_id or (
                line.hold_id is None and place == (line.rule, line.strategy, line.symbol, line.nth)
            ):
                return hold
        named = line.hold_id or f"{line.rule} {line.strategy} {line.symbol} no. {line.nth}"
        raise RunRefused(
            "APPROVAL_UNMATCHED", f"line {line.line} of the approvals answers {named}, which is not open then",
            "correct or remove the line; holds are counted from 1 per rule, strategy and symbol",
        )  # fmt: skip

    def _check(self, line: ScriptedApproval, hold: OpenHold, at: Timestamp) -> None:
        principal = self._setting.principals.get(line.principal)
        intent = self._state.tracked[hold.intent_id].intent
        problem = ""
        if principal is None:
            problem = f"there is no principal {line.principal}"
        elif not principal.holds(Role(hold.role), at):
            problem = f"{line.principal} is not a {hold.role} then"
        elif line.principal == intent.principal:
            problem = f"{line.principal} asked for the order and cannot approve it"
        elif line.principal in hold.approvers:
            problem = f"{line.principal} has approved it already"
        if problem:
            raise RunRefused("APPROVAL_REFUSED", f"line {line.line} of the approvals: {problem}",
                             f"a hold of {hold.rule} is released by {hold.count} {hold.role}")  # fmt: skip

    def _end(
        self, hold: OpenHold, kind: EventType, state: HoldState, at: Timestamp, line: ScriptedApproval | None = None
    ) -> None:
        body: dict[str, object] = {"hold_id": hold.hold_id, "intent_id": hold.intent_id, "rule": hold.rule}
        with self._journal.write() as unit:
            if line is not None:
                body |= {"principal": line.principal, "line": line.line}
                unit.holds.record_approval(Approval(hold.hold_id, line.principal, at, "deny"))
            for other in self._state.tracked[hold.intent_id].holds:
                unit.holds.resolve(other.hold_id, state, at)
            unit.reservations.release(hold.intent_id, at, kind.value)
            self._journal.record(unit, Entry(kind, at, body))
