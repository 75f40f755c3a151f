"""Windows as events: what must have happened, and when, for windows to count what a situation says they count."""

from dataclasses import dataclass
from typing import Any

from dsl import ir
from dsl.cases import SESSION
from dsl.collect import MAX_EVENTS
from dsl.contracts import Contracts
from dsl.literals import literal, stretch

_BY_SIZE = ("count", "sum", "min", "max")
"""Windows that a few events let say any number."""
EVER = 1 << 62
STEP = 1_000
"""Events that are counted stand a millisecond apart."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A window and the stored value it must have, None where nothing has happened in it."""

    window: ir.Window
    value: int | None


@dataclass(frozen=True, slots=True)
class _Band:
    """Events between two ages, in microseconds before the order."""

    text: str
    oldest: int
    youngest: int


def happenings(counted: list[Counted], contracts: Contracts) -> str | None:
    """Return the `after` and `then` clauses that let windows count this, '' for nothing, None where none do.

    Windows over one event nest, the longer around the shorter: each stretch between two ends gets what the
    longer window has more.
    """
    bands: list[_Band] = []
    for family in _families(counted):
        before, age = 0, 0
        for entry in sorted(family, key=lambda entry: _reach(entry.window)):
            age = max(age, _quiet(entry, counted))
            found = _band(entry, before, age, contracts)
            if found is None:
                return None
            bands += found
            before, age = entry.value or 0, _reach(entry.window)
    if not bands:
        return ""
    start = max(band.oldest for band in bands)
    bands.sort(key=lambda band: (-band.oldest, band.text))
    youngest = min(band.youngest for band in bands)
    then = f" then intent.proposed at {stretch(start)}" if youngest else ""
    return "after " + ", ".join(_written(band, start) for band in bands) + then


def _quiet(entry: Counted, counted: list[Counted]) -> int:
    """Return how long ago an event of a window must be for shorter windows over it that saw none to have seen none."""
    window = entry.window
    silent = (other.window for other in counted if not other.value and other.window.event == window.event)
    return max((_reach(other) for other in silent if _reach(other) < _reach(window)), default=0)


def _reach(window: ir.Window) -> int:
    """Return how far back a window looks in a scenario: a session lasts a day, and no event it begins at happened."""
    if window.since is not None:
        return EVER
    return window.sessions * SESSION or window.duration


def _written(band: _Band, start: int) -> str:
    text = f"{band.text} at {stretch(start - band.oldest)}"
    return text if band.oldest == band.youngest else f"{text} .. {stretch(start - band.youngest)} every {stretch(STEP)}"


def _families(counted: list[Counted]) -> list[list[Counted]]:
    out: dict[tuple[Any, ...], list[Counted]] = {}
    for entry in counted:
        w = entry.window
        group = out.setdefault((w.function, w.event, w.field, w.per, repr(w.where)), [])
        if all(_reach(entry.window) != _reach(other.window) for other in group):
            group.append(entry)
    return list(out.values())


def _band(entry: Counted, before: int, age: int, contracts: Contracts) -> list[_Band] | None:
    """Return the events a window counts beyond a shorter one that ends at `age`."""
    window, value = entry.window, entry.value
    if window.function not in _BY_SIZE:
        return [] if not value else None
    if value is None:
        return [] if window.function in ("max", "min") else None
    if window.function == "count":
        count = value - before
        if count == 0:
            return []
        oldest = age + (count - 1) * STEP
        fits = 0 < count <= MAX_EVENTS and oldest < _reach(window)
        return [_Band(window.event, oldest, age)] if fits else None
    more = value - before if window.function == "sum" else value
    if more == 0 and window.function == "sum":
        return []
    assert window.field is not None
    text = literal(more, contracts.events[window.event][window.field].type)
    if text is None:
        return None
    field = f"{window.event.partition('.')[0]}.{window.field}"
    return [_Band(f"{window.event} ({field} = {text})", age, age)]
