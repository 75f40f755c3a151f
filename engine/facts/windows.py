"""Windows kept as events happen: O(1) amortised, equal to a recount of the event log (dsl/windows.py)."""

from collections import Counter, deque
from collections.abc import Iterator
from typing import Any, NamedTuple

from dsl import ir
from dsl.calendars import Calendars, Sessions, sessions_of
from dsl.windows import UNCOVERED, Happening, counts, key_of

Key = tuple[Any, ...]


class Inside(NamedTuple):
    """The events inside a window under one key: their instants with what each adds, in order.

    `watched` is when the window's event was first seen, where the market's are counted; None where it never was,
    and for events of our own, which are known from the account's first one on.
    """

    events: tuple[tuple[int, Any], ...]
    watched: int | None = None


ROOM = 4_096
"""Keys kept before those with nothing inside are looked for."""


class WindowCounters:
    """The running aggregates of every window of a bundle.

    `value` gives the stored value; None where a min, max, first or last has seen nothing, UNCOVERED where
    the window's stretch was not watched whole. `principals` are those whose events are inside.
    """

    def __init__(self, windows: dict[str, ir.Window], calendars: Calendars | None = None) -> None:
        self._windows = windows
        self._sessions = {
            name: sessions_of({} if calendars is None else calendars, window.calendar)
            for name, window in windows.items()
        }
        self._by_event: dict[str, list[ir.Window]] = {}
        for _, window in sorted(windows.items()):
            for event in dict.fromkeys((window.event, window.since or window.event)):
                self._by_event.setdefault(event, []).append(window)
        self._runs: dict[tuple[str, Key], _Run] = {}
        self._room, self._now = ROOM, 0
        self.version = 0

    def observe(self, happening: Happening) -> None:
        """Count an event. Events come in order of time."""
        self._now = happening.at
        self.version += 1
        for window in self._by_event.get(happening.event, ()):
            run = self._run(window, key_of(window, happening))
            run.watch(happening)
            if happening.event != window.since and counts(window, happening):
                value = 1 if window.field is None else happening.fields[window.field]
                run.add(happening.at, value, happening.fields.get("principal"))

    def _run(self, window: ir.Window, key: Key) -> "_Run":
        run = self._runs.get((window.name, key))
        if run is None:
            run = self._runs[window.name, key] = _Run(window, self._sessions[window.name])
            if len(self._runs) > self._room:
                self._tidy()
        return run

    def _tidy(self) -> None:
        """Let go of keys under which nothing is inside any more: a key that comes back begins as new."""
        self._runs = {name: run for name, run in self._runs.items() if not run.is_idle(self._now)}
        self._room = max(ROOM, 2 * len(self._runs))

    def value(self, name: str, key: Key, now: int) -> Any:
        """Return a window's value under a key at `now`."""
        run = self._runs.get((name, key))
        if run is not None:
            return run.value(now)
        window = self._windows[name]
        if window.is_market or (window.sessions and _edge(window, self._sessions[name], now) is None):
            return UNCOVERED
        return 0 if window.function in ("count", "sum", "distinct") else None

    def principals(self, name: str, key: Key, now: int) -> frozenset[str]:
        """Return the principals of the events inside a window."""
        run = self._runs.get((name, key))
        return run.principals(now) if run is not None else frozenset()

    def inside(self, name: str, key: Key, now: int) -> Inside | None:
        """Return the events inside a window at `now`; None for one since an event, which keeps none of them."""
        if self._windows[name].since is not None:
            return None
        run = self._runs.get((name, key))
        return run.inside(now) if run is not None else Inside(())

    def keys(self, name: str) -> Iterator[Key]:
        """Return the keys a window has seen anything under."""
        return (key for own, key in self._runs if own == name)

    def next_expiry(self, name: str, key: Key) -> int | None:
        """Return when the oldest event of a window leaves it, None where none does or only a session's end tells."""
        run = self._runs.get((name, key))
        return run.next_expiry() if run is not None else None


