"""What a candidate says otherwise than was said then: counted by verdict and by rule, with examples."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Any

import numpy as np

from dsl.columnar.block import Array
from dsl.columnar.judged import Judged
from dsl.interpret import Interpreter
from dsl.judgement import Finding
from dsl.reasons import because
from dsl.snapshot import Reason
from engine.backtest.journal import Stretch
from engine.backtest.records import Signature, signature_of, verdict_of
from engine.decision.record import exact_text

_UNKNOWN = frozenset(reason.value for reason in Reason)


class Kind(StrEnum):
    """How a rule differs on one decision."""

    NEWLY = "newly"
    """It speaks now and did not then."""
    NO_LONGER = "no longer"
    OTHERWISE = "otherwise"
    """It spoke both times, with another line, effect, code or mode."""


@dataclass(frozen=True, slots=True)
class Told:
    """One finding as it is shown: in words, and with what was measured where it was."""

    line: int
    effect: str
    code: str
    mode: str
    because: str
    measure: str
    threshold: str
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """One decision a rule differs on; `old` and `new` are that rule's findings."""

    rule: str
    kind: Kind
    decision_id: str
    run: str
    seq: int
    at: int
    order: str
    old_verdict: str
    new_verdict: str
    old: tuple[Told, ...]
    new: tuple[Told, ...]


@dataclass(slots=True)
class Changes:
    """The outcome of a replay. `verdicts` counts (then, now) over all decisions judged again; `faults` the
    decisions the candidate could not be asked about, by the class of the error."""

    wanted: int
    decisions: int = 0
    verdicts: Counter[tuple[str, str]] = field(default_factory=Counter)
    rules: dict[str, Counter[Kind]] = field(default_factory=lambda: defaultdict(Counter))
    undecided: Counter[str] = field(default_factory=Counter)
    """Decisions by rule that differ because a fact is unknown to the candidate."""
    examples: dict[tuple[str, Kind], list[Example]] = field(default_factory=lambda: defaultdict(list))
    unjudged: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)

    @property
    def changed(self) -> int:
        """How many decisions have another verdict."""
        return sum(count for (old, new), count in self.verdicts.items() if old != new)

    def add(self, stretch: Stretch, judged: Judged) -> None:
        """Compare one block with what was said then."""
        self.decisions += stretch.size
        old, before = _numbered(stretch.said())
        new, after = _signatures(judged)
        pairs = old * (len(after) + 1) + new + 1
        codes, counts = np.unique(pairs, return_counts=True)
        for code, count in zip(codes.tolist(), counts.tolist(), strict=True):
            was, now = divmod(code, len(after) + 1)
            if now == 0:
                self._break(judged, np.flatnonzero(pairs == code))
                continue
            self._compare(stretch, judged, before[was], after[now - 1], count, pairs == code)

    def _break(self, judged: Judged, rows: Array) -> None:
        for row in rows.tolist():
            try:
                judged.judgement(row)
            except Exception as fault:  # the class is all that is told: the record or the rules are at fault
                self.faults[type(fault).__name__] += 1

    def _compare(self, stretch: Stretch, judged: Judged, was: Signature, now: Signature, count: int, at: Array) -> None:
        verdicts = verdict_of(was), verdict_of(now)
        self.verdicts[verdicts] += count
        if was == now:
            return
        differing = _differing(was, now)
        unknown = {rule for rule, _, _, code, _ in now if code in _UNKNOWN}
        for rule, kind in differing.items():
            self.rules[rule][kind] += count
            self.undecided[rule] += count if rule in unknown else 0
        lacking = {r: k for r, k in differing.items() if len(self.examples[r, k]) < self.wanted}
        if lacking:
            for row in np.flatnonzero(at)[: self.wanted].tolist():
                self._show(stretch, judged, row, lacking, verdicts)

    def _show(
        self, stretch: Stretch, judged: Judged, row: int, differing: Mapping[str, Kind], verdicts: tuple[str, str]
    ) -> None:
        recorded = stretch.recorded(row)
        findings = judged.judgement(row).findings
        interpreter = Interpreter(judged.program, judged.block.snapshot(row))
        for rule, kind in differing.items():
            if len(self.examples[rule, kind]) >= self.wanted:
                continue
            old = tuple(_told_from(data) for data in recorded.findings if data["rule"] == rule)
            new = tuple(_told(judged, interpreter, finding) for finding in findings if finding.rule == rule)
            self.examples[rule, kind].append(
                Example(
                    rule, kind, recorded.decision_id, recorded.run, recorded.seq, recorded.at, recorded.order,
                    *verdicts, old, new,
                )
            )  # fmt: skip


def _numbered(signatures: Sequence[Signature]) -> tuple[Array, list[Signature]]:
    known: dict[Signature, int] = {}
    numbers = [known.setdefault(one, len(known)) for one in signatures]
    return np.array(numbers, np.int64), list(known)


def _signatures(judged: Judged) -> tuple[Array, list[Signature]]:
    """Return the number of every row's signature, -1 where judging raises; rows alike are looked at once."""
    known: dict[Signature, int] = {}
    numbers, first, inverse = np.unique(judged.numbers, return_index=True, return_inverse=True)
    places = [
        -1 if number < 0 else known.setdefault(signature_of(judged.plain_findings(row)), len(known))
        for number, row in zip(numbers.tolist(), first.tolist(), strict=True)
    ]
    return np.array(places, np.int64)[inverse], list(known)


def _differing(was: Signature, now: Signature) -> dict[str, Kind]:
    """Return every rule that differs, and how."""
    then, today = _by_rule(was), _by_rule(now)
    out: dict[str, Kind] = {}
    for rule in sorted({*then, *today}):
        if rule not in then:
            out[rule] = Kind.NEWLY
        elif rule not in today:
            out[rule] = Kind.NO_LONGER
        elif then[rule] != today[rule]:
            out[rule] = Kind.OTHERWISE
    return out


def _by_rule(signature: Signature) -> dict[str, list[Any]]:
    out: dict[str, list[Any]] = defaultdict(list)
    for rule, *rest in signature:
        out[rule].append(rest)
    return out


def _told_from(data: Mapping[str, Any]) -> Told:
    return Told(
        data["line"], data["effect"], data["code"], data["mode"], data["because"], data.get("measure", ""),
        data.get("threshold", ""), _unknown((f["path"], f["reason"]) for f in data.get("facts", ())),
    )  # fmt: skip


def _told(judged: Judged, interpreter: Interpreter, finding: Finding) -> Told:
    rule = judged.program.bundle.rule(finding.rule)
    assert rule is not None
    return Told(
        finding.line, finding.effect, finding.code, finding.mode, because(rule.because, interpreter),
        _exact(finding.measure), _exact(finding.bound), _unknown(finding.facts),
    )  # fmt: skip


def _exact(value: Fraction | None) -> str:
    return "" if value is None else exact_text(value)


def _unknown(facts: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(f"{path} {reason}" for path, reason in facts)
