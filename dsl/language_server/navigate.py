"""Where a thing is declared, where it is used, and what a folder declares."""

from collections.abc import Iterator
from dataclasses import dataclass

from dsl import syntax as s
from dsl.language_server.environment import Place
from dsl.language_server.folder import Folder
from dsl.language_server.index import Index
from dsl.naming.meaning import Kind
from dsl.naming.occurrence import Use
from dsl.text import Span


def definition(folder: Folder, index: Index, name: str, line: int, column: int) -> Span | Place | None:
    """Return where what is named at a place (counted from 1) is declared: in the folder, or in a contract."""
    seen = index.at(name, line, column)
    if seen is None:
        return None
    if seen.occurrence.use is Use.VARIABLE:
        return _variable(index, seen.span, seen.occurrence.word)
    if seen.thing is None:
        return None
    if seen.thing.kind in (Kind.FACT, Kind.FIELD):
        fact = seen.thing.name if seen.thing.kind is Kind.FACT else seen.thing.name.rpartition(".")[0]
        return folder.environment.places.get(fact)
    declared = index.definition(seen.thing)
    return declared.span if declared is not None else None


def _variable(index: Index, span: Span, word: str) -> Span | None:
    """Return where the row of an aggregate gets its name: the nearest place behind, as a text reads."""
    rows = ((at, one) for at, one in index.names(span.file) if one.use is Use.VARIABLE and one.is_definition)
    places = [at for at, one in rows if one.word == word]
    return next((at for at in places if at >= span), places[-1] if places else None)


def references(index: Index, name: str, line: int, column: int, with_declaration: bool) -> list[Span]:
    """Return every place of the folder that names what is named at a place."""
    seen = index.at(name, line, column)
    if seen is None or seen.thing is None:
        return []
    uses = index.uses(seen.thing)
    return [one.span for one in uses if with_declaration or not one.occurrence.is_definition]


def highlights(index: Index, name: str, line: int, column: int) -> list[Span]:
    """Return the places of the same file that name the same thing."""
    return [span for span in references(index, name, line, column, True) if span.file == name]


# ------------------------------------------------------------------------------------------ outlines


@dataclass(frozen=True, slots=True)
class Symbol:
    """A declaration in an outline: `whole` is all of it, `name_span` its name, `parts` what is inside."""

    name: str
    kind: str
    detail: str
    whole: Span
    name_span: Span
    parts: "tuple[Symbol, ...]" = ()


def outline(folder: Folder, index: Index, name: str) -> tuple[Symbol, ...]:
    """Return the declarations of a rule file, as far as they could be read."""
    file = folder.compiled.files.get(name)
    if file is None:
        return ()
    names = {(span.line, one.word): span for span, one in index.names(name) if one.is_definition}
    return tuple(_symbol(declared, names) for declared in file.declarations if _head(declared) is not None)


def _head(declared: s.Declaration) -> tuple[str, str, str] | None:
    """Return name, kind and detail of a declaration, None of one that has no name."""
    match declared:
        case s.Rulebook():
            return declared.name, "rulebook", declared.title
        case s.Param():
            return declared.name, "param", declared.type.name
        case s.Let():
            return declared.name, "let", ""
        case s.ListUse():
            return declared.name, "list", declared.title
        case s.Table():
            return declared.name, "table", declared.title
        case s.Window():
            return declared.name, "window", f"{declared.function} of {declared.event}"
        case s.RuleText():
            return declared.id, declared.kind, declared.title
        case s.Fixture():
            return declared.name, "fixture", ""
        case s.Test():
            return declared.title, "test", ", ".join(rule for rule, _ in declared.rules)
    return None


def _symbol(declared: s.Declaration, names: dict[tuple[int, str], Span]) -> Symbol:
    head = _head(declared)
    assert head is not None
    name, kind, detail = head
    whole = declared.span
    place = names.get((whole.line, name), Span(whole.file, whole.line, whole.column, whole.line, whole.column + 1))
    return Symbol(name or kind, kind, detail, whole, place, _parts(declared))


def _parts(declared: s.Declaration) -> tuple[Symbol, ...]:
    match declared:
        case s.Param():
            rows = ((" ".join((*row.key, row.since or "always")), row.cite, row.span) for row in declared.rows)
            return tuple(Symbol(name, "row", cite, span, span) for name, cite, span in rows)
        case s.RuleText():
            lines = ((line.label or line.effect, line.code or "", line.span) for line in declared.lines)
            return tuple(Symbol(name, "line", code, span, span) for name, code, span in lines)
        case s.Test():
            given = ((one.fixture, ", ".join(o.effect for o in one.outcomes), one.span) for one in declared.scenarios)
            return tuple(Symbol(f"given {name}", "scenario", outcomes, span, span) for name, outcomes, span in given)
    return ()


def symbols(folder: Folder, index: Index, query: str) -> Iterator[Symbol]:
    """Yield the declarations of every file whose name or title holds a query, whatever the case."""
    wanted = query.lower()
    for name in folder.compiled.files:
        for one in outline(folder, index, name):
            if wanted in f"{one.name} {one.detail}".lower():
                yield one
