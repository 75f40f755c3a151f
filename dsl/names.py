"""What a rulebook declares: the names an expression may use, and who clashes with whom."""

from dataclasses import dataclass, field
from typing import TypeVar

from dsl import syntax as s
from dsl.contracts import Contracts
from dsl.diagnostics import Diagnostic
from dsl.keywords import AGGREGATES, FUNCTIONS, STAGES
from dsl.moments import is_zone
from dsl.suggest import nearest
from dsl.text import Span

_D = TypeVar("_D", bound=s.Declaration)


@dataclass(slots=True)
class Rulebook:
    """One file's declarations by name. `stage` is the first word of the rulebook's name."""

    name: str
    title: str
    span: Span
    uses: tuple[str, ...] = ()
    calendar: s.CalendarUse | None = None
    params: dict[str, s.Param] = field(default_factory=dict)
    lets: dict[str, s.Let] = field(default_factory=dict)
    lists: dict[str, s.ListUse] = field(default_factory=dict)
    windows: dict[str, s.Window] = field(default_factory=dict)
    tables: dict[str, s.Table] = field(default_factory=dict)
    rules: dict[str, s.RuleText] = field(default_factory=dict)
    fixtures: dict[str, s.Fixture] = field(default_factory=dict)
    tests: list[s.Test] = field(default_factory=list)
    proofs: list[s.Prove] = field(default_factory=list)
    damaged: frozenset[str] = frozenset()
    unread: frozenset[str] = frozenset()

    @property
    def stage(self) -> str:
        return self.name.partition(".")[0]

    def local_names(self) -> tuple[str, ...]:
        return (*self.params, *self.lets, *self.lists, *self.windows, *self.tables, *sorted(self.damaged))


def resolve(files: list[s.File], contracts: Contracts) -> tuple[list[Rulebook], list[Diagnostic]]:
    """Return each file as a rulebook with its names, in order of rulebook name, and the clashes."""
    placed = [rulebook_of(file, contracts) for file in files]
    books = sorted((book for book, _ in placed), key=lambda book: book.name)
    return books, [*(problem for _, found in placed for problem in found), *clashes(books)]


def clashes(books: list[Rulebook]) -> list[Diagnostic]:
    """Return which rulebooks and rules of different files have one name; `books` are in order of their names."""
    found: list[Diagnostic] = []
    by_name: dict[str, Rulebook] = {}
    rules: dict[str, Span] = {}
    for book in books:
        if book.name and book.name in by_name:
            found.append(_duplicate("rulebook", book.name, book.span, by_name[book.name].span))
        by_name.setdefault(book.name, book)
        for rule in book.rules.values():
            if rule.id in rules:
                found.append(_duplicate("rule id", rule.id, rule.span, rules[rule.id]))
            rules.setdefault(rule.id, rule.span)
    return found


def _duplicate(what: str, name: str, span: Span, first: Span) -> Diagnostic:
    return Diagnostic(
        "E103",
        f"{what} `{name}` is declared twice",
        span,
        notes=((first, "declared here first"),),
        help="rename one of them; a name means one thing",
    )


def rulebook_of(file: s.File, contracts: Contracts) -> tuple[Rulebook, list[Diagnostic]]:
    """Return one file as a rulebook, and what is wrong with it by itself."""
    found: list[Diagnostic] = []
    start = Span(file.name, 1, 1, 1, 2)
    heads = [d for d in file.declarations if isinstance(d, s.Rulebook)]
    head = heads[0] if heads else None
    if head is None and "rulebook" not in file.unread:
        found.append(
            Diagnostic(
                "E101",
                "the file does not say which rulebook it is",
                start,
                help='begin with `rulebook pre_trade.NAME "title"`',
            )
        )
    book = Rulebook(head.name if head else "", head.title if head else "", head.span if head else start)
    book.damaged, book.unread = file.damaged, file.unread
    for extra in heads[1:]:
        found.append(_duplicate("rulebook", extra.name, extra.span, heads[0].span))
    if head:
        _check_stage(file, head, found)
    for declaration in file.declarations:
        _place(book, declaration, contracts, found)
    return book, found


