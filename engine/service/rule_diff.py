"""Two versions of the rules against one another: what became tighter, what looser, and the orders that show it."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.service.rule_versions import Version, read_version
from engine.service.solver import require_solver

if TYPE_CHECKING:
    from dsl.analysis.compare import Comparison, RuleChange, StageChange
    from dsl.analysis.relation import Relation, Shown, Witness
    from dsl.bundle import Bundle
    from engine.service.counterexample_stream import Stream


@dataclass(frozen=True, slots=True)
class Parting:
    """On how many recorded decisions a version says less or more than was decided then, and some of them by id.

    `unjudged` could not be judged again, so nobody knows.
    """

    decisions: int
    looser: int
    tighter: int
    unjudged: int = 0
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class History:
    """What both versions make of decisions that were really made."""

    before: Parting
    after: Parting


@dataclass(frozen=True, slots=True)
class DiffFinding:
    """Something that is looser than before, removed, incomparable or unknown: a rule, a stage or a list.

    Where an order shows it: that order, what both versions say of it, and a test of what the later one says.
    """

    kind: str
    subject: str
    relation: str
    why: str = ""
    given: str = ""
    before: str = ""
    after: str = ""
    test: str = ""


Replay = Callable[["Bundle", "Bundle", date | None], History]
"""Judges recorded decisions under two bundles: handed in by whoever has a history to judge."""


@dataclass(frozen=True, slots=True)
class DiffReport:
    """What a comparison found; `history` only where recorded decisions were judged too."""

    before: Version
    after: Version
    law_date: date | None
    comparison: "Comparison"
    history: History | None = None

    @property
    def is_clean(self) -> bool:
        """Whether nothing is judged more weakly than before, as far as is known."""
        return not self.findings()

    def findings(self) -> tuple[DiffFinding, ...]:
        """Return everything that is judged more weakly, or of which nobody could show that it is not."""
        stages = self.comparison.stages
        found = [self._finding("rule", rule.rule, rule.relation, rule.parts) for st in stages for rule in st.rules]
        found += [self._finding("stage", stage.stage, stage.relation, stage.parts) for stage in stages]
        found += [self._finding("list", c.name, c.relation, (), f"{c.what}: {c.before} -> {c.after}")
                  for c in self.comparison.lists]  # fmt: skip
        return tuple(finding for finding in found if finding is not None)

    def _finding(
        self, kind: str, subject: str, relation: "Relation", parts: "tuple[Shown, ...]", why: str = ""
    ) -> DiffFinding | None:
        from dsl.analysis.relation import LOOSENS, Relation

        if relation not in (*LOOSENS, Relation.UNKNOWN):
            return None
        why = why or "; ".join(dict.fromkeys(part.why for part in parts if part.why))
        shown = next((part.looser for part in parts if part.looser is not None), None)
        data = self._witness(shown) if shown is not None else {}
        keys = ("given", "before", "after", "test")
        return DiffFinding(kind, subject, relation.value, why, *(data.get(key, "") for key in keys))

    def as_data(self) -> dict[str, Any]:
        """Return the report as JSON-able data."""
        comparison = self.comparison
        data: dict[str, Any] = {
            "before": {"name": self.before.name, "bundle": self.before.bundle.hash},
            "after": {"name": self.after.name, "bundle": self.after.bundle.hash},
            "law_date": self.law_date.isoformat() if self.law_date else None,
            "relation": comparison.relation.value,
            "stages": [self._stage(stage) for stage in comparison.stages],
            "params": [asdict(change) for change in comparison.numbers],
            "lists": [asdict(change) for change in comparison.lists],
        }
        if self.history is not None:
            data["history"] = asdict(self.history)
        return data

    def _stage(self, stage: "StageChange") -> dict[str, Any]:
        return {
            "stage": stage.stage,
            "relation": stage.relation.value,
            "parts": [self._shown(part) for part in stage.parts],
            "rules": [self._rule(rule) for rule in stage.rules],
        }

    def _rule(self, rule: "RuleChange") -> dict[str, Any]:
        return {
            "id": rule.rule,
            "title": rule.title,
            "relation": rule.relation.value,
            "parts": [self._shown(part) for part in rule.parts],
            "words": [{"what": w.what, "before": w.before, "after": w.after} for w in rule.words],
        }

    def _shown(self, shown: "Shown") -> dict[str, Any]:
        data: dict[str, Any] = {
            "from": shown.stretch.first.isoformat() if shown.stretch.first else None,
            "until": shown.stretch.last.isoformat() if shown.stretch.last else None,
            "relation": shown.relation.value,
            "lets_go": shown.lets_go,
        }
        if shown.why:
            data["why"] = shown.why
        for name, witness in (("looser", shown.looser), ("tighter", shown.tighter)):
            if witness is not None:
                data[name] = self._witness(witness)
        return data

    def _witness(self, witness: "Witness") -> dict[str, Any]:
        from dsl.analysis.scenario import expectation
        from dsl.analysis.telling import said

        expect = expectation(witness.after, bool(witness.rules))
        return {
            "given": witness.scenario.given,
            "says_all": witness.scenario.says_all,
            "unsaid": list(witness.scenario.unsaid),
            "rulebook": witness.scenario.rulebook,
            "before": said(witness.before, self.before.bundle.ruleset.rules),
            "after": said(witness.after, self.after.bundle.ruleset.rules),
            "test": witness.scenario.test("shown by a comparison", witness.rules, expect),
        }


def diff_rules(
    before: str, after: str, law_date: date | None = None, database: str | None = None, effort: int = 1,
    replay: Replay | None = None,
) -> DiffReport:  # fmt: skip
    """Return how one version of the rules stands to another.

    `effort` multiplies the work one question may cost. Raises Refused, RulesRefused and the store's errors.
    """
    require_solver()
    was, now = read_version(before, database), read_version(after, database)
    return diff_versions(was, now, law_date, effort, replay)


def diff_versions(
    was: Version, now: Version, law_date: date | None = None, effort: int = 1, replay: Replay | None = None
) -> DiffReport:
    """Return how one version that is read already stands to another. Raises Refused."""
    require_solver()
    from dsl.analysis.compare import compare

    comparison = compare(was.bundle, now.bundle, law_date, effort)
    history = replay(was.bundle, now.bundle, law_date) if replay is not None else None
    return DiffReport(was, now, law_date, comparison, history)


def write_stream(report: DiffReport, path: Path, effort: int = 1) -> "tuple[Stream, Path | None]":
    """Write an order that the two versions answer differently as a decision stream. Raises Refused.

    Returned with the folder its maintained lists were written to, None when the rules read none.
    """
    from engine.service.counterexample_stream import STAGE, stream_of
    from engine.service.refusal import Kind, Refused

    stage = next((stage for stage in report.comparison.stages if stage.stage == STAGE and stage.parts), None)
    if stage is None:
        raise Refused("STREAM_NONE", "the two versions judge every order alike", "nothing to show", Kind.FINDINGS)
    stream = stream_of(report.before, report.after, stage, effort)
    return stream, stream.write(path)
