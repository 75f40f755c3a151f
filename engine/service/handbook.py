"""The handbook of rule files: every declaration with its words, citation, dates, tests and history, in two forms."""

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from dsl.bundle import Bundle
from dsl.diagnostics import has_errors
from dsl.names import Rulebook
from dsl.scenarios import run_case
from engine.service.handbook_entries import Declarations
from engine.service.handbook_history import FileHistory, HistoryUnavailable, read_histories
from engine.service.handbook_html import as_html
from engine.service.handbook_markdown import as_markdown
from engine.service.handbook_pages import Cell, Chapter, Entry, Grid, Handbook, Line
from engine.service.handbook_reads import Users
from engine.service.handbook_rules import RuleEntries, Tested
from engine.service.handbook_words import anchor, plain, prose_above
from engine.service.list_files import write_whole
from engine.service.refusal import RulesRefused
from engine.service.rule_files import RuleFiles, compile_files, read_rule_files
from engine.service.rule_tests import read_cases, rule_calendars

MARKDOWN, HTML = "handbook.md", "handbook.html"
Tick = Callable[[int, int], None]
"""Called with how many tests are done and how many there are."""


@dataclass(frozen=True, slots=True)
class WrittenHandbook:
    """A handbook as it was written: its files, what it is of, and how many tests of it fail."""

    markdown: str
    html: str
    bundle: str
    rulebooks: int
    entries: int
    tests: int
    failing: int
    history: str

    def as_data(self) -> dict[str, Any]:
        return asdict(self)


def write_handbook(path: Path | None, out: Path, tick: Tick = lambda done, total: None) -> WrittenHandbook:
    """Write the handbook of rule files into a folder, which is made; files of the same names are replaced.

    Raises Refused, RulesRefused and OSError.
    """
    files = read_rule_files(path)
    bundle, found = compile_files(files)
    if bundle is None or has_errors(found):
        raise RulesRefused(tuple(found), files.texts)
    tested = _tested(files, bundle, tick)
    book, history = make_handbook(files, bundle, tested)
    out.mkdir(parents=True, exist_ok=True)
    write_whole(out / MARKDOWN, as_markdown(book).encode())
    write_whole(out / HTML, as_html(book).encode())
    return WrittenHandbook(
        str(out / MARKDOWN), str(out / HTML), bundle.hash, len(book.chapters),
        sum(len(chapter.entries) for chapter in book.chapters), len(tested),
        sum(not passes for _, passes in tested), history,
    )  # fmt: skip


def _tested(files: RuleFiles, bundle: Bundle, tick: Tick) -> list[Tested]:
    calendars = rule_calendars()
    read = read_cases(files, bundle, calendars)
    if read.wrong:
        raise RulesRefused(tuple(files.placed(each) for each in read.wrong), files.texts)
    out: list[Tested] = []
    for case in read.cases:
        out.append((case, run_case(bundle, case, calendars).passed))
        tick(len(out), len(read.cases))
    return out


def make_handbook(files: RuleFiles, bundle: Bundle, tested: list[Tested]) -> tuple[Handbook, str]:
    """Return a bundle as a handbook, and why its history is left out (empty where it is there)."""
    users, why = Users(bundle), ""
    histories: dict[str, FileHistory] = {}
    try:
        histories = dict(read_histories(files.root, tuple(sorted(bundle.sources))))
    except HistoryUnavailable as fault:
        why = fault.why
    failing = sum(not passes for _, passes in tested)
    told = f"{len(tested)} scenarios, {'all pass' if not failing else f'{failing} FAIL'}."
    remarks = (told, f"History is left out: {why}." if why else "History is that of the rule files in git.")
    chapters = tuple(_chapter(bundle, book, users, tested, histories) for book in bundle.books)
    return Handbook("Handbook of the rules", bundle.hash, remarks, chapters), why


def _chapter(
    bundle: Bundle, book: Rulebook, users: Users, tested: list[Tested], histories: dict[str, FileHistory]
) -> Chapter:
    makes, rules = Declarations(bundle, users, book.name), RuleEntries(bundle, users, book.name, tested)
    entries: list[Entry] = [rules.entry(each) for each in book.rules.values()]
    entries += [makes.param(each) for each in book.params.values()]
    entries += [makes.let(each) for each in book.lets.values()]
    entries += [makes.table(each) for each in book.tables.values()]
    entries += [makes.window(each) for each in book.windows.values()]
    entries += [makes.maintained(each) for each in book.lists.values()]
    entries += [makes.fixture(each) for each in book.fixtures.values()]
    whole = _whole_tests(rules, book, tested)
    file = book.span.file
    text, history = bundle.sources[file], histories.get(file)
    dated = [_dated(entry, history, text) for entry in entries] if history is not None else entries
    properties: list[tuple[str, Line]] = [("stage", plain(book.stage)), ("file", plain(file))]
    if book.calendar is not None:
        properties.append(("calendar", plain(f"{book.calendar.code}, {book.calendar.zone}")))
    properties.append(("contracts read", plain(", ".join(book.uses))))
    return Chapter(
        book.name, book.title, anchor("rulebook", book.name), prose_above(text, book.span.line), tuple(properties),
        (*dated, *whole),
    )  # fmt: skip


def _whole_tests(rules: RuleEntries, book: Rulebook, tested: list[Tested]) -> tuple[Entry, ...]:
    """Return the scenarios of a rulebook that judge the whole bundle, as an entry of their own."""
    own = [(case, passes) for case, passes in tested if not case.rules and case.span.file == book.span.file]
    if not own:
        return ()
    place, name = f"{book.span.file}:{own[0][0].span.line}", f"{book.name}.tests"
    grid: Grid = rules.tests(own)
    return (Entry("test", "of all rules together", "", anchor("test", name), (), (), (grid,), "", place),)


_WORDS = ("rule", "limit", "switch", "checklist", "gate")


def _dated(entry: Entry, history: FileHistory, text: str) -> Entry:
    """Return an entry with its history."""
    word = "|".join(_WORDS) if entry.kind in _WORDS else entry.kind
    changes, is_open = history.of(rf"(?:{word})\s+{re.escape(entry.name)}(?![\w.-])", text)
    rows = [(Cell("now"), Cell(""), Cell(""), Cell("written or changed"), Cell("not committed"))] if is_open else []
    rows += [tuple(map(Cell, (one.day, one.commit, one.author, one.done, one.subject))) for one in changes]  # type: ignore[misc]
    grid = Grid("history", ("date", "commit", "author", "what", "subject"), tuple(rows))
    return replace(entry, grids=(*entry.grids, grid))
