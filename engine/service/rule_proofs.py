"""The proofs of rule files, each kept or broken, with the order that breaks it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsl.diagnostics import Diagnostic, has_errors
from engine.service.refusal import RulesRefused
from engine.service.rule_files import RuleFiles, compile_files, read_rule_files
from engine.service.rule_versions import name_base, read_version
from engine.service.solver import require_solver
from engine.shipped import shipped

if TYPE_CHECKING:
    from dsl.analysis.proofs import Result
    from dsl.bundle import Bundle

Tick = Callable[[int, int], None]
"""Called with how many proofs are done and how many there are."""


@dataclass(frozen=True, slots=True)
class ProofReport:
    """How every proof stands, in the order they are written, and the files by the names people see."""

    results: "tuple[Result, ...]"
    files: RuleFiles
    bundle: "Bundle"
    baseline: str | None

    @property
    def texts(self) -> Mapping[str, str]:
        return self.files.texts

    def standing(self, word: str) -> "tuple[Result, ...]":
        """Return the proofs that stand so: holds, fails, unknown, not judged."""
        return tuple(result for result in self.results if result.standing.value == word)

    def diagnostics(self, allow_unknown: bool = False) -> tuple[Diagnostic, ...]:
        """Return what fails, and what was not decided unless that is allowed, by place."""
        wanted = (*self.standing("fails"), *(() if allow_unknown else self.standing("unknown")))
        found = (result.diagnostic() for result in wanted)
        placed = (self.files.placed(diagnostic) for diagnostic in found if diagnostic is not None)
        return tuple(sorted(placed, key=lambda d: (d.span, d.code)))

    def as_data(self) -> dict[str, Any]:
        """Return the report as JSON-able data."""
        return {
            "bundle": self.bundle.hash,
            "baseline": self.baseline,
            "proofs": [self._data(result) for result in self.results],
        }

    def _data(self, result: "Result") -> dict[str, Any]:
        span = result.proof.span
        stretch = result.stretch
        data: dict[str, Any] = {
            "proof": result.name,
            "place": f"{self.files.shown}{span}",
            "standing": result.standing.value,
            "why": result.why,
        }
        if stretch is not None:
            data["from"] = stretch.first.isoformat() if stretch.first else None
            data["until"] = stretch.last.isoformat() if stretch.last else None
        data["orders"] = [
            {
                "beside": exhibit.beside,
                "verdict": exhibit.judgement.verdict,
                "given": exhibit.scenario.given,
                "says_all": exhibit.scenario.says_all,
                "test": exhibit.test(result.title),
            }
            for exhibit in result.exhibits
        ]
        return data


def prove_rules(
    path: Path | None = None, baseline: str | None = None, law_date: date | None = None, database: str | None = None,
    effort: int = 1, tick: Tick = lambda done, total: None,
) -> ProofReport:  # fmt: skip
    """Return how every proof of a folder's rule files stands.

    `baseline` names the rules that `never looser than baseline` means, as `rules diff` names versions. Raises
    Refused, RulesRefused and the store's errors.
    """
    require_solver()
    files = read_rule_files(path)
    bundle, found = compile_files(files)
    if bundle is None or has_errors(found):
        raise RulesRefused(tuple(found), files.texts)
    around = path if path is not None else shipped("rules")
    compared = read_version(name_base(baseline, around), database).bundle if baseline is not None else None
    return prove_compiled(files, bundle, compared, baseline, law_date, effort, tick)


def prove_compiled(
    files: RuleFiles, bundle: "Bundle", compared: "Bundle | None", baseline: str | None,
    law_date: date | None = None, effort: int = 1, tick: Tick = lambda done, total: None,
) -> ProofReport:  # fmt: skip
    """Return how the proofs of compiled rules stand; `compared` is the baseline, under the name people gave it."""
    require_solver()
    from dsl.analysis.proofs import prove

    return ProofReport(prove(bundle, compared, law_date, effort, tick), files, bundle, baseline)


def render_proofs(report: ProofReport) -> str:
    """Return every proof with how it stands, and under a broken one the orders that break it, as tests to paste."""
    lines = []
    for result in report.results:
        why = f" ({result.why})" if result.why and result.standing.value != "fails" else ""
        lines.append(f"{result.standing.value:<10} {result.name}{why}")
        if result.standing.value != "fails":
            continue
        when = f" {result.stretch}" if result.stretch is not None else ""
        lines.append(f"           {result.why}{when}")
        for exhibit in result.exhibits:
            beside = f"{exhibit.beside}: " if exhibit.beside else ""
            lines.append(f"  # {beside}{exhibit.judgement.verdict}; into rulebook {exhibit.scenario.rulebook}")
            if exhibit.scenario.unsaid:
                lines.append(f"  # no scenario can say {', '.join(exhibit.scenario.unsaid)}")
            lines += [f"  {line}" for line in exhibit.test(result.title).rstrip("\n").split("\n")]
    return "\n".join(lines) + "\n" if lines else ""
