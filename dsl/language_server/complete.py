"""What may be written at a place: words the grammar accepts there, and names that fit what they would be."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dsl import types as t
from dsl.format import CLAUSE_WIDTH
from dsl.keywords import EFFECTS, STAGE_EFFECTS, STAGE_OF, UNITS
from dsl.language_server import offers, skeletons
from dsl.language_server.cursor import Cursor, begins, cursor_at, words_of
from dsl.language_server.folder import Folder
from dsl.language_server.index import Index
from dsl.language_server.offers import LISTS, Offer
from dsl.language_server.roles import ASSIGNMENT, EXPRESSION, SETTING, Role, role_of
from dsl.language_server.words import DETAIL
from dsl.lint.catalogue import ALLOWABLE
from dsl.names import Rulebook
from dsl.naming.find import EVENT_HEADS
from dsl.naming.meaning import Meanings
from dsl.naming.occurrence import Use
from dsl.text import Span
from dsl.types import Type

_ALLOWING = re.compile(r"#\s*lint: allow (?:[A-Z]\d+, )*([A-Z]?\d*)$")
_ROWS = re.compile(r"\bfor\s+each\s+([a-z_]\w*)\s+in\s+([a-z_][\w.]*)")
_ON = re.compile(r"^\s*on\s+([a-z_]+)", re.M)
_ONCE = (
    "on", "when", "effective", "mode", "scope", "needs", "missing", "cite", "owner", "because", "measure", "reset",
    "confirm", "signed", "promotes", "score", "rank", "gives", "fresh",
)  # fmt: skip
_MANY_BODIES = ("limit", "rule", "switch", "checklist", "gate", "table", "list")
_COMPARING = ("IS", "IS_NOT", "CMP")


@dataclass(frozen=True, slots=True)
class Offered:
    """What can be inserted over a stretch of the text, the likeliest first."""

    span: Span
    offers: tuple[Offer, ...]


def complete(folder: Folder, index: Index, name: str, line: int, column: int) -> Offered | None:
    """Return what may stand at a place (counted from 1), None inside a comment or a text."""
    text = folder.text(name)
    cursor = cursor_at(text, line, column)
    if cursor is None:
        return _in_comment(text, name, line, column)
    ordered = sorted(_Completer(folder, index, name, cursor).offers(), key=lambda offer: (offer.group, offer.label))
    ordered = list({offer.label: offer for offer in reversed(ordered)}.values())[::-1]
    return Offered(Span(name, line, column - len(cursor.typed), line, column), tuple(ordered))


def _in_comment(text: str, name: str, line: int, column: int) -> Offered | None:
    """Offer the codes a comment can allow."""
    lines = text.split("\n")
    match = _ALLOWING.search(lines[line - 1][: column - 1]) if 1 <= line <= len(lines) else None
    if match is None:
        return None
    codes = tuple(Offer(code, "enum", "", f"{code} because ") for code in ALLOWABLE)
    return Offered(Span(name, line, column - len(match[1]), line, column), codes)


class _Completer:
    """Collects the offers of one cursor."""

    def __init__(self, folder: Folder, index: Index, name: str, cursor: Cursor) -> None:
        self._folder, self._cursor = folder, cursor
        self._book: Rulebook | None = index.book(name)
        self._meanings: Meanings | None = index.meanings(name)
        self._contracts = folder.environment.contracts

    def offers(self) -> Iterator[Offer]:
        """Yield everything that fits, in no order."""
        cursor = self._cursor
        if cursor.piece is None:
            yield from self._declarations()
        elif cursor.accepted is None:
            yield from self._anything()
        else:
            yield from self._names(role_of(cursor))
            yield from self._codes()
            yield from self._words(cursor.accepted)

    def _declarations(self) -> Iterator[Offer]:
        has_head = self._book is not None and bool(self._book.name)
        for word, text in skeletons.DECLARATIONS.items():
            group = 0 if word == "rulebook" and not has_head else 2
            yield Offer(word, "keyword", DETAIL[word], text, group)

    def _anything(self) -> Iterator[Offer]:
        """Offer what fits many places: the text before the cursor cannot be read."""
        if self._cursor.is_free and self._cursor.piece is not None:
            yield from self._words(begins(self._cursor.piece.word))
        yield from self._expression()
        yield from offers.words(("and", "or", "not", "is", "in", "unless", "otherwise"))

    # ---------------------------------------------------------------------------------- words
    def _words(self, accepted: frozenset[str]) -> Iterator[Offer]:
        cursor = self._cursor
        kind = cursor.piece.word if cursor.piece is not None else ""
        clauses = begins(kind) if "RBRACE" in accepted else frozenset()
        written = set(re.findall(r"^\s*([a-z]+)\b", cursor.whole, re.M))
        for terminal in sorted(accepted):
            word = words_of(terminal)
            is_clause = terminal in clauses
            if is_clause and (not cursor.is_free or (word in _ONCE and word in written)):
                continue
            if terminal == "EFFECT":
                yield from self._effects(kind, is_clause)
            elif terminal == "UNIT":
                yield from (Offer(unit, "unit", "", group=2) for unit in (*UNITS, "USD", "USD/share"))
            elif word and (is_clause or not cursor.is_at_margin or kind in ("test", "param")):
                text = skeletons.clause(word) if is_clause else ""
                yield Offer(word, "keyword", DETAIL.get(word, ""), text, 0 if is_clause else 3)

    def _effects(self, kind: str, is_clause: bool) -> Iterator[Offer]:
        if not is_clause:
            yield from offers.words(EFFECTS, group=0)
            return
        of_stage = STAGE_EFFECTS.get(self._stage(), EFFECTS)
        bound = "above $1" if kind == "limit" else "when $1"
        for effect in EFFECTS:
            if effect in of_stage and (effect != "clip" or kind == "limit"):
                text = f"{effect.ljust(CLAUSE_WIDTH)}{bound} as ${{2:CODE}}"
                yield Offer(effect, "keyword", DETAIL[effect], text, 0)

    def _stage(self) -> str:
        piece = self._cursor.piece
        said = _ON.search(self._cursor.whole)
        if piece is not None and piece.word in STAGE_OF:
            return STAGE_OF[piece.word]
        return said[1] if said else self._book.stage if self._book is not None else ""

    # ---------------------------------------------------------------------------------- codes and rules
    def _codes(self) -> Iterator[Offer]:
        cursor, folder = self._cursor, self._folder
        word = cursor.piece.word if cursor.piece is not None else ""
        if cursor.accepted and "RULE_ID" in cursor.accepted and "CODE" not in cursor.accepted:
            anchor, _ = cursor.anchor()
            kinds = {"TRIPS": ("switch",), "REQUIRES": ("checklist", "gate")}.get(anchor, ())
            is_naming = anchor in ("LIMIT", "RULE", "SWITCH", "CHECKLIST", "GATE")
            yield from () if is_naming else offers.rules(folder, *kinds)
        if not cursor.accepted or "CODE" not in cursor.accepted:
            return
        if word == "test" and cursor.top() in ("EFFECT", "TRIP", "REFUSE"):
            yield from offers.reasons(folder, tuple(text for kind, text in cursor.stack if kind == "RULE_ID"))
        elif cursor.top() in ("CALENDAR", "BUSINESS_DAYS"):
            yield from (Offer(code, "enum", "exchange calendar", group=1) for code in folder.environment.calendars)
        elif cursor.top() == "LSQB" and cursor.top(2) == "NAME":
            yield from (Offer(code, "enum", "currency", group=1) for code in ("USD", "EUR", "GBP"))
        elif cursor.top() == "AS" and word in _MANY_BODIES:
            title = next((text[1:-1] for kind, text in cursor.stack if kind == "STRING"), "")
            code = "_".join(re.findall(r"[A-Z0-9]+", title.upper()))
            yield from (Offer(code, "enum", "from the title", group=1),) if code[:1].isalpha() else ()

    # ---------------------------------------------------------------------------------- names
    def _names(self, role: Role) -> Iterator[Offer]:
        folder, book, contracts = self._folder, self._book, self._contracts
        match role:
            case Use.STAGE:
                for stage in LISTS[Use.STAGE]:
                    is_own = book is not None and book.stage == stage
                    yield Offer(stage, "enum", DETAIL[stage], group=0 if is_own else 4)
            case Use() if role in LISTS:
                yield from offers.listed_words(role)
            case Use.NAMESPACE:
                yield from (Offer(name, "namespace", "contract", group=1) for name in contracts.namespaces)
            case Use.TYPE:
                yield from offers.types()
            case Use.RULEBOOK:
                yield from (Offer(f"{stage}.", "namespace", DETAIL[stage], group=1) for stage in LISTS[Use.STAGE])
            case Use.WINDOW_FUNCTION:
                yield from offers.window_functions()
            case Use.EVENT:
                is_field = self._cursor.top() == "OF" and self._cursor.stack[-2][1] != "count"
                yield from offers.events(folder, is_field)
            case Use.EVENT_FIELD:
                event = next((text for kind, text in reversed(self._cursor.stack) if kind == "NAME"), "")
                yield from offers.fields(contracts.events.get(event, {}).values())
            case Use.KEY:
                heads = [fact for path, fact in contracts.facts.items() if path.startswith(("scope.", "instrument."))]
                yield from (Offer(fact.path.partition(".")[2], "field", fact.description, group=1) for fact in heads)
            case Use.OWNER:
                owners = {rule.owner for rule in folder.compiled.ruleset.rules}
                yield from (Offer(owner, "value", "owner", group=1) for owner in sorted(owners))
            case Use.LIST:
                yield from self._lists()
            case Use.COLUMN:
                yield from self._columns()
            case Use.FIXTURE if book is not None:
                yield from (Offer(name, "fixture", "fixture", group=1) for name in book.fixtures)
            case Use.PARAM if book is not None:
                yield from (one for one in offers.locals_of(book, folder) if one.kind == "param")
            case Use.FIELD:
                yield from self._record_fields()
            case Use.FACT | Use.VALUE:
                yield from offers.facts(folder, book)
                yield from (
                    ()
                    if book is None
                    else (one for one in offers.locals_of(book, folder) if one.kind in ("list", "window"))
                )
            case _ if role == ASSIGNMENT:
                yield from self._assignments()
            case _ if role == SETTING:
                yield from self._settings()
            case _ if role == EXPRESSION:
                yield from self._expression()

    def _lists(self) -> Iterator[Offer]:
        is_rows = self._cursor.top(3) == "EACH"
        for one in offers.locals_of(self._book, self._folder) if self._book is not None else ():
            if one.kind == "list" and (not is_rows or (self._book and self._book.lists[one.label].columns)):
                yield one
        if is_rows:
            yield from offers.facts(self._folder, self._book, frozenset((t.Kind.LIST,)))

    def _columns(self) -> Iterator[Offer]:
        named = [text for kind, text in self._cursor.stack if kind == "NAME"]
        listed = next((self._book.lists[name] for name in named if self._book and name in self._book.lists), None)
        for column, kind in listed.columns if listed is not None else ():
            yield Offer(column, "field", kind.name, group=1)

    def _record_fields(self) -> Iterator[Offer]:
        target = next((text for kind, text in reversed(self._cursor.stack) if kind == "NAME"), "")
        named = [text for kind, text in self._cursor.stack if kind == "NAME"]
        for name in (target, *named):
            fact = self._contracts.facts.get(name)
            if fact is not None and fact.fields:
                yield from offers.fields(fact.fields)
            elif self._book is not None and name in self._book.lists:
                columns = self._book.lists[name].columns
                yield from (Offer(column, "field", kind.name, group=1) for column, kind in columns)

    def _assignments(self) -> Iterator[Offer]:
        for fact in offers.facts(self._folder, self._book):
            yield Offer(fact.label, fact.kind, fact.detail, f"{fact.label} = ", fact.group, fact.thing)
        if self._book is not None:
            for one in offers.locals_of(self._book, self._folder):
                if one.kind == "list":
                    yield Offer(one.label, one.kind, one.detail, f"{one.label} = [$1]", 1, one.thing)

    def _settings(self) -> Iterator[Offer]:
        """Offer a value of what is being set."""
        held = next((text for kind, text in reversed(self._cursor.stack) if kind == "NAME"), "")
        kind = self._type(held)
        yield from offers.values_of(kind) if kind is not None else ()

    def _expression(self) -> Iterator[Offer]:
        cursor = self._cursor
        kind = self._type(self._compared())
        yield from offers.values_of(kind) if kind is not None else ()
        if cursor.piece is not None and cursor.piece.word == "window":
            yield from self._event_fields()
            return
        yield from self._row_fields()
        if self._book is not None:
            yield from offers.locals_of(self._book, self._folder)
        yield from offers.facts(self._folder, self._book)
        yield from offers.functions()

    def _compared(self) -> str:
        """Return the name the value at the cursor is compared with, empty where there is none."""
        cursor = self._cursor
        if cursor.top() in _COMPARING:
            return cursor.stack[-2][1] if len(cursor.stack) > 1 else ""
        anchor, back = cursor.anchor()
        if anchor == "LSQB" and cursor.top(back + 1) == "IN" and len(cursor.stack) > back + 1:
            return cursor.stack[-back - 2][1]
        return ""

    def _type(self, name: str) -> Type | None:
        rows = dict(_ROWS.findall(self._cursor.whole))
        head, _, rest = name.partition(".")
        source = self._contracts.facts.get(rows.get(head, ""))
        if source is not None and rest:
            field = source.field_named(rest)
            return field.type if field is not None else None
        thing = self._meanings.value(name) if self._meanings is not None and name else None
        if thing is None and name in self._contracts.facts:
            return self._contracts.facts[name].type
        return offers.type_of(self._folder, thing) if thing is not None else None

    def _row_fields(self) -> Iterator[Offer]:
        for variable, source in _ROWS.findall(self._cursor.whole):
            fact = self._contracts.facts.get(source)
            if fact is not None:
                yield from offers.fields(fact.fields, f"{variable}.")
            elif self._book is not None and source in self._book.lists:
                for column, kind in self._book.lists[source].columns:
                    yield Offer(f"{variable}.{column}", "field", kind.name, group=1)

    def _event_fields(self) -> Iterator[Offer]:
        named = [text for kind, text in self._cursor.stack if kind == "NAME"]
        for event in named:
            base = event if event in self._contracts.events else event.rpartition(".")[0]
            known = self._contracts.events.get(base)
            if known is not None:
                head = next((head for head in EVENT_HEADS if base.startswith(head)), "event")
                yield from offers.fields(known.values(), f"{head}.")
