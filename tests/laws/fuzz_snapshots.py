"""Random snapshots of a program, most of them on a boundary of something its rules compare.

`Deck.draw` deals values from the edges of contracts, from the literals and params of the rules and their next
ticks; `Deck.aim` then moves one fact so that a comparison of the program comes out at zero, or one tick off.
"""

from dataclasses import dataclass, field, replace
from fractions import Fraction
from random import Random
from typing import Any

from dsl import ir
from dsl.contracts import Fact
from dsl.interpret import Interpreter
from dsl.program import REDUCES, Program
from dsl.reads import rule_expressions
from dsl.snapshot import Reason, Snapshot
from dsl.types import Kind, Type, scale_of
from tests.laws.fuzz_world import SYMBOLS, TEXTS

EXACT = (Kind.NUMBER, Kind.TIMESTAMP, Kind.TIME, Kind.SESSIONS, Kind.DATE)
ALWAYS_KNOWN = ("now", "law_date")
REASONS = tuple(Reason)
HUGE = (2**31, 2**53, 2**62, 2**63, 10**15, 10**18, 10**19, 10**24, 10**40)
REALS = (0.0, -0.0, 1.0, -1.0, 0.0513, 1e-7, 5e-324, 1e300, -1e300)
NOW = 1_767_623_400_000_000
"""2026-01-05T14:30:00Z in microseconds."""


