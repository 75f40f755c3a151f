"""Windows kept as events happen: O(1) amortised, equal to a recount of the event log (dsl/windows.py)."""

from collections import deque
from typing import Any

from dsl import ir
from dsl.windows import Happening, counts, key_of


class WindowCounters:
    """The running aggregates of every window of a bundle."""

    def __init__(self, windows: dict[str, ir.Window]) -> None:
        self._windows = windows
        self._by_event: dict[str, list[ir.Window]] = {}
        for _, window in sorted(windows.items()):
            self._by_event.setdefault(window.event, []).append(window)
        self._runs: dict[tuple[str, tuple[Any, ...]], _Run] = {}

    def observe(self, happening: Happening) -> None:
        """Count an event. Events come in order of time."""
        for window in self._by_event.get(happening.event, ()):
            if not counts(window, happening):
                continue
            key = (window.name, key_of(window, happening))
            run = self._runs.get(key)
            if run is None:
                run = self._runs[key] = _Run(window)
            value = 1 if window.field is None else happening.fields[window.field]
            run.add(happening.at, value)

    def value(self, name: str, key: tuple[Any, ...], now: int) -> int | None:
        """Return a window's stored value at `now`; None when a max or min has seen nothing."""
        run = self._runs.get((name, key))
        if run is not None:
            return run.value(now)
        return 0 if self._windows[name].function in ("count", "sum") else None


class _Run:
    """One window under one key: the events inside it, their sum, and a monotone queue for extremes."""

    __slots__ = ("_duration", "_entries", "_extremes", "_function", "_total")

    def __init__(self, window: ir.Window) -> None:
        self._duration, self._function = window.duration, window.function
        self._entries: deque[tuple[int, int]] = deque()
        self._extremes: deque[tuple[int, int]] = deque()
        self._total = 0

    def add(self, at: int, value: int) -> None:
        self._entries.append((at, value))
        self._total += value
        if self._function in ("max", "min"):
            better = int.__le__ if self._function == "max" else int.__ge__
            while self._extremes and better(self._extremes[-1][1], value):
                self._extremes.pop()
            self._extremes.append((at, value))
        self._drop(at)

    def value(self, now: int) -> int | None:
        self._drop(now)
        if self._function in ("count", "sum"):
            return self._total
        return self._extremes[0][1] if self._extremes else None

    def _drop(self, now: int) -> None:
        edge = now - self._duration
        while self._entries and self._entries[0][0] <= edge:
            self._total -= self._entries.popleft()[1]
        while self._extremes and self._extremes[0][0] <= edge:
            self._extremes.popleft()