def _edge(window: ir.Window, sessions: Sessions | None, now: int) -> int | None:
    """Return the last instant before a window; None when it cannot be told."""
    if window.sessions:
        return sessions.edge(now, window.sessions) if sessions is not None else None
    return now - window.duration if window.since is None else None


class _Run:
    """One window under one key: the events inside it, and what its function keeps of them.

    A window since an event holds no events, only what they came to: nothing ever leaves it but all at once.
    """

    __slots__ = (
        "_covered",
        "_entries",
        "_extremes",
        "_people",
        "_sessions",
        "_total",
        "_values",
        "_watched",
        "_window",
    )

    def __init__(self, window: ir.Window, sessions: Sessions | None) -> None:
        self._window, self._sessions = window, sessions
        self._watched: int | None = None
        self._covered = not window.is_market
        self._clear()

    def _clear(self) -> None:
        self._entries: deque[tuple[int, Any, str | None]] = deque()
        self._extremes: deque[tuple[int, Any]] = deque()
        self._values: Counter[Any] = Counter()
        self._people: Counter[str] = Counter()
        self._total = 0

    def watch(self, happening: Happening) -> None:
        """Take note of an event of the window's name or of the one it begins at."""
        if happening.event == self._window.since:
            self._clear()
            self._covered = True
        elif self._watched is None and happening.event == self._window.event:
            self._watched = happening.at

    def add(self, at: int, value: Any, principal: str | None) -> None:
        """Count a value."""
        function = self._window.function
        if self._window.since is None:
            self._entries.append((at, value, principal))
        if principal is not None:
            self._people[principal] += 1
        if function in ("count", "sum"):
            self._total += value
        elif function == "distinct":
            self._values[value] += 1
        else:
            self._keep(at, value)
        self._drop(at)

    def _keep(self, at: int, value: Any) -> None:
        """Keep what a min, max, first or last may still have to answer with."""
        function, kept = self._window.function, self._extremes
        if function == "last":
            kept.clear()
        elif function in ("max", "min"):
            while kept and (kept[-1][1] <= value if function == "max" else kept[-1][1] >= value):
                kept.pop()
        elif self._window.since is not None and kept:
            return
        kept.append((at, value))

    def value(self, now: int) -> Any:
        """Return the value at `now`."""
        if not self._drop(now):
            return UNCOVERED
        function = self._window.function
        if function in ("count", "sum"):
            return self._total
        if function == "distinct":
            return len(self._values)
        return self._extremes[0][1] if self._extremes else None

    def principals(self, now: int) -> frozenset[str]:
        """Return the principals of the events inside at `now`."""
        return frozenset(self._people) if self._drop(now) else frozenset()

    def inside(self, now: int) -> Inside:
        """Return the events inside at `now`."""
        self._drop(now)
        watched = self._watched if self._window.is_market else None
        return Inside(tuple((at, value) for at, value, _ in self._entries), watched)

    def is_idle(self, now: int) -> bool:
        """Return whether the window under this key is as if nothing had ever happened."""
        if self._window.is_market or self._window.since is not None:
            return False
        return self._drop(now) and not self._entries

    def next_expiry(self) -> int | None:
        """Return when the oldest event leaves a window of a duration."""
        if self._window.duration and self._entries:
            return self._entries[0][0] + self._window.duration
        return None

    def _drop(self, now: int) -> bool:
        """Let go of what left the window; return whether its whole stretch was watched."""
        if self._window.since is not None:
            return self._covered
        edge = _edge(self._window, self._sessions, now)
        if edge is None:
            return False
        while self._entries and self._entries[0][0] <= edge:
            _, value, principal = self._entries.popleft()
            self._forget(value, principal)
        while self._extremes and self._extremes[0][0] <= edge:
            self._extremes.popleft()
        return self._covered or (self._watched is not None and self._watched <= edge)

    def _forget(self, value: Any, principal: str | None) -> None:
        if self._window.function in ("count", "sum"):
            self._total -= value
        elif self._window.function == "distinct":
            self._values[value] -= 1
            if not self._values[value]:
                del self._values[value]
        if principal is not None:
            self._people[principal] -= 1
            if not self._people[principal]:
                del self._people[principal]
