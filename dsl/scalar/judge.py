"""Judging with compiled code; the interpreter decides only what is unknown."""

from typing import Any

from dsl import ir
from dsl.interpret import Interpreter
from dsl.interpret import judge as interpret
from dsl.judgement import Finding, Judgement, conclude
from dsl.program import REDUCES, Program
from dsl.reads import rule_expressions
from dsl.scalar.compile import compile_program
from dsl.scalar.lines import has_evidence, plain_finding
from dsl.snapshot import Snapshot
from dsl.types import Kind

KEPT = 4_096
"""Judgements without evidence kept ready, by the lines that fired: orders break the same rules over and over."""


class Judge:
    """A compiled program. `judge(snapshot)` agrees with the interpreter on every snapshot."""

    __slots__ = (
        "_always", "_by_age", "_by_slot", "_compiled", "_dummies", "_known", "_measured", "_plain", "_said",
        "_witnesses", "fired", "program",
    )  # fmt: skip

    def __init__(self, program: Program) -> None:
        self.program = program
        self._compiled = compile_program(program)
        self.fired = self._compiled.check
        self._witnesses = tuple(rule.id for rule in program.rules)
        self._by_slot, self._by_age = _readers(program)
        self._dummies = tuple(_dummy(slot.fact.type.kind) for slot in program.slots)
        self._always = frozenset(self._compiled.interpreted)
        self._know_findings()

    def _know_findings(self) -> None:
        """Make what a fired line says once, but for the evidence of a measured one."""
        lines = [(self.program.rules[at], number) for at, number in self._compiled.lines]
        self._measured = frozenset(n for n, (rule, line) in enumerate(lines) if has_evidence(rule, line))
        self._plain = {n: plain_finding(*line) for n, line in enumerate(lines) if n not in self._measured}
        self._said = self._plain.__getitem__
        self._known: dict[tuple[int, ...], Judgement] = {(): Judgement("allow", (), self._witnesses)}

    def judge(self, snapshot: Snapshot) -> Judgement:
        """Return what the rules in force say of a snapshot."""
        raw: list[int] = []
        if snapshot.unknown or snapshot.late:
            return self._judge_unknown(snapshot, raw)
        try:
            self.fired(snapshot.values, raw.append)
        except (ArithmeticError, LookupError, TypeError):
            return interpret(self.program, snapshot)
        if self._always:
            return self._conclude(snapshot, raw, self._always)
        fired = tuple(raw)
        known = self._known.get(fired)
        if known is not None:
            return known
        raw.sort()
        try:
            findings = tuple(map(self._said, raw))
        except KeyError:  # a line that shows evidence, or a rule the code leaves open
            return self._conclude(snapshot, raw, self._always)
        judgement = Judgement(findings[0].counts_as, findings, self._witnesses)
        if len(self._known) >= KEPT:
            self._known.clear()
        self._known[fired] = judgement
        return judgement

    def _judge_unknown(self, snapshot: Snapshot, raw: list[int]) -> Judgement:
        """Run the code with harmless values where nothing is known; rules that read them are interpreted."""
        affected = set(self._always)
        values = list(snapshot.values)
        for at, readers in enumerate(self._by_slot):
            if snapshot.unknown >> at & 1:
                affected |= readers
                values[at] = self._dummies[at]
        for at, readers in enumerate(self._by_age):
            if snapshot.late >> at & 1:
                affected |= readers
        reducing = self.program.index.get(REDUCES)
        if reducing is not None and snapshot.unknown >> reducing & 1:
            affected |= set(range(len(self.program.rules)))
        try:
            self.fired(tuple(values), raw.append)
        except (ArithmeticError, LookupError, TypeError):
            return interpret(self.program, snapshot)
        return self._conclude(snapshot, raw, frozenset(affected))

    def _conclude(self, snapshot: Snapshot, raw: list[int], undecided: frozenset[int]) -> Judgement:
        """Make findings of what fired; rules the code could not decide go to the interpreter."""
        pending = undecided | {~number for number in raw if number < 0}
        interpreter = Interpreter(self.program, snapshot)
        findings: list[Finding] = []
        for at in sorted(pending):
            findings += interpreter.rule(self.program.rules[at])
        for number in raw:
            if number >= 0:
                at, line = self._compiled.lines[number]
                if at not in pending:
                    plain = self._plain.get(number)
                    findings.append(plain or interpreter.finding(self.program.rules[at], line))
        return conclude(findings, self._witnesses)


def _readers(program: Program) -> tuple[list[set[int]], list[set[int]]]:
    """Return which rules read each slot, and which make each age check."""
    by_slot: list[set[int]] = [set() for _ in program.slots]
    by_age: list[set[int]] = [set() for _ in program.ages]
    reads: dict[str, frozenset[int]] = {}

    def slots_of(expr: ir.Expr) -> set[int]:
        out: set[int] = set()
        for part in ir.walk(expr):
            if isinstance(part, ir.FactRef):
                out.add(program.index[part.path])
            elif isinstance(part, ir.LetRef):
                if part.name not in reads:
                    reads[part.name] = frozenset(slots_of(program.lets[part.name]))
                out |= reads[part.name]
        return out

    for at, rule in enumerate(program.rules):
        for expr in rule_expressions(rule):
            for slot in slots_of(expr):
                by_slot[slot].add(at)
        for need in rule.needs:
            if need.age is not None:
                by_age[program.age_check(program.index[need.fact.path], need.age)].add(at)
    return by_slot, by_age


def _dummy(kind: Kind) -> Any:
    """A harmless value of the kind, so that code runs; what it says of unknown slots is discarded."""
    return {
        Kind.BOOL: False,
        Kind.SET: frozenset(),
        Kind.LIST: (),
        Kind.TEXT: "",
        Kind.SYMBOL: "",
        Kind.ENUM: "",
    }.get(kind, 1)
