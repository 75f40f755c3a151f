"""Watched rules at work: looks after every event, wake-ups between them, and what follows from a change.

Every change is on the record before anything follows from it, and what is being done is folded from the record too,
so that a desk that starts again goes on with it.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from dsl import ir
from dsl.interpret import Interpreter, Unknown
from dsl.judgement import Finding, Judgement
from dsl.keywords import MOMENTS, RUNGS
from dsl.postures import FIRM, Cause, causes
from dsl.reasons import because
from dsl.watch import Change, ChangeKind, Key
from engine.audit.canonical import canonical
from engine.decision.outcome import Decision
from engine.decision.postures import is_posture
from engine.decision.watching import Group, Seen, Watcher
from engine.model.event import EventType
from engine.model.ids import derived_id
from engine.model.order import Fill, Intent, IntentKind
from engine.model.time import Timestamp
from engine.runtime.entry import Entry
from engine.runtime.exits import exits_in, spared, working_in
from engine.runtime.halt import HaltRequired
from engine.runtime.journal import RunJournal
from engine.runtime.setting import RunSetting
from engine.runtime.state import DeskState, intent_entry
from engine.runtime.watch_state import SWITCH_KINDS, Undertaking, change_data
from engine.store.intents import IntentRow
from engine.store.unit import UnitOfWork

MAX_LOOKS = 100
"""Looks at one instant before the desk gives up on rules that never come to rest."""
_NOTHING = Judgement("allow", (), ())
SHADOW_RUNGS = RUNGS[: RUNGS.index("paper")]
"""Rungs on which a strategy trades nothing."""


class WatchDesk:
    """Looks, writes down what changed, and does what follows."""

    def __init__(self, state: DeskState, setting: RunSetting, journal: RunJournal, watcher: Watcher,
        carries_out: bool = True,
    ) -> None:  # fmt: skip
        self._state, self._setting, self._journal, self.watcher = state, setting, journal, watcher
        self._carries_out, self._is_looking = carries_out, False
        self._now = Timestamp(0)
        self.heard: set[tuple[str, str]] = set()
        """Strategies with symbols that facts are stated of, one empty where a fact has only the other."""
        journal.after_commit = self.look

    @property
    def constants(self) -> Mapping[str, str]:
        """The keys the desk has one value of each."""
        return {FIRM: FIRM, "account": self._setting.account, "engine": self._setting.engine}

    # ---------------------------------------------------------------------------------- looks
    def look(self, at: Timestamp | None = None) -> None:
        """Judge what was filled, and look at every key something moved for, until nothing changes any more.

        Called after every transaction of the run, and first of all when a run is taken up again: whatever
        was committed last, the look that belongs to it comes next. `at` is given where time passes or facts
        come without a transaction. A look that finds nothing leaves nothing: it can be taken again.
        """
        if self._is_looking or not self._state.is_running:
            return
        self._is_looking = True
        try:
            for _ in range(MAX_LOOKS):
                self._judge_fills()
                self._now = Timestamp(max(at or 0, self._now, self._state.now))
                if not self._look_once(self._now):
                    return
        finally:
            self._is_looking = False
        raise HaltRequired("WATCH_UNSETTLED", f"watched rules still change after {MAX_LOOKS} looks at one instant")

    def _look_once(self, at: Timestamp) -> bool:
        is_changed = False
        if not self.watcher.is_idle:
            law_date = self._setting.law_date_at(at)
            for seen in self.watcher.look(self._state.watch.memory, at, law_date, self.alive):
                is_changed = True
                with self._journal.write() as unit:
                    self._write(unit, seen, at)
        return is_changed

    def next_instant(self) -> Timestamp | None:
        """Return when a watched rule may change though nothing happens."""
        if self.watcher.is_idle:
            return None
        due = self.watcher.next_instant(self._state.watch.memory, max(self._now, self._state.now))
        return None if due is None else Timestamp(due)

    def postures(self, intent: Intent, at: int) -> tuple[Cause, ...]:
        """Return the postures in force over an intent, the strongest first."""
        memory = self._state.watch.memory
        if not (memory.active or memory.tripped or memory.until or memory.missing):
            return ()
        subject = {
            "account": intent.account, "engine": intent.engine, "strategy": intent.strategy, "symbol": intent.symbol
        }  # fmt: skip
        return causes(self.watcher.rules, memory, subject, at)

    def alive(self, scope: tuple[str, ...]) -> Iterable[Key]:
        """Return the keys that are alive: fed and traded symbols, the run's strategies, and whatever is latched."""
        wanted = [name for name in scope if name in ("strategy", "symbol")]
        keys: set[Key] = set()
        for strategy, symbol in [*self._pairs(), ("", "")]:
            named = {"strategy": strategy, "symbol": symbol}
            if all(named[name] for name in wanted):
                keys.add(self._key(scope, named))
        memory = self._state.watch.memory
        latched = [(name, key) for name, _, key in (*memory.active, *memory.since, *memory.until)]
        for name, key in (*memory.tripped, *memory.missing, *latched):
            rule = self.watcher.rules.get(name)
            if rule is not None and rule.scope == scope:
                keys.add(key)
        return keys

    def _pairs(self) -> Iterator[tuple[str, str]]:
        """Yield strategies with symbols; one is empty where only the other is known."""
        state = self._state
        for standing in state.parts.host.standings:
            yield standing.spec.name, ""
            yield from ((standing.spec.name, symbol) for symbol in standing.spec.symbols)
        yield from ((t.intent.strategy, t.intent.symbol) for t in state.tracked.values())
        yield from ((intent.strategy, intent.symbol) for intent in state.pending)
        yield from (pair for pair, held in state.positions.items() if held)
        yield from self.heard

    def _key(self, scope: tuple[str, ...], named: Mapping[str, str]) -> Key:
        whole = {**self.constants, **named}
        return tuple(whole[name] for name in scope)

    # ---------------------------------------------------------------------------------- the record
    def _write(self, unit: UnitOfWork, seen: Seen, at: Timestamp) -> None:
        """Write down what a look changed, then everything that follows from it, in one transaction."""
        plain = [change for change in seen.changes if change.kind not in SWITCH_KINDS]
        if plain:
            body = {
                "stage": seen.program.stage, "scope": _scope(seen),
                "changes": list(map(change_data, plain)),
                "findings": [_finding(seen, finding) for finding in _of_changes(seen, plain)],
            }  # fmt: skip
            self._journal.record(unit, Entry(EventType.WATCH_CHANGED, at, body))
        for change in seen.changes:
            if change.kind is ChangeKind.TRIPPED:
                self._tripped(unit, seen, change, at)
            elif change.kind is ChangeKind.FIRED and change.line > 0:
                rule = seen.rule(change.rule)
                self._follow(unit, seen, rule, change, rule.lines[change.line - 1].actions, at)

    def _tripped(self, unit: UnitOfWork, seen: Seen, change: Change, at: Timestamp) -> None:
        rule = seen.rule(change.rule)
        told = (
            because(rule.because, Interpreter(seen.program, seen.snapshot))
            if rule in seen.program.rules
            else change.code
        )
        if isinstance(rule.own, ir.Switch):
            self.record_switch(unit, rule, change, told, at)
            self._follow(unit, seen, rule, change, rule.own.actions, at)
            return
        body = {
            "checklist": rule.id, "title": rule.title, "key": list(change.key), "scope": list(rule.scope),
            "line": rule.lines[change.line - 1].label, "because": told, "change": change_data(change),
        }  # fmt: skip
        self._journal.record(unit, Entry(EventType.DISARMED, at, body))

    def record_switch(
        self, unit: UnitOfWork, rule: ir.Rule, change: Change, told: str, at: Timestamp, **more: Any
    ) -> None:
        """Write down that a switch tripped, was asked to be reset, or was reset."""
        assert isinstance(rule.own, ir.Switch)
        body: dict[str, Any] = {
            "switch": rule.id, "title": rule.title, "key": list(change.key), "scope": list(rule.scope),
            "posture": rule.own.posture, "because": told, "change": change_data(change), **more,
        }  # fmt: skip
        if change.kind is ChangeKind.RESET and rule.own.reset.rebases is not None:
            body["rebases"] = rule.own.reset.rebases
        self._journal.record(unit, Entry(SWITCH_KINDS[change.kind], at, body))

    # ---------------------------------------------------------------------------------- what follows
    def follow_trip(self, unit: UnitOfWork, rule: ir.Rule, change: Change, at: Timestamp) -> None:
        """Do what a switch does that somebody tripped by hand."""
        assert isinstance(rule.own, ir.Switch)
        seen = self.watcher.once(rule, change.key, at, self._setting.law_date_at(at))
        self._follow(unit, seen, rule, change, rule.own.actions, at)

    def _follow(
        self, unit: UnitOfWork, seen: Seen, rule: ir.Rule, change: Change, actions: tuple[ir.Action, ...], at: Timestamp
    ) -> None:
        if rule.mode != "enforced":
            return
        scope = dict(zip(rule.scope, change.key, strict=True))
        for action in actions:
            match action.word:
                case "alert":
                    told = _told(seen, rule, change)
                    body = {"rule": rule.id, "key": list(change.key), "code": change.code, "because": told}
                    self._journal.record(unit, Entry(EventType.ALERT_RAISED, at, body))
                case "task":
                    assert action.task is not None
                    self._open_task(unit, seen, rule, change, action.task, at)
                case "demote":
                    self._demote(unit, rule, change, action.argument or "", scope, at)
                case "cancel_working" | "flatten" if not self._carries_out:
                    self._undertake(unit, action.word, rule, change, scope, [], at)
                case "cancel_working":
                    spares = action.argument != "exits"
                    working = [i for i in working_in(self._state, scope) if not (spares and spared(self._state, i))]
                    self._undertake(
                        unit, "cancel_working", rule, change, scope, [self._cancel(i, rule, at) for i in working], at
                    )
                case "flatten":
                    self._undertake(unit, "flatten", rule, change, scope, [], at)

    def _open_task(
        self, unit: UnitOfWork, seen: Seen, rule: ir.Rule, change: Change, task: ir.Task, at: Timestamp
    ) -> None:
        interpreter = Interpreter(seen.program, seen.snapshot)
        due = interpreter.evaluate(task.due)
        body: dict[str, Any] = {
            "rule": rule.id, "key": list(change.key), "code": change.code, "title": because(task.title, interpreter),
            "role": task.role, "due": "unknown" if isinstance(due, Unknown) else _iso(due),
        }  # fmt: skip
        if task.at is not None:
            body["at"] = task.at
        self._journal.record(unit, Entry(EventType.TASK_OPENED, at, body))

    def _demote(
        self, unit: UnitOfWork, rule: ir.Rule, change: Change, rung: str, scope: Mapping[str, str], at: Timestamp
    ) -> None:
        named = scope.get("strategy")
        strategies = [named] if named else [standing.spec.name for standing in self._state.parts.host.standings]
        for strategy in strategies:
            body = {"strategy": strategy, "to": rung, "rule": rule.id, "is_shadow": rung in SHADOW_RUNGS}
            self._journal.record(unit, Entry(EventType.STRATEGY_DEMOTED, at, body))

    def _undertake(
        self, unit: UnitOfWork, action: str, rule: ir.Rule, change: Change, scope: Mapping[str, str],
        intents: list[Intent], at: Timestamp,
    ) -> None:  # fmt: skip
        body: dict[str, Any] = {
            "action": action, "rule": rule.id, "line": change.line, "key": list(change.key), "scope": dict(scope),
            "intents": [intent_entry(intent) for intent in intents],
        }  # fmt: skip
        self._put(unit, Entry(EventType.ACTION_TAKEN, at, body))

    def _put(self, unit: UnitOfWork, entry: Entry) -> None:
        """Record an action; the orders it asks for stand in the store like anybody's."""
        for place, data in enumerate(entry.body["intents"], self._state.intent_count + 1):
            unit.intents.put(
                IntentRow(
                    data["intent_id"], self._journal.run_key, place, entry.at, data["strategy"], data["symbol"],
                    canonical(data),
                )
            )  # fmt: skip
        self._journal.record(unit, entry)

    def _cancel(self, order: Intent, rule: ir.Rule, at: Timestamp) -> Intent:
        return Intent(
            derived_id("int", self._setting.run_id, at, rule.id, "cancel", order.intent_id), order.engine,
            order.account, order.strategy, self._setting.principal, IntentKind.CANCEL, order.symbol, order.side,
            order.type, order.quantity, order.time_in_force, order.limit_price, order.stop_price, order.intent_id,
        )  # fmt: skip

    def follow_decision(self, unit: UnitOfWork, intent: Intent, decision: Decision, at: Timestamp) -> None:
        """Do what the lines of pre-trade rules lead to beside their verdict: postures, trips, actions."""
        if decision.program is None or decision.snapshot is None:
            return
        whole = {
            FIRM: FIRM, "account": intent.account, "engine": intent.engine, "strategy": intent.strategy,
            "symbol": intent.symbol,
        }  # fmt: skip
        for finding in decision.findings:
            rule = self.watcher.rules[finding.rule]
            if finding.is_unknown or is_posture(finding) or rule.mode != "enforced":
                continue
            line = rule.lines[finding.line - 1]
            if not (line.posture or line.trips or line.actions):
                continue
            key = tuple(whole[name] for name in rule.scope)
            seen = Seen(decision.program, key, decision.snapshot, _NOTHING, self._of_line(rule, line, key, at))
            self._write(unit, seen, at)
            change = Change(ChangeKind.FIRED, rule.id, line.number, key, at, line.code)
            self._follow(unit, seen, rule, change, line.actions, at)

    def _of_line(self, rule: ir.Rule, line: ir.Line, key: Key, at: Timestamp) -> tuple[Change, ...]:
        changes = self.watcher.trips(rule, line, key, self._state.watch.memory, at)
        if line.posture is not None and line.posture.stretch is not None:
            until = self.watcher.ends(line.posture.stretch, at)
            if until is not None:
                spot = (rule.id, line.number, key)
                changes.append(Change(ChangeKind.EXTENDED, *spot, at, line.code, until))
        return tuple(changes)

    # ---------------------------------------------------------------------------------- to their end
    def proceed(self, at: Timestamp) -> bool:
        """Go on with what was begun: exits once nothing works against them; return whether orders are pending now."""
        asked = False
        if not self._carries_out:
            return False
        for number, undertaking in enumerate(self._state.watch.undertakings):
            if undertaking.is_done:
                continue
            if undertaking.action == "flatten":
                asked = self._flatten(number, undertaking, at) or asked
            elif all(not self._is_open(intent_id) for intent_id in undertaking.intents):
                self._confirm(number, undertaking, at)
        return asked

    def _flatten(self, number: int, undertaking: Undertaking, at: Timestamp) -> bool:
        scope = undertaking.scope
        if any(self._is_open(intent_id) for intent_id in undertaking.intents):
            return False
        exits = exits_in(self._state, self._setting, scope, undertaking.rule, at)
        if exits is None:  # orders still work against the positions: their cancels come first
            return False
        if not exits:
            self._confirm(number, undertaking, at)
            return False
        exits = [intent for intent in exits if intent.intent_id not in undertaking.intents]
        if not exits:  # this instant's were refused: the next one may have other facts
            return False
        body = {
            "action": "flatten", "rule": undertaking.rule, "line": undertaking.line, "key": list(undertaking.key),
            "undertaking": number,
            "intents": [intent_entry(intent) for intent in exits],
        }  # fmt: skip
        with self._journal.write() as unit:
            self._put(unit, Entry(EventType.ACTION_TAKEN, at, body))
        return True

    def _is_open(self, intent_id: str) -> bool:
        state = self._state
        return intent_id in state.tracked or any(intent.intent_id == intent_id for intent in state.pending)

    def _confirm(self, number: int, undertaking: Undertaking, at: Timestamp) -> None:
        body = {
            "undertaking": number, "action": undertaking.action, "rule": undertaking.rule,
            "key": list(undertaking.key),
        }  # fmt: skip
        with self._journal.write() as unit:
            self._journal.record(unit, Entry(EventType.ACTION_CONFIRMED, at, body))

    # ---------------------------------------------------------------------------------- after the trade
    def _judge_fills(self) -> None:
        """Judge every fill the record holds and no rule has judged yet."""
        at = self._state.now
        groups = self.watcher.groups(self._setting.law_date_at(at), "post_trade", "fill")
        while groups and self._state.watch.fills_judged < len(self._state.fills):
            fill = self._state.fills[self._state.watch.fills_judged]
            intent = self._intent_of(fill)
            named = {"strategy": intent.strategy if intent else "", "symbol": fill.symbol}
            session = self._setting.calendar.session_date(fill.at).toordinal()
            scoped = [(group, [self._key(group.program.rules[0].scope, named)]) for group in groups]
            self._judge_moment("fill", scoped, at, fill, session)

    def _intent_of(self, fill: Fill) -> Intent | None:
        state = self._state
        intent_id = state.by_client_id.get(fill.order_id, "")
        tracked = state.tracked.get(intent_id) or state.finished.get(intent_id)
        return tracked.intent if tracked else None

    def moment_due(self) -> Timestamp | None:
        """Return when the session ends whose rules have not been judged yet, None where no rule waits for it."""
        day = self._state.account.session
        if day is None or day == self._state.watch.session_judged:
            return None
        law_date = self._setting.law_date_at(self._state.now)
        if not any(self.watcher.groups(law_date, "post_trade", moment) for moment in MOMENTS[1:]):
            return None
        session = self._setting.calendar.session_on(day)
        return session.close if session is not None else None

    def end_session(self, at: Timestamp) -> None:
        """Judge the rules of a session's end, and of its month's where it is the last."""
        day = self._state.account.session
        assert day is not None
        law_date = self._setting.law_date_at(at)
        following = self._setting.calendar.next_close_after(at)
        is_last = self._setting.calendar.session_date(following).month != day.month
        for moment in ("month end", "session end") if is_last else ("session end",):
            groups = self.watcher.groups(law_date, "post_trade", moment)
            scoped = [(group, sorted(self.alive(group.program.rules[0].scope))) for group in groups]
            self._judge_moment(moment, scoped, at)

    def _judge_moment(
        self, moment: str, scoped: list[tuple[Group, list[Key]]], at: Timestamp, fill: Fill | None = None,
        session: int | None = None,
    ) -> None:  # fmt: skip
        """Judge once, write what was found and that it was judged, and do what follows, in one transaction."""
        law_date = self._setting.law_date_at(at)
        told: list[Seen] = []
        for group, keys in scoped:
            scope = group.program.rules[0].scope
            for key in keys:
                facts = self.watcher.facts(scope, key, fill, session)
                told.append(self.watcher.judged(group, facts, key, at, law_date))
        found = [seen for seen in told if seen.judgement.findings]
        body: dict[str, Any] = {
            "moment": moment,
            "findings": [
                {"scope": _scope(seen), "key": list(seen.key), **_finding(seen, finding)}
                for seen in found
                for finding in seen.judgement.findings
            ],
        }
        with self._journal.write() as unit:
            self._journal.record(unit, Entry(EventType.POST_TRADE_JUDGED, at, body))
            for seen in found:
                self._follow_findings(unit, seen, at)

    def _follow_findings(self, unit: UnitOfWork, seen: Seen, at: Timestamp) -> None:
        for finding in seen.judgement.findings:
            if finding.is_unknown or not finding.line:
                continue
            rule = seen.rule(finding.rule)
            line = rule.lines[finding.line - 1]
            change = Change(ChangeKind.FIRED, rule.id, line.number, seen.key, at, line.code)
            self._follow(unit, seen, rule, change, line.actions, at)
            if rule.mode == "enforced":
                for trip in self.watcher.trips(rule, line, seen.key, self._state.watch.memory, at):
                    self._tripped(unit, seen, trip, at)


