"""Rules that are watched rather than asked: what begins and ends under each key, and the switches that latch.

A look takes a judgement and a memory and gives changes; the memory is nothing but the fold of changes, so that a
desk that keeps them on record remembers after a restart what it knew before it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from dsl import ir
from dsl.judgement import Finding, Judgement

Key = tuple[str, ...]
Ends = Callable[[ir.Stretch, int], int | None]
"""From a stretch and the instant it begins to the last instant it covers; None where sessions cannot be told."""
People = Callable[[ir.Rule, ir.Line], frozenset[str]]
"""The principals whose events made a line's condition hold."""
MISSING = -1
"""The line of a switch that tripped because its facts were unknown for too long."""
BY_HAND = 0


class ChangeKind(StrEnum):
    """What changed: a condition held or not, a line in force or not, facts missing or found, a latch closed or open."""

    BEGAN = "BEGAN"
    ENDED = "ENDED"
    FIRED = "FIRED"
    LAPSED = "LAPSED"
    EXTENDED = "EXTENDED"
    MISSING = "MISSING"
    FOUND = "FOUND"
    TRIPPED = "TRIPPED"
    RESET_ASKED = "RESET_ASKED"
    RESET = "RESET"


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one line (`line` ~n: line n could not be judged) under one key, at an instant in microseconds.

    `code` is the reason, `until` the last instant of a lasting posture, `people` who contributed, asked or reset.
    """

    kind: ChangeKind
    rule: str
    line: int
    key: Key
    at: int
    code: str = ""
    until: int = 0
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trip:
    """A latch that closed: when, why, by which line, through whom; and who has asked so far for its reset."""

    at: int
    code: str
    line: int
    by: frozenset[str]
    asked: tuple[tuple[str, int], ...] = ()


Spot = tuple[str, int, Key]
"""A line of a rule under a key."""


@dataclass(slots=True)
class Memory:
    """What is remembered between looks. Changed by `apply` alone."""

    since: dict[Spot, int] = field(default_factory=dict)
    active: dict[Spot, int] = field(default_factory=dict)
    until: dict[Spot, int] = field(default_factory=dict)
    missing: dict[tuple[str, Key], int] = field(default_factory=dict)
    tripped: dict[tuple[str, Key], Trip] = field(default_factory=dict)

    def apply(self, change: Change) -> None:
        """Fold one change."""
        spot, latch = (change.rule, change.line, change.key), (change.rule, change.key)
        match change.kind:
            case ChangeKind.BEGAN:
                self.since[spot] = change.at
            case ChangeKind.ENDED:
                self.since.pop(spot, None)
            case ChangeKind.FIRED:
                self.active[spot] = change.at
            case ChangeKind.LAPSED:
                self.active.pop(spot, None)
            case ChangeKind.EXTENDED:
                self.until[spot] = change.until
            case ChangeKind.MISSING:
                self.missing[latch] = change.at
            case ChangeKind.FOUND:
                self.missing.pop(latch, None)
            case ChangeKind.TRIPPED:
                self.tripped[latch] = Trip(change.at, change.code, change.line, frozenset(change.people))
            case ChangeKind.RESET_ASKED:
                trip = self.tripped[latch]
                asked = (*trip.asked, *((person, change.at) for person in change.people))
                self.tripped[latch] = Trip(trip.at, trip.code, trip.line, trip.by, asked)
            case ChangeKind.RESET:
                self.tripped.pop(latch, None)


def look(
    rules: Iterable[ir.Rule], key: Key, judgement: Judgement, memory: Memory, now: int, people: People, ends: Ends,
    switches: Mapping[str, ir.Rule],
) -> list[Change]:  # fmt: skip
    """Return what changed under a key since the last look, given what the rules of its scope say now.

    `switches` are those a line may trip, by id.
    """
    changes: list[Change] = []
    said: dict[str, list[Finding]] = {}
    for finding in judgement.findings:
        said.setdefault(finding.rule, []).append(finding)
    for rule in rules:
        truths = truths_of(rule, said.get(rule.id, []))
        if isinstance(rule.own, ir.Switch):
            changes += _look_at_switch(rule, rule.own, key, truths, memory, now, people, ends)
        elif isinstance(rule.own, ir.Checklist):
            changes += _look_at_checklist(rule, key, truths, memory, now)
        else:
            changes += _look_at_lines(rule, key, truths, memory, now, people, ends, switches)
    return changes


def truths_of(rule: ir.Rule, findings: list[Finding]) -> dict[int, Finding | None]:
    """Return, line by line, the finding of what holds or could not be judged; None for what does not hold."""
    by_line: dict[int, Finding | None] = {finding.line: finding for finding in findings}
    guard = by_line.get(0)
    return {line.number: guard or by_line.get(line.number) for line in rule.lines}


def _look_at_lines(
    rule: ir.Rule, key: Key, truths: Mapping[int, Finding | None], memory: Memory, now: int, people: People, ends: Ends,
    switches: Mapping[str, ir.Rule],
) -> Iterator[Change]:  # fmt: skip
    for line in rule.lines:
        truth = truths[line.number]
        unknown = (rule.id, ~line.number, key)
        if truth is not None and truth.is_unknown:
            if unknown not in memory.active:
                yield Change(ChangeKind.FIRED, *unknown, now, truth.code)
            continue
        if unknown in memory.active:
            yield Change(ChangeKind.LAPSED, *unknown, now)
        yield from _look_at_line(rule, line, key, truth is not None, memory, now, people, ends, switches)


def _look_at_line(
    rule: ir.Rule, line: ir.Line, key: Key, holds: bool, memory: Memory, now: int, people: People, ends: Ends,
    switches: Mapping[str, ir.Rule],
) -> Iterator[Change]:  # fmt: skip
    spot = (rule.id, line.number, key)
    if not holds:
        if spot in memory.since:
            yield Change(ChangeKind.ENDED, *spot, now)
        if spot in memory.active:
            yield Change(ChangeKind.LAPSED, *spot, now, line.code)
        return
    if line.lasting and spot not in memory.since:
        yield Change(ChangeKind.BEGAN, *spot, now)
    if now - memory.since.get(spot, now) < line.lasting:
        return
    if spot not in memory.active:
        yield Change(ChangeKind.FIRED, *spot, now, line.code, people=tuple(sorted(people(rule, line))))
        yield from trips(rule, line, key, memory, now, people, switches)
    if line.posture is not None and line.posture.stretch is not None and rule.mode == "enforced":
        until = ends(line.posture.stretch, now)
        if until is not None and until > memory.until.get(spot, 0):
            yield Change(ChangeKind.EXTENDED, *spot, now, line.code, until)


def trips(
    rule: ir.Rule, line: ir.Line, key: Key, memory: Memory, now: int, people: People, switches: Mapping[str, ir.Rule]
) -> Iterator[Change]:
    """Trip the switches a line names, under the part of its key they are kept per."""
    if rule.mode != "enforced":
        return
    named = dict(zip(rule.scope, key, strict=True))
    for name in line.trips:
        switch = switches.get(name)
        if switch is None:
            continue
        own = tuple(named[part] for part in switch.scope)
        if (name, own) not in memory.tripped and switch.mode == "enforced":
            yield Change(
                ChangeKind.TRIPPED, name, line.number, own, now, line.code, people=tuple(sorted(people(rule, line)))
            )


def _look_at_switch(
    rule: ir.Rule, own: ir.Switch, key: Key, truths: Mapping[int, Finding | None], memory: Memory, now: int,
    people: People, ends: Ends,
) -> Iterator[Change]:  # fmt: skip
    latch = (rule.id, key)
    unknown = next((truth for truth in truths.values() if truth is not None and truth.is_unknown), None)
    if unknown is None and latch in memory.missing:
        yield Change(ChangeKind.FOUND, rule.id, MISSING, key, now)
    if unknown is not None and latch not in memory.missing:
        yield Change(ChangeKind.MISSING, rule.id, MISSING, key, now, unknown.code)
    is_tripped = latch in memory.tripped
    for line in rule.lines:
        truth, spot = truths[line.number], (rule.id, line.number, key)
        if truth is None and spot in memory.since:
            yield Change(ChangeKind.ENDED, *spot, now)
        if truth is None or truth.is_unknown:
            continue
        if line.lasting and spot not in memory.since:
            yield Change(ChangeKind.BEGAN, *spot, now)
        if not is_tripped and now - memory.since.get(spot, now) >= line.lasting:
            is_tripped = True
            yield Change(ChangeKind.TRIPPED, *spot, now, line.code, people=tuple(sorted(people(rule, line))))
    if unknown is not None and not is_tripped:
        patience = ends(own.missing, memory.missing.get(latch, now))
        if patience is None or now >= patience:
            yield Change(ChangeKind.TRIPPED, rule.id, MISSING, key, now, unknown.code)


def _look_at_checklist(
    rule: ir.Rule, key: Key, truths: Mapping[int, Finding | None], memory: Memory, now: int
) -> Iterator[Change]:
    """Trip when a requirement that is kept throughout is lost; while one is unknown, its facts are missing."""
    if rule.mode != "enforced":
        return
    latch = (rule.id, key)
    kept = [(line, truths[line.number]) for line in rule.lines if line.throughout]
    unknown = next((truth for _, truth in kept if truth is not None and truth.is_unknown), None)
    if unknown is None and latch in memory.missing:
        yield Change(ChangeKind.FOUND, rule.id, MISSING, key, now)
    if unknown is not None and latch not in memory.missing:
        yield Change(ChangeKind.MISSING, rule.id, MISSING, key, now, unknown.code)
    lost = next((line for line, truth in kept if truth is not None and not truth.is_unknown), None)
    if lost is not None and latch not in memory.tripped:
        yield Change(ChangeKind.TRIPPED, rule.id, lost.number, key, now, lost.code)


def next_wake(rules: Iterable[ir.Rule], memory: Memory, now: int, ends: Ends) -> int | None:
    """Return the next instant at which something changes though nothing happens, after `now`."""
    by_id = {rule.id: rule for rule in rules}
    due: list[int] = [until + 1 for until in memory.until.values()]
    for (name, number, _), since in memory.since.items():
        rule = by_id.get(name)
        if rule is not None:
            due.append(since + rule.lines[number - 1].lasting)
    for (name, key), since in memory.missing.items():
        rule = by_id.get(name)
        if rule is not None and isinstance(rule.own, ir.Switch) and (name, key) not in memory.tripped:
            patience = ends(rule.own.missing, since)
            due += [] if patience is None else [patience]
    return min((at for at in due if at > now), default=None)
