"""Watched rules on the desk: who is looked at, what each look says, and when the next one is due."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from dsl import ir
from dsl.bundle import Bundle
from dsl.calendars import Calendars, sessions_of
from dsl.interpret import Interpreter
from dsl.judgement import Finding, Judgement
from dsl.postures import FIRM
from dsl.program import Overlay, Program, in_force
from dsl.reads import windows_of
from dsl.reasons import because
from dsl.scalar.judge import Judge
from dsl.snapshot import Snapshot
from dsl.watch import Change, Key, Memory, look, next_wake, trips
from engine.decision.decide import Taker
from engine.facts.board import FactBoard
from engine.facts.scoped import ScopeFacts
from engine.facts.windows import WindowCounters
from engine.model.order import Fill

WATCHED = ("kill", "in_flight")
"""Stages that are watched, in the order they are judged."""
ARMED = ("kill", "arming", "in_flight")
"""The same where a run is armed: what its checklists ask for throughout is watched too."""
Live = Callable[[tuple[str, ...]], Iterable[Key]]
"""From a scope to the keys that are alive: armed, with a position, a working order or a latch."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look at one key said: the judgement with everything it rests on, and what changed."""

    program: Program
    key: Key
    snapshot: Snapshot
    judgement: Judgement
    changes: tuple[Change, ...]

    def rule(self, id_: str) -> ir.Rule:
        """Return a rule of the bundle."""
        rule = self.program.bundle.rule(id_)
        assert rule is not None
        return rule

    def told(self, finding: Finding) -> str:
        """Return a finding's reason in words."""
        return because(self.rule(finding.rule).because, Interpreter(self.program, self.snapshot))

    def value(self, expr: ir.Expr) -> Any:
        """Return what an expression comes to on the facts of this look."""
        return Interpreter(self.program, self.snapshot).evaluate(expr)


@dataclass(slots=True)
class Group:
    """The rules of one stage and scope on one day, compiled."""

    program: Program
    judge: Judge
    windows: tuple[str, ...]


