"""Obligations: what scenarios must show of a rule."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from dsl.cover.sight import Sight
from dsl.text import Span


class Kind(StrEnum):
    """What an obligation is about."""

    CONDITION = "condition"
    """A condition decides, once while it is true and once while it is false."""
    THRESHOLD = "threshold"
    """A number decides within one tick of the line, on either side of it."""
    ITEM = "item"
    """One of the values a condition names decides."""
    UNKNOWN = "unknown"
    """A fact is missing or stale, or a key has no row, and the rule says so."""
    DATE = "date"
    """A dated number, version or rule decides on its first day, and its absence on the day before."""
    ROW = "row"
    """A row of a table or of a keyed param decides."""
    TIME = "time"
    """A length of time decides on either side of its end."""
    ALONE = "alone"
    """A requirement fails while all others hold."""
    LATCH = "latch"
    """A way into a switch or out of it is taken."""


class Probe(Protocol):
    """Tells whether a case shows something."""

    def shows(self, sight: Sight, rules: tuple[str, ...]) -> bool:
        """Return whether the case shows it, of one of these rules."""


@dataclass(frozen=True, slots=True)
class Obligation:
    """One thing scenarios must show. `label` names it among those of its place; cases of any of `rules` may show it."""

    kind: Kind
    span: Span
    label: str
    rules: tuple[str, ...]
    probe: Probe

    @property
    def order(self) -> tuple[Span, str, str]:
        """Where the obligation stands among others: by place."""
        return (self.span, self.kind.value, self.label)
