"""What follows from findings: the postures, trips, actions and tasks of the lines that fired."""

from dataclasses import dataclass, field

from dsl.interpret import Interpreter
from dsl.judgement import Finding
from dsl.program import Program
from dsl.reasons import because
from dsl.snapshot import Snapshot


@dataclass(slots=True)
class Consequences:
    """What follows from the findings of rules that are enforced; trips by the code of their line."""

    postures: list[str] = field(default_factory=list)
    trips: list[str] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)
    tasks: list[str] = field(default_factory=list)


def consequences(program: Program, snapshot: Snapshot, findings: tuple[Finding, ...]) -> Consequences:
    """Return what follows from findings; of what could not be judged nothing does."""
    rules = {rule.id: rule for rule in program.rules}
    interpreter = Interpreter(program, snapshot)
    out = Consequences()
    for finding in findings:
        rule = rules[finding.rule]
        if not finding.line or finding.is_unknown or rule.mode != "enforced":
            continue
        line = rule.lines[finding.line - 1]
        out.postures += [line.posture.name] if line.posture is not None else []
        out.trips += [line.code] if line.trips else []
        for action in line.actions:
            out.actions.append(action.word)
            out.tasks += [because(action.task.title, interpreter)] if action.task is not None else []
    return out
