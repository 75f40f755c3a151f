"""Scenarios of watched rules: time passes, things happen, and after each step it is held against what should be."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from dsl import ir
from dsl.bundle import Bundle
from dsl.calendars import Calendars, Sessions
from dsl.case_facts import NOBODY, people_of, snapshot_of
from dsl.cases import Case, Expected
from dsl.interpret import Interpreter, judge
from dsl.judgement import EFFECT_STRENGTH, Finding
from dsl.keywords import EFFECTS
from dsl.latches import Person, Standing, ask_reset, trip_by_hand
from dsl.postures import FIRM, causes, strongest
from dsl.program import Program, in_force
from dsl.reasons import because
from dsl.seen import Seen, said
from dsl.snapshot import Snapshot
from dsl.watch import Change, ChangeKind, Key, Memory, look, next_wake, truths_of
from dsl.windows import Happening


@dataclass(slots=True)
class _Segment:
    """What came of one stretch of a scenario."""

    actions: list[str] = field(default_factory=list)
    tasks: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)


class Staging:
    """Plays one case of a watched stage. `programs` are those of the rules it is about, one for each scope."""

    def __init__(self, bundle: Bundle, case: Case, programs: Iterable[Program], calendars: Calendars) -> None:
        self._bundle, self._case, self._programs = bundle, case, tuple(programs)
        self._calendars = calendars
        self._rules = {rule.id: rule for program in self._programs for rule in program.rules}
        self._switches = {id_: rule for id_, rule in self._rules.items() if isinstance(rule.own, ir.Switch)}
        self._memory = Memory()
        self._findings: list[Finding] = []
        self._past: list[Happening] = []
        self._now = case.start
        self.looks: list[tuple[Program, Snapshot]] = []
        """Every judgement so far: what judged, and what it was given."""
        self.seen: list[Seen] = []
        """What was so at each `expect` so far."""

    def problems(self) -> Iterator[str]:
        """Yield what did not come out as expected, stretch by stretch."""
        case = self._case
        segment = _Segment()
        self._look(case.start, segment)
        self._play(case.happenings, case.now, segment)
        self.seen.append(self._seen(segment))
        yield from self._compare(case.outcomes, segment, "")
        for number, step in enumerate(case.steps, 1):
            segment = _Segment()
            if step.is_restart:
                self._restart()
            else:
                self._until(min([step.now, *(h.at for h in step.happenings)]), segment)
                self._case = replace(self._case, settings=step.settings)
                self._play(step.happenings, step.now, segment)
            self.seen.append(self._seen(segment))
            yield from self._compare(step.outcomes, segment, f"step {number}: ")

    # ---------------------------------------------------------------------------------- time
    def _play(self, happenings: tuple[Happening, ...], now: int, segment: _Segment) -> None:
        for happening in happenings:
            self._until(happening.at, segment)
            if happening.event in ("switch.trip", "switch.reset"):
                self._by_hand(happening, segment)
            else:
                self._past.append(happening)
            self._look(happening.at, segment)
        self._until(now, segment)
        self._look(now, segment)

    def _until(self, at: int, segment: _Segment) -> None:
        """Wake at every instant before `at` at which something ends or begins by itself."""
        while (due := next_wake(self._rules.values(), self._memory, self._now, self._ends)) is not None and due < at:
            self._look(due, segment)

    def _look(self, at: int, segment: _Segment) -> None:
        self._now = at
        self._findings = []
        for program in self._programs:
            case = self._at(at)
            snapshot = snapshot_of(program, case)
            self.looks.append((program, snapshot))
            judgement = judge(program, snapshot)
            self._findings += judgement.findings
            changes = look(
                program.rules, self._key(program.rules[0]), judgement, self._memory, at,
                lambda rule, line, program=program, case=case: people_of(program, case, line.condition),  # type: ignore[misc]
                self._ends, self._switches,
            )  # fmt: skip
            for change in changes:
                self._memory.apply(change)
                self._follow(program, change, segment)

    def _at(self, at: int) -> Case:
        return replace(self._case, now=at, happenings=tuple(self._past))

    def _ends(self, stretch: ir.Stretch, begin: int) -> int | None:
        if not stretch.sessions:
            return begin + stretch.micros
        sessions = next((own for program in self._programs if (own := self._sessions(program))), None)
        return sessions.last(begin, stretch.sessions) if sessions else None

    def _sessions(self, program: Program) -> Sessions | None:
        book = next((b for b in self._bundle.books if b.name == program.rules[0].rulebook), None)
        return program.sessions(book.calendar.code) if book and book.calendar else None

    # ---------------------------------------------------------------------------------- what follows
    def _follow(self, program: Program, change: Change, segment: _Segment) -> None:
        rule = self._rules[change.rule]
        if rule.mode != "enforced":
            return
        if change.kind is ChangeKind.FIRED and change.line > 0:
            actions = rule.lines[change.line - 1].actions
        elif change.kind is ChangeKind.TRIPPED and isinstance(rule.own, ir.Switch):
            actions = rule.own.actions
        else:
            return
        interpreter = Interpreter(program, snapshot_of(program, self._at(change.at)))
        for action in actions:
            segment.actions.append(action.word)
            if action.task is not None:
                segment.tasks.append(because(action.task.title, interpreter))

    def _by_hand(self, happening: Happening, segment: _Segment) -> None:
        person = Person(happening.fields["principal"], (happening.fields["role"],))
        for rule in self._switches.values():
            key = self._key(rule)
            if happening.event == "switch.trip":
                made = trip_by_hand(rule, key, person, self._memory, happening.at)
                changes = [made] if isinstance(made, Change) else made
            else:
                standing = self._standing(rule, happening.at)
                changes = ask_reset(rule, key, person, self._memory, happening.at, standing, self._ends)
            if not isinstance(changes, list):
                segment.refusals.append(changes.code)
                continue
            program = next(program for program in self._programs if rule in program.rules)
            for change in changes:
                self._memory.apply(change)
                self._follow(program, change, segment)

    def _standing(self, rule: ir.Rule, at: int) -> Standing:
        assert isinstance(rule.own, ir.Switch)
        program = next(program for program in self._programs if rule in program.rules)
        judgement = judge(program, snapshot_of(program, self._at(at)), frozenset((rule.id,)))
        holds = any(truths_of(rule, list(judgement.findings)).values())
        unmet = [name for name in rule.own.reset.requires if not self._is_met(name, at)]
        return Standing(holds, unmet)

    def _is_met(self, name: str, at: int) -> bool:
        """Return whether a checklist or gate a reset requires holds on the scenario's facts."""
        rule = self._bundle.rule(name)
        if rule is None:
            return False
        program = next(iter(self._programs))
        own = in_force(
            self._bundle, rule.stage, program.law_date, calendars=self._calendars, only=lambda one: one.id == name
        )
        return bool(own.rules) and not judge(own, snapshot_of(own, self._at(at))).findings

    def _restart(self) -> None:
        """Remember only what a record holds: the changes that lead to the same memory."""
        remembered = Memory()
        for change in changes_of(self._memory):
            remembered.apply(change)
        self._memory = remembered

    def _key(self, rule: ir.Rule) -> Key:
        return tuple(self._subject()[name] for name in rule.scope)

    def _subject(self) -> Mapping[str, str]:
        named = {
            name: setting.value
            for name in ("account", "engine", "strategy", "symbol")
            if (setting := self._case.settings.get(f"scope.{name}")) is not None
        }
        return {FIRM: FIRM, **dict.fromkeys(("account", "engine", "strategy", "symbol"), NOBODY), **named}

    # ---------------------------------------------------------------------------------- what should be
    def _compare(self, outcomes: tuple[Expected, ...], segment: _Segment, where: str) -> Iterator[str]:
        active = [finding for finding in self._findings if self._is_active(finding)]
        verdicts = [one for one in outcomes if one.effect in ("allow", *EFFECTS)]
        if verdicts:
            wanted = max(verdicts, key=lambda one: EFFECT_STRENGTH[one.effect]).effect
            # As of an order: rules judged by themselves speak whatever their mode, all together they count by it.
            spoken = (f.effect if self._case.rules else f.counts_as for f in active)
            got = max(spoken, key=lambda effect: EFFECT_STRENGTH[effect], default="allow")
            got = got if EFFECT_STRENGTH[got] else "allow"
            if got != wanted:
                yield f"{where}expected {wanted}, got {got} ({self._said(active)})"
        for one in outcomes:
            problem = self._problem(one, active, segment)
            if problem:
                yield where + problem

    def _problem(self, one: Expected, active: list[Finding], segment: _Segment) -> str:
        trips = [
            (name, trip.code) for (name, _), trip in self._memory.tripped.items() if one.rule in (None, name)
        ]  # fmt: skip
        match one.effect:
            case "allow":
                return "" if not trips else f"expected allow, {trips[0][0]} is tripped ({trips[0][1]})"
            case "trip":
                fits = any(one.code in (None, code) for _, code in trips)
                return "" if fits else f"expected trip {one.code or ''}, got {self._said(active)}"
            case "no trip":
                return "" if not trips else f"expected no trip, {trips[0][0]} is tripped ({trips[0][1]})"
            case "posture":
                return self._posture_problem(one)
            case "does":
                word = one.code or ""
                return (
                    ""
                    if word in segment.actions
                    else f"expected {word}, done: {', '.join(segment.actions) or 'nothing'}"
                )
            case "task":
                return "" if one.code in segment.tasks else f'expected task "{one.code}", opened: {segment.tasks}'
            case "refuse":
                fits = one.code in segment.refusals or (one.code is None and bool(segment.refusals))
                return "" if fits else f"expected a refusal {one.code or ''}, refused: {segment.refusals or 'nothing'}"
            case _:
                fits = any(
                    f.effect == one.effect and one.code in (None, f.code) and one.rule in (None, f.rule) for f in active
                )
                return "" if fits else f"expected {one.effect} {one.code or ''}, got {self._said(active)}"

    def _seen(self, segment: _Segment) -> Seen:
        found = causes(self._rules, self._memory, self._subject(), self._now)
        return Seen(
            said(finding for finding in self._findings if self._is_active(finding)),
            tuple((name, trip.code) for (name, _), trip in self._memory.tripped.items()),
            (strongest(found),), tuple(segment.actions), tuple(segment.tasks), tuple(segment.refusals),
        )  # fmt: skip

    def _posture_problem(self, one: Expected) -> str:
        found = causes(self._rules, self._memory, self._subject(), self._now)
        got = strongest(found)
        keys = sorted({part for cause in found for part in cause.key})
        if got != one.code:
            return f"expected posture {one.code}, got {got}"
        missing = [key for key in one.keys if key not in keys]
        return f"expected posture {one.code} on {missing[0]}, it is on {', '.join(keys)}" if missing else ""

    def _is_active(self, finding: Finding) -> bool:
        rule = self._rules[finding.rule]
        key = self._key(rule)
        if finding.is_unknown:
            return any((rule.id, ~line.number, key) in self._memory.active for line in rule.lines)
        return (rule.id, finding.line, key) in self._memory.active

    def _said(self, active: list[Finding]) -> str:
        said = [f"{finding.effect} {finding.code} from {finding.rule}" for finding in active]
        said += [f"trip {trip.code} from {name}" for (name, _), trip in self._memory.tripped.items()]
        return ", ".join(said) or "nothing"


def changes_of(memory: Memory) -> list[Change]:
    """Return changes whose fold is this memory: what a record must hold of it."""
    out = [Change(ChangeKind.BEGAN, *spot, at) for spot, at in memory.since.items()]
    out += [Change(ChangeKind.FIRED, *spot, at) for spot, at in memory.active.items()]
    out += [Change(ChangeKind.EXTENDED, *spot, until, until=until) for spot, until in memory.until.items()]
    out += [Change(ChangeKind.MISSING, name, -1, key, at) for (name, key), at in memory.missing.items()]
    for (name, key), trip in memory.tripped.items():
        out.append(Change(ChangeKind.TRIPPED, name, trip.line, key, trip.at, trip.code, people=tuple(sorted(trip.by))))
        out += [
            Change(ChangeKind.RESET_ASKED, name, trip.line, key, at, people=(who,)) for who, at in trip.asked
        ]  # fmt: skip
    return out
