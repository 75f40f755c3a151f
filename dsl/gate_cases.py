"""Cases of a gate: one candidate by what is set without a key, several by what is set for each."""

from dataclasses import dataclass, replace

from dsl import ir
from dsl.case_facts import snapshot_of
from dsl.cases import Case, Expected
from dsl.interpret import Interpreter
from dsl.judgement import Finding
from dsl.program import Program
from dsl.ranking import Candidate, judge_candidate, rank
from dsl.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Candidacy:
    """One candidate at one gate, and the snapshot it was judged on."""

    rule: ir.Rule
    candidate: Candidate
    snapshot: Snapshot


def candidacies(program: Program, case: Case) -> list[Candidacy]:
    """Return every candidate of a case at every gate of a program."""
    gates = [rule for rule in program.rules if isinstance(rule.own, ir.Gate)]
    out = []
    for name in sorted(case.keyed) or [""]:
        own = replace(case, settings={**case.settings, **case.keyed.get(name, {})})
        snapshot = snapshot_of(program, own)
        interpreter = Interpreter(program, snapshot)
        out += [Candidacy(rule, judge_candidate(rule, name, interpreter), snapshot) for rule in gates]
    return out


def ranking(found: list[Candidacy]) -> tuple[str, ...]:
    """Return the candidates that pass the first gate, best first."""
    first = found[0].rule if found else None
    if first is None or not isinstance(first.own, ir.Gate):
        return ()
    return rank(first.own, [one.candidate for one in found if one.rule is first])


def gate_problem(found: list[Candidacy], outcomes: tuple[Expected, ...]) -> str:
    """Return what did not come out as expected, or nothing."""
    failed = [(one, finding) for one in found for finding in one.candidate.findings]
    for one in outcomes:
        if one.effect == "rank":
            got = ranking(found)
            if got != one.keys:
                return f"expected rank {' over '.join(one.keys)}, got {' over '.join(got)}"
        elif one.effect == "fail":
            labels = sorted({label_of(c.rule, f) for c, f in failed if f.counts_as == "fail"})
            if not labels or one.code not in (None, *labels):
                return f'expected fail "{one.code or ""}", failed: {", ".join(labels) or "nothing"}'
        elif one.effect == "allow" and not all(c.candidate.passed for c in found):
            said = sorted({f"{c.candidate.id} {f.code}".strip() for c, f in failed})
            return f"expected allow, failed: {', '.join(said)}"
    return ""


def label_of(rule: ir.Rule, finding: Finding) -> str:
    """Return how a test names a finding of a gate: by its requirement, or by its code where it has none."""
    return rule.lines[finding.line - 1].label if finding.line else finding.code
