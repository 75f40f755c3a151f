"""One way in which rules could be wrong."""

from dataclasses import dataclass, field
from enum import StrEnum

from dsl.cover.obligation import Probe
from dsl.rewrite import Change
from dsl.text import Span


class Kind(StrEnum):
    """What is changed."""

    COMPARATOR = "comparator"
    """A comparison includes its line, or does not, or points the other way."""
    TICK = "tick"
    """A number or a line is moved by one tick."""
    UNIT = "unit"
    """A number is in the unit beside the one it is written in."""
    LOGIC = "logic"
    """`and` and `or`, `not`, `min` and `max`, what is in a set."""
    DROPPED = "dropped"
    """A guard, an exception, a need, a line or what follows from it is not there."""
    TIER = "tier"
    """A line speaks more softly, two lines speak for each other, a posture is the weaker one."""
    DATE = "date"
    """Something is in force a day sooner or later."""
    TIME = "time"
    """Something lasts longer or shorter, or is counted by other keys."""
    LATCH = "latch"
    """A way into a switch or out of it is another."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A bundle that is wrong in one place. `label` says how, and names the mutant among those of its declaration.

    Scenarios of any of `rules` may kill it; `aim` is what a scenario that kills it would have to show.
    """

    kind: Kind
    span: Span
    label: str
    rules: tuple[str, ...]
    change: Change = field(compare=False)
    aim: Probe | None = field(default=None, compare=False)

    @property
    def order(self) -> tuple[Span, str, str]:
        """Where the mutant stands among others: by place."""
        return (self.span, self.kind.value, self.label)