class Watcher:
    """Judges watched rules key by key. Holds compiled programs, and what it last saw of each key."""

    def __init__(
        self, bundle: Bundle, overlays: tuple[Overlay, ...], taker: Taker, calendars: Calendars, board: FactBoard,
        windows: WindowCounters, constants: Mapping[str, str], stages: tuple[str, ...] = WATCHED,
    ) -> None:  # fmt: skip
        self._bundle, self._overlays, self._taker, self._calendars = bundle, overlays, taker, calendars
        self._board, self._windows, self._constants = board, windows, constants
        self.rules = {rule.id: rule for rule in bundle.ruleset.rules}
        self._switches = {id_: rule for id_, rule in self.rules.items() if isinstance(rule.own, ir.Switch)}
        self._by_day: dict[tuple[date, str, str], list[Group]] = {}
        self._known: dict[tuple[str, tuple[str, ...], Key], tuple[object, int | None]] = {}
        self._stages = tuple(stage for stage in stages if any(_is_watched(rule, stage) for rule in self.rules.values()))
        self.is_idle = not self._stages

    def ends(self, stretch: ir.Stretch, begin: int) -> int | None:
        """Return the last instant a stretch covers; sessions are those of the desk's exchange."""
        if not stretch.sessions:
            return begin + stretch.micros
        code = next((b.calendar.code for b in self._bundle.books if b.calendar is not None), "")
        sessions = sessions_of(self._calendars, code)
        return sessions.last(begin, stretch.sessions) if sessions is not None else None

    def groups(self, law_date: date, stage: str, each: str = "") -> list[Group]:
        """Return a stage's rules on a day, compiled, one group for each scope in order."""
        named = (law_date, stage, each)
        if named not in self._by_day:
            scopes = sorted({r.scope for r in self.rules.values() if r.stage == stage and r.each == each})
            made = [self._group(law_date, stage, each, scope) for scope in scopes]
            self._by_day = {key: groups for key, groups in self._by_day.items() if key[0] == law_date}
            self._by_day[named] = [group for group in made if group.program.rules]
        return self._by_day[named]

    def _group(self, law_date: date, stage: str, each: str, scope: tuple[str, ...]) -> Group:
        program = in_force(
            self._bundle, stage, law_date, self._overlays, self._calendars,
            lambda rule: rule.scope == scope and rule.each == each, (*scope, each),
        )  # fmt: skip
        return Group(program, Judge(program), windows_of(program))

    # ---------------------------------------------------------------------------------- looks
    def look(self, memory: Memory, now: int, law_date: date, live: Live) -> Iterable[Seen]:
        """Yield what changed at every key whose facts moved, or whose time has come, since the last look at it.

        The caller folds the changes of one look before it asks for the next.
        """
        for stage in self._stages:
            for group in self.groups(law_date, stage):
                scope = group.program.rules[0].scope
                for key in sorted(live(scope)):
                    seen = self._look_at(group, stage, scope, key, memory, now, law_date)
                    if seen is not None and seen.changes:
                        yield seen

    def _look_at(
        self, group: Group, stage: str, scope: tuple[str, ...], key: Key, memory: Memory, now: int, law_date: date
    ) -> Seen | None:
        name = (stage, scope, key)
        facts = self.facts(scope, key)
        mark = self._mark(group, facts, law_date)
        known = self._known.get(name)
        if known is not None and known[0] == mark and (known[1] is None or now < known[1]):
            return None
        seen = self.judged(group, facts, key, now, law_date)
        changes = look(
            group.program.rules, key, seen.judgement, memory, now,
            lambda rule, line: self._people(group, facts, rule, line, now), self.ends, self._switches,
        )  # fmt: skip
        self._known[name] = (mark, self._due(group, facts, now))
        return Seen(seen.program, key, seen.snapshot, seen.judgement, tuple(changes))

    def judged(self, group: Group, facts: ScopeFacts, key: Key, now: int, law_date: date) -> Seen:
        """Return what a group says of one key now, with no regard to what was before."""
        snapshot, _ = self._taker.take(group.program, facts, now, law_date)
        return Seen(group.program, key, snapshot, group.judge.judge(snapshot), ())

    def facts(
        self, scope: tuple[str, ...], key: Key, fill: Fill | None = None, session: int | None = None
    ) -> ScopeFacts:
        """Return what a key of a scope stands for."""
        return ScopeFacts({**self._constants, **dict(zip(scope, key, strict=True))}, fill, session)

    def trips(self, rule: ir.Rule, line: ir.Line, key: Key, memory: Memory, now: int) -> list[Change]:
        """Return the latches a line trips that is judged once and not watched."""
        return list(trips(rule, line, key, memory, now, lambda *_: frozenset(), self._switches))

    def once(self, rule: ir.Rule, key: Key, now: int, law_date: date) -> Seen:
        """Return what one rule alone says of a key now: what a reset or an arming asks."""
        program = in_force(
            self._bundle,
            rule.stage,
            law_date,
            self._overlays,
            self._calendars,
            lambda one: one.id == rule.id,
            (rule.id,),
        )
        group = Group(program, Judge(program), windows_of(program))
        return self.judged(group, self.facts(rule.scope, key), key, now, law_date)

    # ---------------------------------------------------------------------------------- time
    def next_instant(self, memory: Memory, now: int) -> int | None:
        """Return the next instant after `now` at which a watched rule may change though nothing happens."""
        due = [at for _, at in self._known.values() if at is not None and at > now]
        waking = next_wake(self.rules.values(), memory, now, self.ends)
        return min([*due, *([] if waking is None else [waking])], default=None)

    def forget(self) -> None:
        """Look at everything anew next time: what was seen rests on a memory that has been exchanged."""
        self._known.clear()

    def _mark(self, group: Group, facts: ScopeFacts, law_date: date) -> object:
        """Return what every look at a key rests on: equal marks give equal judgements until something falls due."""
        rows = tuple(self._board.row(key).version for key in self._keys(group, facts))
        return (law_date, rows, self._windows.version if group.windows else 0)

    def _keys(self, group: Group, facts: ScopeFacts) -> Iterable[Key]:
        parts = {slot.fact.key for slot in group.program.slots}
        return sorted({tuple(str(facts.part(name)) for name in names) for names in parts})

    def _due(self, group: Group, facts: ScopeFacts, now: int) -> int | None:
        """Return when the first fact gets too old, or the first event leaves a window."""
        due: list[int] = []
        for slot in group.program.slots:
            key = tuple(str(facts.part(name)) for name in slot.fact.key)
            entry = self._board.get(slot.path, key)
            if entry is not None and entry.expires is not None and entry.expires >= now:
                due.append(entry.expires + 1)
        for name in group.windows:
            window = self._bundle.ruleset.windows[name]
            key = tuple(facts.part(part) for part in window.per)  # type: ignore[misc]
            leaves = self._windows.next_expiry(name, key)
            if leaves is not None and leaves > now:
                due.append(leaves)
            if window.sessions:
                ended = self.ends(ir.Stretch(sessions=1), now)
                due += [ended + 1] if ended is not None else []
        return min(due, default=None)

    def _people(self, group: Group, facts: ScopeFacts, rule: ir.Rule, line: ir.Line, now: int) -> frozenset[str]:
        """Return the principals whose events are inside the windows a line reads."""
        out: set[str] = set()
        for name in windows_of(group.program, (line.condition,)):
            window = self._bundle.ruleset.windows[name]
            out |= self._windows.principals(name, tuple(facts.part(part) for part in window.per), now)
        return frozenset(out)


def _is_watched(rule: ir.Rule, stage: str) -> bool:
    return rule.stage == stage and (stage != "arming" or any(line.throughout for line in rule.lines))


def of_the_firm(keys: Mapping[str, str]) -> dict[str, str]:
    """Return the keys every scope has a value of: the desk's account and engine, and the firm."""
    return {FIRM: FIRM, **keys}
