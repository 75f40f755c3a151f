"""The board: the last word of every provider on every fact, in one row a key."""

from typing import Any

from dsl.contracts import Contracts, Fact
from dsl.snapshot import Reason
from engine.facts.entry import FactEntry, make_entry
from engine.facts.row import DISPUTED, EMPTY, NEVER, Key, Row
from engine.model.calendar import SessionCalendar
from engine.model.time import Timestamp


class FactBoard:
    """Holds facts as they come. What does not fit its contract is held, and unknown to whoever asks."""

    def __init__(self, contracts: Contracts, calendar: SessionCalendar) -> None:
        self._contracts, self._calendar = contracts, calendar
        self._own: dict[str, Fact] = {}
        self._rows: dict[Key, Row] = {}

    def put(
        self, path: str, key: Key, value: Any, as_of: Timestamp, provider: str, *,
        bar_due: Timestamp | None = None, fact: Fact | None = None,
    ) -> None:  # fmt: skip
        """Replace a fact. `value` is in stored form (scaled integers); None means the source has none.

        `fact` is the contract where the path is not in the contracts (lists). Two providers that
        disagree on one fact at one instant make it invalid until a later word.
        """
        if fact is not None:
            self._own[path] = fact
        elif path not in self._contracts.facts and path not in self._own:
            raise KeyError(f"no contract knows the fact {path}")
        row = self._rows.get(key)
        if row is None:
            row = self._rows[key] = Row()
        row.put(path, value, as_of, provider, NEVER if bar_due is None else bar_due)

    def row(self, key: Key) -> Row:
        """Return what is held under a key."""
        return self._rows.get(key, EMPTY)

    def get(self, path: str, key: Key) -> FactEntry | None:
        """Return the entry of a fact, or None when nobody ever said anything about it."""
        row = self.row(key)
        if path not in row.values:
            return None
        fact = self._own.get(path) or self._contracts.facts[path]
        due = None if row.due[path] == NEVER else Timestamp(row.due[path])
        value, as_of, provider = row.values[path], Timestamp(row.as_of[path]), row.provider[path]
        if value is DISPUTED:
            return FactEntry(None, as_of, provider, None, due, Reason.INVALID)
        return make_entry(fact, value, as_of, provider, due, self._calendar)

    def forget(self, path: str, key: Key) -> None:
        """Remove a fact whose source withdrew it."""
        if key in self._rows:
            self._rows[key].forget(path)
