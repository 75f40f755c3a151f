"""What stands at a place of a folder, where a thing is declared, and where it is used."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dsl.highlight.scan import scan
from dsl.language_server.folder import SCENARIO, Folder
from dsl.names import Rulebook
from dsl.naming.find import occurrences
from dsl.naming.meaning import QUALIFIED, Meanings, Thing
from dsl.naming.occurrence import Occurrence, Use
from dsl.naming.scenario_names import scenario_occurrences
from dsl.text import Span

_WORD = re.compile(r"[A-Za-z_][\w.]*(?:-[A-Z0-9]+)*")
_RULE_ID = re.compile(r"[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)+")


@dataclass(frozen=True, slots=True)
class Seen:
    """A name at a place: how it is written, and what it names, None where nothing is called that."""

    span: Span
    occurrence: Occurrence
    thing: Thing | None


class Index:
    """The names of one folder. A file's names are found again only where its text has changed."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._pieces: dict[str, dict[tuple[str, str], list[Occurrence]]] = {}
        self._files: dict[str, tuple[str, tuple[tuple[Span, Occurrence], ...]]] = {}

    def names(self, name: str) -> tuple[tuple[Span, Occurrence], ...]:
        """Return every name of a file with its place, in order."""
        text = self._folder.text(name)
        known = self._files.get(name)
        if known is None or known[0] != text:
            found = self._scenario(name, text) if name.endswith(SCENARIO) else self._rules(name)
            self._files[name] = known = (text, tuple(found))
        return known[1]

    def _rules(self, name: str) -> Iterator[tuple[Span, Occurrence]]:
        before, now = self._pieces.get(name, {}), {}
        for piece, reading in self._folder.pieces(name):
            key = (piece.word, piece.text)
            if reading.tree is not None:
                now[key] = before.get(key) or occurrences(reading.tree)
                for one in now[key]:
                    yield one.span(name, piece.first_line), one
        self._pieces[name] = now

    def _scenario(self, name: str, text: str) -> Iterator[tuple[Span, Occurrence]]:
        for one in scenario_occurrences(self._folder.scenario(name), text):
            yield one.span(name), one

    # ---------------------------------------------------------------------------------- meaning
    def book(self, name: str) -> Rulebook | None:
        """Return the rulebook a file is, or the one a scenario file tests."""
        books = self._folder.compiled.books
        if not name.endswith(SCENARIO):
            return next((book for book in books if book.span.file == name), None)
        value = self._folder.scenario(name).value
        wanted = value.get("rulebook") if isinstance(value, Mapping) else None
        return next((book for book in books if book.name == wanted), None)

    def meanings(self, name: str) -> Meanings | None:
        """Return what names of a file mean, None where it belongs to no rulebook."""
        book = self.book(name)
        if book is None:
            return None
        return Meanings(book, self._folder.environment.contracts, self._folder.compiled.books)

    def at(self, name: str, line: int, column: int) -> Seen | None:
        """Return the name at a place, both counted from 1; between two, the one that ends there."""
        meanings = self.meanings(name)
        for span, one in self.names(name):
            if span.line == line and span.column <= column <= span.end_column:
                return Seen(span, one, meanings.of(one) if meanings else None)
        return None if name.endswith(SCENARIO) else self._guessed(name, line, column, meanings)

    def _guessed(self, name: str, line: int, column: int, meanings: Meanings | None) -> Seen | None:
        """Return what a word of a text that cannot be read looks like."""
        lines = self._folder.text(name).split("\n")
        if not 1 <= line <= len(lines) or meanings is None:
            return None
        word = next((m for m in _WORD.finditer(lines[line - 1]) if m.start() < column <= m.end() + 1), None)
        if word is None or _is_said(lines[line - 1], column):
            return None
        use = Use.RULE if _RULE_ID.fullmatch(word[0]) else Use.VALUE
        one = Occurrence(line, word.start() + 1, word[0], use)
        thing = meanings.of(one)
        return Seen(one.span(name), one, thing) if thing is not None else None

    # ---------------------------------------------------------------------------------- who names what
    def uses(self, thing: Thing) -> Iterator[Seen]:
        """Yield every place of the folder that names a thing, its declaration included, by file and place."""
        short = thing.short.rpartition(".")[2]
        for name in self._folder.names:
            meanings = self.meanings(name)
            if meanings is None:
                continue
            for span, one in self.names(name):
                if one.name == short and meanings.of(one) == thing:
                    yield Seen(span, one, thing)

    def definition(self, thing: Thing) -> Seen | None:
        """Return where a thing is declared, None where no file of the folder does."""
        names = self._folder.names
        if thing.kind in QUALIFIED:
            names = tuple(
                book.span.file for book in self._folder.compiled.books if thing.name.startswith(f"{book.name}.")
            )
        for name in names:
            if name.endswith(SCENARIO):
                continue
            meanings = self.meanings(name)
            for span, one in self.names(name):
                if one.is_definition and meanings is not None and meanings.of(one) == thing:
                    return Seen(span, one, thing)
        return None


def _is_said(line: str, column: int) -> bool:
    """Return whether a place is inside a comment or a quoted text."""
    return any(
        mark.kind in ("comment", "doc", "string") and mark.start < column <= mark.end for mark in scan(line)
    )  # fmt: skip
