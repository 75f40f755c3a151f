"""What the solver finds, in the words of the language: rates, ages, and values a contract refuses."""

from fractions import Fraction
from typing import Any

from dsl import types as t
from dsl.contracts import Age, Fact
from dsl.literals import number
from dsl.solver.facts import micros_of
from dsl.solver.situation import Told


def rate(value: int, path: str) -> str | None:
    """Return a conversion rate like `fx.rate[EUR,USD]` in its own unit."""
    source, _, target = path.partition("[")[2].rstrip("]").partition(",")
    return number(Fraction(value, t.scale_of(t.RATIO)), t.rate(source, target))


def age_of(told: Told, ages: tuple[Age, ...]) -> int | None:
    """Return an age in microseconds that is older than exactly the bounds a fact is older than, None: there is none."""
    passed = max((micros_of(age) for age in told.late), default=None)
    if passed is None:
        return 0
    kept = min((micros_of(age) for age in ages if age not in told.late), default=None)
    for more in (1_000_000, 1):
        if kept is None or passed + more <= kept:
            return passed + more
    return None


def unfit(fact: Fact) -> Any:
    """Return a stored value the contract of a fact refuses, None where it has no bounds."""
    if not fact.type.is_number:
        return None
    scale = t.scale_of(fact.type)
    if fact.low is not None:
        return int(fact.low * scale) - (0 if fact.low_open else 1)
    return int(fact.high * scale) + 1 if fact.high is not None else None
