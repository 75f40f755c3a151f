"""What watched rules did in a run, read from its record: switches, postures, tasks, alerts."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dsl import ir
from dsl.bundle import Bundle
from dsl.postures import DISARMED
from dsl.watch import Trip
from engine.model.time import format_timestamp
from engine.runtime.journal import entries_of
from engine.runtime.state import WATCH_ENTRIES
from engine.runtime.watch_log import due_text, lines_of
from engine.runtime.watch_state import WatchState
from engine.service.explanations import Explainer
from engine.service.overlays import reopen_overlays
from engine.service.runs import find_run, latest_run, open_existing
from engine.store.database import Database
from engine.store.runs import Run

SWITCH_HEADS = ("switch", "key", "state", "posture", "since", "by", "why")
WATCH_HEADS = ("at", "what", "rule", "key", "code", "in words")
TASK_HEADS = ("opened", "due", "role", "task", "rule", "key")


@dataclass(frozen=True, slots=True)
class SwitchLine:
    """A latch of a run, or a posture some line holds: whose, since when, through whom, and who resets it."""

    rule: str
    title: str
    key: str
    state: str
    posture: str
    since: str
    by: str
    why: str
    reset: str

    def as_data(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}

    def as_cells(self) -> tuple[str, ...]:
        return (f"{self.rule} {self.title}", self.key, self.state, self.posture, self.since, self.by, self.why)


@dataclass(frozen=True, slots=True)
class TaskLine:
    """Something somebody has to do."""

    opened: str
    due: str
    role: str
    title: str
    rule: str
    key: str

    def as_data(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}

    def as_cells(self) -> tuple[str, ...]:
        return (self.opened, self.due, self.role, self.title, self.rule, self.key)


def switches_of(address: str, named: str | None = None) -> tuple[SwitchLine, ...]:
    """Return every switch of a run's rules, tripped ones first, and the postures other lines hold.

    `named` None takes the newest run. Raises Refused, NotExplained and the store's errors.
    """
    with open_existing(address) as database:
        run, state = _state(database, named)
        with database.read(run.run_key) as unit:
            bundle = Explainer(database, reopen_overlays).bundle(unit, run.bundle_hash)
    lines = [*_latches(bundle, state), *_postures(bundle, state)]
    return tuple(sorted(lines, key=lambda line: (line.state != "tripped", line.rule, line.key)))


@dataclass(frozen=True, slots=True)
class WatchLine:
    """One thing watched rules did, as people read it."""

    at: str
    what: str
    rule: str
    key: str
    code: str
    text: str

    def as_data(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}

    def as_cells(self) -> tuple[str, ...]:
        return (self.at, self.what, self.rule, self.key, self.code, self.text)


def watch_log(address: str, named: str | None = None) -> tuple[WatchLine, ...]:
    """Return everything watched rules did in a run, in order. Raises Refused and the store's errors."""
    with open_existing(address) as database:
        _, state = _state(database, named)
    rows = lines_of(state.log)
    return tuple(WatchLine(format_timestamp(r.at), r.what, r.rule, r.key, r.code, r.text) for r in rows)


def tasks_of(address: str, named: str | None = None) -> tuple[TaskLine, ...]:
    """Return what a run's rules gave people to do, by due day. Raises Refused and the store's errors."""
    with open_existing(address) as database:
        _, state = _state(database, named)
    tasks = sorted(state.tasks, key=lambda task: (task.due, task.at or 0, task.opened_at))
    return tuple(
        TaskLine(
            format_timestamp(task.opened_at), due_text(task.due, task.at), task.role, task.title, task.rule,
            " ".join(task.key),
        )
        for task in tasks
    )  # fmt: skip


def _state(database: Database, named: str | None) -> tuple[Run, WatchState]:
    run = find_run(database, named or latest_run(database))
    state = WatchState()
    with database.read(run.run_key) as unit:
        for entry in entries_of(unit, run.run_key):
            if entry.kind in WATCH_ENTRIES:
                state.apply(entry)
    return run, state


def _latches(bundle: Bundle, state: WatchState) -> Iterator[SwitchLine]:
    for rule in bundle.ruleset.rules:
        tripped = {key: trip for (name, key), trip in state.memory.tripped.items() if name == rule.id}
        missing = {key: at for (name, key), at in state.memory.missing.items() if name == rule.id}
        if not (isinstance(rule.own, ir.Switch) or tripped or missing):
            continue
        posture = rule.own.posture if isinstance(rule.own, ir.Switch) else DISARMED
        for key, trip in tripped.items():
            yield _tripped(rule, key, trip, posture)
        for key, at in missing.items():
            if key not in tripped:
                yield SwitchLine(
                    rule.id, rule.title, " ".join(key), "facts missing", "reduce_only", format_timestamp(at), "", "",
                    _reset(rule),
                )  # fmt: skip
        if not tripped and not missing:
            yield SwitchLine(rule.id, rule.title, "", "ready", "active", "", "", "", _reset(rule))


def _tripped(rule: ir.Rule, key: tuple[str, ...], trip: Trip, posture: str) -> SwitchLine:
    asked = f"; asked by {', '.join(who for who, _ in trip.asked)}" if trip.asked else ""
    return SwitchLine(
        rule.id, rule.title, " ".join(key), "tripped", posture, format_timestamp(trip.at), ", ".join(sorted(trip.by)),
        f"{trip.code}{asked}", _reset(rule),
    )  # fmt: skip


def _postures(bundle: Bundle, state: WatchState) -> Iterator[SwitchLine]:
    memory = state.memory
    for spot in sorted({*memory.active, *memory.until}):
        name, number, key = spot
        rule = bundle.rule(name)
        if rule is None or number < 1 or rule.mode != "enforced":
            continue
        line = rule.lines[number - 1]
        if line.posture is None or (spot not in memory.active and memory.until[spot] < _latest(state)):
            continue
        since = format_timestamp(memory.active[spot]) if spot in memory.active else ""
        until = f"until {format_timestamp(memory.until[spot])}" if spot in memory.until else "while it holds"
        yield SwitchLine(
            rule.id, rule.title, " ".join(key), until, line.posture.name, since, "", line.code, "by itself"
        )  # fmt: skip


def _latest(state: WatchState) -> int:
    return state.log[-1].at if state.log else 0


def _reset(rule: ir.Rule) -> str:
    if not isinstance(rule.own, ir.Switch):
        return "by arming anew"
    reset = rule.own.reset
    return f"by {reset.count} {reset.role} within {reset.within // 60_000_000} min"
