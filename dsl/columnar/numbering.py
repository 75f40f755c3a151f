"""Values as small integers, numbered in order of first sight."""

from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class Numbering(Generic[T]):
    """Grows and never forgets: a code, once given, means the same value for good."""

    __slots__ = ("_codes", "values")

    def __init__(self, values: Iterable[T] = ()) -> None:
        self.values: list[T] = []
        self._codes: dict[T, int] = {}
        for value in values:
            self.code(value)

    def __len__(self) -> int:
        return len(self.values)

    def code(self, value: T) -> int:
        """Return the code of a value, a new one where it was never seen."""
        code = self._codes.get(value)
        if code is None:
            code = self._codes[value] = len(self.values)
            self.values.append(value)
        return code

    def find(self, value: T) -> int | None:
        """Return the code of a value, None where it was never seen."""
        return self._codes.get(value)
