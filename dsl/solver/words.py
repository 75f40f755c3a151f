"""Words as numbers: enum values, symbols and texts that the rules name, and room for those they do not."""

from typing import Any

from dsl.types import Kind, Type

WORDS = (Kind.TEXT, Kind.SYMBOL, Kind.ENUM)
NUMBERS = (Kind.NUMBER, Kind.TIMESTAMP, Kind.TIME, Kind.SESSIONS, Kind.DATE)
Formula = Any
"""A condition of z3; the library brings no types."""
Amount = Any
"""A number of z3, or an exact fraction."""


class Words:
    """A code for every word met; a code nobody was given stands for a word no rule names."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}

    def code(self, word: str) -> int:
        """Return the code of a word, giving it one if it has none."""
        return self._codes.setdefault(word, len(self._codes))

    def word(self, code: int) -> str:
        """Return the word of a code; of a code nobody was given, a word no rule names."""
        for word, known in self._codes.items():
            if known == code:
                return word
        invented = f"OTHER{code}"
        while invented in self._codes:
            invented += "X"
        return invented


def is_word(kind: Type) -> bool:
    """Return whether values of a type are words."""
    return kind.kind in WORDS


def is_real(kind: Type) -> bool:
    """Return whether values of a type are statistics: floats in a snapshot, reals to the solver."""
    return kind.kind is Kind.REAL


def is_amount(kind: Type) -> bool:
    """Return whether values of a type are ordered and counted: numbers, dates, times, sessions."""
    return kind.kind in NUMBERS
