"""Texts in sets, and texts of two numberings, by their codes."""

from typing import Any

import numpy as np

from dsl.columnar.block import Array, Truths
from dsl.columnar.numbering import Numbering

FEW = 8
"""Runs of neighbouring codes up to which comparing is faster than looking up."""


class Membership:
    """A fixed set of codes: compared run by run where there are few, else looked up."""

    __slots__ = ("_flags", "_runs")

    def __init__(self, codes: frozenset[int]) -> None:
        ordered = sorted(codes)
        starts = [at for at, code in enumerate(ordered) if at == 0 or ordered[at - 1] != code - 1]
        stops = [*starts[1:], len(ordered)] if ordered else []
        self._runs = [(ordered[start], ordered[stop - 1]) for start, stop in zip(starts, stops, strict=True)]
        self._flags = np.zeros((ordered[-1] if ordered else 0) + 2, np.bool_)
        self._flags[ordered] = True

    def test(self, codes: Array, out: Truths) -> None:
        """Write whether each code is in the set; codes beyond the last one are not."""
        if len(self._runs) > FEW:
            np.take(self._flags, codes, out=out, mode="clip")
            return
        if not self._runs:
            out[...] = False
        for at, (first, last) in enumerate(self._runs):
            found = out if at == 0 else np.empty_like(out)
            if first == last:
                np.equal(codes, first, found)
            else:
                np.greater_equal(codes, first, found)
                np.logical_and(found, codes <= last, found)
            if at:
                np.logical_or(out, found, out)


class Translation:
    """Two numberings that grow: codes of the first as codes of the second, or as members of its sets."""

    __slots__ = ("_containers", "_kept", "_words")

    def __init__(self, words: Numbering[Any], containers: Numbering[Any]) -> None:
        self._words, self._containers = words, containers
        self._kept: tuple[tuple[int, int], Any] = ((-1, -1), None)

    def _sizes(self) -> tuple[int, int]:
        return len(self._words), len(self._containers)

    def equal(self, left: Array, right: Array, out: Truths) -> None:
        """Write whether two texts are the same."""
        sizes = self._sizes()
        kept = self._kept
        if kept[0] != sizes:
            places = map(self._containers.find, self._words.values[: sizes[0]])
            mapped = np.array([-1 if place is None else place for place in places] or [-1], np.int64)
            self._kept = kept = (sizes, mapped)
        np.equal(kept[1][left], right, out)

    def contains(self, items: Array, containers: Array, out: Truths) -> None:
        """Write whether each item's text is in its row's set."""
        sizes = self._sizes()
        kept = self._kept
        if kept[0] != sizes:
            self._kept = kept = (sizes, [None] * sizes[1])
        first = containers[0] if len(containers) else 0
        if (containers == first).all():
            self._members(kept[1], int(first)).test(items, out)
            return
        for code in np.unique(containers).tolist():
            rows = np.flatnonzero(containers == code)
            found = np.empty(len(rows), np.bool_)
            self._members(kept[1], code).test(items[rows], found)
            out[rows] = found

    def _members(self, kept: list[Membership | None], code: int) -> Membership:
        found = kept[code] if code < len(kept) else None
        if found is None:
            texts = self._containers.values[code] if code < len(self._containers) else frozenset()
            found = Membership(frozenset(code for code in map(self._words.find, texts) if code is not None))
            if code < len(kept):
                kept[code] = found
        return found
