"""The record of a run as tests look at it, and what a restart may add to it."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from engine.model.event import EventType
from engine.store.database import Database


@dataclass(frozen=True, slots=True)
class Recorded:
    """One entry of the record: its place, kind, instant and body."""

    place: int
    kind: EventType
    at: int
    body: dict[str, Any]


def record_of(database: Database, run_key: str) -> tuple[Recorded, ...]:
    """Return everything a run recorded."""
    with database.read(run_key) as unit:
        return tuple(Recorded(n, EventType(e.kind), e.at, e.body) for n, e in enumerate(unit.audit.read(run_key)))


def without_returns(record: tuple[Recorded, ...]) -> list[tuple[str, int, str]]:
    """Return a record less what a restart legitimately adds.

    A request that was about to leave when the process ended, and provably never arrived, is said to be
    returned and is dispatched again: ORDER_RETURNED and the ORDER_DISPATCHING that follows for the same order.
    """
    kept: list[tuple[str, int, str]] = []
    returned: Counter[str] = Counter()
    for entry in record:
        order = entry.body.get("client_order_id", "")
        if entry.kind is EventType.ORDER_RETURNED:
            returned[order] += 1
            continue
        if entry.kind is EventType.ORDER_DISPATCHING and returned[order]:
            returned[order] -= 1
            continue
        kept.append((entry.kind.value, entry.at, repr(sorted(entry.body.items()))))
    return kept
