"""Whose order it is, and how strictly the books of one engine are compared."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from engine.model.numbers import Money
from engine.model.time import Duration

Item = TypeVar("Item")

_ENGINE_PREFIX = re.compile(r"[A-Z][A-Z0-9]{1,7}_", re.ASCII)


class Owner(StrEnum):
    OURS = "OURS"
    OTHER_ENGINE = "OTHER_ENGINE"
    NOBODY = "NOBODY"


@dataclass(frozen=True, slots=True)
class ReconcileConfig:
    """How the books of `engine` are compared. Raises ValueError on a negative bound.

    `cash_tolerance` is micros of the account currency; `ack_bound` is how long an order may be on its
    way to the broker before its absence there counts.
    """

    engine: str
    cash_tolerance: Money
    ack_bound: Duration

    def __post_init__(self) -> None:
        if self.cash_tolerance < 0 or self.ack_bound < 0:
            raise ValueError("reconcile bounds must not be negative")

    def owner(self, client_order_id: str) -> Owner:
        """Return whose order id this is: each engine prefixes its own, as in MAIN_00000001_..."""
        if client_order_id.startswith(f"{self.engine}_"):
            return Owner.OURS
        return Owner.OTHER_ENGINE if _ENGINE_PREFIX.match(client_order_id) else Owner.NOBODY


def index(items: Iterable[Item], key: Callable[[Item], str]) -> tuple[dict[str, Item], tuple[str, ...]]:
    """Return the first item of each key, and the sorted keys that came more than once."""
    first: dict[str, Item] = {}
    repeated: set[str] = set()
    for item in items:
        name = key(item)
        if name in first:
            repeated.add(name)
        else:
            first[name] = item
    return first, tuple(sorted(repeated))