def _check_stage(file: s.File, head: s.Rulebook, found: list[Diagnostic]) -> None:
    stage = head.name.partition(".")[0]
    if stage not in STAGES or "." not in head.name:
        found.append(
            Diagnostic(
                "E102",
                f"`{head.name}` does not begin with a stage",
                head.span,
                help="name it STAGE.NAME; stages are " + ", ".join(STAGES),
            )
        )
        return
    folders = file.name.replace("\\", "/").split("/")[:-1]
    if folders and folders[-1] in STAGES and folders[-1] != stage:
        found.append(
            Diagnostic(
                "E104",
                f"rulebook `{head.name}` stands in the folder of stage {folders[-1]}",
                head.span,
                help=f"move the file to {stage}/ or rename the rulebook",
            )
        )


def _place(book: Rulebook, declaration: s.Declaration, contracts: Contracts, found: list[Diagnostic]) -> None:
    match declaration:
        case s.Uses():
            for name, span in declaration.names:
                if name not in contracts.namespaces:
                    near = nearest(name, contracts.namespaces)
                    found.append(
                        Diagnostic(
                            "E105",
                            f"there is no contract `{name}`",
                            span,
                            help=f"did you mean `{near}`?" if near else "contracts are the files in specs/",
                        )
                    )
            book.uses = (*book.uses, *(name for name, _ in declaration.names))
        case s.CalendarUse():
            if book.calendar is not None:
                found.append(_duplicate("calendar", declaration.code, declaration.span, book.calendar.span))
            if not is_zone(declaration.zone):
                found.append(
                    Diagnostic(
                        "E121",
                        f"there is no time zone `{declaration.zone}`",
                        declaration.span,
                        help='zones are named like "America/New_York"',
                    )
                )
            book.calendar = book.calendar or declaration
        case s.Param():
            _declare(book, book.params, "param", declaration.name, declaration, found)
        case s.Let():
            _declare(book, book.lets, "let", declaration.name, declaration, found)
        case s.ListUse():
            _declare(book, book.lists, "list", declaration.name, declaration, found)
        case s.Window():
            _declare(book, book.windows, "window", declaration.name, declaration, found)
        case s.Table():
            _declare(book, book.tables, "table", declaration.name, declaration, found)
        case s.RuleText():
            if declaration.id in book.rules:
                found.append(_duplicate("rule id", declaration.id, declaration.span, book.rules[declaration.id].span))
            book.rules.setdefault(declaration.id, declaration)
        case s.Fixture():
            if declaration.name in book.fixtures:
                found.append(
                    _duplicate("fixture", declaration.name, declaration.span, book.fixtures[declaration.name].span)
                )
            book.fixtures.setdefault(declaration.name, declaration)
        case s.Test():
            book.tests.append(declaration)
        case s.Prove():
            book.proofs.append(declaration)


def _declare(
    book: Rulebook, table: dict[str, _D], what: str, name: str, declaration: _D, found: list[Diagnostic]
) -> None:
    tables: tuple[dict[str, s.Declaration], ...] = (book.params, book.lets, book.lists, book.windows, book.tables)  # type: ignore[assignment]
    earlier = next((t[name] for t in tables if name in t), None)
    if earlier is not None:
        found.append(_duplicate(what, name, declaration.span, earlier.span))
        return
    if "." in name:
        found.append(
            Diagnostic(
                "E106",
                f"a {what} has a bare name; `{name}` is dotted",
                declaration.span,
                help=f"write `{name.replace('.', '_')}`",
            )
        )
    if name in FUNCTIONS or name in AGGREGATES:
        found.append(
            Diagnostic(
                "E107",
                f"`{name}` is a function of the language",
                declaration.span,
                help="choose another name",
            )
        )
    table[name] = declaration
