"""A fact snapshot: one value per slot of a program, with presence as masks."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final


class Reason(StrEnum):
    """Why a fact is unknown."""

    MISSING = "FACT_MISSING"
    STALE = "FACT_STALE"
    INVALID = "FACT_INVALID"


@dataclass(slots=True)
class Snapshot:
    """`values` in slot order, as stored integers, text, booleans, sets or rows.

    A bit of `unknown` marks a slot nothing may be concluded from, `reasons` says why; an optional
    fact that is simply absent has value None and no bit. A bit of `late` marks an age check failed.
    Constant by its types and not at run time: one is made for every decision, and a frozen dataclass
    takes as long to make as ten rules to judge.
    """

    values: Final[tuple[Any, ...]]
    unknown: Final[int] = 0
    late: Final[int] = 0
    reasons: Final[dict[int, Reason]] = field(default_factory=dict)
