"""Switches by hand: trips and resets from the script, each answered by the switch's own rules and written down."""

from dataclasses import dataclass

from dsl import ir
from dsl.latches import Person, Refusal, Standing, ask_reset, trip_by_hand
from dsl.watch import ChangeKind, truths_of
from engine.model.event import EventType
from engine.model.time import Timestamp
from engine.runtime.entry import Entry
from engine.runtime.halt import RunRefused
from engine.runtime.journal import RunJournal
from engine.runtime.setting import RunSetting
from engine.runtime.state import DeskState
from engine.runtime.watch_desk import WatchDesk


@dataclass(frozen=True, slots=True)
class ScriptedSwitch:
    """One line of the script about a switch: who trips it or asks for its reset, under which key."""

    line: int
    at: Timestamp
    principal: str
    trips: bool
    switch: str
    key: tuple[str, ...]


class Switchboard:
    """Answers lines about switches. A refusal is an answer too: it is written down, and the run goes on."""

    def __init__(self, state: DeskState, setting: RunSetting, journal: RunJournal, watch: WatchDesk) -> None:
        self._state, self._setting, self._journal, self._watch = state, setting, journal, watch

    def answer(self, line: ScriptedSwitch, at: Timestamp) -> None:
        """Trip, or ask for a reset. Raises RunRefused when the line names no switch, key or principal."""
        rule, person = self._rule(line), self._person(line, at)
        if line.trips:
            self._trip(line, rule, person, at)
        else:
            self._reset(line, rule, person, at)

    def _trip(self, line: ScriptedSwitch, rule: ir.Rule, person: Person, at: Timestamp) -> None:
        made = trip_by_hand(rule, line.key, person, self._state.watch.memory, at)
        if isinstance(made, Refusal):
            self._refuse(line, made, at)
            return
        with self._journal.write() as unit:
            self._watch.record_switch(unit, rule, made, f"tripped by {person.id}", at, script=line.line)
            self._watch.follow_trip(unit, rule, made, at)

    def _reset(self, line: ScriptedSwitch, rule: ir.Rule, person: Person, at: Timestamp) -> None:
        standing = self._standing(rule, line.key, at)
        made = ask_reset(rule, line.key, person, self._state.watch.memory, at, standing, self._watch.watcher.ends)
        if isinstance(made, Refusal):
            self._refuse(line, made, at)
            return
        with self._journal.write() as unit:
            for change in made:
                told = f"reset by {', '.join(change.people)}"
                if change.kind is ChangeKind.RESET_ASKED:
                    told = f"{person.id} asks for its reset"
                    self._watch.record_switch(unit, rule, change, told, at, script=line.line)
                else:
                    self._watch.record_switch(unit, rule, change, told, at)

    def _standing(self, rule: ir.Rule, key: tuple[str, ...], at: Timestamp) -> Standing:
        """Return whether what trips the switch holds now, and which of its requirements are not met."""
        assert isinstance(rule.own, ir.Switch)
        watcher, law_date = self._watch.watcher, self._setting.law_date_at(at)
        seen = watcher.once(rule, key, at, law_date)
        holds = any(truths_of(rule, list(seen.judgement.findings)).values())
        unmet = []
        for name in rule.own.reset.requires:
            required = watcher.rules.get(name)
            if (
                required is None
                or watcher.once(required, self._key_of(required, rule, key), at, law_date).judgement.findings
            ):
                unmet.append(name)
        return Standing(holds, unmet)

    def _key_of(self, required: ir.Rule, rule: ir.Rule, key: tuple[str, ...]) -> tuple[str, ...]:
        named = {**self._watch.constants, **dict(zip(rule.scope, key, strict=True))}
        return tuple(named.get(name, "") for name in required.scope)

    def _refuse(self, line: ScriptedSwitch, refusal: Refusal, at: Timestamp) -> None:
        body = {
            "switch": line.switch, "key": list(line.key), "principal": line.principal, "script": line.line,
            "asked": "trip" if line.trips else "reset", "code": refusal.code, "reason": refusal.reason,
        }  # fmt: skip
        with self._journal.write() as unit:
            self._journal.record(unit, Entry(EventType.KILL_SWITCH_REFUSED, at, body))

    def _rule(self, line: ScriptedSwitch) -> ir.Rule:
        rule = self._watch.watcher.rules.get(line.switch)
        if rule is None or not isinstance(rule.own, ir.Switch):
            what = f"line {line.line} of the approvals names {line.switch}, which is no switch"
            raise RunRefused("SWITCH_UNKNOWN", what, "name a switch of the rules")
        if len(line.key) != len(rule.scope):
            what = f"line {line.line} of the approvals: {line.switch} is per {', '.join(rule.scope)}"
            raise RunRefused("SWITCH_KEY", what, "give one key for each")
        return rule

    def _person(self, line: ScriptedSwitch, at: Timestamp) -> Person:
        principal = self._setting.principals.get(line.principal)
        if principal is None:
            what = f"line {line.line} of the approvals: there is no principal {line.principal}"
            raise RunRefused("PRINCIPAL_UNKNOWN", what, "name one of principals.yaml")
        return Person(principal.id, tuple(sorted(role.value for role in principal.roles if principal.holds(role, at))))
