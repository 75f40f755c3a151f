"""Names found in the text mean what the compiler takes them for."""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from lark import Token

from dsl import ir
from dsl import syntax as s
from dsl.contracts import read_contracts
from dsl.lookups import Lookups
from dsl.lower import lower
from dsl.names import Rulebook, resolve
from dsl.naming.find import Finder, occurrences
from dsl.naming.meaning import Kind, Meanings, Thing
from dsl.naming.occurrence import Occurrence, Use
from dsl.parse import grammar, parse, readings
from dsl.shelf import Shelf
from dsl.text import Source, Span
from tests.dsl.checkout import ROOT, schemas, shipped_sources, sources_of
from tests.language_server.desk_files import texts

CONTRACTS = read_contracts(schemas())
PAGES = [*sorted((ROOT / "docs" / "language").glob("*.md")), *sorted((ROOT / "dsl" / "pages").glob("*.md"))]


def examples() -> Iterator[tuple[str, list[Source]]]:
    """Yield every rule text of the repository: shipped, of the test desk, and of every page."""
    yield "shipped", list(shipped_sources())
    yield "desk", [Source(name, text) for name, text in texts().items()]
    for path in PAGES:
        for number, text in enumerate(re.findall(r"```rules\n(.*?)```", path.read_text(encoding="utf-8"), re.S)):
            yield f"{path.stem}-{number}", sources_of(text)


EXAMPLES = [pytest.param(sources, id=name) for name, sources in examples()]


def written(source: Source) -> Iterator[tuple[Span, Occurrence]]:
    """Yield every name of a file with its place."""
    for piece, reading in readings(source, Shelf()):
        if reading.tree is not None:
            for one in occurrences(reading.tree):
                yield one.span(source.name, piece.first_line), one


def meant(expr: ir.Expr, path: str) -> Thing | None:
    """Return what the compiler made of a name, as a thing."""
    match expr:
        case ir.FactRef(path=found):
            for prefix, kind in (("window:", Kind.WINDOW), ("list:", Kind.LIST)):
                if found.startswith(prefix):
                    return Thing(kind, found.removeprefix(prefix))
            return Thing(Kind.FACT, found)
        case ir.ParamRef(name=name) | ir.Lookup(name=name):
            return Thing(Kind.PARAM, name)
        case ir.LetRef(name=name):
            return Thing(Kind.LET, name)
    return None


def taken(books: list[Rulebook], monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, int, int, str], ir.Expr]:
    """Lower the rulebooks and return what the compiler took each name of an expression for, by its place."""
    seen: dict[tuple[str, int, int, str], ir.Expr] = {}
    look_up = Lookups._name

    def watched(self: Lookups, path: str, keys: tuple[s.Expr, ...], span: Span) -> ir.Expr:
        found = look_up(self, path, keys, span)
        seen[(span.file, span.line, span.column, path)] = found
        return found

    monkeypatch.setattr(Lookups, "_name", watched)
    lower(books, CONTRACTS)
    return seen


@pytest.mark.parametrize("sources", EXAMPLES)
def test_a_name_means_what_the_compiler_takes_it_for(sources: list[Source], monkeypatch: pytest.MonkeyPatch) -> None:
    books, _ = resolve([parse(source)[0] for source in sources], CONTRACTS)
    seen = taken(books, monkeypatch)
    found = {
        (span.file, span.line, span.column, one.word): Meanings(book, CONTRACTS).of(one)
        for source in sources
        for book in books
        if book.span.file == source.name
        for span, one in written(source)
    }
    for (file, line, column, path), expr in seen.items():
        if file == "<expression>":  # the holes of texts are read by themselves; their places are tried below
            continue
        # `lowest NAME` and `infinite NAME` stand at their first word.
        at = min(c for f, n, c, word in found if (f, n, word) == (file, line, path) and c >= column)
        thing = found[(file, line, at, path)]
        if isinstance(expr, ir.FieldRef):
            assert thing is not None and thing.kind in (Kind.FIELD, Kind.COLUMN, Kind.EVENT_FIELD)
            assert thing.name.rpartition(".")[2] == expr.field
        elif thing is not None and thing.kind is Kind.TABLE:
            assert meant(expr, path) == Thing(Kind.LET, thing.name)
        else:
            assert thing == meant(expr, path), (file, line, column, path)


def test_the_names_in_a_text_stand_where_they_are_written() -> None:
    text = 'rule EX-01 "Example" {\n  because "a \\"quoted\\" {one} and \\{none\\} {two + three}"\n    "{four}"\n}'
    tree = grammar().parse(text, start="declaration")
    lines = text.split("\n")
    found = [one for one in occurrences(tree) if one.use is Use.VALUE]
    assert [one.word for one in found] == ["one", "two", "three", "four"]
    assert all(lines[o.line - 1][o.column - 1 :].startswith(o.word) for o in found)


@pytest.mark.parametrize("sources", EXAMPLES)
def test_every_bare_word_is_found_where_it_is_written(sources: list[Source]) -> None:
    """What the parser takes for a name is an occurrence, but for the words that only qualify what stands beside."""
    for source in sources:
        lines = source.text.split("\n")
        places = {(span.line, span.column): one for span, one in written(source)}
        assert all(lines[line - 1][column - 1 :].startswith(one.word) for (line, column), one in places.items())
        for piece, reading in readings(source, Shelf()):
            for token in reading.tree.scan_values(lambda v: isinstance(v, Token)) if reading.tree else ():
                if token.type in ("NAME", "RULE_ID", "CODE") and token not in QUALIFYING:
                    assert ((token.line or 0) + piece.first_line, token.column) in places, (source.name, token)


QUALIFYING = {"strategy", "rows", "row", "exits", "infinite", "nan"}
"""Words of fixed phrases: `promotes strategy`, `at least 1 row`, `including exits`, numbers no arithmetic reaches."""


def test_every_rule_that_names_something_is_one_of_the_grammar() -> None:
    """A method for a rule that is gone would never be called, and its names would be lost in silence."""
    known = {str(rule.alias or rule.origin.name) for rule in grammar().rules}
    known |= {name.partition("{")[0] for name in known}
    methods = {name.removesuffix("_names") for name, _ in inspect.getmembers(Finder) if name.endswith("_names")}
    assert methods and methods <= known, methods - known


def test_names_reach_across_a_folder() -> None:
    sources = {name: Source(name, text) for name, text in texts().items()}
    books, _ = resolve([parse(source)[0] for source in sources.values()], CONTRACTS)
    of = {book.span.file: Meanings(book, CONTRACTS, tuple(books)) for book in books}
    rules = [
        (span.file, one.is_definition)
        for source in sources.values()
        for span, one in written(source)
        if of[source.name].of(one) == Thing(Kind.RULE, "KIL-01")
    ]
    storm, orders = "kill/storm.rules", "pre_trade/orders.rules"
    assert sorted(rules) == [(storm, False), (storm, True), (orders, False), (orders, False), (orders, False)]


def test_pages_are_found() -> None:
    assert len(EXAMPLES) > 100 and Path(ROOT).is_dir()
