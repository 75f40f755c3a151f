"""What watched rules have led to, folded from the record: latches, postures, tasks, alerts, what is being done."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from dsl.watch import Change, ChangeKind, Memory
from engine.model.event import EventType
from engine.model.time import Timestamp
from engine.runtime.entry import Entry

SWITCH_KINDS = {
    ChangeKind.TRIPPED: EventType.KILL_SWITCH_TRIPPED,
    ChangeKind.RESET_ASKED: EventType.KILL_SWITCH_RESET_ASKED,
    ChangeKind.RESET: EventType.KILL_SWITCH_RESET,
}
"""Changes that are entries of their own."""


@dataclass(frozen=True, slots=True)
class Task:
    """Something somebody has to do: until the end of `due`, or a time of that day in microseconds."""

    rule: str
    key: tuple[str, ...]
    title: str
    role: str
    due: str
    at: int | None
    opened_at: Timestamp


@dataclass(frozen=True, slots=True)
class Alert:
    """Something somebody has to know."""

    rule: str
    key: tuple[str, ...]
    code: str
    because: str
    at: Timestamp


@dataclass(frozen=True, slots=True)
class Undertaking:
    """An action that has begun and is not confirmed yet.

    `intents` are what was asked for so far; `is_done` once nothing of it is open any more.
    """

    action: str
    rule: str
    line: int
    key: tuple[str, ...]
    scope: Mapping[str, str]
    begun_at: Timestamp
    intents: tuple[str, ...] = ()
    is_done: bool = False


class WatchState:
    """The fold of what watched rules wrote down."""

    def __init__(self) -> None:
        self.memory = Memory()
        self.tasks: list[Task] = []
        self.alerts: list[Alert] = []
        self.demoted: dict[str, str] = {}
        self.undertakings: list[Undertaking] = []
        self.script_lines = 0
        self.fills_judged = 0
        self.sessions_ended = 0
        self.session_judged: date | None = None
        self.disarmed: list[tuple[str, tuple[str, ...]]] = []
        self.log: list[Entry] = []

    def apply(self, entry: Entry) -> None:
        """Fold one entry of the watch."""
        body = entry.body
        self.log.append(entry)
        self.script_lines += "script" in body
        match entry.kind:
            case EventType.WATCH_CHANGED:
                for data in body["changes"]:
                    self.memory.apply(change_of(data, entry.at))
            case EventType.KILL_SWITCH_TRIPPED | EventType.KILL_SWITCH_RESET_ASKED | EventType.KILL_SWITCH_RESET:
                self.memory.apply(change_of(body["change"], entry.at))
            case EventType.DISARMED:
                change = change_of(body["change"], entry.at)
                self.memory.apply(change)
                self.disarmed.append((change.rule, change.key))
            case EventType.POST_TRADE_JUDGED:
                self.fills_judged += body["moment"] == "fill"
                self.sessions_ended += body["moment"] == "session end"
            case EventType.ACTION_TAKEN:
                self._undertake(entry)
            case EventType.ACTION_CONFIRMED:
                self.undertakings[body["undertaking"]] = replace(self.undertakings[body["undertaking"]], is_done=True)
            case EventType.STRATEGY_DEMOTED:
                self.demoted[body["strategy"]] = body["to"]
            case EventType.ALERT_RAISED:
                self.alerts.append(Alert(body["rule"], tuple(body["key"]), body["code"], body["because"], entry.at))
            case EventType.TASK_OPENED:
                self.tasks.append(
                    Task(
                        body["rule"], tuple(body["key"]), body["title"], body["role"], body["due"], body.get("at"),
                        entry.at,
                    )
                )  # fmt: skip

    def _undertake(self, entry: Entry) -> None:
        body = entry.body
        intents = tuple(data["intent_id"] for data in body["intents"])
        at = body.get("undertaking")
        if at is not None:
            known = self.undertakings[at]
            self.undertakings[at] = replace(known, intents=(*known.intents, *intents))
            return
        self.undertakings.append(
            Undertaking(
                body["action"], body["rule"], body["line"], tuple(body["key"]), body["scope"], entry.at, intents
            )
        )

    def tripped(self) -> frozenset[str]:
        """Return the ids of the switches that are tripped anywhere."""
        return frozenset(name for name, key in self.memory.tripped if (name, key) not in self.disarmed)


def change_data(change: Change) -> dict[str, Any]:
    """Return a change as the data of an entry; its instant is the entry's."""
    data: dict[str, Any] = {
        "kind": change.kind.value, "rule": change.rule, "line": change.line, "key": list(change.key)
    }  # fmt: skip
    if change.code:
        data["code"] = change.code
    if change.until:
        data["until"] = change.until
    if change.people:
        data["people"] = list(change.people)
    return data


def change_of(data: Mapping[str, Any], at: int) -> Change:
    """Return the change an entry holds; the inverse of `change_data`."""
    return Change(
        ChangeKind(data["kind"]), data["rule"], data["line"], tuple(data["key"]), at, data.get("code", ""),
        data.get("until", 0), tuple(data.get("people", ())),
    )  # fmt: skip
