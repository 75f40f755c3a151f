"""Keyed params as arrays: one read by the codes of the keys, however many rows there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm, prod
from typing import Any

import numpy as np

from dsl.columnar.block import GREATEST, LEAST, Array, Truths
from dsl.columnar.nodes import Node
from dsl.columnar.numbering import Numbering
from dsl.columnar.numbers import NotColumnar

MAX_DENSE = 1 << 22
"""Places of an array with one for every combination of keys; beyond it the rows are searched."""

Key = tuple[Node, Numbering[Any]]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows by the texts of their keys. A number is its row's integer over `scale`, a text a code of `words`."""

    keys: tuple[Key, ...]
    rows: Mapping[tuple[str, ...], int]
    scale: int
    texts: tuple[str, ...] | None = None
    words: Numbering[Any] | None = field(default=None, compare=False)
    _dense: dict[tuple[int, ...], tuple[Array, Truths]] = field(default_factory=dict, compare=False, repr=False)

    @staticmethod
    def of(keys: tuple[Key, ...], rows: Mapping[tuple[str, ...], Any], is_number: bool) -> "Table":
        """Return the table of these rows. Raises NotColumnar for values that 64 bits do not hold."""
        if not is_number:
            words: Numbering[Any] = Numbering()
            if not all(isinstance(value, str) for value in rows.values()):
                raise NotColumnar("a param of what is no text and no number")
            coded = {key: words.code(value) for key, value in rows.items()}
            return Table(keys, coded, 1, tuple(words.values), words)
        exact = {key: Fraction(value) for key, value in rows.items() if isinstance(value, Fraction | int)}
        scale = lcm(1, *(value.denominator for value in exact.values()))
        whole = {key: int(value * scale) for key, value in exact.items()}
        if len(whole) < len(rows) or any(not LEAST <= value <= GREATEST for value in whole.values()):
            raise NotColumnar("a param beyond 64 bits")
        return Table(keys, whole, scale)

    def range(self) -> tuple[int, int]:
        """Return the least and greatest value a read can give; a row that is not there reads as some other."""
        return (min(self.rows.values()), max(self.rows.values())) if self.rows else (1, 1)

    def read(self, codes: Sequence[Array]) -> tuple[Array, Truths]:
        """Return the value of every row of these codes, and whether there is one."""
        sizes = tuple(max(1, len(numbering)) for _, numbering in self.keys)
        index = np.zeros((), np.int64)
        for column, size in zip(codes, sizes, strict=True):
            index = index * size + column
        if prod(sizes) <= MAX_DENSE:
            dense, has = self._dense.get(sizes) or self._spread(sizes)
            return dense[index], has[index]
        places, values = self._places(sizes)
        if not len(places) or prod(sizes) > GREATEST:
            return np.ones(np.shape(index), np.int64), np.zeros(np.shape(index), np.bool_)
        at = np.minimum(np.searchsorted(places, index), len(places) - 1)
        return values[at], places[at] == index

    def _spread(self, sizes: tuple[int, ...]) -> tuple[Array, Truths]:
        """Return the rows as an array with a place for every combination of keys, kept until the numberings grow."""
        places, values = self._places(sizes)
        dense, has = np.full(prod(sizes), self.range()[0], np.int64), np.zeros(prod(sizes), np.bool_)
        dense[places], has[places] = values, True
        self._dense.clear()
        self._dense[sizes] = dense, has
        return dense, has

    def _places(self, sizes: tuple[int, ...]) -> tuple[Array, Array]:
        """Return the place of every row whose keys were ever seen, ascending, and its value."""
        found: dict[int, int] = {}
        for key, value in self.rows.items():
            place = 0
            for text, size, (_, numbering) in zip(key, sizes, self.keys, strict=True):
                code = numbering.find(text)
                if code is None:
                    break
                place = place * size + code
            else:
                found[place] = value
        ordered = sorted(found.items())
        return np.array([place for place, _ in ordered], np.int64), np.array([v for _, v in ordered], np.int64)
