"""Many intents as columns: stored integers for us, the same numbers as floats for the peers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dsl.columnar.block import Array, Block
from dsl.columnar.judge import BLOCK
from dsl.columnar.layout import Layout, narrow
from dsl.program import REDUCES
from tests.perf.pack import FACTS, RESTRICTED, STORED, Raw, intents
from tests.perf.rulebook import RESTRICTED as RESTRICTED_PATH
from tests.perf.rulebook import path_of

DRAWN = 20_000
"""Intents drawn one by one; the rest are these with every number moved by up to two per cent."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Intents by fact: numbers as stored integers, truths, and texts as codes into `words`."""

    size: int
    cells: Mapping[str, Array]
    words: Mapping[str, tuple[str, ...]]

    def raw(self, row: int) -> Raw:
        """Return a row as an intent arrives, its numbers still stored integers."""
        out: Raw = {}
        for name, cells in self.cells.items():
            value = cells[row].item()
            out[name] = self.words[name][value] if name in self.words else value
        return out

    def floats(self, words: Mapping[str, Sequence[str]]) -> dict[str, Array]:
        """Return the columns as the peers take them: floats in the pack's units, codes by their own lists of words."""
        out: dict[str, Array] = {}
        for name, cells in self.cells.items():
            if name in self.words:
                places = np.array([words[name].index(word) for word in self.words[name]], np.int16)
                out[name] = places[cells]
            else:
                out[name] = cells / STORED[FACTS[name].unit] if FACTS[name].is_number else cells
        return out


def columns(size: int, seed: int = 5) -> Columns:
    """Return drawn intents, every row another one."""
    drawn, random = intents(min(DRAWN, size), seed), np.random.default_rng(seed)
    taken = random.integers(0, len(drawn), size)
    cells: dict[str, Array] = {}
    words: dict[str, tuple[str, ...]] = {}
    for name, fact in FACTS.items():
        values = [intent[name] for intent in drawn]
        if fact.is_number:
            moved = np.array(values)[taken] * random.uniform(0.98, 1.02, size) * STORED[fact.unit]
            whole = np.rint(moved).astype(np.int64)
            cells[name] = np.maximum(whole, 1) if fact.above is not None else whole
        elif fact.unit == "bool":
            cells[name] = np.array(values, np.bool_)[taken]
        else:
            words[name] = tuple(sorted(set(values)))
            places = {word: place for place, word in enumerate(words[name])}
            cells[name] = np.array([places[value] for value in values], np.int8)[taken]
    return Columns(size, cells, words)


@dataclass(frozen=True, slots=True)
class Laid:
    """Columns in the slots of a program, ready to be cut into blocks."""

    layout: Layout
    size: int
    slots: tuple[Array, ...]

    def blocks(self, rows: int = BLOCK) -> Iterator[Block]:
        """Yield blocks: what a program computes with, and what every column of it can hold."""
        for start in range(0, self.size, rows):
            stop = min(start + rows, self.size)
            cut = tuple(self.layout.dense(at, cells[start:stop]) for at, cells in enumerate(self.slots))
            yield Block(stop - start, cut)


def lay_out(layout: Layout, drawn: Columns) -> Laid:
    """Return drawn columns as a program's slots: codes in its own numberings, the restricted list and no exits."""
    names = {path_of(name): name for name in FACTS}
    slots: list[Array] = []
    for slot in layout.program.slots:
        numbering: Any = layout.numberings[slot.index]
        if slot.path == REDUCES:
            slots.append(np.zeros(drawn.size, np.bool_))
        elif slot.path == RESTRICTED_PATH:
            slots.append(np.full(drawn.size, numbering.code(RESTRICTED), np.int8))
        elif numbering is None:
            slots.append(drawn.cells[names[slot.path]])
        else:
            name = names[slot.path]
            places = np.array([numbering.code(word) for word in drawn.words[name]], np.int64)
            slots.append(narrow(places, len(numbering))[drawn.cells[name]])
    return Laid(layout, drawn.size, tuple(slots))