@dataclass(slots=True)
class Deck:
    """What snapshots of one program are dealt from."""

    program: Program
    random: Random
    numbers: list[Fraction] = field(default_factory=list)
    tests: list[tuple[ir.Expr, ir.Expr, tuple[str, ...]]] = field(default_factory=list)
    held: tuple[Any, ...] = ()
    huge_share: float = 0.0
    """Of numbers, how many are near or beyond what 64 bits or a float64 hold, where the contract allows them."""

    def __post_init__(self) -> None:
        for rule in self.program.rules:
            for expr in rule_expressions(rule):
                self._read(expr)
        for body in self.program.lets.values():
            self._read(body)
        self.numbers += [
            Fraction(row.value)
            for rows in self.program.numbers.values()
            for row in rows.values()
            if isinstance(row.value, Fraction)
        ]
        self.numbers = sorted({*self.numbers, Fraction(0), Fraction(1)})

    def _read(self, expr: ir.Expr) -> None:
        for part in ir.walk(expr):
            if isinstance(part, ir.Const) and isinstance(part.value, Fraction):
                self.numbers.append(part.value)
            if isinstance(part, ir.Compare | ir.Multiple) and not _has_rows(part):
                left, right = ir.children(part)
                if left.type.kind in EXACT:
                    paths = [e.path for e in ir.walk(part) if isinstance(e, ir.FactRef) and e.type.kind in EXACT]
                    if paths and all(path in self.program.index for path in _paths(part)):
                        self._aim_at_halves(left, right)
                        self.tests.append((left, right, tuple(paths)))

    def _aim_at_halves(self, left: ir.Expr, right: ir.Expr) -> None:
        """Aim what a rounding rounds at the halves and the multiples next to the other side."""
        if not isinstance(left, ir.Rounded):
            return
        paths = tuple(part.path for part in ir.walk(left.operand) if isinstance(part, ir.FactRef))
        half = ir.Arithmetic(left.type, left.span, "*", left.step, ir.Const(left.type, left.span, Fraction(1, 2)))
        for target in (right, *(ir.Arithmetic(left.type, left.span, sign, right, half) for sign in ("+", "-", "-"))):
            if paths:
                self.tests.append((left.operand, target, paths))

    # ---------------------------------------------------------------------------------- dealing
    def draw(self) -> Snapshot:
        """Return a random snapshot; most slots keep the value they had in the one before."""
        random = self.random
        share = 1.0 if not self.held else random.choice((0.1, 0.3, 0.6))
        values: list[Any] = [
            self._value(slot.path, slot.fact) if random.random() < share else self.held[slot.index]
            for slot in self.program.slots
        ]
        self.held = tuple(values)
        unknown = late = 0
        reasons: dict[int, Reason] = {}
        if random.random() < 0.3:
            for _ in range(random.choice((1, 1, 1, 2, 5))):
                slot = random.choice(self.program.slots)
                if slot.path not in ALWAYS_KNOWN and slot.path != REDUCES:
                    unknown |= 1 << slot.index
                    reasons[slot.index] = random.choice(REASONS)
                    if random.random() < 0.7:
                        values[slot.index] = None
        if self.program.ages and random.random() < 0.3:
            late = random.randrange(1 << len(self.program.ages))
        snapshot = Snapshot(tuple(values), unknown, late, reasons)
        return self.aim(snapshot) if self.tests and random.random() < 0.6 else snapshot

    def _value(self, path: str, fact: Fact) -> Any:
        if path == "now":
            return NOW + self.random.choice((0, 0, 1, -1, 5_000_000))
        if path == "law_date":
            return self.program.law_date.toordinal()
        if fact.optional and self.random.random() < 0.3:
            return None
        if fact.type.kind is Kind.LIST:
            size = self.random.choice((0, 0, 1, 1, 2, 3, 6))
            return tuple(self._row(fact) for _ in range(size))
        return self._one(fact.type, fact)

    def _row(self, fact: Fact) -> dict[str, Any]:
        row: dict[str, Any] = {}
        for one in fact.fields:
            if one.optional and self.random.random() < 0.3:
                if self.random.random() < 0.5:
                    row[one.path] = None
                continue
            row[one.path] = self._one(one.type, one)
        if not fact.fields:  # a list the rulebook declares: every row has every column
            row = {name: self._one(kind, Fact(name, kind)) for name, kind in fact.type.fields}
        return row

    def _one(self, kind: Type, fact: Fact) -> Any:
        random = self.random
        match kind.kind:
            case Kind.BOOL:
                return random.random() < 0.5
            case Kind.TEXT:
                return random.choice((*TEXTS, "zz"))
            case Kind.SYMBOL:
                return random.choice((*SYMBOLS, "S3", "ZZ"))
            case Kind.ENUM:
                return random.choice(kind.values)
            case Kind.SET:
                pool = SYMBOLS if kind.element and kind.element.kind is Kind.SYMBOL else TEXTS
                return frozenset(random.sample(pool, random.randrange(len(pool) + 1)))
            case Kind.TIMESTAMP:
                return NOW + random.choice((0, 1, -1, -5_000_000, random.randrange(-(10**10), 10**10)))
            case Kind.DATE:
                return self.program.law_date.toordinal() + random.choice((0, 1, -1, 30, 300))
            case Kind.TIME:
                return random.choice((34_200, 57_600, 57_599, random.randrange(86_400))) * 1_000_000 + random.choice(
                    (0, 0, 1)
                )
            case Kind.SESSIONS:
                return random.choice((0, 1, 2, 5, 6))
            case Kind.REAL:
                return random.choice((*REALS, random.uniform(-2, 5), random.gauss(0, 1e6)))
        return self._number(fact, scale_of(kind))

    def _number(self, fact: Fact, scale: int) -> int:
        random = self.random
        low = None if fact.low is None else int(fact.low * scale) + (1 if fact.low_open else 0)
        high = None if fact.high is None else int(fact.high * scale)
        pick = random.random()
        if self.huge_share and random.random() < self.huge_share:
            value = random.choice(HUGE) * random.choice((1, -1)) + random.choice((0, 1, -1))
        elif pick < 0.12 and low is not None:
            value = low + random.choice((0, 1))
        elif pick < 0.2 and high is not None:
            value = high - random.choice((0, 1))
        elif pick < 0.5:
            value = int(random.choice(self.numbers) * scale) + random.choice((0, 0, 1, -1))
        elif pick < 0.8:
            value = random.randrange(0, 1000) * (scale if random.random() < 0.7 else 1)
        else:
            value = random.randrange(-(10 ** random.randrange(1, 13)), 10 ** random.randrange(1, 13))
        value = value if low is None else max(low, value)
        return value if high is None else min(high, value)

    # ---------------------------------------------------------------------------------- aiming
    def aim(self, snapshot: Snapshot) -> Snapshot:
        """Move one fact so that the two sides of a comparison meet, or miss each other by one tick.

        The fact is taken to act linearly: one step measures the slope. Where it does not, the result is
        one more random snapshot.
        """
        left, right, paths = self.random.choice(self.tests)
        slot = self.program.slots[self.program.index[self.random.choice(paths)]]
        now = snapshot.values[slot.index]
        if not isinstance(now, int) or isinstance(now, bool) or slot.path in ALWAYS_KNOWN:
            return snapshot
        here = self._difference(left, right, snapshot)
        there = self._difference(left, right, _moved(snapshot, slot.index, now + 1))
        if here is None or there is None or here == there:
            return snapshot
        target = now - here / (there - here)
        wanted = target.numerator // target.denominator + self.random.choice((0, 0, 1, -1))
        fact, scale = slot.fact, slot.fact.scale
        if fact.low is not None and (wanted < fact.low * scale or (fact.low_open and wanted == fact.low * scale)):
            return snapshot
        if fact.high is not None and wanted > fact.high * scale:
            return snapshot
        return _moved(snapshot, slot.index, wanted)

    def _difference(self, left: ir.Expr, right: ir.Expr, snapshot: Snapshot) -> Fraction | None:
        interpreter = Interpreter(self.program, snapshot)
        try:
            a, b = interpreter.evaluate(left), interpreter.evaluate(right)
        except ArithmeticError:
            return None
        return Fraction(a - b) if isinstance(a, Fraction | int) and isinstance(b, Fraction | int) else None


def _moved(snapshot: Snapshot, at: int, value: int) -> Snapshot:
    values = (*snapshot.values[:at], value, *snapshot.values[at + 1 :])
    return replace(snapshot, values=values)


def _has_rows(expr: ir.Expr) -> bool:
    return any(isinstance(part, ir.FieldRef) for part in ir.walk(expr))


def _paths(expr: ir.Expr) -> list[str]:
    return [part.path for part in ir.walk(expr) if isinstance(part, ir.FactRef)]
