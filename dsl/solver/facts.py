"""One fact as variables: its value, whether it is there, whether it is fit, and how old it is.

A fact is absent, or it is given; given it may still be unknown to a rule: disputed or malformed (`broken`),
outside the contract of a side, or older than a bound. Ages are kept apart by kind, because a desk's bar,
session and second do not follow from one another; within a kind the looser bound is passed later.
"""

from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

import z3

from dsl.cases import SESSION
from dsl.contracts import Age, Fact
from dsl.solver.words import Formula, Words, is_amount, is_real, is_word
from dsl.types import Kind, scale_of


@dataclass(eq=False)
class FactVar:
    """The variables of one fact in one situation. `contracts` are those of the sides that read it."""

    key: str
    label: str
    words: Words
    contracts: list[Fact] = field(default_factory=list)
    least_rows: int = 0
    lates: dict[Age, Formula] = field(default_factory=dict)
    items: list[Any] = field(default_factory=list)
    """Terms whose membership was asked, for a fact that is a set."""
    is_counted: bool = False
    """A window: a scenario lets events happen and never states the value."""
    is_never_negative: bool = False
    keys: "tuple[FactVar, ...]" = ()
    """Of a window: the facts of the intent it is counted by, which must be there for it to be."""
    is_covered: bool = False
    """Of a window: it counts events of ours, which are on record from the account's first one on."""

    def __post_init__(self) -> None:
        self.given = z3.Bool(f"{self.label}?given")
        self.broken = z3.Bool(f"{self.label}?broken")
        self.rows = z3.Int(f"{self.label}?rows")

    @property
    def fact(self) -> Fact:
        return self.contracts[0]

    @property
    def path(self) -> str:
        return self.fact.path

    @property
    def value(self) -> Any:
        """The variable of the value; of a set, the question whether a term is in it."""
        kind = self.fact.type
        if kind.kind is Kind.BOOL:
            return z3.Bool(self.label)
        if kind.kind is Kind.SET:
            element = kind.element
            sort = z3.RealSort() if element is not None and is_amount(element) else z3.IntSort()
            return z3.Function(self.label, sort, z3.BoolSort())
        return z3.Int(self.label) if is_word(kind) else z3.Real(self.label)

    def late(self, age: Age) -> Formula:
        """Return the condition that the fact is older than a bound."""
        if age not in self.lates:
            self.lates[age] = z3.Bool(f"{self.label}?older than {age}")
        return self.lates[age]

    # ---------------------------------------------------------------------------------- what a side sees
    def is_faulty(self, contract: Fact, least_rows: int) -> Formula:
        """Return the condition that the fact is given and a side with this contract cannot use it."""
        wrong = [self.broken]
        if contract.max_age is not None:
            wrong.append(self.late(contract.max_age))
        wrong += self._outside(contract)
        if least_rows:
            wrong.append(self.rows < least_rows)
        return z3.And(self.given, z3.Or(*wrong))

    def _outside(self, contract: Fact) -> list[Formula]:
        """Return where this side's contract refuses a value that another side's accepts."""
        if contract.type.kind is Kind.ENUM:
            others = [
                word for other in self.contracts for word in other.type.values if word not in contract.type.values
            ]
            return [self.value == self.words.code(word) for word in dict.fromkeys(others)]
        if not is_amount(contract.type) and not is_real(contract.type):
            return []
        out = []
        if contract.low is not None and self.low != (contract.low, contract.low_open):
            below = self.value <= _real(contract.low) if contract.low_open else self.value < _real(contract.low)
            out.append(below)
        if contract.high is not None and self.high != contract.high:
            out.append(self.value > _real(contract.high))
        return out

    @property
    def low(self) -> tuple[Fraction, bool] | None:
        """The least value any side accepts, and whether it is itself left out."""
        lows = [(c.low, c.low_open) for c in self.contracts if c.low is not None]
        return min(lows) if len(lows) == len(self.contracts) else None

    @property
    def high(self) -> Fraction | None:
        highs = [c.high for c in self.contracts if c.high is not None]
        return max(highs) if len(highs) == len(self.contracts) else None

    # ---------------------------------------------------------------------------------- what is always so
    def axioms(self) -> list[Formula]:
        """Return what holds of the fact in every situation."""
        out: list[Formula] = []
        kind = self.fact.type
        if self.is_counted and not self.fact.optional:
            out.append(z3.Not(self.broken))  # a count that is not covered is absent
            out += [self._is_counted_by()] if self.is_covered else []
        if any(contract.total for contract in self.contracts):
            out += [self.given, z3.Not(self.broken), *(z3.Not(late) for late in self.lates.values())]
        if is_amount(kind) or is_real(kind):
            if kind.kind is Kind.DATE:
                out += [self.value >= date.min.toordinal(), self.value <= date.max.toordinal()]
            if self.is_never_negative:
                out.append(self.value >= 0)
            if (low := self.low) is not None:
                out.append(self.value > _real(low[0]) if low[1] else self.value >= _real(low[0]))
            if (high := self.high) is not None:
                out.append(self.value <= _real(high))
        elif kind.kind is Kind.ENUM:
            words = dict.fromkeys(word for contract in self.contracts for word in contract.type.values)
            out.append(z3.Or(*(self.value == self.words.code(word) for word in words)))
        elif is_word(kind):
            out.append(self.value >= 0)
        elif kind.kind is Kind.SET:
            out.append(self.rows >= 0)
            out += [z3.Implies(self.value(item), self.rows >= 1) for item in self.items]
        for age, late in self.lates.items():
            out.append(z3.Implies(late, self.given))
            for other, sooner in self.lates.items():
                if other.kind == age.kind and other.count < age.count:
                    out.append(z3.Implies(late, sooner))
        return [*out, z3.Implies(self.broken, self.given)]

    def _is_counted_by(self) -> Formula:
        """Return that a count is there exactly when what it is counted by is."""
        return self.given == z3.And(*(key.given for key in self.keys))

    def on_grid(self) -> list[Formula]:
        """Return that the value is one a snapshot can store."""
        kind = self.fact.type
        if not is_amount(kind):
            return []
        return [self.value * scale_of(kind) == z3.ToReal(z3.Int(f"{self.label}?stored"))]

    def can_be_said(self) -> list[Formula]:
        """Return what a scenario can say of the fact: a fault only by a value or an age its contract refuses.

        In a scenario an age is a number of microseconds; a session and a bar last a day.
        """
        if self.is_counted:
            return [z3.Not(self.broken), *([] if self.fact.optional else [self._is_counted_by()])]
        out: list[Formula] = []
        if not any(c.low is not None or c.max_age is not None for c in self.contracts):
            out.append(z3.Not(self.broken))
        bounds = {age: micros_of(age) for age in self.lates}
        for age, late in self.lates.items():
            for other, later in self.lates.items():
                if bounds[other] >= bounds[age]:
                    out.append(z3.Implies(later, late))
        return out


def micros_of(age: Age) -> int:
    """Return how long a freshness bound lasts in a scenario, in microseconds."""
    if age.kind == "duration":
        return age.count
    return SESSION * (age.count if age.kind == "sessions" else 1)


def _real(value: Fraction) -> Any:
    return z3.RealVal(value)
