"""Judging with compiled code; the interpreter decides only what is unknown."""

from typing import Any

from dsl import ir
from dsl.interpret import Interpreter
from dsl.interpret import judge as interpret
from dsl.judgement import Finding, Judgement, conclude
from dsl.program import REDUCES, Program
from dsl.reads import rule_expressions
from dsl.scalar.compile import compile_program
from dsl.snapshot import Snapshot
from dsl.types import Kind


class Judge:
    """A compiled program. `judge(snapshot)` agrees with the interpreter on every snapshot."""

    __slots__ = ("_always", "_by_age", "_by_slot", "_compiled", "_dummies", "_witnesses", "fired", "program")

    def __init__(self, program: Program) -> None:
        self.program = program
        self._compiled = compile_program(program)
        self.fired = self._compiled.check
        self._witnesses = tuple(rule.id for rule in program.rules)
        self._by_slot, self._by_age = _readers(program)
        self._dummies = tuple(_dummy(slot.fact.type.kind) for slot in program.slots)
        self._always = frozenset(self._compiled.interpreted)

    def judge(self, snapshot: Snapshot) -> Judgement:
        """Return what the rules in force say of a snapshot."""
        raw: list[int] = []
        if not (snapshot.unknown or snapshot.late):
            try:
                self.fired(snapshot.values, raw.append)
            except (ArithmeticError, LookupError, TypeError):
                return interpret(self.program, snapshot)
            if not raw and not self._always:
                return Judgement("allow", (), self._witnesses)
            return self._conclude(snapshot, raw, self._always)
        affected = set(self._always)
        values = list(snapshot.values)
        for at, readers in enumerate(self._by_slot):
            if snapshot.unknown >> at & 1:
                affected |= readers
                values[at] = self._dummies[at]
        for at, readers in enumerate(self._by_age):
            if snapshot.late >> at & 1:
                affected |= readers
        reducing = self.program.index[REDUCES]
        if snapshot.unknown >> reducing & 1:
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
                    findings.append(interpreter.finding(self.program.rules[at], line))
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
