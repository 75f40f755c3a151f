"""A judged block: a row of truths for every line, and findings as objects for whoever asks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsl.columnar.block import Array, Block
from dsl.interpret import Interpreter
from dsl.interpret import judge as interpret
from dsl.judgement import EFFECT_STRENGTH, Finding, Judgement, conclude
from dsl.program import Program
from dsl.scalar.lines import Place, has_evidence, plain_finding

STRENGTHS = tuple(EFFECT_STRENGTH)
"""Verdicts in the order of their codes."""
BROKEN = -1
"""The verdict code of a row the reference itself raises on."""


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


@dataclass(frozen=True)
class Judged:
    """What the rules say of every row of a block.

    `fired[n, row]` is whether line n fired where columns decided; rules they could not decide for a row are in
    `spoken` by row and rule, with what the scalar judge or the interpreter found. `broken` are rows whose
    judgement raises.
    """

    program: Program
    lines: Lines
    block: Block
    fired: Array
    spoken: Mapping[int, Mapping[int, tuple[Finding, ...]]]
    broken: frozenset[int]

    @property
    def size(self) -> int:
        return self.block.size

    @cached_property
    def verdicts(self) -> NDArray[np.int8]:
        """The verdict of every row as its strength, BROKEN where judging raises."""
        out = np.zeros(self.size, np.int8)
        for strength in sorted(set(self.lines.strengths.tolist()) - {0}):
            which = np.flatnonzero(self.lines.strengths == strength)
            out[np.logical_or.reduce(self.fired[which], axis=0)] = strength
        for row, by_rule in self.spoken.items():
            strongest = max((EFFECT_STRENGTH[f.counts_as] for found in by_rule.values() for f in found), default=0)
            out[row] = max(out[row], strongest)
        out[sorted(self.broken)] = BROKEN
        return out

    def findings(self, row: int) -> tuple[Finding, ...]:
        """Return the findings of a row, strongest first, evidence included. Raises what judging it raises."""
        return self.judgement(row).findings

    def judgement(self, row: int) -> Judgement:
        """Return a row's judgement, equal to the interpreter's. Raises what the interpreter raises."""
        if row in self.broken:
            return interpret(self.program, self.block.snapshot(row))
        return self._conclude(row, self._evidence_of(row))

    def plain_findings(self, row: int) -> tuple[Finding, ...]:
        """Return the findings of a row without what was measured."""
        return self._conclude(row, None).findings

    def _evidence_of(self, row: int) -> Callable[[Place], Finding]:
        made: list[Interpreter] = []

        def finding(place: Place) -> Finding:
            if not made:
                made.append(Interpreter(self.program, self.block.snapshot(row)))
            return made[0].finding(self.program.rules[place[0]], place[1])

        return finding

    def _conclude(self, row: int, measure: Callable[[Place], Finding] | None) -> Judgement:
        found: list[Finding] = []
        for number in np.flatnonzero(self.fired[:, row]).tolist():
            is_measured = measure is not None and self.lines.measured[number]
            found.append(measure(self.lines.places[number]) if measure and is_measured else self.lines.plain[number])
        for findings in self.spoken.get(row, _NOTHING).values():
            found += findings
        return conclude(found, tuple(rule.id for rule in self.program.rules))


_NOTHING: Mapping[int, Any] = {}
