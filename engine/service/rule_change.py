"""A change of the rules against a base: its proofs judged, and what became looser, as findings and not as text."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from engine.service.rule_diff import DiffFinding, DiffReport, diff_rules
from engine.service.rule_proofs import ProofReport, prove_rules
from engine.service.rule_versions import name_base
from engine.shipped import shipped

Tick = Callable[[int, int], None]
"""Called with how many proofs are done and how many there are."""


@dataclass(frozen=True, slots=True)
class ChangeReport:
    """What the solver shows of a change: every proof, and the comparison with the base where one was named."""

    proofs: ProofReport
    diff: DiffReport | None

    def findings(self, allow_unknown: bool = False) -> tuple[DiffFinding, ...]:
        """Return everything that keeps a change from passing: broken proofs, and what is or may be looser.

        A proof that was not judged because no base was named is a finding too. `allow_unknown` lets alone what was
        not decided; it never lets a shown loosening pass.
        """
        found = []
        for word in ("fails", "unknown", "not judged"):
            for result in self.proofs.standing(word):
                given = result.exhibits[-1].scenario.given if result.exhibits else ""
                test = result.exhibits[-1].test(result.title) if result.exhibits else ""
                found.append(DiffFinding("proof", result.name, word, result.why, given, test=test))
        found += self.diff.findings() if self.diff is not None else ()
        return tuple(finding for finding in found if not (allow_unknown and finding.relation == "unknown"))


def judge_change(
    path: Path | None = None, base: str | None = None, law_date: date | None = None, database: str | None = None,
    effort: int = 1, tick: Tick = lambda done, total: None,
) -> ChangeReport:  # fmt: skip
    """Return how the proofs of a folder stand, and how its rules stand to those of a base.

    `base` is named as in `rules diff`, or a bare revision of git, which means the same folder there; it is also the
    baseline of the proofs. Raises Refused, RulesRefused and the store's errors.
    """
    folder = path if path is not None else shipped("rules")
    named = name_base(base, folder) if base is not None else None
    proofs = prove_rules(folder, named, law_date, database, effort, tick)
    diff = diff_rules(named, str(folder), law_date, database, effort) if named is not None else None
    return ChangeReport(proofs, diff)
