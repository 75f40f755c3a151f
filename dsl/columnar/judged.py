"""A judged block: a row of truths for every line, and findings as objects for whoever asks."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from dsl.columnar.alike import numbered, packed
from dsl.columnar.block import Array, Block, Rows, Truths
from dsl.interpret import Interpreter
from dsl.interpret import judge as interpret
from dsl.judgement import EFFECT_STRENGTH, Finding, Judgement, conclude
from dsl.program import Program
from dsl.scalar.lines import Place, has_evidence, plain_finding

STRENGTHS = tuple(EFFECT_STRENGTH)
"""Verdicts in the order of their codes."""
BROKEN = -1
"""The verdict code of a row the reference itself raises on."""
Findings = tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Lines:
    """Every line of a program, strongest finding first: its place, what it says, and what it counts as."""

    places: tuple[Place, ...]
    plain: tuple[Finding, ...]
    measured: tuple[bool, ...]
    strengths: NDArray[np.int8]

    @staticmethod
    def of(program: Program, places: tuple[Place, ...]) -> "Lines":
        """Return the lines of a program."""
        said = [(program.rules[at], number) for at, number in places]
        plain = tuple(plain_finding(*line) for line in said)
        strengths = np.array([EFFECT_STRENGTH[finding.counts_as] for finding in plain], np.int8)
        return Lines(places, plain, tuple(has_evidence(*line) for line in said), strengths)


@dataclass(frozen=True, slots=True)
class Alike:
    """Rows one rule is open on, each with the number of what the interpreter says of it and of its like."""

    at: int
    rows: Rows
    numbers: Array
    findings: tuple[Findings, ...]
    """Without evidence, by number."""

    def of(self, row: int) -> Findings | None:
        """Return what is said of a row, None where the rule was not open on it."""
        place = int(np.searchsorted(self.rows, row))
        is_here = place < len(self.rows) and self.rows[place] == row
        return self.findings[int(self.numbers[place])] if is_here else None


@dataclass(frozen=True)
class Judged:
    """What the rules say of every row of a block.

    `bits` says, a bit a row and line by line, what fired where columns decided. Rules they could not decide for
    a row are in `alike`, or in `spoken` by row and rule with what the scalar judge or the interpreter found.
    `broken` are rows whose judgement raises.
    """

    program: Program
    lines: Lines
    block: Block
    bits: NDArray[np.uint8]
    alike: tuple[Alike, ...]
    spoken: Mapping[int, Mapping[int, Findings]]
    broken: frozenset[int]

    @property
    def size(self) -> int:
        return self.block.size

    @property
    def fired(self) -> Truths:
        """Whether each line fired on each row (lines × rows), where columns decided."""
        return np.unpackbits(self.bits, axis=1, count=self.size).view(np.bool_)

    def hits(self) -> NDArray[np.int64]:
        """Return on how many rows each line fired where columns decided."""
        found: NDArray[np.int64] = np.bitwise_count(self.bits).sum(axis=1, dtype=np.int64)
        return found

    @cached_property
    def verdicts(self) -> NDArray[np.int8]:
        """The verdict of every row as its strength, BROKEN where judging raises."""
        out = np.zeros(self.size, np.int8)
        for strength in sorted(set(self.lines.strengths.tolist()) - {0}):
            which = np.flatnonzero(self.lines.strengths == strength)
            fired = np.bitwise_or.reduce(self.bits[which], axis=0)
            out[np.unpackbits(fired, count=self.size).view(np.bool_)] = strength
        for group in self.alike:
            strengths = np.array([_strongest(findings) for findings in group.findings], np.int8)
            out[group.rows] = np.maximum(out[group.rows], strengths[group.numbers])
        for row, by_rule in self.spoken.items():
            out[row] = max(out[row], *map(_strongest, by_rule.values()))
        out[sorted(self.broken)] = BROKEN
        return out

    @cached_property
    def numbers(self) -> NDArray[np.int64]:
        """A number for every row; rows with one number have equal `plain_findings`, -1 is where judging raises."""
        parts = [packed(self.fired)]
        for group in self.alike:
            column = np.zeros(self.size, np.int32)
            column[group.rows] = group.numbers + 1
            parts.append(column.view(np.uint8).reshape(self.size, 4).T)
        out = numbered(np.concatenate(parts))
        known: dict[Findings, int] = {}
        start = int(out.max(initial=-1)) + 1
        for row in self.spoken:
            out[row] = start + known.setdefault(self.plain_findings(row), len(known))
        out[sorted(self.broken)] = -1
        return out

    def findings(self, row: int) -> Findings:
        """Return the findings of a row, strongest first, evidence included. Raises what judging it raises."""
        return self.judgement(row).findings

    def judgement(self, row: int) -> Judgement:
        """Return a row's judgement, equal to the interpreter's. Raises what the interpreter raises."""
        snapshot = self.block.snapshot(row)
        if row in self.broken:
            return interpret(self.program, snapshot)
        interpreter = Interpreter(self.program, snapshot)
        found: list[Finding] = []
        for number in self._lines(row):
            at, line = self.lines.places[number]
            is_measured = self.lines.measured[number]
            found.append(interpreter.finding(self.program.rules[at], line) if is_measured else self.lines.plain[number])
        for group in self.alike:
            if group.of(row) is not None:
                found += interpreter.rule(self.program.rules[group.at])
        for findings in self.spoken.get(row, _NOTHING).values():
            found += findings
        return conclude(found, tuple(rule.id for rule in self.program.rules))

    def plain_findings(self, row: int) -> Findings:
        """Return the findings of a row without what was measured, strongest first."""
        found = [self.lines.plain[number] for number in self._lines(row)]
        for group in self.alike:
            found += group.of(row) or ()
        for findings in self.spoken.get(row, _NOTHING).values():
            found += map(plain, findings)
        return conclude(found, ()).findings

    def _lines(self, row: int) -> list[int]:
        lines: list[int] = np.flatnonzero(self.bits[:, row >> 3] >> (7 - (row & 7)) & 1).tolist()
        return lines


def plain(finding: Finding) -> Finding:
    """Return a finding without what was measured."""
    if finding.measure is None and finding.bound is None:
        return finding
    return Finding(
        finding.rule, finding.line, finding.effect, finding.code, finding.mode, facts=finding.facts,
        flagged=finding.flagged,
    )  # fmt: skip


def _strongest(findings: Findings) -> int:
    return max((EFFECT_STRENGTH[finding.counts_as] for finding in findings), default=0)


_NOTHING: Mapping[int, Findings] = {}
