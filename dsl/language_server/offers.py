"""What can be offered at a cursor: each with what is inserted and a line on what it is."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from dsl import types as t
from dsl.contracts import Fact
from dsl.highlight.patterns import TYPES
from dsl.keywords import (
    ACTIONS,
    AGGREGATES,
    DIRECTIONS,
    FUNCTIONS,
    MODES,
    MOMENTS,
    ORDERS,
    POSTURES,
    ROLES,
    ROUNDINGS,
    RUNGS,
    SCOPES,
    STAGES,
    WINDOWS,
)
from dsl.language_server.describe import describe
from dsl.language_server.folder import Folder
from dsl.language_server.words import DETAIL, WINDOW_FUNCTIONS
from dsl.language_server.words import TYPES as TYPE_WORDS
from dsl.names import Rulebook
from dsl.naming.meaning import Kind, Thing
from dsl.naming.occurrence import Use
from dsl.types import Type

LISTS: dict[Use, tuple[str, ...]] = {
    Use.DIRECTION: DIRECTIONS, Use.MODE: MODES, Use.MOMENT: tuple(word.split()[0] for word in MOMENTS),
    Use.ORDER: ORDERS, Use.ROLE: ROLES, Use.ROUNDING: ROUNDINGS, Use.RUNG: RUNGS, Use.SCOPE: SCOPES,
    Use.STAGE: STAGES, Use.ACTION: (*ACTIONS, "demote"), Use.POSTURE: POSTURES[1:],
}  # fmt: skip
"""What is one of a fixed list."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One completion. `text` is what is inserted, a snippet where it holds `$`; `group` orders offers, least first.

    `thing` is what the word names; `uses` the contract the rulebook would have to name for it.
    """

    label: str
    kind: str
    detail: str = ""
    text: str = ""
    group: int = 5
    thing: Thing | None = None
    uses: str = ""

    @property
    def insert(self) -> str:
        return self.text or self.label


def words(listed: Iterable[str], kind: str = "keyword", group: int = 3) -> Iterator[Offer]:
    """Offer words of the language."""
    for word in listed:
        yield Offer(word, kind, DETAIL.get(word, ""), group=group)


def listed_words(use: Use) -> Iterator[Offer]:
    """Offer one of a fixed list."""
    return words(LISTS[use], "enum", 1)


def types() -> Iterator[Offer]:
    """Offer types."""
    for name in TYPES:
        unit = "[${1:USD}]" if name in ("money", "price") else ""
        yield Offer(name, "type", TYPE_WORDS.get(name, ""), name + unit, 1)
    yield Offer("enum", "type", "One of some UPPERCASE words.", "enum [${1:ONE}, ${2:OTHER}]", 1)


def locals_of(book: Rulebook, folder: Folder) -> Iterator[Offer]:
    """Offer what a rulebook declares for its expressions, each with its type or number."""
    for kind, declared in (
        (Kind.PARAM, book.params), (Kind.LET, book.lets), (Kind.WINDOW, book.windows), (Kind.LIST, book.lists),
        (Kind.TABLE, book.tables),
    ):  # fmt: skip
        for name in declared:
            thing = Thing(kind, f"{book.name}.{name}")
            type_ = type_of(folder, thing)
            yield Offer(name, str(kind), f"{kind}{f', {type_}' if type_ is not None else ''}", group=1, thing=thing)


def type_of(folder: Folder, thing: Thing) -> Type | None:
    """Return the type of what an expression may read, None where it does not compile."""
    ruleset = folder.compiled.ruleset
    facts = folder.environment.contracts.facts
    tables: tuple[Mapping[str, Typed], ...] = (
        ruleset.params, ruleset.windows, ruleset.lists, ruleset.tables, ruleset.lets, facts,
    )  # fmt: skip
    return next((known[thing.name].type for known in tables if thing.name in known), None)


class Typed(Protocol):
    """What has a type."""

    @property
    def type(self) -> Type: ...


def facts(folder: Folder, book: Rulebook | None, kinds: frozenset[t.Kind] = frozenset()) -> Iterator[Offer]:
    """Offer facts: those of contracts the rulebook uses first; the others bring their contract with them."""
    used = book.uses if book is not None else ()
    for fact in folder.environment.contracts.facts.values():
        if kinds and fact.type.kind not in kinds:
            continue
        namespace = fact.path.partition(".")[0]
        is_near = namespace in used or "." not in fact.path or namespace == "scope"
        yield Offer(
            fact.path, "fact", f"{fact.type} · {fact.description}".rstrip(" ·"), group=2 if is_near else 6,
            thing=Thing(Kind.FACT, fact.path), uses="" if is_near else namespace,
        )  # fmt: skip


def functions() -> Iterator[Offer]:
    """Offer functions and what runs over lists."""
    for name in FUNCTIONS:
        yield Offer(name, "function", DETAIL.get(name, ""), f"{name}($1)", 4)
    for name in AGGREGATES:
        if name not in FUNCTIONS:
            yield Offer(
                name, "function", DETAIL.get(name, ""), f"{name}(${{1:row.field}} for each ${{2:row}} in $3)", 4
            )


def window_functions() -> Iterator[Offer]:
    """Offer what a window takes of its events."""
    for name in WINDOWS:
        yield Offer(name, "function", WINDOW_FUNCTIONS[name], f"{name} of ", 1)


def events(folder: Folder, fields: bool) -> Iterator[Offer]:
    """Offer events, and their fields where one of them is taken."""
    for event, known in folder.environment.contracts.events.items():
        yield Offer(event, "event", "event", group=1, thing=Thing(Kind.EVENT, event))
        for name, field in known.items() if fields else ():
            thing = Thing(Kind.EVENT_FIELD, f"{event}.{name}")
            yield Offer(f"{event}.{name}", "field", str(field.type), group=2, thing=thing)


def fields(known: Iterable[Fact], before: str = "") -> Iterator[Offer]:
    """Offer the fields of an event or of a list's rows."""
    for field in known:
        yield Offer(f"{before}{field.path}", "field", str(field.type), group=1)