def _scope(seen: Seen) -> list[str]:
    return list(seen.program.rules[0].scope)


def _of_changes(seen: Seen, changes: Iterable[Change]) -> Iterator[Finding]:
    """Yield the findings that began or could not be judged with these changes."""
    began = {(change.rule, change.line) for change in changes if change.kind is ChangeKind.FIRED}
    for finding in seen.judgement.findings:
        rule = seen.rule(finding.rule)
        numbers = [line.number for line in rule.lines] if not finding.line else [finding.line]
        if any((rule.id, ~number if finding.is_unknown else number) in began for number in numbers):
            yield finding


def _finding(seen: Seen, finding: Finding) -> dict[str, Any]:
    data: dict[str, Any] = {
        "rule": finding.rule, "line": finding.line, "effect": finding.effect, "code": finding.code,
        "mode": finding.mode, "because": seen.told(finding),
    }  # fmt: skip
    if finding.facts:
        data["facts"] = [{"path": path, "reason": reason} for path, reason in finding.facts]
    return data


def _told(seen: Seen, rule: ir.Rule, change: Change) -> str:
    if rule in seen.program.rules:
        return because(rule.because, Interpreter(seen.program, seen.snapshot))
    return change.code


def _iso(ordinal: int) -> str:
    return date.fromordinal(int(ordinal)).isoformat()
