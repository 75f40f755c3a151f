"""Gates: who of the strategies offered passes, with what score, in what order, and what the others lack."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from dsl import ir
from dsl.bundle import Bundle
from dsl.calendars import Calendars
from dsl.explain import Branch, explain
from dsl.interpret import Interpreter
from dsl.judgement import Finding
from dsl.program import Overlay
from dsl.ranking import Candidate, judge_candidate, rank, shown_score
from engine.decision.watching import Seen, Watcher, of_the_firm
from engine.facts.board import FactBoard
from engine.facts.snapshot import SnapshotTaker
from engine.facts.windows import WindowCounters
from engine.model.calendar import SessionCalendar
from engine.model.time import Timestamp
from engine.promotion.evaluations import Evaluation


@dataclass(frozen=True, slots=True)
class Failed:
    """A requirement a strategy does not meet: its name, the reason code, the values it rests on, what is unknown."""

    line: str
    code: str
    values: tuple[tuple[str, str], ...]
    facts: tuple[tuple[str, str], ...]

    def as_data(self) -> dict[str, Any]:
        return {
            "line": self.line, "code": self.code,
            "values": [{"name": name, "value": value} for name, value in self.values],
            "facts": [{"path": path, "reason": reason} for path, reason in self.facts],
        }  # fmt: skip

    def __str__(self) -> str:
        unknown = [f"{path} is {reason}" for path, reason in self.facts]
        known = [f"{name} is {value}" for name, value in self.values if value != "unknown"]
        return f'"{self.line}": {", ".join(unknown or known) or self.code}'


@dataclass(frozen=True, slots=True)
class Standing:
    """A strategy at a gate. `place` is its rank among those that pass, from 1; None where it does not."""

    strategy: str
    place: int | None
    score: str
    failed: tuple[Failed, ...]

    @property
    def passed(self) -> bool:
        return self.place is not None

    def as_cells(self) -> tuple[str, ...]:
        lacks = "; ".join(map(str, self.failed))
        return (str(self.place or "-"), self.strategy, "passes" if self.passed else "fails", self.score, lacks)

    def as_data(self) -> dict[str, Any]:
        return {
            "strategy": self.strategy, "passed": self.passed, "place": self.place, "score": self.score,
            "failed": [one.as_data() for one in self.failed],
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What one gate says of every strategy offered, those that pass first, best first."""

    gate: str
    title: str
    origin: str
    target: str
    mode: str
    standings: tuple[Standing, ...]

    def as_data(self) -> dict[str, Any]:
        return {
            "gate": self.gate, "title": self.title, "from": self.origin, "to": self.target, "mode": self.mode,
            "standings": [one.as_data() for one in self.standings],
        }  # fmt: skip


class Gates:
    """The gates of a bundle on a day, and the statistics they read."""

    def __init__(
        self, bundle: Bundle, overlays: tuple[Overlay, ...], calendar: SessionCalendar, calendars: Calendars,
        engine: str,
    ) -> None:  # fmt: skip
        self._board = FactBoard(bundle.contracts, calendar)
        windows = WindowCounters(bundle.ruleset.windows, calendars)
        taker = SnapshotTaker(self._board, windows, calendar)
        constants = of_the_firm({"account": "", "engine": engine})
        self._watcher = Watcher(bundle, overlays, taker, calendars, self._board, windows, constants)

    def judge(
        self, evaluations: tuple[Evaluation, ...], origin: str | None, at: Timestamp, law_date: date
    ) -> tuple[Verdicts, ...]:
        """Return what every gate in force says, those of one rung where `origin` names it."""
        for evaluation in evaluations:
            for path, value in evaluation.facts.items():
                self._board.put(path, (evaluation.strategy,), value, evaluation.as_of, evaluation.provider)
        out = []
        for group in self._watcher.groups(law_date, "promotion"):
            for rule in group.program.rules:
                if isinstance(rule.own, ir.Gate) and origin in (None, rule.own.origin):
                    out.append(self._gate(rule, rule.own, evaluations, at, law_date))
        return tuple(sorted(out, key=lambda verdicts: verdicts.gate))

    def _gate(
        self, rule: ir.Rule, gate: ir.Gate, evaluations: tuple[Evaluation, ...], at: Timestamp, law_date: date
    ) -> Verdicts:
        candidates: list[Candidate] = []
        failed: dict[str, tuple[Failed, ...]] = {}
        for evaluation in evaluations:
            name = evaluation.strategy
            seen = self._watcher.once(rule, (name,), at, law_date)
            candidate = judge_candidate(rule, name, Interpreter(seen.program, seen.snapshot))
            candidates.append(candidate)
            failed[name] = tuple(_failed(seen, rule, finding) for finding in candidate.findings)
        by_name = {candidate.id: candidate for candidate in candidates}
        order = rank(gate, candidates)
        others = sorted(set(by_name) - set(order))
        standings = [
            Standing(name, order.index(name) + 1 if name in order else None, shown_score(by_name[name]), failed[name])
            for name in (*order, *others)
        ]
        return Verdicts(rule.id, rule.title, gate.origin, gate.target, rule.mode, tuple(standings))


def _failed(seen: Seen, rule: ir.Rule, finding: Finding) -> Failed:
    facts = tuple(finding.facts)
    if not finding.line:
        return Failed("score", finding.code, (), facts)
    line = rule.lines[finding.line - 1]
    tree = explain(seen.program, Interpreter(seen.program, seen.snapshot), line.condition, lambda path: path)
    return Failed(line.label, finding.code, tuple(dict.fromkeys(_leaves(tree))), facts)


def _leaves(branch: Branch) -> Iterator[tuple[str, str]]:
    """Yield the named values a requirement rests on."""
    if branch.origin:
        yield branch.text, branch.value
    for part in branch.branches:
        yield from _leaves(part)
