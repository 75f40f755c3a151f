"""What was read of a file the last time: the pieces that did not change are taken from here."""

from collections.abc import Callable
from dataclasses import dataclass

from lark import Token, Tree

from dsl.diagnostics import Diagnostic
from dsl.mistakes import Piece
from dsl.syntax import Declaration


@dataclass(frozen=True, slots=True)
class Reading:
    """What was made of one piece: its tree, None where nothing could be kept, its mistakes, and the text that was read.

    In that text the clauses with mistakes are blank. Places count from the piece's own first line.
    """

    tree: Tree[Token] | None
    found: tuple[Diagnostic, ...]
    text: str


_Key = tuple[str, str]
_Place = tuple[str, Piece]


class Shelf:
    """Readings and declarations of one file: those of the last reading, and those of the one that is going on."""

    def __init__(self) -> None:
        self._readings: dict[_Key, Reading] = {}
        self._built: dict[_Place, Declaration | Diagnostic] = {}
        self._fresh_readings: dict[_Key, Reading] = {}
        self._fresh_built: dict[_Place, Declaration | Diagnostic] = {}

    def reading(self, piece: Piece, read: Callable[[Piece], Reading]) -> Reading:
        """Return what is remembered of a piece, or what `read` makes of it."""
        key = (piece.word, piece.text)
        known = self._fresh_readings.get(key) or self._readings.get(key)
        self._fresh_readings[key] = found = known if known is not None else read(piece)
        return found

    def built(
        self, name: str, piece: Piece, tree: Tree[Token],
        build: Callable[[str, Piece, Tree[Token]], Declaration | Diagnostic],
    ) -> Declaration | Diagnostic:  # fmt: skip
        """Return the declaration of a piece that stands where it stood, or what `build` makes of its tree."""
        place = (name, piece)
        known = self._built.get(place)
        self._fresh_built[place] = found = known if known is not None else build(name, piece, tree)
        return found

    def turn(self) -> None:
        """End a reading: what it did not use is forgotten."""
        self._readings, self._fresh_readings = self._fresh_readings, {}
        self._built, self._fresh_built = self._fresh_built, {}