def rules(folder: Folder, *kinds: str) -> Iterator[Offer]:
    """Offer rule ids of some kinds, or of all."""
    for book in folder.compiled.books:
        for rule in book.rules.values():
            if not kinds or rule.kind in kinds:
                yield Offer(rule.id, "rule", f"{rule.kind}, {rule.title}", group=1, thing=Thing(Kind.RULE, rule.id))


def reasons(folder: Folder, of: tuple[str, ...]) -> Iterator[Offer]:
    """Offer the reason codes of some rules, or of all, and those of unknown facts."""
    for rule in folder.compiled.ruleset.rules:
        if not of or rule.id in of:
            for line in rule.lines:
                yield Offer(
                    line.code, "enum", f"{line.effect} of {rule.id}", group=1, thing=Thing(Kind.REASON, line.code)
                )
    for code, why in (("MISSING", "absent"), ("STALE", "too old"), ("INVALID", "out of its contract")):
        yield Offer(f"FACT_{code}", "enum", f"a fact is {why}", group=2)


def values_of(type_: Type) -> Iterator[Offer]:
    """Offer what a value of a type could be: an enum's values, true and false, or a number with its unit."""
    if type_.kind is t.Kind.ENUM:
        yield from (Offer(value, "enum", "", group=0) for value in type_.values)
    elif type_ == t.BOOL:
        yield from (Offer(value, "enum", "", group=0) for value in ("true", "false"))
    elif type_ in (t.SYMBOL, t.TEXT):
        yield Offer('"…"', "value", str(type_), '"$1"', 0)
    elif type_ == t.RATIO:
        yield Offer("…%", "value", "ratio", "${1:5}%", 0)
    elif type_.is_number and type_.dimension:
        yield Offer(f"…{t.unit_suffix(type_)}", "value", str(type_), f"${{1:1}}{t.unit_suffix(type_)}", 0)


def documentation(folder: Folder, thing: Thing, on: date) -> str:
    """Return the page of an offer, made only when somebody looks at it."""
    return describe(folder, thing, on)
