"""A folder of rule files compiled again and again, as somebody types: only what a change reaches is done anew.

The stages are those of `pipeline.py`, and so is what comes out; what is remembered is each stage's output by its input.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from dsl import ir
from dsl.bundle import Bundle
from dsl.contracts import Contracts
from dsl.cost import check_cost
from dsl.diagnostics import Diagnostic, has_errors, in_order
from dsl.lower import Lowered, join, lower_book, rules_of, zone_of
from dsl.lower_proofs import unknown_subjects
from dsl.names import Rulebook, clashes, rulebook_of
from dsl.parse import parse
from dsl.shelf import Shelf
from dsl.syntax import File
from dsl.text import Source


@dataclass(frozen=True)
class Compiled:
    """What a compilation came to: rulebooks in order of name, rules as far as they are sound, everything found.

    `files` and `lowered` are by file name; what did not change is the very object of the compilation before.
    """

    texts: Mapping[str, str]
    files: Mapping[str, File]
    books: tuple[Rulebook, ...]
    lowered: Mapping[str, Lowered]
    zone: str
    found: tuple[Diagnostic, ...]
    contracts: Contracts

    @cached_property
    def ruleset(self) -> ir.Ruleset:
        """Everything that could be lowered, whatever is wrong beside it."""
        return join((self.lowered[book.span.file].part for book in self.books), self.zone)

    @cached_property
    def bundle(self) -> Bundle | None:
        """The bundle to judge scenarios with, None where anything is wrong; it has no hash and cannot be stored."""
        if has_errors(self.found):
            return None
        return Bundle("", b"", self.contracts, self.books, self.ruleset, self.texts)


@dataclass(slots=True)
class _Parsed:
    """One file as it was read last: its text, and the book of its declarations."""

    text: str
    shelf: Shelf
    file: File
    found: tuple[Diagnostic, ...]
    book: Rulebook
    wrong: tuple[Diagnostic, ...]


@dataclass(slots=True)
class _Kept:
    """A rulebook as it was lowered last, with every question about other rulebooks' rules and its answer."""

    book: Rulebook
    kinds: "_Asked"
    scopes: "_Asked"
    lowered: Lowered
    costs: tuple[Diagnostic, ...]


class _Asked(Mapping[str, object]):
    """A mapping that remembers what was asked of it: one name after another, or all of them."""

    def __init__(self, known: Mapping[str, object]) -> None:
        self._known = known
        self._answers: dict[str, object] = {}
        self._is_read_whole = False

    def __getitem__(self, name: str) -> object:
        answer = self._known.get(name)
        self._answers[name] = answer
        if answer is None:
            raise KeyError(name)
        return answer

    def __iter__(self) -> Iterator[str]:
        self._is_read_whole = True
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    def would_answer(self, known: Mapping[str, object]) -> bool:
        """Return whether another mapping gives the same answers to what was asked."""
        if self._is_read_whole:
            return known == self._known
        return all(known.get(name) == answer for name, answer in self._answers.items())


class Compiler:
    """Compiles the rule files of one folder under fixed contracts, remembering what it did before."""

    def __init__(self, contracts: Contracts) -> None:
        self._contracts = contracts
        self._parsed: dict[str, _Parsed] = {}
        self._kept: dict[str, _Kept] = {}

    def shelf(self, name: str) -> Shelf:
        """Return what was read of a file that has been compiled."""
        return self._parsed[name].shelf

    def read(self, source: Source) -> None:
        """Read one file ahead of the compilation that needs it."""
        known = self._parsed.get(source.name)
        if known is not None and known.text == source.text:
            return
        shelf = known.shelf if known is not None else Shelf()
        file, found = parse(source, shelf)
        book, wrong = rulebook_of(file, self._contracts)
        self._parsed[source.name] = _Parsed(source.text, shelf, file, tuple(found), book, tuple(wrong))

    def compile(self, sources: Iterable[Source]) -> Compiled:
        """Return what these files come to: all files of the folder, in any order."""
        texts = {source.name: source.text for source in sources}
        for name, text in texts.items():
            self.read(Source(name, text))
        for gone in sorted(self._parsed.keys() - texts.keys()):
            del self._parsed[gone]
            self._kept.pop(gone, None)
        parsed = [self._parsed[name] for name in sorted(texts)]
        books = sorted((one.book for one in parsed), key=lambda book: book.name)
        zone, zones = zone_of(books)
        kinds, scopes = rules_of(books)
        kept = [self._lower(book, kinds, scopes) for book in books]
        found = [d for one in parsed for d in (*one.found, *one.wrong)] + clashes(books) + zones
        found += [d for one in kept for d in (*one.lowered.found, *one.costs)] + unknown_subjects(books)
        return Compiled(
            texts, {one.file.name: one.file for one in parsed}, tuple(books),
            {one.book.span.file: one.lowered for one in kept}, zone, tuple(in_order(found)), self._contracts,
        )  # fmt: skip

    def _lower(self, book: Rulebook, kinds: Mapping[str, str], scopes: Mapping[str, tuple[str, ...]]) -> _Kept:
        name = book.span.file
        known = self._kept.get(name)
        if known and known.book is book and known.kinds.would_answer(kinds) and known.scopes.would_answer(scopes):
            return known
        asked_kinds, asked_scopes = _Asked(kinds), _Asked(scopes)
        lowered = lower_book(book, self._contracts, asked_kinds, asked_scopes)  # type: ignore[arg-type]
        costs = tuple(check_cost(lowered.part, self._contracts))
        self._kept[name] = kept = _Kept(book, asked_kinds, asked_scopes, lowered, costs)
        return kept
