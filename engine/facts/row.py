"""A row: the facts held under one key, in columns, as they came in."""

from typing import Any

from engine.model.time import Timestamp

Key = tuple[str, ...]
NEVER = Timestamp(-1)
"""The due time of a bar that nobody announced."""


class _Disputed:
    """The value of a fact its providers disagree about; it has the type of no contract."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "disputed"


DISPUTED = _Disputed()


class Row:
    """By path: the value in stored form, when it was true, when its next bar is due, and who said so.

    Whoever fills a row fills the columns of a path together. `version` counts the changes.
    """

    __slots__ = ("as_of", "due", "provider", "values", "version")

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.as_of: dict[str, int] = {}
        self.due: dict[str, int] = {}
        self.provider: dict[str, str] = {}
        self.version = 0

    def put(self, path: str, value: Any, as_of: int, provider: str, due: int = NEVER) -> None:
        """Replace a fact. Two providers that differ on one fact at one instant leave it disputed."""
        if (
            self.as_of.get(path) == as_of and self.values[path] != value
            and (self.provider[path] != provider or self.values[path] is DISPUTED)
        ):  # fmt: skip
            value = DISPUTED
        self.version += 1
        self.values[path] = value
        self.as_of[path] = as_of
        self.due[path] = due
        self.provider[path] = provider

    def forget(self, path: str) -> None:
        """Remove a fact whose source withdrew it."""
        self.version += 1
        for column in (self.values, self.as_of, self.due, self.provider):
            column.pop(path, None)


EMPTY = Row()
"""What is held under a key nobody ever spoke of."""
