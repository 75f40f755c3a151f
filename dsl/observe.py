"""One case played without a word about what should come out: every judgement made, and what a scenario could see."""

from dataclasses import dataclass

from dsl.case_facts import snapshot_of
from dsl.case_programs import Programs
from dsl.cases import Case
from dsl.collect import WATCHED_STAGES
from dsl.consequences import consequences
from dsl.gate_cases import candidacies, ranking
from dsl.interpret import judge
from dsl.program import Program
from dsl.seen import Seen, said
from dsl.snapshot import Snapshot
from dsl.staging import Staging


@dataclass(frozen=True, slots=True)
class Observation:
    """`looks` are the judgements: what judged, and what it was given. `seen` is what was so at each `expect`."""

    looks: tuple[tuple[Program, Snapshot], ...]
    seen: tuple[Seen, ...]


def observe(programs: Programs, case: Case) -> Observation:
    """Return what judging a case comes to."""
    if case.stage in WATCHED_STAGES:
        return _staged(programs, case)
    program = programs.of(case)
    if case.stage == "promotion":
        found = candidacies(program, case)
        failed = tuple(entry for one in found for entry in said(one.candidate.findings))
        snapshots = {one.candidate.id: one.snapshot for one in found}
        return Observation(
            tuple((program, snapshot) for snapshot in snapshots.values()), (Seen(failed, order=ranking(found)),)
        )
    snapshot = snapshot_of(program, case)
    findings = judge(program, snapshot).findings
    led_to = consequences(program, snapshot, findings)
    seen = Seen(
        said(findings), tuple(("", code) for code in led_to.trips), tuple(led_to.postures), tuple(led_to.actions),
        tuple(led_to.tasks),
    )  # fmt: skip
    asked = Observation(((program, snapshot),), (seen,))
    if not case.is_kept or findings:
        return asked
    kept = _staged(programs, case)
    return Observation((*asked.looks, *kept.looks), (*asked.seen, *kept.seen[1:]))


def _staged(programs: Programs, case: Case) -> Observation:
    staging = Staging(programs.bundle, case, programs.by_scope(case), programs.calendars)
    for _ in staging.problems():
        pass
    return Observation(tuple(staging.looks), tuple(staging.seen))
