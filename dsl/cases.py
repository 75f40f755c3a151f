"""Cases: a scenario resolved against a bundle, with everything needed to judge it and to say how it came out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from dsl import ir
from dsl.text import Span
from dsl.windows import Happening

DEFAULT_DAY = date(2026, 1, 5)
SESSION = 86_400_000_000
"""In a scenario a session, and a bar, last a day: ages are given, not dates."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A scenario's value of one fact: stored form, and its age in microseconds."""

    value: Any
    age: int = 0


@dataclass(frozen=True, slots=True)
class Expected:
    """One outcome: its kind (a verdict, trip, no trip, posture, does, task, refuse, fail, rank), code and rule.

    `keys` are those of a posture, or the ranking from the first on.
    """

    effect: str
    code: str | None = None
    rule: str | None = None
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseStep:
    """What is so from `now` on: all settings, what happened since the step before, what must come out of it.

    `is_restart`: nothing happens but that the desk is started again from its record.
    """

    span: Span
    now: int
    settings: Mapping[str, Setting]
    happenings: tuple[Happening, ...]
    outcomes: tuple[Expected, ...]
    is_restart: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """One scenario, resolved. `keyed` are settings of one candidate of a gate, by its id."""

    title: str
    span: Span
    stage: str
    law_date: date
    start: int
    now: int
    rules: tuple[str, ...]
    settings: Mapping[str, Setting]
    params: tuple[tuple[str, tuple[str, ...], ir.Value], ...]
    happenings: tuple[Happening, ...]
    outcomes: tuple[Expected, ...]
    steps: tuple[CaseStep, ...] = ()
    keyed: Mapping[str, Mapping[str, Setting]] = field(default_factory=dict)

    @property
    def is_kept(self) -> bool:
        """Whether it goes on once armed: then the requirements that are kept throughout are watched."""
        return self.stage == "arming" and bool(self.steps)
