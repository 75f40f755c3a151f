"""A handbook as data: chapters of entries, each with its words, its properties, its grids and its text as written."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Cell:
    """A piece of text; `is_code` as a rule file has it, `to` the anchor of the entry it names."""

    text: str
    is_code: bool = False
    to: str = ""


Line = tuple[Cell, ...]
"""Cells said one after the other."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table under a heading."""

    heading: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One declaration: what it is, what it is called, what its author says of it, and what it holds."""

    kind: str
    name: str
    title: str
    anchor: str
    prose: tuple[str, ...]
    properties: tuple[tuple[str, Line], ...]
    grids: tuple[Grid, ...]
    source: str
    place: str
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chapter:
    """One rulebook."""

    name: str
    title: str
    anchor: str
    prose: tuple[str, ...]
    properties: tuple[tuple[str, Line], ...]
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Handbook:
    """Every rulebook of a bundle. `remarks` stand at its beginning."""

    title: str
    bundle: str
    remarks: tuple[str, ...]
    chapters: tuple[Chapter, ...] = field(default=())
