"""One case as coverage sees it: what each rule said at every look, and what it would say otherwise."""

from collections.abc import Iterator
from dataclasses import dataclass

from dsl import ir
from dsl.case_programs import Programs
from dsl.cases import Case
from dsl.interpret import Interpreter
from dsl.observe import Observation, observe
from dsl.program import Program
from dsl.ranking import judge_candidate
from dsl.rewrite import Change
from dsl.seen import Seen
from dsl.snapshot import Snapshot

Outcome = tuple[tuple[int, str, str], ...]
"""What a rule says at a look: line, effect and code of each finding."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A rule at one look: what it was given, and what it said."""

    rule: ir.Rule
    program: Program
    snapshot: Snapshot
    outcome: Outcome


class Sight:
    """One case, played once; what is asked of it is worked out when it is asked."""

    def __init__(self, programs: Programs, case: Case) -> None:
        self.programs, self.case = programs, case
        self._observation: Observation | None = None
        self._judged: dict[str, tuple[Judged, ...]] = {}

    @property
    def seen(self) -> tuple[Seen, ...]:
        """What could be seen at each `expect`."""
        return self._played.seen

    @property
    def _played(self) -> Observation:
        if self._observation is None:
            self._observation = observe(self.programs, self.case)
        return self._observation

    def judged(self, rule_id: str) -> tuple[Judged, ...]:
        """Return a rule at every look of the case that judged it; looks at the same facts count once."""
        if rule_id not in self._judged:
            self._judged[rule_id] = tuple(self._looks_at(rule_id))
        return self._judged[rule_id]

    def _looks_at(self, rule_id: str) -> Iterator[Judged]:
        before: list[tuple[Program, Snapshot]] = []
        for program, snapshot in self._played.looks:
            rule = next((rule for rule in program.rules if rule.id == rule_id), None)
            if rule is None or any(known is program and _is_same(snapshot, other) for known, other in before):
                continue
            before.append((program, snapshot))
            yield Judged(rule, program, snapshot, outcome_of(rule, Interpreter(program, snapshot)))

    def would_see(self, change: Change) -> tuple[Seen, ...]:
        """Return what could be seen if the bundle were otherwise."""
        other = Programs(change(self.programs.bundle), self.programs.calendars)
        return observe(other, self.case).seen


def outcome_of(rule: ir.Rule, interpreter: Interpreter) -> Outcome:
    """Return what a rule says: its findings, and for a gate that no score could be had."""
    is_gate = isinstance(rule.own, ir.Gate)
    findings = judge_candidate(rule, "", interpreter).findings if is_gate else interpreter.rule(rule)
    return tuple((finding.line, finding.effect, finding.code) for finding in findings)


def _is_same(one: Snapshot, other: Snapshot) -> bool:
    return one.values == other.values and one.unknown == other.unknown and one.late == other.late
