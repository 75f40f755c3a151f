"""A fact snapshot: one value per slot of a program, with presence as masks."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Reason(StrEnum):
    """Why a fact is unknown."""

    MISSING = "FACT_MISSING"
    STALE = "FACT_STALE"
    INVALID = "FACT_INVALID"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`values` in slot order, as stored integers, text, booleans, sets or rows.

    A bit of `unknown` marks a slot nothing may be concluded from, `reasons` says why; an optional
    fact that is simply absent has value None and no bit. A bit of `late` marks an age check failed.
    """

    values: tuple[Any, ...]
    unknown: int = 0
    late: int = 0
    reasons: dict[int, Reason] = field(default_factory=dict)
