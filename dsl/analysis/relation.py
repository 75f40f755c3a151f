"""How two versions of something stand to one another, and the orders that show it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from dsl.analysis.dates import Stretch
from dsl.analysis.scenario import Pasted
from dsl.judgement import Judgement
from dsl.solver.situation import Situation, Told


class Relation(StrEnum):
    """What B is, seen from A."""

    EQUAL = "equal"
    TIGHTER = "tighter"
    LOOSER = "looser"
    INCOMPARABLE = "incomparable"
    ADDED = "added"
    REMOVED = "removed"
    UNKNOWN = "unknown"


LOOSENS = (Relation.LOOSER, Relation.INCOMPARABLE, Relation.REMOVED)
"""Relations under which some order is judged more weakly than before."""


@dataclass(frozen=True, slots=True)
class Witness:
    """An order that two sides judge differently: replayed on both, by the rules in question alone."""

    stretch: Stretch
    situation: Situation
    before: Judgement
    after: Judgement
    rules: tuple[str, ...]
    """Ids of the rules that were judged; empty for all."""
    scenario: Pasted
    facts: Mapping[str, Told]
    """What is told of every fact that is no window, by path."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What was found on one stretch of law dates.

    `lets_go` says whether an order goes that did not (None: not known), `why` why something is unknown, or what
    moved beside the order at hand.
    """

    stretch: Stretch
    relation: Relation
    looser: Witness | None = None
    tighter: Witness | None = None
    lets_go: bool | None = False
    why: str = ""


def overall(relations: list[Relation]) -> Relation:
    """Return the relation of a whole from those of its parts: on all dates, or of all declarations."""
    kinds = [relation for relation in relations if relation is not Relation.EQUAL]
    if not kinds:
        return Relation.EQUAL
    if all(kind == kinds[0] for kind in kinds):
        return kinds[0]
    if Relation.UNKNOWN in kinds:
        return Relation.UNKNOWN
    if all(kind in (Relation.TIGHTER, Relation.ADDED) for kind in kinds):
        return Relation.TIGHTER
    if all(kind in (Relation.LOOSER, Relation.REMOVED) for kind in kinds):
        return Relation.LOOSER
    return Relation.INCOMPARABLE
